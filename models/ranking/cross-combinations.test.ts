import { expect, it } from 'vitest';
import type { CrossWriter } from '../../features/schema/cross-fields.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { CrossCombinations } from './cross-combinations.ts';
import { foldParts } from './fold-parts.ts';
import { eachByItself } from './folded-kernel.ts';

const cross = (name: string, usedBy?: readonly 'towers'[]): FeatureField => ({
  ...{ name, group: 'cross', kind: 'bucketized', boundaries: [0], signal: 'any' },
  ...(usedBy === undefined ? {} : { usedBy }),
});

/** A writer of the ids a function gives; `constants` by slot. */
function aWriter(idOf: (item: number, slot: number) => number, constants: readonly number[] = []): CrossWriter {
  return {
    ...eachByItself((slot, item) => idOf(item, slot)),
    write: () => expect.unreachable('the folded form reads columns'),
    constantOf: (slot) => constants[slot],
  };
}

it('keeps each combination once, in order of appearance, over fields the ranker reads', () => {
  const layout = layoutFields([cross('first'), cross('unread', ['towers']), cross('second')]);
  const parts = foldParts(layoutTable(layout, ({ field }) => field.usedBy === undefined));
  const combinations = new CrossCombinations(parts);
  const written = [
    [0, 1, 2],
    [2, 1, 0],
    [0, 3, 2],
    [0, 0, 0],
    [2, 2, 0],
  ];
  const request = {
    queryIds: new Int32Array(0),
    itemIndexes: Int32Array.of(0, 1, 2, 3, 4, 0),
    count: 6,
    cross: aWriter((item, slot) => written[item]![slot]!),
  };
  for (const count of [6, 2, 6]) {
    combinations.collect({ ...request, count });
    const all = count === 6;
    expect(combinations.count).toBe(all ? 3 : 2);
    // Each field has four ids: the second begins at row 4.
    expect(Array.from(combinations.ids.subarray(0, combinations.count * 2))).toEqual(
      all ? [0, 6, 2, 4, 0, 4] : [0, 6, 2, 4],
    );
    expect(Array.from(combinations.index.subarray(0, count))).toEqual(all ? [0, 1, 0, 2, 1, 0] : [0, 1]);
  }
});

it('tells a thousand different combinations apart', () => {
  const fields = Array.from({ length: 10 }, (_, i) => cross(`cross_${i}`));
  const layout = layoutFields(fields);
  const combinations = new CrossCombinations(foldParts(layoutTable(layout, () => true)));
  const count = 1 << 10;
  combinations.collect({
    queryIds: new Int32Array(0),
    itemIndexes: Int32Array.from({ length: count }, (_, i) => i),
    count,
    cross: aWriter((item, slot) => (item >> slot) & 1),
  });
  expect(combinations.count).toBe(count);
});

it('gives fields that are the same for all products their id', () => {
  const layout = layoutFields([cross('same'), cross('other')]);
  const combinations = new CrossCombinations(foldParts(layoutTable(layout, () => true)));
  combinations.collect({
    queryIds: new Int32Array(0),
    itemIndexes: Int32Array.of(3, 2, 3),
    count: 3,
    cross: aWriter((item, slot) => (slot === 1 ? item : expect.unreachable('is not asked for each product')), [1]),
  });
  expect(Array.from(combinations.ids.subarray(0, 4))).toEqual([1, 4 + 3, 1, 4 + 2]);
  expect(Array.from(combinations.index.subarray(0, 3))).toEqual([0, 1, 0]);
});

it('stays exact when there are more possible combinations than whole numbers', () => {
  const wide = (name: string): FeatureField => ({
    ...{ name, group: 'cross', kind: 'bucketized', signal: 'any' },
    boundaries: Array.from({ length: 40_000 }, (_, i) => i),
  });
  const fields = Array.from({ length: 5 }, (_, i) => wide(`wide_${i}`));
  const layout = layoutFields(fields);
  const combinations = new CrossCombinations(foldParts(layoutTable(layout, () => true)));
  const count = 300;
  // Pairs of candidates differ in one field only, the last by a multiple of powers of two.
  const idOf = (item: number, slot: number): number => (slot === item % 5 ? 40_000 - (item >> 1) : 7);
  combinations.collect({
    queryIds: new Int32Array(0),
    itemIndexes: Int32Array.from({ length: count }, (_, i) => i),
    count,
    cross: aWriter(idOf),
  });
  expect(combinations.count).toBe(count);
  for (let i = 0; i < count; i++) {
    const at = combinations.index[i]! * 5;
    const ids = Array.from(combinations.ids.subarray(at, at + 5), (row, f) => row - f * 40_003);
    expect(ids).toEqual(fields.map((_, slot) => idOf(i, slot)));
  }
});
