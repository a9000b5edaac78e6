import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deleteInterestAt,
  interestOf,
  interestShares,
  interestSumsOf,
  setInterest,
  strongestInterests,
} from './interest-sums.ts';

const name = fc.constantFrom('', 'garden', 'home', 'home > kitchen', '__proto__');
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), name, sum: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('delete' as const), name }),
);

describe('interest sums', () => {
  it('are what a Map holds after the same changes, in the same order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const map = new Map<string, number>();
        const interests = interestSumsOf([]);
        for (const one of changes) {
          if (one.kind === 'set') {
            map.set(one.name, one.sum);
            setInterest(interests, one.name, one.sum);
          } else {
            map.delete(one.name);
            const place = interests.names.indexOf(one.name);
            if (place >= 0) deleteInterestAt(interests, place);
          }
        }
        expect(interests).toEqual({ names: [...map.keys()], sums: [...map.values()] });
        expect(interestSumsOf(map)).toEqual(interests);
        for (const asked of ['garden', 'home', 'nothing']) expect(interestOf(interests, asked)).toBe(map.get(asked));
      }),
    );
  });

  it('have shares in the order of the names', () => {
    expect(interestShares({ names: ['home', 'garden'], sums: [1, 3] })).toEqual([
      ['home', 0.25],
      ['garden', 0.75],
    ]);
  });

  it('give the first of all names by sum, equal ones by name, when fewer are wanted', () => {
    const entry = fc.tuple(fc.string({ maxLength: 2 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 24 }), fc.integer({ min: 1, max: 25 }), (entries, most) => {
        const interests = interestSumsOf(entries);
        const sorted = [...new Map(entries)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
        const names = sorted.map(([one]) => one);
        expect(strongestInterests(interests, most)).toEqual(names.slice(0, most));
        expect(strongestInterests(interests)).toEqual(names);
      }),
    );
  });
});
