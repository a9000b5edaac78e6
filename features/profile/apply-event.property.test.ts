import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../core/clock.ts';
import { asItemId } from '../core/ids.ts';
import { SeededRandom } from '../core/seeded-random.ts';
import { decayedValue } from '../transform/decay.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from './apply-event.ts';
import { EVENT_TYPES, type ShopEvent } from './event.ts';
import {
  EVENT_HASH_CAPACITY,
  emptyProfile,
  INTEREST_CAPACITY,
  INTEREST_KINDS,
  type Profile,
  RECENT_LISTS,
} from './profile.ts';

const START_MS = 1_700_000_000_000;
const SPAN_MS = 300 * MS_PER_DAY;
const HALF_LIFE_MS = DEFAULT_PROFILE_POLICY.interestHalfLifeDays * MS_PER_DAY;

/** Whole prices, so that sums do not depend on the order of additions. */
const facts = (itemId: string) => ({
  category: `category ${Number(itemId) % 7}`,
  brand: `brand ${Number(itemId) % 5}`,
  price: 1 + (Number(itemId) % 50),
});

const eventOf = (type: fc.Arbitrary<ShopEvent['type']>, itemCount: number): fc.Arbitrary<ShopEvent> =>
  fc.record({
    eventId: fc.uuid(),
    type,
    atMs: fc.integer({ min: START_MS, max: START_MS + SPAN_MS }),
    items: fc.array(
      fc.record({
        itemId: fc.integer({ min: 0, max: itemCount - 1 }).map((n) => asItemId(String(n))),
        quantity: fc.integer({ min: 1, max: 3 }),
      }),
      { maxLength: 3 },
    ),
  });

function build(events: readonly ShopEvent[]): Profile {
  const profile = emptyProfile();
  for (const event of events) applyEvent(profile, event, facts, DEFAULT_PROFILE_POLICY);
  return profile;
}

function interestsAtEnd(profile: Profile): Record<string, number> {
  const values: Record<string, number> = {};
  for (const kind of INTEREST_KINDS) {
    for (const [name, sum] of profile.interests[kind]) {
      values[`${kind} ${name}`] = decayedValue(sum, START_MS + SPAN_MS, profile.interestLandmarkMs, HALF_LIFE_MS);
    }
  }
  return values;
}

describe('applying events', () => {
  it('gives the same profile in any order, within bounds and without refunds', () => {
    // Fewer products than the shortest list holds, fewer names than interests keep, fewer events than are remembered.
    const type = fc.constantFrom(...EVENT_TYPES.filter((name) => name !== 'refund'));
    const events = fc.array(eventOf(type, 16), { maxLength: 40 });
    fc.assert(
      fc.property(events, fc.integer(), (all, seed) => {
        const shuffled = all.slice();
        new SeededRandom(seed).shuffle(shuffled);
        const one = build(all);
        const other = build(shuffled);
        expect(other.recent).toEqual(one.recent);
        expect(other.eventCounts).toEqual(one.eventCounts);
        expect(other.purchases).toEqual(one.purchases);
        expect([other.firstSeenAtMs, other.lastSeenAtMs]).toEqual([one.firstSeenAtMs, one.lastSeenAtMs]);
        const expected = interestsAtEnd(one);
        const actual = interestsAtEnd(other);
        expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
        // Sums are rounded to float32 at each of at most forty additions.
        for (const [name, value] of Object.entries(expected)) {
          expect(Math.abs(actual[name]! - value)).toBeLessThanOrEqual(40 * 2 ** -24 * value);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('applies each event once, however often it is brought', () => {
    const events = fc.array(eventOf(fc.constantFrom(...EVENT_TYPES), 16), { maxLength: 20 });
    fc.assert(
      fc.property(events, (all) => {
        expect(build([...all, ...all, ...all.toReversed()])).toEqual(build(all));
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
    const events = fc.array(eventOf(fc.constantFrom(...EVENT_TYPES), 90), { minLength: 80, maxLength: 160 });
    fc.assert(
      fc.property(events, (all) => {
        const profile = emptyProfile();
        for (const event of all) applyEvent(profile, event, manyNames, DEFAULT_PROFILE_POLICY);
        expect(profile.recentEventHashes.length).toBeLessThanOrEqual(EVENT_HASH_CAPACITY);
        for (const { type, capacity } of RECENT_LISTS) {
          const { itemIds, atMs } = profile.recent[type];
          expect(itemIds.length).toBeLessThanOrEqual(capacity);
          expect(atMs).toHaveLength(itemIds.length);
          expect(new Set(itemIds).size).toBe(itemIds.length);
          expect(atMs).toEqual(atMs.toSorted((a, b) => b - a));
        }
        for (const kind of INTEREST_KINDS) {
          const sums = Array.from(profile.interests[kind].values());
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
