import { describe, expect, it } from 'vitest';
import { ExampleSetBuilder } from './example-set.ts';

describe('ExampleSetBuilder', () => {
  it('keeps everything in order beyond the room it starts with', () => {
    const builder = new ExampleSetBuilder(2, 1);
    const queryCount = 3000;
    for (let query = 0; query < queryCount; query++) {
      const row = builder.beginQuery();
      row.ids.set([query, query + 1], row.start);
      for (let e = 0; e < 3; e++) {
        const cross = builder.addExample(query + e, e === 0 ? 1 : 0);
        cross.ids[cross.start] = 10 * query + e;
      }
      builder.endQuery(query / 2);
    }
    const set = builder.build();
    expect([set.queryCount, set.exampleCount, builder.exampleCount]).toEqual([queryCount, 9000, 9000]);
    expect(set.queryRows).toHaveLength(2 * queryCount);
    expect(set.crossIds).toHaveLength(9000);
    for (const query of [0, 1, 1023, 1024, 2047, 2048, 2999]) {
      expect(Array.from(set.queryRows.subarray(2 * query, 2 * query + 2))).toEqual([query, query + 1]);
      const [from, to] = [set.queryStarts[query]!, set.queryStarts[query + 1]!];
      expect([from, to, set.queryAtMs[query]]).toEqual([3 * query, 3 * query + 3, query / 2]);
      expect(Array.from(set.itemIndexes.subarray(from, to))).toEqual([query, query + 1, query + 2]);
      expect(Array.from(set.crossIds.subarray(from, to))).toEqual([10 * query, 10 * query + 1, 10 * query + 2]);
      expect(Array.from(set.targets.subarray(from, to))).toEqual([1, 0, 0]);
    }
  });

  it('makes an empty set of nothing', () => {
    const set = new ExampleSetBuilder(3, 0).build();
    expect([set.queryCount, set.exampleCount, set.queryStarts.length]).toEqual([0, 0, 1]);
  });

  it('works without cross fields', () => {
    const builder = new ExampleSetBuilder(1, 0);
    builder.beginQuery().ids[0] = 4;
    builder.addExample(7, 1);
    builder.endQuery(0);
    expect(builder.build()).toMatchObject({ exampleCount: 1, itemIndexes: Int32Array.of(7) });
  });
});
