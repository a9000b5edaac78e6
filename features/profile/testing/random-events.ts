import fc from 'fast-check';
import { expect } from 'vitest';
import { MS_PER_DAY } from '../../core/clock.ts';
import { asItemId } from '../../core/ids.ts';
import { decayedValue } from '../../transform/decay.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY, type ItemFacts } from '../apply-event.ts';
import { EVENT_TYPES, type EventItem, type ShopEvent } from '../event.ts';
import { emptyProfile, INTEREST_KINDS, type Profile } from '../profile.ts';

const START_MS = 1_700_000_000_000;
const SPAN_MS = 300 * MS_PER_DAY;
const HALF_LIFE_MS = DEFAULT_PROFILE_POLICY.interestHalfLifeDays * MS_PER_DAY;

/** Whole prices, so that sums of money do not depend on the order of additions. */
export const numberedFacts = (itemId: string): ItemFacts => ({
  category: `category ${Number(itemId) % 7}`,
  brand: `brand ${Number(itemId) % 5}`,
  price: 1 + (Number(itemId) % 50),
});

interface HistoryOptions {
  /** @defaultValue all */
  readonly types?: readonly ShopEvent['type'][];
  /** Fewer than the shortest recent list holds. @defaultValue 16 */
  readonly itemCount?: number;
  /** @defaultValue 300 days */
  readonly spanMs?: number;
  readonly minLength?: number;
  readonly maxLength: number;
}

/** Any events of one shopper in any order, with and without the optional fields, each with an id of its own that starts as told. */
export function randomHistory(idStart: string, options: HistoryOptions): fc.Arbitrary<ShopEvent[]> {
  const { minLength = 0, maxLength } = options;
  return fc
    .array(randomEvent(options), { minLength, maxLength })
    .map((events) => events.map((event, i) => ({ ...event, eventId: `${idStart}-${i}` })));
}

function randomEvent({
  types = EVENT_TYPES,
  itemCount = 16,
  spanMs = SPAN_MS,
}: HistoryOptions): fc.Arbitrary<ShopEvent> {
  const item: fc.Arbitrary<EventItem> = fc.record(
    {
      itemId: fc.integer({ min: 0, max: itemCount - 1 }).map((n) => asItemId(String(n))),
      quantity: fc.integer({ min: 1, max: 3 }),
      discount: fc.constantFrom(0, 1),
    },
    { requiredKeys: ['itemId', 'quantity'] },
  );
  return fc.record(
    {
      eventId: fc.constant(''),
      type: fc.constantFrom(...types),
      atMs: fc.integer({ min: START_MS, max: START_MS + spanMs }),
      receivedAtMs: fc.integer({ min: START_MS + spanMs, max: START_MS + spanMs + MS_PER_DAY }),
      items: fc.array(item, { maxLength: 3 }),
      device: fc.constantFrom('mobile', 'desktop', 'tv'),
      coupon: fc.constantFrom('', 'MAY'),
    },
    { requiredKeys: ['eventId', 'type', 'atMs', 'items'] },
  );
}

export function profileOf(events: readonly ShopEvent[], profile: Profile = emptyProfile()): Profile {
  for (const event of events) applyEvent(profile, event, numberedFacts, DEFAULT_PROFILE_POLICY);
  return profile;
}

/**
 * Holds two profiles against each other field by field. What may differ by order of arrival is levelled: event ids are compared as a
 * set, interests by what they are worth at the end, to the rounding of `additions` float32 sums.
 */
export function expectSameProfile(actual: Profile, expected: Profile, additions: number): void {
  expect(comparable(actual)).toEqual(comparable(expected));
  const actualWorth = worthAtEnd(actual);
  const expectedWorth = worthAtEnd(expected);
  expect(Array.from(actualWorth.keys()).sort()).toEqual(Array.from(expectedWorth.keys()).sort());
  for (const [name, value] of expectedWorth) {
    expect(Math.abs(actualWorth.get(name)! - value)).toBeLessThanOrEqual(additions * 2 ** -23 * value);
  }
}

function comparable(profile: Profile): unknown {
  const { interestLandmarkMs: _landmark, interests: _interests, recentEventHours: _hours, ...rest } = profile;
  return { ...rest, recentEventHashes: profile.recentEventHashes.toSorted((a, b) => a - b) };
}

function worthAtEnd(profile: Profile): Map<string, number> {
  const worth = new Map<string, number>();
  for (const kind of INTEREST_KINDS) {
    const { names, sums } = profile.interests[kind];
    for (const [place, name] of names.entries()) {
      const value = decayedValue(sums[place]!, START_MS + SPAN_MS, profile.interestLandmarkMs, HALF_LIFE_MS);
      worth.set(`${kind} ${name}`, value);
    }
  }
  return worth;
}
