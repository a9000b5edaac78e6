/**
 * How many bytes a profile takes, printed for docs/features.md: a shopper of a million events, an everyday shopper, and the shoppers of
 * the Retailrocket set when it is there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from '../core/clock.ts';
import { asItemId } from '../core/ids.ts';
import { SeededRandom } from '../core/seeded-random.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY, type ItemFactsLookup } from './apply-event.ts';
import { EVENT_TYPES, type ShopEvent } from './event.ts';
import { eventTypeOf } from './event-aliases.ts';
import {
  EVENT_HASH_CAPACITY,
  EVENT_MEMORY_HOURS,
  emptyProfile,
  INTEREST_CAPACITY,
  type Profile,
  RHYTHM_CAPACITY,
} from './profile.ts';
import { decodeProfile, encodeProfile, LARGEST_PROFILE_BYTES } from './profile-codec.ts';

const START_MS = 1_700_000_000_000;
const dataFolder = resolve(process.env.VITRINE_TEST_DATA ?? join(import.meta.dirname, '../../../shared/data'));
const retailrocket = join(dataFolder, 'retailrocket/events.csv.gz');
const hasRetailrocket = existsSync(retailrocket);
if (!hasRetailrocket) console.warn(`skipped: ${retailrocket} is not there; set VITRINE_TEST_DATA to measure on it`);

const sizeOf = (profile: Profile): number => encodeProfile(profile, new Uint8Array(8)).length;

const apply = (profile: Profile, event: ShopEvent, facts: ItemFactsLookup): boolean =>
  applyEvent(profile, event, facts, DEFAULT_PROFILE_POLICY);

/** What each part of a profile takes: the bytes that go when it is emptied. */
function partsOf(profile: Profile): string {
  const bytes = sizeOf(profile);
  const without = (part: Partial<Profile>): number => bytes - sizeOf({ ...profile, ...part });
  const empty = emptyProfile();
  const parts: Record<string, number> = {
    'recent products': without({ recent: empty.recent }),
    interests: without({ interests: empty.interests }),
    'purchase rhythms': without({ rhythms: empty.rhythms }),
    'event ids': without({ recentEventHashes: [], recentEventHours: [] }),
    visits: without({ visits: empty.visits }),
    'active hours': without({ activeHours: empty.activeHours }),
    'purchase statistics': without({ purchases: empty.purchases }),
  };
  return Object.entries(parts)
    .map(([name, size]) => `${name} ${size}`)
    .join(', ');
}

/** Any of a hundred thousand products in 500 categories of 200 brands, named as shops name them. */
const shopFacts: ItemFactsLookup = (itemId) => {
  const item = Number(itemId.slice(4));
  return {
    category: `Department ${item % 10} > Category ${item % 100} > Kind ${item % 500}`,
    brand: `Brand ${item % 200}`,
    price: 1 + (item % 997),
  };
};

/** A shopper of so many events, a minute apart on average, in any order within an hour, each tenth sent twice. */
function randomShopper(eventCount: number): Profile {
  const random = new SeededRandom(20_260_503);
  const profile = emptyProfile();
  for (let i = 0; i < eventCount; i++) {
    const atMs = START_MS + i * MS_PER_MINUTE - random.nextInt(3_600) * MS_PER_SECOND;
    const event: ShopEvent = {
      eventId: `event-${i}`,
      type: EVENT_TYPES[random.nextInt(EVENT_TYPES.length)]!,
      atMs,
      receivedAtMs: START_MS + i * MS_PER_MINUTE,
      items: [{ itemId: asItemId(`sku-${random.nextInt(100_000)}`), quantity: 1 }],
      device: i % 2 === 0 ? 'mobile' : 'desktop',
    };
    apply(profile, event, shopFacts);
    if (i % 10 === 0) apply(profile, event, shopFacts);
  }
  return profile;
}

/** Rows of the Retailrocket set, in time order. */
function retailrocketRows(): [timestamp: string, user: string, event: string, item: string][] {
  const lines = gunzipSync(readFileSync(retailrocket)).toString().trimEnd().split('\n').slice(1);
  return lines.map((line) => line.split(',') as [string, string, string, string]);
}

/** Events within a window before the last one, and before the one with most. */
function idsWithin(times: readonly number[], windowMs: number): { last: number; most: number } {
  let [from, last, most] = [0, 0, 0];
  for (const [place, atMs] of times.entries()) {
    while (times[from]! < atMs - windowMs) from++;
    last = place - from + 1;
    most = Math.max(most, last);
  }
  return { last, most };
}

