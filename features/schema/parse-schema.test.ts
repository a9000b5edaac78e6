import { describe, expect, it } from 'vitest';
import { VitrineError } from '../core/errors.ts';
import { DEFAULT_SCHEMA } from './default-schema.ts';
import { type FeatureSchema, serializeFeatureSchema } from './feature-schema.ts';
import { parseFeatureSchema, parseSchemaDeclaration, schemaFingerprint } from './parse-schema.ts';

const ITEM = { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id', vocabulary: ['a', 'b'] };
const RECENT = {
  name: 'recent',
  group: 'user',
  kind: 'categorical',
  signal: 'recent_items',
  parameters: { event: 'view_item' },
  multiValued: { maxLength: 3, pooling: 'mean' },
  vocabularyOf: 'item_id',
};
const PRICE = { name: 'price', group: 'item', kind: 'bucketized', signal: 'price', boundaries: [5, 10] };
const HOUR = { name: 'hour', group: 'context', kind: 'bucketized', signal: 'hour', boundaries: [12] };
const AGE = { name: 'age_days', group: 'cross', kind: 'bucketized', signal: 'item_age_days', boundaries: [7] };
const BRAND = { name: 'brand', group: 'item', kind: 'hashed', signal: 'brand', bucketCount: 8 };

function fitted(fields: readonly unknown[], rest: object = {}): string {
  return JSON.stringify({
    format: 'vitrine-feature-schema',
    formatVersion: 1,
    interestHalfLifeDays: 14,
    fields,
    ...rest,
  });
}

function refusalOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof VitrineError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'not refused';
}

const declarationRefusal = (...fields: unknown[]): string =>
  refusalOf(() => parseSchemaDeclaration(JSON.stringify({ fields })));

