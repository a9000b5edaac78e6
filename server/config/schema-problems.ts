import type { TSchema } from 'typebox';
import { didYouMean } from './did-you-mean.ts';

/** One thing wrong with a value from outside, told so that the sender can correct it without reading code. */
export interface FieldProblem {
  /** Where, as `items[2].price`; '' is the whole value. */
  readonly path: string;
  /** What was given, shortened; `missing` when nothing was. */
  readonly value: string;
  readonly expected: string;
}

/** The part of JSON Schema our schemas use; what TypeBox builds is read through it. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  /** Words for {@link expectationOf} where the keywords alone say too little. */
  readonly expected?: string;
}

export interface ProblemOptions {
  /** Missing required keys are fine: the value is laid over defaults later. @defaultValue false */
  readonly isPartial?: boolean;
  /** Most problems reported; further ones are left out. @defaultValue 100 */
  readonly maxProblems?: number;
}

const PREVIEW_LENGTH = 60;

/** Views a TypeBox schema as plain JSON Schema, which it is. */
export function jsonSchemaOf(schema: TSchema): JsonSchema {
  return schema as JsonSchema;
}

/** A value in at most about 60 characters, for messages. Never walks into objects, so depth and size do no harm. */
export function previewOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (typeof value === 'string') {
    return value.length <= PREVIEW_LENGTH
      ? JSON.stringify(value)
      : `${JSON.stringify(value.slice(0, PREVIEW_LENGTH))}... (${value.length} characters)`;
  }
  if (Array.isArray(value)) return `array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'object';
  return String(value);
}

/** The words for what a schema accepts: `integer 1..100`, `one of "on", "off"`. */
export function expectationOf(schema: JsonSchema): string {
  if (schema.expected !== undefined) return schema.expected;
  const choices = choicesOf(schema);
  if (choices !== undefined) {
    return choices.length === 1
      ? JSON.stringify(choices[0])
      : `one of ${choices.map((c) => JSON.stringify(c)).join(', ')}`;
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectationOf).join(' or ');
  if (schema.type === 'integer' || schema.type === 'number') return numberExpectation(schema);
  if (schema.type === 'string') return stringExpectation(schema);
  if (schema.type === 'array') {
    const bounds = rangeText(schema.minItems, schema.maxItems);
    const what = schema.items === undefined ? 'values' : `(${expectationOf(schema.items)})`;
    return bounds === '' ? `array of ${what}` : `array of ${bounds} ${what}`;
  }
  return schema.type === undefined ? 'any value' : schema.type;
}

/** The fixed values a schema allows, if it is a choice among fixed values. */
function choicesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if (schema.enum !== undefined) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  if (schema.anyOf?.every((option) => option.const !== undefined)) return schema.anyOf.map((option) => option.const);
  return undefined;
}

function numberExpectation(schema: JsonSchema): string {
  const kind = schema.type as string;
  if (schema.exclusiveMinimum !== undefined) {
    const upper = schema.maximum === undefined ? '' : ` and at most ${schema.maximum}`;
    return `${kind} above ${schema.exclusiveMinimum}${upper}`;
  }
  const bounds = rangeText(schema.minimum, schema.maximum);
  return bounds === '' ? kind : `${kind} ${bounds}`;
}

function stringExpectation(schema: JsonSchema): string {
  const bounds = rangeText(schema.minLength, schema.maxLength);
  const pattern = schema.pattern === undefined ? '' : ` matching ${schema.pattern}`;
  return bounds === '' ? `string${pattern}` : `string of ${bounds} characters${pattern}`;
}

function rangeText(low: number | undefined, high: number | undefined): string {
  if (low !== undefined && high !== undefined) return `${low}..${high}`;
  if (low !== undefined) return `at least ${low}`;
  return high === undefined ? '' : `at most ${high}`;
}

/**
 * Everything wrong with `value` under `schema`, in document order; empty exactly when the compiled validator of the same schema accepts it.
 *
 * Own walk instead of the validator's error list, which stops at eight errors and does not say the value given.
 */
export function problemsOf(schema: TSchema, value: unknown, options: ProblemOptions = {}): FieldProblem[] {
  const walk: Walk = { problems: [], isPartial: options.isPartial === true, max: options.maxProblems ?? 100 };
  visit(walk, jsonSchemaOf(schema), value, '');
  return walk.problems;
}

interface Walk {
  readonly problems: FieldProblem[];
  readonly isPartial: boolean;
  readonly max: number;
}

interface Refinement {
  check(value: unknown): boolean;
  error(value: unknown): string;
}

function report(walk: Walk, path: string, value: unknown, expected: string): void {
  if (walk.problems.length < walk.max) walk.problems.push({ path, value: previewOf(value), expected });
}

function visit(walk: Walk, schema: JsonSchema, value: unknown, path: string): void {
  if (walk.problems.length >= walk.max) return;
  const countBefore = walk.problems.length;
  visitKind(walk, schema, value, path);
  if (walk.problems.length > countBefore) return;
  const refinements = (schema as { '~refine'?: readonly Refinement[] })['~refine'] ?? [];
  for (const refinement of refinements) {
    if (!refinement.check(value)) report(walk, path, value, refinement.error(value));
  }
}

function visitKind(walk: Walk, schema: JsonSchema, value: unknown, path: string): void {
  const choices = choicesOf(schema);
  if (choices !== undefined) {
    if (!choices.includes(value)) report(walk, path, value, expectationOf(schema));
  } else if (schema.anyOf !== undefined) {
    if (!schema.anyOf.some((option) => isAccepted(walk, option, value)))
      report(walk, path, value, expectationOf(schema));
  } else if (schema.type === 'object') visitObject(walk, schema, value, path);
  else if (schema.type === 'array') visitArray(walk, schema, value, path);
  else if (!isScalarAccepted(schema, value)) report(walk, path, value, expectationOf(schema));
}

function isAccepted(walk: Walk, schema: JsonSchema, value: unknown): boolean {
  const trial: Walk = { problems: [], isPartial: walk.isPartial, max: 1 };
  visit(trial, schema, value, '');
  return trial.problems.length === 0;
}

function isScalarAccepted(schema: JsonSchema, value: unknown): boolean {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && isStringAccepted(schema, value);
    case 'integer':
    case 'number':
      return typeof value === 'number' && isNumberAccepted(schema, value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'null':
      return value === null;
    default:
      return true;
  }
}

function isStringAccepted(schema: JsonSchema, value: string): boolean {
  if (schema.minLength !== undefined && isShorter(value, schema.minLength)) return false;
  if (schema.maxLength !== undefined && !isShorter(value, schema.maxLength + 1)) return false;
  return schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value);
}

/** Whether a text has fewer code points than `count`; a code point is one or two code units, so most texts need no counting. */
function isShorter(value: string, count: number): boolean {
  return value.length < count || (value.length < 2 * count && Array.from(value).length < count);
}

function isNumberAccepted(schema: JsonSchema, value: number): boolean {
  if (!Number.isFinite(value) || (schema.type === 'integer' && !Number.isInteger(value))) return false;
  if (schema.minimum !== undefined && value < schema.minimum) return false;
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) return false;
  return schema.maximum === undefined || value <= schema.maximum;
}

function visitArray(walk: Walk, schema: JsonSchema, value: unknown, path: string): void {
  if (!Array.isArray(value)) {
    report(walk, path, value, expectationOf(schema));
    return;
  }
  const isTooShort = schema.minItems !== undefined && value.length < schema.minItems;
  const isTooLong = schema.maxItems !== undefined && value.length > schema.maxItems;
  if (isTooShort || isTooLong) {
    report(walk, path, value, expectationOf(schema));
    return;
  }
  if (schema.uniqueItems === true && new Set(value).size !== value.length) {
    report(walk, path, value, `${expectationOf(schema)}, each once`);
  }
  if (schema.items === undefined) return;
  for (let i = 0; i < value.length && walk.problems.length < walk.max; i++) {
    visit(walk, schema.items, value[i], `${path}[${i}]`);
  }
}

function visitObject(walk: Walk, schema: JsonSchema, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report(walk, path, value, 'object');
    return;
  }
  const object = value as Readonly<Record<string, unknown>>;
  const properties = schema.properties ?? {};
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
  for (const [key, property] of Object.entries(properties)) {
    const given = Object.hasOwn(object, key) ? object[key] : undefined;
    if (given !== undefined) visit(walk, property, given, at(key));
    else if (!walk.isPartial && schema.required?.includes(key))
      report(walk, at(key), undefined, expectationOf(property));
  }
  for (const key of Object.keys(object)) {
    if (Object.hasOwn(properties, key)) continue;
    const property = freePropertySchema(schema, key);
    if (property === undefined) {
      report(walk, at(shortKey(key)), object[key], unknownKeyExpectation(schema, key));
    } else visit(walk, property, object[key], at(shortKey(key)));
  }
}

function unknownKeyExpectation(schema: JsonSchema, key: string): string {
  const pattern = Object.keys(schema.patternProperties ?? {})[0];
  if (pattern !== undefined) return `a key matching ${pattern}`;
  const known = Object.keys(schema.properties ?? {});
  const meant = didYouMean(shortKey(key), known);
  if (meant !== undefined) return `no such key; did you mean ${meant}?`;
  return known.length === 0 ? 'no such key' : `no such key; known keys: ${known.join(', ')}`;
}

function freePropertySchema(schema: JsonSchema, key: string): JsonSchema | undefined {
  for (const [pattern, property] of Object.entries(schema.patternProperties ?? {})) {
    if (new RegExp(pattern, 'u').test(key)) return property;
  }
  if (schema.additionalProperties === false) return undefined;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : {};
}

function shortKey(key: string): string {
  return key.length <= PREVIEW_LENGTH ? key : `${key.slice(0, PREVIEW_LENGTH)}...`;
}
