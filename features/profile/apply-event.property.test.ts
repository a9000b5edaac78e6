import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../core/seeded-random.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from './apply-event.ts';
import { EVENT_TYPES, type ShopEvent } from './event.ts';
import {
  EVENT_HASH_CAPACITY,
  emptyProfile,
  INTEREST_CAPACITY,
  INTEREST_KINDS,
  RECENT_LISTS,
  RHYTHM_CAPACITY,
  VISIT_CAPACITY,
} from './profile.ts';
import { expectSameProfile, profileOf, randomHistory } from './testing/random-events.ts';
import { VISIT_GAP_MS } from './visits.ts';

/** A refund before its purchase has nothing to take back. */
const WITHOUT_REFUND = EVENT_TYPES.filter((name) => name !== 'refund');

/** At most four visits, as many as a profile keeps. */
const FOUR_VISITS_MS = 4 * VISIT_GAP_MS - 1;

/** Events as they happened and the same as they may arrive: in any order, some of them again. */
const arrivals = (spanMs?: number): fc.Arbitrary<[inOrder: ShopEvent[], arriving: ShopEvent[]]> =>
  fc
    .tuple(
      randomHistory('e', { types: WITHOUT_REFUND, maxLength: 40, ...(spanMs === undefined ? {} : { spanMs }) }),
      fc.array(fc.nat({ max: 39 }), { maxLength: 20 }),
      fc.integer(),
    )
    .map(([events, again, seed]) => {
      const inOrder = events.toSorted((a, b) => a.atMs - b.atMs);
      const arriving = [...events, ...again.flatMap((place) => events.slice(place, place + 1))];
      new SeededRandom(seed).shuffle(arriving);
      return [inOrder, arriving];
    });

describe('applying events', () => {
  it('gives the same profile when events come out of order and again, field by field', () => {
    fc.assert(
      fc.property(arrivals(FOUR_VISITS_MS), ([inOrder, arriving]) => {
        expectSameProfile(profileOf(arriving), profileOf(inOrder), 120);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same profile over most of a year too, visits apart that were pushed out', () => {
    fc.assert(
      fc.property(arrivals(), ([inOrder, arriving]) => {
        const expected = profileOf(inOrder);
        const actual = profileOf(arriving);
        expect(actual.visits[0]?.lastAtMs).toBe(expected.visits[0]?.lastAtMs);
        expectSameProfile({ ...actual, visits: [] }, { ...expected, visits: [] }, 120);
      }),
      { numRuns: 60 },
    );
  });

  it('applies each event once, however often it is brought', () => {
    fc.assert(
      fc.property(randomHistory('e', { maxLength: 20 }), (all) => {
        expect(profileOf([...all, ...all, ...all.toReversed()])).toEqual(profileOf(all));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps every bound and every order of the record, for any events', () => {
    const manyNames = (itemId: string) => ({
      category: `c${itemId}`,
      brand: `b${itemId}`,
      price: 1.5 ** Number(itemId),
    });
    const events = randomHistory('e', { itemCount: 90, minLength: 80, maxLength: 160 });
    fc.assert(
      fc.property(events, (all) => {
        const profile = emptyProfile();
        for (const event of all) applyEvent(profile, event, manyNames, DEFAULT_PROFILE_POLICY);
        expect(profile.recentEventHashes.length).toBeLessThanOrEqual(EVENT_HASH_CAPACITY);
        expect(profile.recentEventHours).toHaveLength(profile.recentEventHashes.length);
        expect(profile.recentEventHours).toEqual(profile.recentEventHours.toSorted((a, b) => a - b));
        expect(profile.visits.length).toBeLessThanOrEqual(VISIT_CAPACITY);
        for (const [place, visit] of profile.visits.entries()) {
          expect(visit.startedAtMs).toBeLessThanOrEqual(visit.lastAtMs);
          const newer = profile.visits[place - 1];
          if (newer !== undefined) expect(newer.startedAtMs - visit.lastAtMs).toBeGreaterThanOrEqual(VISIT_GAP_MS);
        }
        expect(profile.activeHours.length).toBeLessThanOrEqual(24);
        expect(profile.activeHours.reduce((sum, count) => sum + count, 0)).toBe(
          profile.eventCounts.reduce((sum, count) => sum + count, 0),
        );
        expect(profile.rhythms.length).toBeLessThanOrEqual(RHYTHM_CAPACITY);
        expect(profile.rhythms.map(({ lastAtMs }) => lastAtMs)).toEqual(
          profile.rhythms.map(({ lastAtMs }) => lastAtMs).toSorted((a, b) => b - a),
        );
        expect(profile.discountedOrderCount).toBeLessThanOrEqual(profile.purchases.orderCount);
        for (const { type, capacity } of RECENT_LISTS) {
          const { itemIds, atMs } = profile.recent[type];
          expect(itemIds.length).toBeLessThanOrEqual(capacity);
          expect(atMs).toHaveLength(itemIds.length);
          expect(new Set(itemIds).size).toBe(itemIds.length);
          expect(atMs).toEqual(atMs.toSorted((a, b) => b - a));
        }
        for (const kind of INTEREST_KINDS) {
          const sums = profile.interests[kind].sums;
          expect(sums.length).toBeLessThanOrEqual(INTEREST_CAPACITY);
          expect(sums.every((sum) => sum > 0 && Math.fround(sum) === sum)).toBe(true);
        }
        expect(profile.purchases.itemCount).toBeGreaterThanOrEqual(0);
        expect(profile.purchases.totalValue).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 40 },
    );
  });
});
