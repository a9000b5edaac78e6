/**
 * Question: how long does it take to unpack a profile record, and to pack it?
 *
 * Unit: microseconds a record, lower is better; p50 and p99 of single calls. Records of a synthetic shop after so many events each; what
 * is packed is the profile as the event code keeps it. Excluded: reading the record from a store.
 */
import { Bench } from 'tinybench';
import { asItemId } from '../../features/core/ids.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { EVENT_TYPES } from '../../features/profile/event.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import { decodeProfile, encodeProfile, REVISION_BYTES } from '../../features/profile/profile-codec.ts';

const EVENT_COUNTS = [10, 30, 100, 1_000];
const SHOPPERS = 64;
const ITEM_COUNT = 10_000;
const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 1);

/** Prints a line for each number of events: bytes, and microseconds to unpack and to pack. */
export async function benchProfileCodec(): Promise<void> {
  const revision = new Uint8Array(REVISION_BYTES);
  for (const eventCount of EVENT_COUNTS) {
    const profiles = Array.from({ length: SHOPPERS }, (_, seed) => shopperOf(eventCount, seed));
    const records = profiles.map((profile) => encodeProfile(profile, revision));
    const bench = new Bench({ time: 1_000, warmupTime: 500 });
    let turn = 0;
    let checksum = 0;
    bench.add('unpack', () => {
      checksum += decodeProfile(records[turn++ % SHOPPERS]!).lastSeenAtMs;
    });
    bench.add('pack', () => {
      checksum += encodeProfile(profiles[turn++ % SHOPPERS]!, revision).length;
    });
    await bench.run();
    const times = bench.tasks.map(({ name, result }) => {
      if (result === undefined || !('latency' in result)) throw new Error('the micro bench did not run');
      const us = (milliseconds: number): string => (milliseconds * 1_000).toFixed(1);
      return `${name} p50 ${us(result.latency.p50)} us, p99 ${us(result.latency.p99)} us`;
    });
    const meanBytes = records.reduce((sum, { length }) => sum + length, 0) / SHOPPERS;
    if (Number.isNaN(checksum)) throw new Error('the micro bench did not run');
    console.log(`${eventCount} events, ${meanBytes.toFixed(0)} bytes: ${times.join('; ')}`);
  }
}

function shopperOf(eventCount: number, seed: number): Profile {
  const random = new SeededRandom(seed);
  const profile = emptyProfile();
  for (let i = 0; i < eventCount; i++) {
    const item = random.nextInt(ITEM_COUNT);
    const atMs = START_MS + i * MINUTE_MS;
    const event = {
      eventId: `event-${seed}-${i}`,
      type: EVENT_TYPES[random.nextInt(EVENT_TYPES.length)]!,
      atMs,
      receivedAtMs: atMs,
      items: [{ itemId: asItemId(`sku-${item}`) }],
      device: 'mobile',
    };
    const category = `Department ${item % 10} > Category ${item % 100}`;
    applyEvent(
      profile,
      event,
      () => ({ category, brand: `Brand ${item % 200}`, price: 1 + (item % 97) }),
      DEFAULT_PROFILE_POLICY,
    );
  }
  return profile;
}
