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
