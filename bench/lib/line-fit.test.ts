import { describe, expect, it } from 'vitest';
import { fitLine } from './line-fit.ts';

describe('fitLine', () => {
  it('goes through points that lie on a line', () => {
    const { slope, intercept, residual } = fitLine([
      [1, 5],
      [2, 7],
      [4, 11],
    ]);
    expect([slope, intercept]).toEqual([2, 3]);
    expect(residual).toBeCloseTo(0);
  });

  it('finds the line between points that do not, and how far they are off', () => {
    // Squares: 4 * 1, two degrees of freedom.
    const { slope, residual } = fitLine([
      [0, 1],
      [1, -1],
      [2, -1],
      [3, 1],
    ]);
    expect(slope).toBeCloseTo(0);
    expect(residual).toBeCloseTo(Math.SQRT2);
  });
});
