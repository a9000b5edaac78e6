import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectTopK } from './top-k.ts';

/** Few distinct values, so that ties are the rule. */
const tiedScore = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN), fc.constant(-0));
const anyScore = fc.oneof(tiedScore, fc.float());

describe('selectTopK', () => {
  it('agrees with a stable full sort for any scores, ties and k', () => {
    fc.assert(
      fc.property(fc.array(anyScore, { maxLength: 200 }), fc.integer({ min: 0, max: 220 }), (values, k) => {
        const scores = Float32Array.from(values);
        const sorted = Array.from(scores.keys())
          .filter((i) => !Number.isNaN(scores[i]))
          .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[a]! > scores[b]! ? -1 : 1));
        const out = new Int32Array(Math.min(k, scores.length));
        const size = selectTopK(scores, scores.length, k, out);
        expect(Array.from(out.subarray(0, size))).toEqual(sorted.slice(0, k));
      }),
      { numRuns: 500 },
    );
  });
});
