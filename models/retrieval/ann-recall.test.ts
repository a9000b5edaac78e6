import { describe, expect, it } from 'vitest';
import { measureAnnRecall } from './ann-recall.ts';
import { ExactRetriever } from './exact-retriever.ts';
import type { RetrievalResult, Retriever } from './retriever.ts';

/** Right, (0.8, 0.6), (0.6, 0.8), up, and up again. */
const EMBEDDINGS = Float32Array.of(1, 0, 0.8, 0.6, 0.6, 0.8, 0, 1, 0, 1);
const RIGHT = Float32Array.of(1, 0);
const UP = Float32Array.of(0, 1);

/** Answers every query with the same items. */
function alwaysAnswering(items: number[], similarities: number[]): Retriever {
  return {
    embeddingDim: 2,
    itemCount: 5,
    description: 'fixed answers',
    search: async (_queries, queryCount, k): Promise<RetrievalResult> => {
      const itemIndexes = new Int32Array(k).fill(-1);
      itemIndexes.set(items);
      const filled = new Float32Array(k).fill(Number.NaN);
      filled.set(similarities);
      return { itemIndexes, similarities: filled, queryCount, k };
    },
  };
}

describe('measureAnnRecall', () => {
  const exact = new ExactRetriever(EMBEDDINGS, 5, 2);

  it('is one for a retriever that answers exactly', async () => {
    const other = new ExactRetriever(EMBEDDINGS, 5, 2);
    expect(await measureAnnRecall(other, exact, Float32Array.of(1, 0, 0, 1), 3)).toEqual({
      k: 3,
      value: 1,
      queryCount: 2,
    });
  });

  it('is the share of exact answers found, averaged over queries', async () => {
    // Exact: right -> 0, 1; up -> 3, 4. The answer 0, 3 has one of two for each.
    const half = alwaysAnswering([0, 3], [0.5, 0.1]);
    expect((await measureAnnRecall(half, exact, Float32Array.of(1, 0, 0, 1), 2)).value).toBe(0.5);
  });

  it('counts a short answer as misses', async () => {
    expect((await measureAnnRecall(alwaysAnswering([0], [1]), exact, RIGHT, 4)).value).toBe(0.25);
  });

  it('counts an item that ties with the last exact answer as found', async () => {
    expect((await measureAnnRecall(alwaysAnswering([4], [1]), exact, UP, 1)).value).toBe(1);
  });

  it('counts a repeated item once', async () => {
    expect((await measureAnnRecall(alwaysAnswering([0, 0], [1, 1]), exact, RIGHT, 2)).value).toBe(0.5);
  });

  it('is one when there is nothing to find', async () => {
    const empty = new ExactRetriever(new Float32Array(0), 0, 2);
    expect((await measureAnnRecall(empty, empty, RIGHT, 3)).value).toBe(1);
    expect((await measureAnnRecall(exact, exact, new Float32Array(0), 3)).value).toBe(1);
  });
});
