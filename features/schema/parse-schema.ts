import { createHash } from 'node:crypto';
import { messageOf, VitrineError } from '../core/errors.ts';
import {
  type FeatureField,
  type FeatureSchema,
  type FeatureSchemaDeclaration,
  FIELD_GROUPS,
  type FieldDeclaration,
  serializeFeatureSchema,
} from './feature-schema.ts';
import { isSensitiveAttribute } from './sensitive-attributes.ts';
import { CROSS_SIGNALS, ITEM_SIGNALS, QUERY_SIGNALS, SIGNALS_VERSION } from './signals.ts';

const FIELD_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const MAX_MULTI_VALUED = 64;

/** Identifies what the ids mean: equal fingerprints, equal ids for equal raw values. */
export function schemaFingerprint(schema: FeatureSchema): string {
  return createHash('sha256')
    .update(`signals ${SIGNALS_VERSION}\n${serializeFeatureSchema(schema)}`)
    .digest('hex');
}

/**
 * Reads `feature-schema.json` of a bundle.
 *
 * Errors: REC_INVALID_SCHEMA listing every problem by field; REC_SENSITIVE_ATTRIBUTE when a field is about a sensitive attribute.
 */
export function parseFeatureSchema(text: string): FeatureSchema {
  const value = parseJson(text) as Partial<FeatureSchema>;
  if (value.format !== 'vitrine-feature-schema' || value.formatVersion !== 1) {
    throw new VitrineError('REC_INVALID_SCHEMA', 'not a vitrine-feature-schema of format version 1');
  }
  validateFields(value.fields);
  const fields = withSharedVocabularies(value.fields);
  const unfitted = fields.find((field) =>
    field.kind === 'categorical'
      ? !Array.isArray(field.vocabulary)
      : field.kind === 'bucketized' && !Array.isArray(field.boundaries),
  );
  if (unfitted)
    throw new VitrineError('REC_INVALID_SCHEMA', `field "${unfitted.name}" has no vocabulary or boundaries`);
  return {
    format: 'vitrine-feature-schema',
    formatVersion: 1,
    interestHalfLifeDays: positive(value.interestHalfLifeDays, 'interestHalfLifeDays'),
    fields: inGroupOrder(fields as FeatureField[]),
  };
}

function withSharedVocabularies(fields: readonly FieldDeclaration[]): FieldDeclaration[] {
  return fields.map((field) => {
    if (field.kind !== 'categorical' || field.vocabularyOf === undefined) return field;
    const source = fields.find((other) => other.name === field.vocabularyOf);
    if (source?.kind !== 'categorical' || source.vocabulary === undefined) {
      throw new VitrineError(
        'REC_INVALID_SCHEMA',
        `field "${field.name}": vocabularyOf "${field.vocabularyOf}" names no field with a vocabulary`,
      );
    }
    return { ...field, vocabulary: source.vocabulary };
  });
}

/** Reads a schema as people write it, before training has learned vocabularies and boundaries. Errors: as {@link parseFeatureSchema}. */
export function parseSchemaDeclaration(text: string): FeatureSchemaDeclaration {
  const value = parseJson(text) as Partial<FeatureSchemaDeclaration>;
  validateFields(value.fields);
  const halfLife = value.interestHalfLifeDays;
  return {
    ...(halfLife === undefined ? {} : { interestHalfLifeDays: positive(halfLife, 'interestHalfLifeDays') }),
    fields: inGroupOrder(value.fields as FieldDeclaration[]),
  };
}

