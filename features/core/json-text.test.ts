import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sevenDigits } from '../transform/seven-digits.ts';
import { jsonNumber, jsonString } from './json-text.ts';

it('writes numbers as JSON does', () => {
  const anything = fc.oneof(
    fc.double(),
    fc.float(),
    fc.integer(),
    fc.constantFrom(0, -0, 0.1, 0.5, 1, 0.0001, 9.9999999e-5),
  );
  const score = fc.float({ min: 0, max: 1, noNaN: true }).map(sevenDigits);
  const digits = fc
    .tuple(fc.nat(9_999_999), fc.integer({ min: 0, max: 14 }))
    .map(([n, zeros]) => Number(`${n}e-${zeros}`));
  fc.assert(
    fc.property(fc.oneof(anything, score, digits), (value) => {
      expect(jsonNumber(value)).toBe(JSON.stringify(value));
    }),
    { numRuns: 2_000 },
  );
});

it('writes texts as JSON does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(jsonString(text)).toBe(JSON.stringify(text));
    }),
  );
});