describe('parseSchemaDeclaration', () => {
  it('takes the default schema', () => {
    expect(parseSchemaDeclaration(JSON.stringify(DEFAULT_SCHEMA))).toEqual(DEFAULT_SCHEMA);
  });

  it('takes the parameters of signals that check theirs themselves', () => {
    const of = (signal: string, parameters: object): object => ({
      ...{ name: 'derived', group: 'user', kind: 'categorical', signal, parameters },
    });
    const buyer = { name: 'buyer', kind: 'purchases', measure: 'orders', min: 4 };
    expect(declarationRefusal(ITEM, of('segment', { by: 'rfm', newDays: 3 }))).toBe('not refused');
    expect(declarationRefusal(ITEM, of('tag', buyer))).toBe('not refused');
    expect(declarationRefusal(ITEM, of('segment', { by: 'rfm', recency: 3 }))).toMatch(
      /REC_INVALID_SCHEMA: .*field "derived": "recency" is no parameter/,
    );
    expect(
      declarationRefusal(ITEM, of('tag', { name: 'x', kind: 'attribute_equals', attribute: 'religion', value: 'any' })),
    ).toMatch(/REC_SENSITIVE_ATTRIBUTE/);
  });

  it('puts fields in group order and keeps the order within a group', () => {
    const { fields } = parseSchemaDeclaration(JSON.stringify({ fields: [AGE, PRICE, HOUR, ITEM, RECENT] }));
    expect(fields.map(({ name }) => name)).toEqual(['recent', 'hour', 'price', 'item_id', 'age_days']);
  });

  it.each<[string, unknown, RegExp]>([
    ['a field that is no object', null, /REC_INVALID_SCHEMA: .*field 1 is null, expected an object/],
    ['a field that is a list', [], /field 1 is \[\], expected an object/],
    ['a missing name', { ...PRICE, name: undefined }, /name/],
    ['a name with capitals', { ...PRICE, name: 'Price' }, /field "Price": a name is lower-case letters/],
    ['a name that is no text', { ...PRICE, name: 7 }, /field "7": a name is/],
    [
      'an unknown group',
      { ...PRICE, group: 'product' },
      /field "price": group is "product", expected one of user, con/,
    ],
    ['a missing group', { ...PRICE, group: undefined }, /field "price": group is undefined/],
    ['an unknown signal', { ...PRICE, signal: 'prize' }, /field "price": signal is "prize", expected one of item_id, /],
    ['a signal named as an inherited property', { ...PRICE, signal: 'toString' }, /signal is "toString"/],
    ['a user signal in the item group', { ...PRICE, signal: 'order_count' }, /signal is "order_count".*for group item/],
    ['a user signal in the context group', { ...HOUR, signal: 'order_count' }, /"order_count".*for group context/],
    ['an item signal in the cross group', { ...AGE, signal: 'price' }, /field "age_days": signal is "price"/],
    ['an unknown kind', { ...PRICE, kind: 'embedding' }, /field "price": kind is "embedding", expected categorical, /],
    ['a categorical cross field', { ...AGE, kind: 'categorical' }, /field "age_days": .*kind must be bucketized/],
    ['a hashed cross field', { ...AGE, kind: 'hashed', bucketCount: 4 }, /field "age_days": .*kind must be bucketized/],
    ['a cross field of learned boundaries', { ...AGE, boundaries: undefined, quantileCount: 4 }, /needs boundaries/],
    ['a cross field of several values', { ...AGE, multiValued: { maxLength: 2, pooling: 'sum' } }, /takes one number/],
    ['boundaries that fall', { ...PRICE, boundaries: [10, 5] }, /field "price": boundaries must be finite and asc/],
    ['boundaries that repeat', { ...PRICE, boundaries: [5, 5] }, /boundaries must be finite and ascending/],
    [
      'boundaries that are no numbers',
      { ...PRICE, boundaries: ['5', '10'] },
      /boundaries must be finite and ascending/,
    ],
    ['boundaries that are no list', { ...PRICE, boundaries: 5 }, /field "price": boundaries is 5, expected a list/],
    ['neither boundaries nor quantiles', { ...PRICE, boundaries: undefined }, /expected boundaries, or quantileCount/],
    ['a single quantile', { ...PRICE, boundaries: undefined, quantileCount: 1 }, /quantileCount of at least 2/],
    ['buckets of a text', { ...PRICE, signal: 'brand' }, /field "price": signal "brand" is text, .*bucketized/],
    ['no hash buckets', { ...BRAND, bucketCount: 0 }, /field "brand": bucketCount is 0, expected an integer above 0/],
    [
      'a missing attribute',
      { ...BRAND, signal: 'item_attribute' },
      /field "brand": parameter "attribute" is undefined/,
    ],
    ['an empty attribute', { ...BRAND, signal: 'item_attribute', parameters: { attribute: '' } }, /"attribute" is ""/],
    [
      'an event without a recent list',
      { ...RECENT, parameters: { event: 'search' } },
      /parameter "event" is "search", expected one of view_item, /,
    ],
    ['an unknown parameter', { ...PRICE, parameters: { depth: 1 } }, /field "price": unknown parameter "depth"/],
    [
      'a depth that is no number',
      { ...BRAND, signal: 'category', parameters: { depth: 'two' } },
      /field "brand": parameter "depth" is "two", expected an integer from 0 up/,
    ],
    [
      'a prefix length below zero',
      { ...BRAND, group: 'user', signal: 'user_attribute', parameters: { attribute: 'zip', prefixLength: -1 } },
      /parameter "prefixLength" is -1/,
    ],
    [
      'one value as several',
      { ...RECENT, multiValued: { maxLength: 1, pooling: 'mean' } },
      /multiValued.maxLength is 1/,
    ],
    ['too many values', { ...RECENT, multiValued: { maxLength: 65, pooling: 'mean' } }, /maxLength is 65, .*2\.\.64/],
    ['an unknown pooling', { ...RECENT, multiValued: { maxLength: 3, pooling: 'max' } }, /pooling is "max", expected/],
    ['a missing pooling', { ...RECENT, multiValued: { maxLength: 3 } }, /field "recent": multiValued.pooling is undef/],
    ['an unknown model', { ...PRICE, usedBy: ['tower'] }, /field "price": usedBy is \["tower"\], expected/],
    ['no model at all', { ...PRICE, usedBy: [] }, /field "price": usedBy is \[\], expected/],
    ['a context field for the towers', { ...HOUR, usedBy: ['towers'] }, /field "hour": .*only the ranker/],
    ['a vocabulary of numbers', { ...ITEM, vocabulary: [1, 2] }, /field "item_id": vocabulary must be a list of dist/],
    ['a vocabulary with a value twice', { ...ITEM, vocabulary: ['a', 'a'] }, /vocabulary must be a list of distinct/],
    ['a vocabulary of no size', { ...ITEM, maxVocabulary: 0 }, /field "item_id": maxVocabulary is 0/],
    ['a count that is no integer', { ...ITEM, minCount: 'many' }, /field "item_id": minCount is "many"/],
    ['a misspelt key', { ...PRICE, boundries: [1] }, /field "price": unknown key "boundries"/],
  ])('refuses %s', (_what, field, message) => {
    expect(declarationRefusal(ITEM, field)).toMatch(message);
  });

  it('refuses a name used twice', () => {
    expect(declarationRefusal(ITEM, PRICE, PRICE)).toMatch(
      /REC_INVALID_SCHEMA: .*field "price": the name is used twice/,
    );
  });

  it('lists every problem at once', () => {
    const refusal = declarationRefusal({ ...PRICE, boundaries: [2, 1] }, { ...HOUR, signal: 'minute' });
    expect(refusal).toMatch(/field "price": boundaries must.*; field "hour": signal is "minute"/);
  });

  it.each<[string, object]>([
    ['by the name of the field', { ...BRAND, name: 'religion' }],
    ['by the attribute it reads', { ...BRAND, signal: 'item_attribute', parameters: { attribute: 'ethnicity' } }],
  ])('refuses a sensitive attribute %s', (_how, field) => {
    expect(declarationRefusal(ITEM, field)).toMatch(
      /REC_SENSITIVE_ATTRIBUTE: field ".*" is about "(religion|ethnicity)"/,
    );
  });

  it.each<[string, unknown]>([
    ['names no field', 'product'],
    ['names a field without a vocabulary', 'price'],
    ['names a field that has its vocabulary from another', 'last'],
    ['names the field itself', 'recent'],
    ['is no name', 7],
  ])('refuses a shared vocabulary that %s', (_what, vocabularyOf) => {
    const last = { ...RECENT, name: 'last', multiValued: undefined };
    expect(declarationRefusal(ITEM, PRICE, last, { ...RECENT, vocabularyOf })).toMatch(
      /REC_INVALID_SCHEMA: .*field "recent": vocabularyOf .*names no/,
    );
  });

  it.each<[string, string, RegExp]>([
    ['text that is not JSON', '{"fields": [', /REC_INVALID_SCHEMA: feature schema is not valid JSON/],
    ['a list', '[]', /feature schema must be a JSON object/],
    ['null', 'null', /feature schema must be a JSON object/],
    ['no fields', '{}', /fields is missing or empty/],
    ['an empty list of fields', '{"fields": []}', /fields is missing or empty/],
    ['fields that are no list', '{"fields": {"price": 1}}', /fields is missing or empty/],
    [
      'a half-life of zero',
      JSON.stringify({ fields: [ITEM], interestHalfLifeDays: 0 }),
      /interestHalfLifeDays is 0, expected a number above 0/,
    ],
    ['an unknown key beside the fields', JSON.stringify({ fields: [ITEM], halfLife: 3 }), /unknown key "halfLife"/],
  ])('refuses %s', (_what, text, message) => {
    expect(refusalOf(() => parseSchemaDeclaration(text))).toMatch(message);
  });
});

