import { describe, expect, it } from 'vitest';
import type { FeatureField } from './feature-schema.ts';
import { layoutFields, layoutTable, tableFieldsIn } from './field-layout.ts';

const ITEM: FeatureField = {
  ...{ name: 'item_id', group: 'item', signal: 'any', kind: 'categorical' },
  vocabulary: ['a', 'b', 'c'],
};
const RECENT: FeatureField = {
  ...{ name: 'recent', group: 'user', signal: 'any', kind: 'categorical' },
  vocabulary: ['a', 'b', 'c'],
  vocabularyOf: 'item_id',
  multiValued: { maxLength: 4, pooling: 'mean' },
};
const SEEN: FeatureField = { name: 'seen', group: 'cross', signal: 'any', kind: 'bucketized', boundaries: [1, 2] };
const HOUR: FeatureField = { name: 'hour', group: 'context', signal: 'any', kind: 'hashed', bucketCount: 6 };
const FIELDS = [SEEN, ITEM, RECENT, HOUR];

describe('layoutFields', () => {
  it('gives groups neighbouring slots in the order user, context, item, cross, whatever the order of fields', () => {
    const layout = layoutFields(FIELDS);
    expect(layout.fields.map(({ field, slot, slotCount }) => [field.name, slot, slotCount])).toEqual([
      ['recent', 0, 4],
      ['hour', 4, 1],
      ['item_id', 5, 1],
      ['seen', 6, 1],
    ]);
    expect(layout.groupSlots).toEqual({ user: [0, 4], context: [4, 5], item: [5, 6], cross: [6, 7] });
    expect(layout.slotCount).toBe(7);
  });

  it('counts missing and unknown among the ids of a field', () => {
    // 3 values; 6 buckets; 3 buckets between 2 boundaries; and 2 each.
    expect(layoutFields(FIELDS).fields.map(({ cardinality }) => cardinality)).toEqual([5, 8, 5, 5]);
  });

  it('gives a group without fields an empty range', () => {
    expect(layoutFields([ITEM]).groupSlots).toEqual({ user: [0, 0], context: [0, 0], item: [0, 1], cross: [1, 1] });
  });

  it('says how several values are pooled, and that one is not', () => {
    expect(layoutFields(FIELDS).fields.map(({ pooling }) => pooling)).toEqual([
      'mean',
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('layoutTable', () => {
  const layout = layoutFields(FIELDS);

  it('lets fields with one vocabulary share rows and puts the others one after another', () => {
    const table = layoutTable(layout, () => true);
    expect(table.fields.map(({ field, tableRow }) => [field.name, tableRow])).toEqual([
      ['recent', 0],
      ['hour', 5],
      ['item_id', 0],
      ['seen', 13],
    ]);
    expect(table.rowCount).toBe(5 + 8 + 5);
  });

  it('has rows for the fields the model reads only', () => {
    const table = layoutTable(layout, ({ field }) => field.group === 'user' || field.group === 'cross');
    expect(table.fields.map(({ field, tableRow }) => [field.name, tableRow])).toEqual([
      ['recent', 0],
      ['seen', 5],
    ]);
    expect(table.rowCount).toBe(10);
  });

  it('keeps rows and size when only the fields of some slots are taken', () => {
    const table = layoutTable(layout, () => true);
    const items = tableFieldsIn(table, layout.groupSlots.item);
    expect(items.fields.map(({ field }) => field.name)).toEqual(['item_id']);
    expect(items.rowCount).toBe(table.rowCount);
  });
});
