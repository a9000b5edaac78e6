import type { MaybePromise } from '../../features/core/maybe-promise.ts';

/** Answers of a batch of searches, row-major and preallocated by the retriever: valid until its next search. */
export interface RetrievalResult {
  /** Shape `[queryCount, k]`: item indexes (catalogue rows), best first; -1 past the end of a short answer. */
  readonly itemIndexes: Int32Array;
  /** Shape `[queryCount, k]`: inner product of normalised embeddings, -1 .. 1, higher is better; NaN past the end. */
  readonly similarities: Float32Array;
  readonly queryCount: number;
  readonly k: number;
}

/**
 * Finds the products whose embeddings are nearest to a query's.
 *
 * Excludes: availability, rules, where the embeddings live (in this process or an engine of its own), hence batched and not waiting or
 * waiting, as it comes.
 * Order: answers in query order; within one, by similarity descending, ties by item index ascending.
 * Errors: REC_RETRIEVER_FAILED, thrown or as a rejection.
 */
export interface Retriever {
  readonly embeddingDim: number;
  readonly itemCount: number;
  /** Name and parameters, for logs and the manifest. */
  readonly description: string;
  /** @param queries shape `[queryCount, embeddingDim]`, row-major, normalised; @param k at least 1, may exceed the catalogue */
  search(queries: Float32Array, queryCount: number, k: number): MaybePromise<RetrievalResult>;
}
