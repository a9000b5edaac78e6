/**
 * Which values of shopper, context and product the models see, and how each becomes an integer id.
 *
 * Ids of every field: 0 = missing, 1 = unknown (not in the vocabulary), 2.. = vocabulary entries or buckets.
 */

/** `user` and `context` are constant over a request's candidates, `item` is constant over requests, `cross` depends on both. */
export const FIELD_GROUPS = ['user', 'context', 'item', 'cross'] as const;
export type FieldGroup = (typeof FIELD_GROUPS)[number];

export type Pooling = 'mean' | 'sum';

interface FieldBase {
  /** Unique: `[a-z][a-z0-9_]*`. */
  readonly name: string;
  readonly group: FieldGroup;
  /** Where the raw value comes from: a name of features/schema/signals.ts. */
  readonly signal: string;
  /** What the signal needs to know, e.g. which attribute or event. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Present: the field takes up to `maxLength` values whose embeddings are pooled. */
  readonly multiValued?: { readonly maxLength: number; readonly pooling: Pooling };
  /** Which models read the field. @defaultValue ranker and towers for user and item fields, ranker for context and cross */
  readonly usedBy?: readonly ('ranker' | 'towers')[];
}

/** Text with a list of known values. */
export interface CategoricalField extends FieldBase {
  readonly kind: 'categorical';
  readonly vocabulary: readonly string[];
  /** Name of the field whose vocabulary this is: equal values have equal ids in both, and models let them share embeddings. */
  readonly vocabularyOf?: string;
}
/** Text without a list: values share `bucketCount` ids by hash. */
export interface HashedField extends FieldBase {
  readonly kind: 'hashed';
  readonly bucketCount: number;
}
/** A number cut at ascending boundaries. */
export interface BucketizedField extends FieldBase {
  readonly kind: 'bucketized';
  readonly boundaries: readonly number[];
}
export type FeatureField = CategoricalField | HashedField | BucketizedField;

/** A field as people write it before training: vocabularies and quantile boundaries are still to be learned from data. */
export type FieldDeclaration =
  | (Omit<CategoricalField, 'vocabulary'> & {
      /** Most values kept, by frequency. @defaultValue 100000 */
      readonly maxVocabulary?: number;
      /** Rarer values become unknown. @defaultValue 1 */
      readonly minCount?: number;
      /** A fixed vocabulary. */
      readonly vocabulary?: readonly string[];
    })
  | HashedField
  | (Omit<BucketizedField, 'boundaries'> & {
      readonly boundaries?: readonly number[];
      /** Learn this many buckets of equal size instead of given boundaries. */
      readonly quantileCount?: number;
    });

/** What a data scientist writes: `vitrine train --schema FILE`. */
export interface FeatureSchemaDeclaration {
  readonly interestHalfLifeDays?: number;
  readonly fields: readonly FieldDeclaration[];
}

/** What a bundle carries: everything needed to turn raw values into ids. */
export interface FeatureSchema {
  readonly format: 'vitrine-feature-schema';
  readonly formatVersion: 1;
  readonly interestHalfLifeDays: number;
  /** Fields of one group stand together, groups in the order of {@link FIELD_GROUPS}. */
  readonly fields: readonly FeatureField[];
}

export const MISSING_ID = 0;
export const UNKNOWN_ID = 1;
/** First id of a vocabulary or bucket. */
export const FIRST_VALUE_ID = 2;
/** Fills the unused slots of a multi-valued field. */
export const PADDING_ID = -1;

/** `feature-schema.json`: a vocabulary that several fields share is written once. */
export function serializeFeatureSchema(schema: FeatureSchema): string {
  return JSON.stringify({
    ...schema,
    fields: schema.fields.map((field) => {
      if (field.kind !== 'categorical' || field.vocabularyOf === undefined) return field;
      const { vocabulary: _shared, ...rest } = field;
      return rest;
    }),
  });
}

/** Ids a field can take, padding apart. */
export function cardinalityOf(field: FeatureField): number {
  switch (field.kind) {
    case 'categorical':
      return FIRST_VALUE_ID + field.vocabulary.length;
    case 'hashed':
      return FIRST_VALUE_ID + field.bucketCount;
    case 'bucketized':
      return FIRST_VALUE_ID + field.boundaries.length + 1;
  }
}

/** Whether the two-tower model reads a field. */
export function isUsedByTowers(field: FeatureField | FieldDeclaration): boolean {
  return field.usedBy?.includes('towers') ?? (field.group === 'user' || field.group === 'item');
}

/** Whether the ranker reads a field. */
export function isUsedByRanker(field: FeatureField | FieldDeclaration): boolean {
  return field.usedBy?.includes('ranker') ?? true;
}
