import { messageOf, VitrineError } from '../core/errors.ts';
import { FIELD_GROUPS, type FieldDeclaration } from './feature-schema.ts';
import { isSensitiveAttribute } from './sensitive-attributes.ts';
import { CROSS_SIGNALS, ITEM_SIGNALS, QUERY_SIGNALS } from './signals.ts';

const FIELD_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const MAX_MULTI_VALUED = 64;
const MODELS = ['ranker', 'towers'];

const COMMON_KEYS = ['name', 'group', 'kind', 'signal', 'parameters', 'multiValued', 'usedBy'];
const KEYS_OF_KIND: Readonly<Record<string, readonly string[]>> = {
  categorical: ['vocabulary', 'vocabularyOf', 'maxVocabulary', 'minCount'],
  hashed: ['bucketCount'],
  bucketized: ['boundaries', 'quantileCount'],
};
/** Text signals that may hold numbers. */
const ATTRIBUTE_SIGNALS = ['user_attribute', 'item_attribute'];

/** A field before anything is known of it. */
type RawField = Readonly<Record<string, unknown>>;

/**
 * Checks fields as far as they can be checked without data.
 *
 * Errors: REC_INVALID_SCHEMA with every problem found, by field; REC_SENSITIVE_ATTRIBUTE when a field is about a sensitive attribute.
 */
export function validateFields(fields: unknown): asserts fields is readonly FieldDeclaration[] {
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new VitrineError('REC_INVALID_SCHEMA', 'fields is missing or empty, expected a list of fields');
  }
  const problems: string[] = [];
  const names = new Set<string>();
  for (const [number, field] of (fields as unknown[]).entries()) {
    if (typeof field !== 'object' || field === null || Array.isArray(field)) {
      problems.push(`field ${number} is ${JSON.stringify(field)}, expected an object`);
      continue;
    }
    const raw = field as RawField;
    const name = String(raw.name);
    if (typeof raw.name !== 'string' || !FIELD_NAME.test(name))
      problems.push(`field "${name}": a name is lower-case letters, digits and _, starting with a letter`);
    if (names.has(name)) problems.push(`field "${name}": the name is used twice`);
    names.add(name);
    refuseSensitive(raw, name);
    problems.push(...problemsOf(raw, fields as RawField[]).map((problem) => `field "${name}": ${problem}`));
  }
  if (problems.length > 0) throw new VitrineError('REC_INVALID_SCHEMA', `feature schema: ${problems.join('; ')}`);
}

function refuseSensitive(field: RawField, name: string): void {
  const { attribute } = (field.parameters ?? {}) as RawField;
  for (const text of [name, String(attribute ?? '')]) {
    if (!isSensitiveAttribute(text)) continue;
    throw new VitrineError(
      'REC_SENSITIVE_ATTRIBUTE',
      `field "${name}" is about "${text}", a sensitive attribute; remove the field`,
    );
  }
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'undefined';
}

function problemsOf(field: RawField, all: readonly RawField[]): string[] {
  const { group } = field;
  if (!(FIELD_GROUPS as readonly unknown[]).includes(group)) {
    return [`group is ${shown(group)}, expected one of ${FIELD_GROUPS.join(', ')}`];
  }
  const kind = String(field.kind);
  const ownKeys = Object.hasOwn(KEYS_OF_KIND, kind) ? KEYS_OF_KIND[kind]! : undefined;
  if (ownKeys === undefined) {
    return [`kind is ${shown(field.kind)}, expected ${Object.keys(KEYS_OF_KIND).join(', ')}`];
  }
  const unknownKeys = Object.keys(field).filter((key) => !COMMON_KEYS.includes(key) && !ownKeys.includes(key));
  return [
    ...unknownKeys.map((key) => `unknown key "${key}" for kind ${kind}`),
    ...signalProblems(field),
    ...multiValuedProblems(field),
    ...usedByProblems(field),
    ...(group === 'cross' && kind !== 'bucketized' ? ['a cross field is a number, kind must be bucketized'] : []),
    ...kindProblems(field, all),
  ];
}

