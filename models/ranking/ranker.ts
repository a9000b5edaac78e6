/**
 * Gives each candidate the probability that the shopper takes it.
 *
 * Order: one probability per row, in row order. Probabilities are 0..1, higher is better, as calibrated as the manifest's metrics say.
 * Errors: REC_RANKER_FAILED when the model fails or a number is not within 0..1.
 */
export interface Ranker {
  /** Slots of one feature row; equals the schema's `slotCount`. */
  readonly slotCount: number;
  /**
   * @param featureMatrix field ids, shape `[candidateCount, slotCount]`, row-major; may be longer than needed
   * @returns shape `[candidateCount]`; the caller's own, since calls of several queries overlap
   * Ownership: `featureMatrix` must not change before the promise settles.
   */
  rank(featureMatrix: Int32Array, candidateCount: number): Promise<Float32Array>;
}