describe('parseFeatureSchema', () => {
  it('gives a field the vocabulary of the one it shares it with', () => {
    const { fields } = parseFeatureSchema(fitted([ITEM, RECENT]));
    expect(fields[0]).toMatchObject({ name: 'recent', vocabularyOf: 'item_id', vocabulary: ['a', 'b'] });
  });

  it('reads back what serializeFeatureSchema writes', () => {
    const schema = parseFeatureSchema(fitted([ITEM, RECENT, PRICE, BRAND, HOUR, AGE]));
    expect(parseFeatureSchema(serializeFeatureSchema(schema))).toEqual(schema);
    expect(serializeFeatureSchema(schema).match(/\["a","b"\]/g)).toHaveLength(1);
  });

  it.each<[string, string, RegExp]>([
    ['another format', fitted([ITEM], { format: 'schema' }), /not a vitrine-feature-schema of format version 1/],
    [
      'a newer format version',
      fitted([ITEM], { formatVersion: 2 }),
      /not a vitrine-feature-schema of format version 1/,
    ],
    ['a missing half-life', fitted([ITEM], { interestHalfLifeDays: null }), /interestHalfLifeDays is null/],
    [
      'a vocabulary that was not learned',
      fitted([{ ...ITEM, vocabulary: undefined }]),
      /field "item_id" has no vocabulary or boundaries/,
    ],
    [
      'boundaries that were not learned',
      fitted([{ ...PRICE, boundaries: undefined, quantileCount: 4 }]),
      /field "price" has no vocabulary or boundaries/,
    ],
    [
      'a shared vocabulary that was not learned',
      fitted([RECENT, { ...ITEM, vocabulary: undefined }]),
      /field "recent": vocabularyOf "item_id" names no field with a vocabulary/,
    ],
    ['a sensitive attribute', fitted([{ ...BRAND, name: 'health' }]), /REC_SENSITIVE_ATTRIBUTE/],
  ])('refuses %s', (_what, text, message) => {
    expect(refusalOf(() => parseFeatureSchema(text))).toMatch(message);
  });
});

