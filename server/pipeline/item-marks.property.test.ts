import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ItemMarks, NOT_MARKED } from './item-marks.ts';

/** Near each other, as rows mostly are, or anywhere; multiples of a power of two fall on the same slots. */
const item = fc.oneof(
  fc.nat(40),
  fc.nat(2 ** 31 - 1),
  fc.nat(2_000).map((n) => n * 2 ** 20),
);
const step = fc.record({
  kind: fc.constantFrom('mark', 'enter', 'ask'),
  item,
  position: fc.integer({ min: -5, max: 1_000 }),
});
const lists = fc.array(fc.record({ expectedCount: fc.nat(700), steps: fc.array(step, { maxLength: 900 }) }), {
  maxLength: 4,
});

describe('ItemMarks', () => {
  it('knows of every list what a map knows, however many more come than were expected', () => {
    fc.assert(
      fc.property(lists, (all) => {
        const marks = new ItemMarks();
        for (const { expectedCount, steps } of all) {
          const known = new Map<number, number>();
          marks.begin(expectedCount);
          for (const { kind, item: one, position } of steps) {
            const before = known.get(one) ?? NOT_MARKED;
            if (kind === 'ask') expect(marks.positionOf(one)).toBe(before);
            else if (kind === 'mark') marks.mark(one, position);
            else expect(marks.enter(one, position)).toBe(before);
            if (kind === 'mark' || (kind === 'enter' && !known.has(one))) known.set(one, position);
          }
          for (const [one, position] of known) expect(marks.positionOf(one)).toBe(position);
        }
      }),
      { numRuns: 200 },
    );
  });
});
