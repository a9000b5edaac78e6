import { describe, expect, it } from 'vitest';
import { selectTopK } from './top-k.ts';

function topK(scores: number[], k: number, count = scores.length): number[] {
  const out = new Int32Array(Math.max(0, Math.min(k, count)));
  const size = selectTopK(Float64Array.from(scores), count, k, out);
  return Array.from(out.subarray(0, size));
}

describe('selectTopK', () => {
  it('returns the indexes of the highest scores, best first', () => {
    expect(topK([0.1, 0.9, 0.5, 0.7], 2)).toEqual([1, 3]);
  });

  it('puts the lower index first among equal scores', () => {
    expect(topK([1, 2, 2, 1, 2], 4)).toEqual([1, 2, 4, 0]);
  });

  it('keeps the lower indexes when equal scores compete for the last place', () => {
    expect(topK([3, 1, 1, 1], 2)).toEqual([0, 1]);
  });

  it('never picks NaN, and returns fewer when nothing else is left', () => {
    expect(topK([Number.NaN, 0.2, Number.NaN, 0.1], 3)).toEqual([1, 3]);
    expect(topK([Number.NaN, Number.NaN], 1)).toEqual([]);
  });

  it('picks infinities by their sign', () => {
    expect(topK([Number.NEGATIVE_INFINITY, 5, Number.POSITIVE_INFINITY], 3)).toEqual([2, 1, 0]);
  });

  it('looks at the first `count` scores only', () => {
    expect(topK([1, 2, 3, 4], 2, 3)).toEqual([2, 1]);
  });

  it('returns everything in order when k exceeds the count', () => {
    expect(topK([1, 3, 2], 10)).toEqual([1, 2, 0]);
  });

  it('picks nothing from no scores or for no places', () => {
    expect(topK([], 5)).toEqual([]);
    expect(topK([1, 2], 0)).toEqual([]);
    expect(topK([1, 2], -1)).toEqual([]);
  });

  it('lowers k to the length of a shorter output', () => {
    const out = new Int32Array(1);
    expect(selectTopK(Float32Array.of(1, 2, 3), 3, 3, out)).toBe(1);
    expect(out[0]).toBe(2);
  });
});
