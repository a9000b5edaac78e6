import { describe, expect, it } from 'vitest';
import { SeededRandom } from './seeded-random.ts';

describe('seeded random', () => {
  // Computed by an independent implementation of sfc32 (PractRand) seeded through splitmix32, twelve draws discarded.
  it.each([
    [0, [2_899_526_011, 769_844_623, 220_372_281, 4_270_301_181]],
    [1, [2_420_951_833, 2_513_034_076, 3_847_892_949, 4_064_752_930]],
    [42, [1_959_603_763, 2_423_114_712, 2_466_933_512, 4_144_396_390]],
    [-5, [2_804_387_006, 342_426_264, 2_862_482_960, 3_880_788_797]],
  ])('gives the sequence of sfc32 for seed %d', (seed, expected) => {
    const random = new SeededRandom(seed);
    expect(expected.map(() => random.nextUint32())).toEqual(expected);
  });

  it('spreads evenly over [0, 1)', () => {
    const random = new SeededRandom(7);
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 50_000; i++) buckets[Math.floor(random.next() * 10)]! += 1;
    // Nothing fell outside the ten buckets.
    expect(buckets).toHaveLength(10);
    expect(buckets.reduce((sum, count) => sum + count, 0)).toBe(50_000);
    // Each bucket is binomial with mean 5 000 and deviation 67; five deviations.
    for (const count of buckets) expect(Math.abs(count - 5_000)).toBeLessThan(335);
  });

  it('draws every integer below the bound and none other', () => {
    const random = new SeededRandom(3);
    expect(new Set(Array.from({ length: 500 }, () => random.nextInt(5)))).toEqual(new Set([0, 1, 2, 3, 4]));
    expect(random.nextInt(1)).toBe(0);
  });

  it('draws normal numbers with mean 0 and deviation 1', () => {
    const random = new SeededRandom(11);
    const values = Array.from({ length: 40_000 }, () => random.nextNormal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    const beyondTwo = values.filter((value) => Math.abs(value) > 2).length / values.length;
    // Deviations of these estimates at 40 000 draws: 0.005, 0.007 and 0.001; the normal tail beyond 2 holds 4.55 percent.
    expect(Math.abs(mean)).toBeLessThan(0.025);
    expect(Math.abs(variance - 1)).toBeLessThan(0.035);
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.0055);
  });

  it('shuffles in place, losing nothing, every order about as often as the others', () => {
    const random = new SeededRandom(5);
    const counts = new Map<string, number>();
    for (let i = 0; i < 6_000; i++) {
      const values = ['a', 'b', 'c'];
      random.shuffle(values);
      const order = values.join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(Array.from(counts.keys()).sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
    // Mean 1 000, deviation 29; five deviations.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(145);
  });

  it('shuffles typed arrays', () => {
    const values = Int32Array.from({ length: 100 }, (_, i) => i);
    new SeededRandom(1).shuffle(values);
    expect(values).not.toEqual(Int32Array.from({ length: 100 }, (_, i) => i));
    expect(Array.from(values).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('forks a generator at the cost of one draw', () => {
    const forking = new SeededRandom(9);
    const plain = new SeededRandom(9);
    const fork = forking.fork();
    for (let i = 0; i < 100; i++) fork.nextUint32();
    plain.nextUint32();
    expect(forking.nextUint32()).toBe(plain.nextUint32());
    expect(fork.nextUint32()).not.toBe(forking.nextUint32());
  });
});
