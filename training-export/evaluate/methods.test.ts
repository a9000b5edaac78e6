import { describe, expect, it } from 'vitest';
import type { NeighbourTable, Popularity } from '../../features/catalogue/arrow-tables.ts';
import { Catalogue } from '../../features/catalogue/catalogue.ts';
import { CrossFields } from '../../features/schema/cross-fields.ts';
import type { EvaluationCase } from './evaluation-cases.ts';
import { itemNeighboursMethod, type Method, popularityMethod, recentItemsMethod } from './methods.ts';

const POPULARITY: Popularity = {
  overall: { itemIndexes: Int32Array.of(4, 2, 0, 1), weights: Float32Array.of(9, 5, 2, 1) },
  byCategory: new Map(),
};

function aCase(recentItems: readonly number[], excludedItem = -1): EvaluationCase {
  return {
    ...{ atMs: 0, userId: 'u', queryIds: new Int32Array(0), cross: new CrossFields(0, [], new Catalogue()) },
    ...{ recentItems, excludedItem, targets: new Set<number>() },
  };
}

const ranked = async (method: Method, one: EvaluationCase, k: number): Promise<number[]> =>
  Array.from(await method.rank(one, k));

describe('popularityMethod', () => {
  it('gives everybody the most popular, without what must not be recommended', async () => {
    const method = popularityMethod(POPULARITY);
    expect(await ranked(method, aCase([]), 2)).toEqual([4, 2]);
    expect(await ranked(method, aCase([], 4), 2)).toEqual([2, 0]);
    expect(await ranked(method, aCase([]), 10)).toEqual([4, 2, 0, 1]);
  });
});

describe('recentItemsMethod', () => {
  it('gives what the shopper dealt with, then the most popular, each once', async () => {
    const method = recentItemsMethod(POPULARITY);
    expect(await ranked(method, aCase([3, 2]), 4)).toEqual([3, 2, 4, 0]);
    expect(await ranked(method, aCase([3, 2], 3), 4)).toEqual([2, 4, 0, 1]);
    expect(await ranked(method, aCase([3, 2, 1]), 2)).toEqual([3, 2]);
  });
});

describe('itemNeighboursMethod', () => {
  /** Neighbours of 0: 1 (0.8), 2 (0.4); of 1: 0 (0.8); of 3: 2 (0.5), 4 (0.3). */
  const table: NeighbourTable = {
    kind: 'co_view',
    offsets: Int32Array.of(0, 2, 3, 3, 5, 5),
    items: Int32Array.of(1, 2, 0, 2, 4),
    strengths: Float32Array.of(0.8, 0.4, 0.8, 0.5, 0.3),
  };

  it('sums strengths over recent products, each counting one over its place', async () => {
    const method = itemNeighboursMethod(table, POPULARITY, 5);
    // From 3 in first place: 2 gets 0.5, 4 gets 0.3; from 0 in second place: 1 gets 0.4, 2 another 0.2.
    expect(await ranked(method, aCase([3, 0]), 3)).toEqual([2, 1, 4]);
    // Other way round: 1 gets 0.8, 2 gets 0.4 + 0.25, 4 gets 0.15.
    expect(await ranked(method, aCase([0, 3]), 3)).toEqual([1, 2, 4]);
  });

  it('fills up with the most popular, each product once, without what must not be recommended', async () => {
    const method = itemNeighboursMethod(table, POPULARITY, 5);
    expect(await ranked(method, aCase([1]), 3)).toEqual([0, 4, 2]);
    expect(await ranked(method, aCase([1], 0), 3)).toEqual([4, 2, 1]);
    expect(await ranked(method, aCase([]), 2)).toEqual([4, 2]);
  });

  it('forgets the case before', async () => {
    const method = itemNeighboursMethod(table, POPULARITY, 5);
    await method.rank(aCase([3, 0]), 3);
    expect(await ranked(method, aCase([1]), 1)).toEqual([0]);
  });
});
