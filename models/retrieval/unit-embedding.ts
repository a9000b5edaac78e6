import { VitrineError } from '../../features/core/errors.ts';

/** Squared lengths this near to 1 count as normalised: float32 rounding over a few hundred dimensions stays below it. */
const SQUARED_LENGTH_TOLERANCE = 1e-5;

/**
 * Copies one row of `source` into `into`, scaled to length 1 unless it has that length already.
 *
 * Shape: `source` `[rowCount, embeddingDim]`, row-major; `into` `[embeddingDim]`.
 * Errors: REC_RETRIEVER_FAILED naming `what` and the row when a number is not finite or the length is zero.
 */
export function copyUnitEmbedding(
  source: Float32Array,
  row: number,
  into: number[] | Float32Array,
  what: 'query' | 'item embedding',
): void {
  const embeddingDim = into.length;
  const start = row * embeddingDim;
  let squaredLength = 0;
  for (let i = 0; i < embeddingDim; i++) {
    const value = source[start + i]!;
    squaredLength += value * value;
    into[i] = value;
  }
  if (Math.abs(squaredLength - 1) <= SQUARED_LENGTH_TOLERANCE) return;
  if (!Number.isFinite(squaredLength) || squaredLength === 0) {
    const fault = squaredLength === 0 ? 'is all zeros, so it has no direction' : 'holds a number that is not finite';
    throw new VitrineError('REC_RETRIEVER_FAILED', `${what} ${row} ${fault}; expected ${embeddingDim} finite numbers`, {
      details: { row, embeddingDim },
    });
  }
  const scale = 1 / Math.sqrt(squaredLength);
  for (let i = 0; i < embeddingDim; i++) into[i] = into[i]! * scale;
}

/**
 * Refuses a batch that does not have the shape the caller states.
 *
 * Errors: REC_RETRIEVER_FAILED.
 */
export function checkSearchShape(queries: Float32Array, queryCount: number, k: number, embeddingDim: number): void {
  if (!Number.isInteger(k) || k < 1) {
    throw new VitrineError('REC_RETRIEVER_FAILED', `k is ${k}; expected an integer of at least 1`);
  }
  if (!Number.isInteger(queryCount) || queryCount < 0 || queries.length !== queryCount * embeddingDim) {
    throw new VitrineError(
      'REC_RETRIEVER_FAILED',
      `queries hold ${queries.length} numbers; expected ${queryCount} queries of ${embeddingDim}`,
      { details: { queryCount, embeddingDim } },
    );
  }
}

/** Refuses embeddings that are not `itemCount` rows of `embeddingDim`. Errors: REC_RETRIEVER_FAILED. */
export function checkEmbeddingShape(embeddings: Float32Array, itemCount: number, embeddingDim: number): void {
  if (!Number.isInteger(embeddingDim) || embeddingDim < 1 || embeddings.length !== itemCount * embeddingDim) {
    throw new VitrineError(
      'REC_RETRIEVER_FAILED',
      `embeddings hold ${embeddings.length} numbers; expected ${itemCount} items of ${embeddingDim}`,
      { details: { itemCount, embeddingDim } },
    );
  }
}
