import type { CandidateSet } from '../candidate-set.ts';
import { NO_SIMILARITY } from '../proposals.ts';

/**
 * Scores candidates without a ranker: those found by similarity first, in its order, the others after them in the order their sources
 * proposed them. Range: 2 .. 3 for the first, above 0 and below 1 for the others.
 */
export function scoreInRetrievalOrder(candidates: CandidateSet): void {
  const { count, similarities, scores } = candidates;
  for (let i = 0; i < count; i++) {
    const similarity = similarities[i]!;
    scores[i] = similarity === NO_SIMILARITY ? 1 - (i + 1) / (count + 1) : 2 + (similarity + 1) / 2;
  }
}
