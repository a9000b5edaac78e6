import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sevenDigits } from './seven-digits.ts';

it('is the number to seven digits, and short when printed', () => {
  expect(sevenDigits(Math.fround(0.0123456789))).toBe(0.01234568);
  expect(sevenDigits(Math.fround(0.1))).toBe(0.1);
  expect(sevenDigits(-Math.fround(1 / 3))).toBe(-0.3333333);
  fc.assert(
    fc.property(fc.float({ min: Math.fround(1e-14), max: 999_999, noNaN: true, noDefaultInfinity: true }), (value) => {
      const rounded = sevenDigits(value);
      expect(Math.abs(rounded - value)).toBeLessThanOrEqual(value * 0.6e-6);
      expect(rounded).toBe(Number(rounded.toPrecision(8)));
    }),
  );
});

it('is exactly what the logarithm to base 10 gives, near powers of ten too', () => {
  const byLogarithm = (value: number): number => {
    const scale = 10 ** (6 - Math.floor(Math.log10(Math.abs(value))));
    return Math.round(value * scale) / scale;
  };
  const nearPowerOfTen = fc
    .tuple(fc.integer({ min: -14, max: 5 }), fc.integer({ min: -40, max: 40 }))
    .map(([exponent, steps]) => Number(`1e${exponent}`) * (1 + steps * Number.EPSILON));
  const inRange = fc.double({ min: 1e-15, max: 1e6, maxExcluded: true, noNaN: true });
  const single = fc.float({ min: Math.fround(2e-15), max: 999_999, noNaN: true });
  const probability = fc.float({ min: Math.fround(1e-6), max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.oneof(nearPowerOfTen, inRange, single, probability), fc.boolean(), (size, isNegative) => {
      const value = isNegative ? -size : size;
      expect(sevenDigits(value)).toBe(byLogarithm(value));
    }),
    { numRuns: 5_000 },
  );
});

it('keeps what it cannot round', () => {
  for (const value of [0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-20, 12_345_678])
    expect(sevenDigits(value)).toBe(value);
});

it('keeps the order of scores', () => {
  const positive = fc.float({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(positive, positive, (a, b) => {
      if (a <= b) expect(sevenDigits(a)).toBeLessThanOrEqual(sevenDigits(b));
    }),
  );
});
