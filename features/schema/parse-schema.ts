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
import { SIGNALS_VERSION } from './signals.ts';
import { validateFields } from './validate-fields.ts';

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
  refuseUnknownKeys(value, ['format', 'formatVersion', 'interestHalfLifeDays', 'fields']);
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
  refuseUnknownKeys(value, ['interestHalfLifeDays', 'fields']);
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

/** A key nobody reads would be taken for a setting that is in effect. */
function refuseUnknownKeys(value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new VitrineError(
    'REC_INVALID_SCHEMA',
    `feature schema: unknown key "${unknown}", expected ${known.join(', ')}`,
  );
}

function positive(value: unknown, name: string): number {
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw new VitrineError('REC_INVALID_SCHEMA', `${name} is ${JSON.stringify(value)}, expected a number above 0`);
}

function inGroupOrder<T extends FieldDeclaration | FeatureField>(fields: readonly T[]): T[] {
  return FIELD_GROUPS.flatMap((group) => fields.filter((field) => field.group === group));
}