describe('schemaFingerprint', () => {
  const schema = parseFeatureSchema(fitted([ITEM, RECENT, PRICE, BRAND, HOUR, AGE]));
  const fingerprint = schemaFingerprint(schema);

  it('is the same after writing, indenting and reading again', () => {
    const indented = JSON.stringify(JSON.parse(serializeFeatureSchema(schema)), null, 2);
    expect(schemaFingerprint(parseFeatureSchema(indented))).toBe(fingerprint);
    expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  const change = (name: string, changes: object): FeatureSchema => ({
    ...schema,
    fields: schema.fields.map((field) => (field.name === name ? ({ ...field, ...changes } as typeof field) : field)),
  });
  it.each<[string, FeatureSchema]>([
    ['the half-life', { ...schema, interestHalfLifeDays: 7 }],
    ['a name', change('price', { name: 'cost' })],
    ['a vocabulary entry', change('item_id', { vocabulary: ['a', 'c'] })],
    ['the order of a vocabulary', change('item_id', { vocabulary: ['b', 'a'] })],
    ['a boundary', change('price', { boundaries: [5, 11] })],
    ['a bucket count', change('brand', { bucketCount: 9 })],
    ['a parameter', change('recent', { parameters: { event: 'purchase' } })],
    ['a length', change('recent', { multiValued: { maxLength: 4, pooling: 'mean' } })],
    ['a pooling', change('recent', { multiValued: { maxLength: 3, pooling: 'sum' } })],
    ['a signal', change('hour', { signal: 'weekday' })],
    ['the models that read a field', change('price', { usedBy: ['ranker'] })],
    ['the order of fields', { ...schema, fields: [...schema.fields].reverse() }],
    ['a field that is gone', { ...schema, fields: schema.fields.slice(1) }],
  ])('changes with %s', (_what, changed) => {
    expect(schemaFingerprint(changed)).not.toBe(fingerprint);
  });
});