function signalProblems(field: RawField): string[] {
  const group = field.group as FieldDeclaration['group'];
  const table = group === 'item' ? ITEM_SIGNALS : group === 'cross' ? CROSS_SIGNALS : QUERY_SIGNALS;
  const name = String(field.signal);
  const signal = Object.hasOwn(table, name) ? table[name] : undefined;
  if (signal === undefined || !signal.groups.includes(group)) {
    const names = Object.keys(table).filter((key) => table[key]!.groups.includes(group));
    return [`signal is ${shown(field.signal)}, expected one of ${names.join(', ')} for group ${group}`];
  }
  const parameters = (field.parameters ?? {}) as Record<string, string | number>;
  const known = signal.parameters ?? [];
  const problems = Object.keys(parameters)
    .filter((key) => known !== 'checked by make' && !known.includes(key))
    .map((key) => `unknown parameter "${key}" of signal ${name}`);
  try {
    signal.make(parameters);
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'REC_SENSITIVE_ATTRIBUTE') throw error;
    problems.push(messageOf(error));
  }
  if (field.kind === 'bucketized' && !signal.isNumber && !ATTRIBUTE_SIGNALS.includes(name))
    problems.push(`signal "${name}" is text, and bucketized takes numbers`);
  return problems;
}

function multiValuedProblems(field: RawField): string[] {
  if (field.multiValued === undefined) return [];
  if (field.group === 'cross') return ['a cross field takes one number, not several values'];
  const { maxLength, pooling } = (field.multiValued ?? {}) as RawField;
  const problems: string[] = [];
  if (!isCount(maxLength, 2) || maxLength > MAX_MULTI_VALUED)
    problems.push(`multiValued.maxLength is ${shown(maxLength)}, expected an integer 2..${MAX_MULTI_VALUED}`);
  if (pooling !== 'mean' && pooling !== 'sum')
    problems.push(`multiValued.pooling is ${shown(pooling)}, expected mean or sum`);
  return problems;
}

function usedByProblems({ usedBy, group }: RawField): string[] {
  if (usedBy === undefined) return [];
  if (!Array.isArray(usedBy) || usedBy.length === 0 || !usedBy.every((model) => MODELS.includes(model)))
    return [`usedBy is ${shown(usedBy)}, expected a list of ${MODELS.join(', ')}`];
  return usedBy.includes('towers') && group !== 'user' && group !== 'item'
    ? [`usedBy names towers, but only the ranker reads ${String(group)} fields`]
    : [];
}

function kindProblems(field: RawField, all: readonly RawField[]): string[] {
  switch (field.kind) {
    case 'categorical':
      return vocabularyProblems(field, all);
    case 'hashed':
      return isCount(field.bucketCount, 1)
        ? []
        : [`bucketCount is ${shown(field.bucketCount)}, expected an integer above 0`];
    default:
      return boundaryProblems(field);
  }
}

function vocabularyProblems(field: RawField, all: readonly RawField[]): string[] {
  const { vocabulary, vocabularyOf } = field;
  const problems: string[] = [];
  if (vocabulary !== undefined) {
    const isList = Array.isArray(vocabulary) && vocabulary.every((value) => typeof value === 'string' && value !== '');
    if (!isList || new Set(vocabulary).size < vocabulary.length)
      problems.push('vocabulary must be a list of distinct texts, none of them empty');
  }
  for (const key of ['maxVocabulary', 'minCount']) {
    if (field[key] !== undefined && !isCount(field[key], 1))
      problems.push(`${key} is ${shown(field[key])}, expected an integer above 0`);
  }
  if (vocabularyOf === undefined) return problems;
  const source = all.find((other) => other?.name === vocabularyOf);
  if (source?.kind !== 'categorical' || source.vocabularyOf !== undefined)
    problems.push(`vocabularyOf ${shown(vocabularyOf)} names no categorical field with a vocabulary of its own`);
  if (vocabulary !== undefined) problems.push('vocabulary and vocabularyOf exclude each other');
  return problems;
}

function boundaryProblems({ group, boundaries, quantileCount }: RawField): string[] {
  if (boundaries === undefined) {
    if (group === 'cross') return ['a cross field needs boundaries'];
    return isCount(quantileCount, 2) ? [] : ['expected boundaries, or quantileCount of at least 2'];
  }
  if (!Array.isArray(boundaries)) return [`boundaries is ${shown(boundaries)}, expected a list of numbers`];
  const isAscending = boundaries.every(
    (value, i) => Number.isFinite(value) && (i === 0 || (boundaries[i - 1] as number) < value),
  );
  return isAscending ? [] : ['boundaries must be finite and ascending'];
}

function isCount(value: unknown, min: number): value is number {
  return Number.isInteger(value) && (value as number) >= min;
}
