import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { DEFAULT_SCHEMA } from '../../features/schema/default-schema.ts';
import {
  type FeatureField,
  type FeatureSchemaDeclaration,
  type FieldDeclaration,
  serializeFeatureSchema,
} from '../../features/schema/feature-schema.ts';
import { parseFeatureSchema, schemaFingerprint } from '../../features/schema/parse-schema.ts';
import { fitSchema } from './fit-schema.ts';
import { aDataset, aShop, type TestDataset, type TestEvent } from './testing/a-dataset.ts';

const ITEM_ID: FieldDeclaration = { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id' };
const RECENT: FieldDeclaration = {
  ...{ name: 'recent', group: 'user', kind: 'categorical', signal: 'recent_items', vocabularyOf: 'item_id' },
  parameters: { event: 'view_item' },
  multiValued: { maxLength: 3, pooling: 'mean' },
};
const BASE = [RECENT, ITEM_ID];

function fitted(
  fields: readonly FieldDeclaration[],
  content: TestDataset,
  trainEnd = Number.POSITIVE_INFINITY,
): { fields: Record<string, FeatureField>; dropped: readonly string[] } {
  const dataset = aDataset(content);
  const { schema, droppedFields } = fitSchema({ fields }, dataset, Math.min(trainEnd, dataset.events.count));
  return { fields: Object.fromEntries(schema.fields.map((field) => [field.name, field])), dropped: droppedFields };
}

const views = (...items: string[]): TestEvent[] =>
  items.map((item, minute) => ({ minute, user: `u${minute % 2}`, item }));

describe('fitSchema', () => {
  it('numbers a vocabulary by frequency, equal counts by text', () => {
    const { fields } = fitted(BASE, { events: views('c', 'b', 'a', 'c', 'b', 'd', 'c') });
    expect(fields.item_id).toMatchObject({ vocabulary: ['c', 'b', 'a', 'd'] });
  });

  it('keeps the most frequent values within the stated size and count', () => {
    const events = views('c', 'b', 'a', 'c', 'b', 'd', 'c');
    const limited = (rest: object): unknown =>
      fitted([RECENT, { ...ITEM_ID, ...rest } as FieldDeclaration], { events }).fields.item_id;
    expect(limited({ maxVocabulary: 1 })).toMatchObject({ vocabulary: ['c'] });
    expect(limited({ minCount: 2 })).toMatchObject({ vocabulary: ['c', 'b'] });
  });

  it('gives a sharing field the very vocabulary of its source, wherever the source stands', () => {
    const { fields } = fitted([ITEM_ID, RECENT], { events: views('b', 'a', 'b') });
    expect(fields.recent).toMatchObject({ vocabularyOf: 'item_id', vocabulary: ['b', 'a'] });
  });

  it('does not know products first named after the window, also when the catalogue has them', () => {
    const { fields } = fitted(
      BASE,
      { items: [{ itemId: 'later' }, { itemId: 'never' }], events: views('a', 'b', 'a', 'later') },
      3,
    );
    expect(fields.item_id).toMatchObject({ vocabulary: ['a', 'b'] });
    expect(fields.recent).toMatchObject({ vocabulary: ['a', 'b'] });
  });

  it('does not know attributes of shoppers who come after the window', () => {
    const region: FieldDeclaration = {
      ...{ name: 'region', group: 'user', kind: 'categorical', signal: 'user_attribute' },
      parameters: { attribute: 'region' },
    };
    const users = { early: { region: 'north' }, late: { region: 'south' } };
    const events = [
      { minute: 0, user: 'early', item: 'a' },
      { minute: 1, user: 'early', item: 'b' },
      { minute: 2, user: 'late', item: 'a' },
    ];
    expect(fitted([region, ...BASE], { users, events }, 2).fields.region).toMatchObject({ vocabulary: ['north'] });
    expect(fitted([region, ...BASE], { users, events }, 3).fields.region).toMatchObject({
      vocabulary: ['north', 'south'],
    });
  });

  it('learns quantiles from products of the window alone', () => {
    const price: FieldDeclaration = {
      ...{ name: 'price', group: 'item', kind: 'bucketized', signal: 'price' },
      quantileCount: 2,
    };
    const items = [10, 20, 30, 40, 1000].map((one) => ({ itemId: `at ${one}`, price: one }));
    const events = views('at 10', 'at 20', 'at 30', 'at 40', 'at 1000', 'at 1000');
    // The middle of 10, 20, 30, 40 splits them two and two.
    expect(fitted([...BASE, price], { items, events }, 4).fields.price).toMatchObject({ boundaries: [30] });
  });

  it('learns quantiles of behaviour from moments of the window alone', () => {
    const orderValue: FieldDeclaration = {
      ...{ name: 'order_value', group: 'user', kind: 'bucketized', signal: 'average_order_value' },
      quantileCount: 2,
    };
    const buy = (minute: number, value: number): TestEvent => ({
      ...{ minute, user: 'u', type: 'purchase', item: 'a', value },
    });
    // Seen before the events at minutes 1, 2 and 3: means of 10; 10 and 30; 10, 30 and 50.
    const early = [buy(0, 10), buy(1, 30), buy(2, 50), { minute: 3, user: 'u', item: 'a' }];
    const late = [4, 5, 6, 7, 8].map((minute) => buy(minute, 9000));
    const fields = [orderValue, ...BASE];
    expect(fitted(fields, { events: early }).fields.order_value).toMatchObject({ boundaries: [20] });
    expect(fitted(fields, { events: [...early, ...late] }, 4).fields.order_value).toMatchObject({ boundaries: [20] });
  });

  it('is the same whatever comes after the window', () => {
    const trainEnd = 400;
    const before = aDataset(aShop({ seed: 3 }));
    const { events } = before;
    expect(events.count).toBeGreaterThan(trainEnd + 200);
    const altered = {
      ...before,
      events: {
        ...events,
        item: events.item.map((item, row) => (row < trainEnd ? item : (item + 7) % before.catalogue.size)),
        type: events.type.map((type, row) => (row < trainEnd ? type : (type + 1) % 7)),
        user: events.user.map((user, row) => (row < trainEnd ? user : 59 - user)),
        value: events.value.map((value, row) => (row < trainEnd ? value : 1e6)),
      },
    };
    const first = fitSchema(DEFAULT_SCHEMA, before, trainEnd).schema;
    expect(schemaFingerprint(fitSchema(DEFAULT_SCHEMA, altered, trainEnd).schema)).toBe(schemaFingerprint(first));
  });

  it('takes numbers of a bucketized attribute kept as text, each shopper once', () => {
    const age: FieldDeclaration = {
      ...{ name: 'age', group: 'user', kind: 'bucketized', signal: 'user_attribute' },
      parameters: { attribute: 'age' },
      quantileCount: 2,
    };
    const ages = ['20', '20', '20', '30', '40', 'unknown'];
    const users = Object.fromEntries(ages.map((value, u) => [`u${u}`, { age: value }]));
    const events = ages.map((_, u) => ({ minute: u, user: `u${u}`, item: 'a' }));
    // The middle of 20, 20, 20, 30, 40 is 20, which starts no bucket of its own.
    expect(fitted([age, ...BASE], { users, events }).fields.age).toMatchObject({ boundaries: [] });
  });

  it('makes a vocabulary of a number that is declared categorical', () => {
    const weekday: FieldDeclaration = { name: 'weekday', group: 'context', kind: 'categorical', signal: 'weekday' };
    const events = [0, 1, 2].map((day) => ({ minute: day * 24 * 60, user: 'u', item: 'a' }));
    expect(fitted([weekday, ...BASE], { events }).fields.weekday).toMatchObject({ vocabulary: ['1', '2', '3'] });
  });

  it('counts each of several values', () => {
    const tags: FieldDeclaration = {
      ...{ name: 'tags', group: 'item', kind: 'categorical', signal: 'item_attribute' },
      parameters: { attribute: 'tags' },
      multiValued: { maxLength: 2, pooling: 'sum' },
    };
    const items = [
      { itemId: 'a', attributes: { tags: 'new|red' } },
      { itemId: 'b', attributes: { tags: 'red' } },
    ];
    // Two events of a, one of b.
    expect(fitted([...BASE, tags], { items, events: views('a', 'b', 'a') }).fields.tags).toMatchObject({
      vocabulary: ['red', 'new'],
    });
  });

  it('drops fields without a value in the window and says which, those that share their vocabulary included', () => {
    const { fields, dropped } = fitted(DEFAULT_SCHEMA.fields, { events: views('a', 'b', 'a') });
    expect(dropped).toEqual(
      expect.arrayContaining(['brand', 'top_brands', 'price', 'recent_purchases', 'item_age_days', 'device']),
    );
    expect(Object.keys(fields)).toEqual(
      expect.arrayContaining(['recent_views', 'last_view', 'view_count', 'hour', 'item_id', 'viewed_hours_ago']),
    );
    expect(dropped.filter((name) => name in fields)).toEqual([]);
  });

  it('drops a field whose first value comes after the window', () => {
    const events: TestEvent[] = [
      ...views('a', 'b', 'a'),
      { minute: 10, user: 'u0', type: 'purchase', item: 'a' },
      { minute: 11, user: 'u0', item: 'b' },
    ];
    expect(fitted(DEFAULT_SCHEMA.fields, { events }, 4).dropped).toContain('recent_purchases');
    expect(fitted(DEFAULT_SCHEMA.fields, { events }, 5).dropped).not.toContain('recent_purchases');
  });

  it('keeps a vocabulary and boundaries that are given', () => {
    const colour: FieldDeclaration = {
      ...{ name: 'colour', group: 'item', kind: 'categorical', signal: 'item_attribute' },
      parameters: { attribute: 'colour' },
      vocabulary: ['red', 'green'],
    };
    const { fields } = fitted([...BASE, colour], {
      items: [{ itemId: 'a', attributes: { colour: 'blue' } }],
      events: views('a', 'a', 'a'),
    });
    expect(fields.colour).toMatchObject({ vocabulary: ['red', 'green'] });
  });

  it('gives what a server reads back from the bundle', () => {
    const dataset = aDataset(aShop({ seed: 1 }));
    const { schema } = fitSchema({ ...DEFAULT_SCHEMA, interestHalfLifeDays: 3 }, dataset, dataset.events.count);
    expect(schema.interestHalfLifeDays).toBe(3);
    expect(parseFeatureSchema(serializeFeatureSchema(schema))).toEqual(schema);
  });

  it.each<[string, FeatureSchemaDeclaration['fields'], RegExp]>([
    ['no user field has a value', [ITEM_ID], /no user field has a value in the training data/],
    [
      'no item field has a value',
      [
        { ...ITEM_ID, signal: 'brand' },
        { ...RECENT, vocabularyOf: 'item_id' },
      ],
      /no /,
    ],
    ['the towers would read no item field', [RECENT, { ...ITEM_ID, usedBy: ['ranker'] }], /towers.* no item field/],
    ['the towers would read no user field', [{ ...RECENT, usedBy: ['ranker'] }, ITEM_ID], /towers.* no user field/],
    [
      'the ranker would read nothing',
      [
        { ...RECENT, usedBy: ['towers'] },
        { ...ITEM_ID, usedBy: ['towers'] },
      ],
      /ranker.* no field/,
    ],
    [
      'a shared vocabulary names no field',
      [{ ...RECENT, vocabularyOf: 'product' }, ITEM_ID],
      /names no field "product"/,
    ],
  ])('refuses a schema when %s', (_what, fields, message) => {
    const dataset = aDataset({ events: views('a', 'b', 'a') });
    const refused = (): unknown => fitSchema({ fields }, dataset, 3);
    expect(refused).toThrow(VitrineError);
    expect(refused).toThrow(message);
  });
});
