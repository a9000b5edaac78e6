import { VitrineError } from '../../features/core/errors.ts';

/** Checks what a ranking model answered. Errors: REC_RANKER_FAILED naming the first candidate without a probability. */
export function checkProbabilities(probabilities: Float32Array, count: number): void {
  if (probabilities.length !== count) {
    throw new VitrineError(
      'REC_RANKER_FAILED',
      `the ranker answered ${probabilities.length} numbers for ${count} candidates`,
    );
  }
  for (let i = 0; i < count; i++) {
    // Written so that it holds for NaN, too.
    if (!(probabilities[i]! >= 0 && probabilities[i]! <= 1)) {
      throw new VitrineError(
        'REC_RANKER_FAILED',
        `the ranker answered ${probabilities[i]} for candidate ${i}, expected 0..1`,
      );
    }
  }
}
