import { describe, expect, it } from 'vitest';
import { fitLine, fitMedianLine } from './line-fit.ts';

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

describe('fitMedianLine', () => {
  const points = (y: (x: number) => number) => Array.from({ length: 40 }, (_, x): [number, number] => [x, y(x)]);

  it('goes through points that lie on a line', () => {
    const { slope, intercept, residual } = fitMedianLine(points((x) => 2 * x + 3));
    expect([slope, intercept, residual]).toEqual([2, 3, 0]);
  });

  it('is not tilted by a step, as least squares are', () => {
    for (const at of [4, 12, 30]) {
      const step = points((x) => (x < at ? 0 : 100));
      expect(fitMedianLine(step).slope).toBe(0);
      expect(fitLine(step).slope).toBeGreaterThan(0.9);
    }
  });

  it('is tilted by step after step', () => {
    expect(fitMedianLine(points((x) => Math.floor(x / 5) * 10)).slope).toBeCloseTo(2, 0);
  });

  it('is not tilted by outliers', () => {
    expect(fitMedianLine(points((x) => (x % 4 === 0 ? 1_000 : x))).slope).toBeCloseTo(1, 1);
  });
});
