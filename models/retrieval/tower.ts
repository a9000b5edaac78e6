import type { MaybePromise } from '../../features/core/maybe-promise.ts';

/** Turns the field ids of shoppers or products into embeddings. */
export interface Tower {
  /** Slots of the group it reads: user slots or item slots of the layout. */
  readonly slotCount: number;
  readonly embeddingDim: number;
  /**
   * @param fieldIds shape `[rowCount, slotCount]`, row-major; may be longer than needed
   * @returns shape `[rowCount, embeddingDim]`, rows of length 1; the caller's own
   * Errors: REC_RETRIEVER_FAILED, thrown or as a rejection, when the model fails or answers with another shape or a number that is not finite.
   * Cost: blocks the event loop.
   */
  embed(fieldIds: Int32Array, rowCount: number): MaybePromise<Float32Array>;
}