describe('the record of a shopper', () => {
  it('of a million events is within the stated bound, with every list full', () => {
    const startedAtMs = performance.now();
    const profile = randomShopper(1_000_000);
    const bytes = sizeOf(profile);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    console.log(`a shopper of a million events: ${bytes} bytes (${seconds.toFixed(1)} s); of them ${partsOf(profile)}`);
    expect(bytes).toBeLessThanOrEqual(LARGEST_PROFILE_BYTES);
    expect(profile.eventCounts.reduce((sum, count) => sum + count, 0)).toBe(1_000_000);
    expect(profile.recentEventHashes).toHaveLength(EVENT_HASH_CAPACITY);
    expect(profile.rhythms).toHaveLength(RHYTHM_CAPACITY);
    expect(profile.interests.category.names.length).toBe(INTEREST_CAPACITY);
    expect(decodeProfile(encodeProfile(profile, new Uint8Array(8)))).toEqual(profile);
  });

  it('grows with what a shopper does until its lists are full, and then no more', () => {
    const bytes = [10, 100, 1_000, 10_000, 20_000].map((count) => sizeOf(randomShopper(count)));
    console.log(`shoppers of 10, 100, 1 000, 10 000 and 20 000 events: ${bytes.join(', ')} bytes`);
    expect(bytes[0]).toBeLessThan(bytes[1]!);
    // Counts grow by digits.
    expect(Math.abs(bytes[4]! - bytes[3]!)).toBeLessThan(0.05 * bytes[3]!);
  });

  it.runIf(hasRetailrocket)('holds all event ids of three days for 99 of 100 shoppers of a real shop', () => {
    const timesByUser = new Map<string, number[]>();
    for (const [timestamp, user] of retailrocketRows()) {
      timesByUser.set(user, [...(timesByUser.get(user) ?? []), Number(timestamp) * MS_PER_SECOND]);
    }
    const quantilesOf = (counts: number[]): number[] => {
      counts.sort((a, b) => a - b);
      return [0.5, 0.99, 1].map((quantile) => counts[Math.floor(quantile * (counts.length - 1))]!);
    };
    for (const hours of [24, EVENT_MEMORY_HOURS, 168]) {
      const counts = Array.from(timesByUser.values(), (times) => idsWithin(times, hours * MS_PER_HOUR));
      const atEnd = quantilesOf(counts.map(({ last }) => last));
      const atPeak = quantilesOf(counts.map(({ most }) => most));
      console.log(
        `event ids within ${hours} hours, median, 99 percent, most: at the end ${atEnd.join(', ')}; at their busiest ${atPeak.join(', ')}`,
      );
      if (hours === EVENT_MEMORY_HOURS) expect(atPeak[1]).toBeLessThanOrEqual(EVENT_HASH_CAPACITY);
    }
  });

  it.runIf(hasRetailrocket)('is at most a kibibyte for half of the shoppers of a real shop', () => {
    const profiles = new Map<string, Profile>();
    const rows = retailrocketRows();
    for (const [row, [timestamp, user, name, item]] of rows.entries()) {
      const profile = profiles.get(user) ?? emptyProfile();
      profiles.set(user, profile);
      const atMs = Number(timestamp) * MS_PER_SECOND;
      const type = eventTypeOf(name);
      if (type === undefined) throw new Error(`row ${row + 2}: no such event "${name}"`);
      // The set has no categories: they are made up, so that interests and rhythms take the room they take in a shop.
      const facts: ItemFactsLookup = () => shopFacts(`sku-${item}`);
      const event = {
        eventId: `row-${row}`,
        type: type!,
        atMs,
        receivedAtMs: atMs,
        items: [{ itemId: asItemId(item) }],
      };
      apply(profile, { ...event, device: 'mobile' }, facts);
    }
    const sizes = Array.from(profiles.values(), sizeOf).sort((a, b) => a - b);
    const at = (quantile: number): number => sizes[Math.floor(quantile * (sizes.length - 1))]!;
    console.log(
      `${sizes.length} Retailrocket shoppers, ${rows.length} events: median ${at(0.5)} bytes, 90 percent ${at(0.9)}, 99 percent ${at(0.99)}, largest ${at(1)}`,
    );
    expect(at(0.5)).toBeLessThanOrEqual(1_024);
  });
});
