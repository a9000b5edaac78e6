import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { drawIndex, drawPoisson, drawSubset } from './demo-draws.ts';

const DRAWS = 20_000;

describe('drawIndex', () => {
  it('draws in proportion to the weights and never what weighs nothing', () => {
    const random = new SeededRandom(1);
    const counts = [0, 0, 0];
    for (let i = 0; i < DRAWS; i++) counts[drawIndex([1, 0, 3], random)]! += 1;
    expect(counts[1]).toBe(0);
    // A quarter of 20 000 is 5 000; one standard deviation is 61.
    expect(Math.abs(counts[0]! - DRAWS / 4)).toBeLessThan(300);
  });

  it('answers -1 when nothing can be drawn', () => {
    const random = new SeededRandom(1);
    expect(drawIndex([], random)).toBe(-1);
    expect(drawIndex([0, 0], random)).toBe(-1);
  });
});

describe('drawSubset', () => {
  it('draws different positions, at most as many as there are', () => {
    const random = new SeededRandom(2);
    const drawn = drawSubset([0, Number.NEGATIVE_INFINITY, 0, 0], 10, random);
    expect([...drawn].sort()).toEqual([0, 2, 3]);
    expect(drawSubset([0, 0, 0], 2, random)).toHaveLength(2);
    expect(drawSubset([], 2, random)).toEqual([]);
  });

  it('draws the first position in proportion to the weights', () => {
    const random = new SeededRandom(3);
    let first = 0;
    for (let i = 0; i < DRAWS; i++) if (drawSubset([Math.log(3), 0, 0, 0], 2, random)[0] === 0) first += 1;
    // Half of 20 000 is 10 000; one standard deviation is 71.
    expect(Math.abs(first - DRAWS / 2)).toBeLessThan(350);
  });

  it('draws without replacement as one draw after the other would', () => {
    const random = new SeededRandom(4);
    let both = 0;
    for (let i = 0; i < DRAWS; i++) {
      const drawn = drawSubset([Math.log(2), 0, 0], 2, random);
      if (drawn.includes(1) && drawn.includes(2)) both += 1;
    }
    // Weights 2, 1, 1: the two light ones together come as (1/4 * 1/3) * 2 = 1/6.
    expect(Math.abs(both - DRAWS / 6)).toBeLessThan(270);
  });
});

describe('drawPoisson', () => {
  it('has the mean and the share of zeros of a Poisson count', () => {
    const random = new SeededRandom(5);
    const counts = Array.from({ length: DRAWS }, () => drawPoisson(1.1, random));
    const mean = counts.reduce((sum, count) => sum + count, 0) / DRAWS;
    expect(Math.abs(mean - 1.1)).toBeLessThan(0.04);
    const zeros = counts.filter((count) => count === 0).length / DRAWS;
    expect(Math.abs(zeros - Math.exp(-1.1))).toBeLessThan(0.02);
  });
});
