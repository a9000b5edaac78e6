import { describe, expect, it } from 'vitest';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { RowCompactor, SlotMapper } from './row-compactor.ts';

describe('RowCompactor', () => {
  it('numbers rows at their first touch and keeps the number', () => {
    const compactor = new RowCompactor(10);
    expect([7, 3, 7, 0, 3].map((row) => compactor.place(row))).toEqual([0, 1, 0, 2, 1]);
    expect([compactor.count, Array.from(compactor.rows.subarray(0, 3))]).toEqual([3, [7, 3, 0]]);
  });

  it('forgets the batch at a reset', () => {
    const compactor = new RowCompactor(4);
    for (const row of [0, 1, 2, 3]) compactor.place(row);
    compactor.reset();
    expect(compactor.count).toBe(0);
    expect([3, 0].map((row) => compactor.place(row))).toEqual([0, 1]);
  });
});

describe('SlotMapper', () => {
  const field = (name: string, group: FeatureField['group'], rest: object = {}): FeatureField =>
    ({ name, group, kind: 'hashed', bucketCount: 3, signal: 'any', ...rest }) as FeatureField;
  const layout = layoutFields([
    field('several', 'user', { multiValued: { maxLength: 2, pooling: 'mean' } }),
    field('unread', 'user'),
    field('one', 'user'),
    field('item', 'item'),
  ]);
  // Five rows a field: several 0..4, one 5..9, item 10..14.
  const table = layoutTable(layout, (slots) => slots.field.name !== 'unread');

  it('maps the ids of each field to rows of its own, padding and unread slots to padding', () => {
    const mapper = new SlotMapper(table.fields, layout.groupSlots.user);
    const compactor = new RowCompactor(table.rowCount);
    const out = new Int32Array(6).fill(99);
    mapper.map(compactor, Int32Array.of(88, 2, -1, 4, 2), 1, out, 1);
    expect(Array.from(out)).toEqual([99, 0, -1, -1, 1, 99]);
    expect(Array.from(compactor.rows.subarray(0, compactor.count))).toEqual([2, 5 + 2]);
  });

  it('maps the slots of its group alone', () => {
    const mapper = new SlotMapper(table.fields, layout.groupSlots.item);
    const compactor = new RowCompactor(table.rowCount);
    const out = new Int32Array(1);
    mapper.map(compactor, Int32Array.of(3), 0, out, 0);
    expect([mapper.slotCount, out[0], compactor.rows[0]]).toEqual([1, 0, 10 + 3]);
  });

  it('gives shared vocabularies the same row', () => {
    const shared = layoutFields([
      field('recent', 'user', { kind: 'categorical', vocabulary: ['a'], vocabularyOf: 'id' }),
      field('id', 'item', { kind: 'categorical', vocabulary: ['a'] }),
    ]);
    const { fields, rowCount } = layoutTable(shared, () => true);
    const compactor = new RowCompactor(rowCount);
    const out = new Int32Array(2);
    new SlotMapper(fields, shared.groupSlots.user).map(compactor, Int32Array.of(2), 0, out, 0);
    new SlotMapper(fields, shared.groupSlots.item).map(compactor, Int32Array.of(2), 0, out, 1);
    expect([Array.from(out), compactor.count]).toEqual([[0, 0], 1]);
  });
});
