import type { Retriever } from './retriever.ts';

/** Similarities closer than this are the same to float32 sums of a different order, so either item is a right answer. */
const TIE_TOLERANCE = 1e-6;

/** How much of the exact answer an approximate index finds; the form the manifest keeps. */
export interface AnnRecall {
  readonly k: number;
  /** Share of exact answers found, 0..1, averaged over queries. */
  readonly value: number;
  readonly queryCount: number;
}

/** Exact answers to a set of queries, kept so that several settings of an index can be held against them. */
export interface ExactAnswers {
  /** Shape `[queryCount, embeddingDim]`, row-major. */
  readonly queries: Float32Array;
  readonly queryCount: number;
  readonly k: number;
  /** `k`, or the size of a smaller catalogue. */
  readonly expectedCount: number;
  /** Items of each query's answer. */
  readonly items: readonly ReadonlySet<number>[];
  /** Similarity of each query's last answer. */
  readonly lastSimilarities: Float64Array;
}

/**
 * Answers all queries by exact search.
 *
 * Cost: O(queryCount * itemCount * embeddingDim); blocks the event loop for one query at a time.
 *
 * @param queries shape `[queryCount, embeddingDim]`, row-major
 */
export async function findExactAnswers(exact: Retriever, queries: Float32Array, k: number): Promise<ExactAnswers> {
  const queryCount = Math.floor(queries.length / exact.embeddingDim);
  const expectedCount = Math.min(k, exact.itemCount);
  const items: Set<number>[] = [];
  const lastSimilarities = new Float64Array(queryCount);
  for (let q = 0; q < queryCount; q++) {
    const answer = await exact.search(queryAt(queries, exact.embeddingDim, q), 1, k);
    items.push(new Set(answer.itemIndexes.subarray(0, expectedCount)));
    lastSimilarities[q] = answer.similarities[expectedCount - 1] ?? Number.NaN;
  }
  return { queries, queryCount, k, expectedCount, items, lastSimilarities };
}

/**
 * Share of the exact answers that `retriever` finds.
 *
 * An item counts as found when exact search returns it too, or when it ties with the last exact answer, because which of several equal
 * products comes back is no one's error. With fewer than `k` products the share is of those there are. No queries or no products: 1.
 */
export async function measureAgainst(answers: ExactAnswers, retriever: Retriever): Promise<AnnRecall> {
  const { queries, queryCount, k, expectedCount } = answers;
  let foundCount = 0;
  for (let q = 0; q < queryCount && expectedCount > 0; q++) {
    const actual = await retriever.search(queryAt(queries, retriever.embeddingDim, q), 1, k);
    const found = new Set<number>();
    for (let i = 0; i < expectedCount; i++) {
      const item = actual.itemIndexes[i]!;
      if (item < 0) break;
      const isTie = actual.similarities[i]! >= answers.lastSimilarities[q]! - TIE_TOLERANCE;
      if (isTie || answers.items[q]!.has(item)) found.add(item);
    }
    foundCount += found.size;
  }
  const possible = queryCount * expectedCount;
  return { k, value: possible === 0 ? 1 : foundCount / possible, queryCount };
}

/**
 * Measures how much of the exact answer `retriever` finds; see {@link measureAgainst} for what counts.
 *
 * @param queries shape `[queryCount, embeddingDim]`, row-major
 */
export async function measureAnnRecall(
  retriever: Retriever,
  exact: Retriever,
  queries: Float32Array,
  k: number,
): Promise<AnnRecall> {
  return measureAgainst(await findExactAnswers(exact, queries, k), retriever);
}

function queryAt(queries: Float32Array, embeddingDim: number, index: number): Float32Array {
  return queries.subarray(index * embeddingDim, (index + 1) * embeddingDim);
}