function parseJson(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new VitrineError('REC_INVALID_SCHEMA', `feature schema is not valid JSON: ${messageOf(cause)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new VitrineError('REC_INVALID_SCHEMA', 'feature schema must be a JSON object');
  }
  return value;
}

function positive(value: unknown, name: string): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new VitrineError('REC_INVALID_SCHEMA', `${name} is ${JSON.stringify(value)}, expected a number above 0`);
}

function inGroupOrder<T extends FieldDeclaration | FeatureField>(fields: readonly T[]): T[] {
  return FIELD_GROUPS.flatMap((group) => fields.filter((field) => field.group === group));
}

/** Checks fields as far as they can be checked without data; throws with every problem found. */
export function validateFields(fields: unknown): asserts fields is readonly FieldDeclaration[] {
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new VitrineError('REC_INVALID_SCHEMA', 'fields is missing or empty, expected a list of fields');
  }
  const problems: string[] = [];
  const names = new Set<string>();
  for (const field of fields as Partial<FieldDeclaration>[]) {
    const name = String(field?.name);
    if (!FIELD_NAME.test(name))
      problems.push(`field "${name}": a name is lower-case letters, digits and _, starting with a letter`);
    if (names.has(name)) problems.push(`field "${name}": the name is used twice`);
    names.add(name);
    for (const sensitive of [name, String(field?.parameters?.attribute ?? '')]) {
      if (isSensitiveAttribute(sensitive)) {
        throw new VitrineError(
          'REC_SENSITIVE_ATTRIBUTE',
          `field "${name}" is about "${sensitive}", a sensitive attribute; remove the field`,
        );
      }
    }
    problems.push(...problemsOf(field, name));
  }
  if (problems.length > 0) throw new VitrineError('REC_INVALID_SCHEMA', `feature schema: ${problems.join('; ')}`);
}

function problemsOf(field: Partial<FieldDeclaration>, name: string): string[] {
  const problems: string[] = [];
  const at = `field "${name}"`;
  const group = field.group;
  if (group === undefined || !FIELD_GROUPS.includes(group)) {
    return [`${at}: group is ${JSON.stringify(group)}, expected one of ${FIELD_GROUPS.join(', ')}`];
  }
  const table = group === 'item' ? ITEM_SIGNALS : group === 'cross' ? CROSS_SIGNALS : QUERY_SIGNALS;
  const signal = Object.hasOwn(table, String(field.signal)) ? table[String(field.signal)] : undefined;
  if (signal === undefined || !signal.groups.includes(group)) {
    const known = Object.keys(table).filter((key) => table[key]!.groups.includes(group));
    problems.push(
      `${at}: signal is ${JSON.stringify(field.signal)}, expected one of ${known.join(', ')} for group ${group}`,
    );
  } else {
    try {
      signal.make(field.parameters ?? {});
    } catch (error) {
      problems.push(`${at}: ${messageOf(error)}`);
    }
  }
  const length = field.multiValued?.maxLength;
  if (field.multiValued !== undefined) {
    if (!Number.isInteger(length) || length! < 2 || length! > MAX_MULTI_VALUED) {
      problems.push(
        `${at}: multiValued.maxLength is ${JSON.stringify(length)}, expected an integer 2..${MAX_MULTI_VALUED}`,
      );
    }
    if (group === 'cross') problems.push(`${at}: a cross field takes one number, not several values`);
  }
  return [...problems, ...kindProblems(field, at)];
}

function kindProblems(field: Partial<FieldDeclaration>, at: string): string[] {
  switch (field.kind) {
    case 'categorical':
      return field.group === 'cross' ? [`${at}: a cross field is a number, kind must be bucketized`] : [];
    case 'hashed':
      return Number.isInteger(field.bucketCount) && field.bucketCount! > 0
        ? []
        : [`${at}: bucketCount is ${JSON.stringify(field.bucketCount)}, expected an integer above 0`];
    case 'bucketized': {
      const { boundaries } = field;
      if (boundaries === undefined) {
        const count = (field as { quantileCount?: number }).quantileCount;
        if (field.group === 'cross') return [`${at}: a cross field needs boundaries`];
        return Number.isInteger(count) && count! >= 2
          ? []
          : [`${at}: expected boundaries, or quantileCount of at least 2`];
      }
      const ascending = boundaries.every(
        (value, i) => Number.isFinite(value) && (i === 0 || boundaries[i - 1]! < value),
      );
      return ascending ? [] : [`${at}: boundaries must be finite and ascending`];
    }
    default:
      return [
        `${at}: kind is ${JSON.stringify((field as { kind?: unknown }).kind)}, expected categorical, hashed or bucketized`,
      ];
  }
}
