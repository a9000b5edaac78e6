import { describe, expect, it } from 'vitest';
import { CandidateSet } from '../candidate-set.ts';
import { NO_SIMILARITY } from '../proposals.ts';
import { scoreInRetrievalOrder } from './retrieval-order.ts';

describe('scoreInRetrievalOrder', () => {
  it('puts even the least similar before what was not found by similarity, and keeps the order of the rest', () => {
    const set = new CandidateSet();
    const similarities = [NO_SIMILARITY, -1, NO_SIMILARITY, 1, 0];
    for (const [item, similarity] of similarities.entries()) set.add(item, 0, similarity);
    scoreInRetrievalOrder(set);
    const order = [0, 1, 2, 3, 4].sort((a, b) => set.scores[b]! - set.scores[a]!);
    expect(order).toEqual([3, 4, 1, 0, 2]);
    expect(set.scores.subarray(0, 5).every((score) => score > 0 && score <= 3)).toBe(true);
  });
});
