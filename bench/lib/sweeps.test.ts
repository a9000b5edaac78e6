import { describe, expect, it } from 'vitest';
import { pointsOf } from './sweeps.ts';

describe('points of a sweep', () => {
  it('are its own when none are given', () => {
    expect(pointsOf('candidates', undefined).map(({ options }) => options.candidates)).toEqual([
      50, 100, 200, 500, 1000,
    ]);
    expect(pointsOf('scale', undefined).at(-1)?.options).toEqual({ items: 1_000_000, candidates: 500 });
  });

  it('are those given, in their order', () => {
    expect(pointsOf('store', 'lmdb, redis').map(({ options }) => options.store)).toEqual(['lmdb', 'redis']);
    expect(pointsOf('items', '20,10')).toEqual([
      { label: '20', options: { items: 20 } },
      { label: '10', options: { items: 10 } },
    ]);
  });

  it('are refused when the sweep does not know them', () => {
    expect(() => pointsOf('items', '10,many')).toThrow('--points: many given, expected whole numbers above 0');
    expect(() => pointsOf('store', 'disk')).toThrow('--points: disk given, expected redis or lmdb');
    expect(() => pointsOf('scale', '1000')).toThrow('expected whole numbers above 0');
  });
});
