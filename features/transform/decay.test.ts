import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decayedValue, forwardWeight } from './decay.ts';

const HALF_LIFE_MS = 1_000;

describe('decay', () => {
  it('halves an addition every half-life', () => {
    const stored = forwardWeight(8, 5_000, 5_000, HALF_LIFE_MS);
    expect(decayedValue(stored, 5_000, 5_000, HALF_LIFE_MS)).toBe(8);
    expect(decayedValue(stored, 6_000, 5_000, HALF_LIFE_MS)).toBe(4);
    expect(decayedValue(stored, 8_000, 5_000, HALF_LIFE_MS)).toBe(1);
  });

  it('adds up additions of different times: 4 two half-lives ago and 3 now make 4', () => {
    const stored = forwardWeight(4, 0, 0, HALF_LIFE_MS) + forwardWeight(3, 2_000, 0, HALF_LIFE_MS);
    expect(stored).toBe(4 + 12);
    expect(decayedValue(stored, 2_000, 0, HALF_LIFE_MS)).toBe(4);
  });

  it('takes additions from before the landmark', () => {
    const stored = forwardWeight(4, -1_000, 0, HALF_LIFE_MS);
    expect(stored).toBe(2);
    expect(decayedValue(stored, 0, 0, HALF_LIFE_MS)).toBe(2);
  });

  it('depends neither on the order of additions nor on the landmark', () => {
    const additions = fc.array(
      fc.record({ amount: fc.integer({ min: 1, max: 10 }), atMs: fc.integer({ min: 0, max: 20_000 }) }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(additions, fc.integer({ min: 0, max: 20_000 }), (all, landmarkMs) => {
        const valueAtEnd = (list: typeof all, landmark: number): number =>
          decayedValue(
            list.reduce((sum, { amount, atMs }) => sum + forwardWeight(amount, atMs, landmark, HALF_LIFE_MS), 0),
            20_000,
            landmark,
            HALF_LIFE_MS,
          );
        const direct = all.reduce((sum, { amount, atMs }) => sum + amount * 0.5 ** ((20_000 - atMs) / HALF_LIFE_MS), 0);
        for (const value of [valueAtEnd(all, landmarkMs), valueAtEnd(all.toReversed(), 0)]) {
          expect(Math.abs(value - direct)).toBeLessThanOrEqual(1e-12 * direct);
        }
      }),
    );
  });
});
