import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { DEFAULT_SCHEMA } from '../../features/schema/default-schema.ts';
import {
  type CategoricalField,
  type FeatureField,
  type FeatureSchema,
  type FieldDeclaration,
  serializeFeatureSchema,
} from '../../features/schema/feature-schema.ts';
import { parseFeatureSchema } from '../../features/schema/parse-schema.ts';
import { quantileBoundaries } from '../../features/transform/bucketize.ts';
import { declareFields } from './synthetic-fields.ts';
import { SYNTHETIC_AS_OF_MS, SYNTHETIC_DEVICES, type SyntheticShop } from './synthetic-shop.ts';

/** Most product ids in the vocabulary: the trainer's default; further products share the unknown id and differ by their other fields. */
const MAX_VOCABULARY = 100_000;
/** Shoppers that boundaries of shopper numbers are taken from. */
const SAMPLE_SHOPPERS = 300;

/** A schema of so many fields (see {@link declareFields}) as if it had been fitted to a synthetic shop. */
export function syntheticSchema(shop: SyntheticShop, fieldCount = DEFAULT_SCHEMA.fields.length): FeatureSchema {
  const declared = declareFields(fieldCount);
  const fitted = new Map<string, FeatureField>();
  const ownVocabularyFirst = [...declared].sort((a, b) => Number('vocabularyOf' in a) - Number('vocabularyOf' in b));
  for (const field of ownVocabularyFirst) fitted.set(field.name, fitField(field, shop, fitted));
  const schema: FeatureSchema = {
    format: 'vitrine-feature-schema',
    formatVersion: 1,
    interestHalfLifeDays: DEFAULT_PROFILE_POLICY.interestHalfLifeDays,
    fields: declared.map(({ name }) => fitted.get(name)!),
  };
  // Through the parser, so that a schema no server would read is noticed here.
  return parseFeatureSchema(serializeFeatureSchema(schema));
}

function fitField(
  declaration: FieldDeclaration,
  shop: SyntheticShop,
  fitted: ReadonlyMap<string, FeatureField>,
): FeatureField {
  switch (declaration.kind) {
    case 'hashed':
      return declaration;
    case 'bucketized': {
      const { quantileCount, ...field } = declaration;
      return {
        ...field,
        boundaries: field.boundaries ?? quantileBoundaries(numbersOf(field.name, shop), quantileCount ?? 10),
      };
    }
    case 'categorical': {
      const { maxVocabulary: _max, minCount: _min, vocabularyOf, ...field } = declaration;
      if (vocabularyOf === undefined) return { ...field, vocabulary: valuesOf(field.name, shop) };
      return { ...field, vocabularyOf, vocabulary: (fitted.get(vocabularyOf) as CategoricalField).vocabulary };
    }
  }
}

function valuesOf(fieldName: string, { catalogue, itemsByPopularity }: SyntheticShop): readonly string[] {
  const distinct = (texts: readonly (string | undefined)[]): string[] =>
    [...new Set(texts)].filter((text) => text !== undefined).sort();
  switch (fieldName) {
    case 'item_id':
      return Array.from(itemsByPopularity.subarray(0, MAX_VOCABULARY), (item) => catalogue.itemIds[item]!);
    case 'category':
      return distinct(catalogue.categories);
    case 'category_root':
      return distinct(catalogue.categories.map((path) => path?.split(' > ')[0]));
    case 'brand':
      return distinct(catalogue.brands);
    case 'device':
      return SYNTHETIC_DEVICES;
    default:
      throw new Error(`the schema has a new field "${fieldName}": say what values a synthetic shop has for it`);
  }
}

function numbersOf(fieldName: string, shop: SyntheticShop): Iterable<number> {
  if (fieldName === 'price' || fieldName === 'price_fine') return shop.catalogue.priceColumn();
  if (fieldName === 'average_order_value') {
    return Array.from({ length: SAMPLE_SHOPPERS }, (_, shopper) => {
      const { orderCount, totalValue } = shop.profile(shopper, SYNTHETIC_AS_OF_MS).purchases;
      return totalValue / orderCount;
    });
  }
  throw new Error(`the schema has a new field "${fieldName}": say what numbers a synthetic shop has for it`);
}
