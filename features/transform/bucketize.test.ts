import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketize, quantileBoundaries } from './bucketize.ts';

describe('bucketize', () => {
  it.each([
    [-5, 0],
    [9.99, 0],
    [10, 1],
    [19, 1],
    [20, 2],
    [1e9, 2],
    [Number.NEGATIVE_INFINITY, 0],
    [Number.POSITIVE_INFINITY, 2],
  ])('puts %d into bucket %d of the boundaries 10 and 20', (value, bucket) => {
    expect(bucketize(value, [10, 20])).toBe(bucket);
  });

  it('has one bucket when there is no boundary', () => {
    expect(bucketize(3, [])).toBe(0);
  });

  it('counts the boundaries at or below the value', () => {
    const boundaries = fc.uniqueArray(fc.integer({ min: -50, max: 50 })).map((list) => list.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.integer({ min: -60, max: 60 }), boundaries, (value, list) => {
        expect(bucketize(value, list)).toBe(list.filter((boundary) => boundary <= value).length);
      }),
    );
  });
});

describe('quantile boundaries', () => {
  it('split ten values into four buckets of two or three', () => {
    // Places floor(10 i / 4) of the sorted values: the third, sixth and eighth.
    expect(quantileBoundaries([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 4)).toEqual([3, 6, 8]);
  });

  it('sort by value and not as text', () => {
    expect(quantileBoundaries([100, 20, 3, -7], 2)).toEqual([20]);
  });

  it('collapse where many values are equal', () => {
    expect(quantileBoundaries([0, 0, 0, 0, 0, 0, 0, 5], 4)).toEqual([]);
    expect(quantileBoundaries([0, 0, 1, 1, 1, 1, 9, 9], 4)).toEqual([1, 9]);
  });

  it('leave out what is not a finite number', () => {
    expect(quantileBoundaries([Number.NaN, 1, Number.POSITIVE_INFINITY, 2], 2)).toEqual([2]);
    expect(quantileBoundaries([Number.NaN], 4)).toEqual([]);
    expect(quantileBoundaries([], 4)).toEqual([]);
  });

  it('are ascending, fewer than the buckets, and leave no bucket empty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 12 }),
        (values, count) => {
          const boundaries = quantileBoundaries(values, count);
          expect(boundaries.length).toBeLessThan(count);
          expect(boundaries).toEqual(Array.from(new Set(boundaries)).sort((a, b) => a - b));
          const used = new Set(values.map((value) => bucketize(value, boundaries)));
          expect(used.size).toBe(boundaries.length + 1);
        },
      ),
    );
  });
});
