/**
 * How many bytes profiles and log entries take in each store, printed for docs/features.md. Memory is what Redis says it uses, for LMDB
 * the size of its file.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MS_PER_MINUTE } from '../core/clock.ts';
import { asItemId } from '../core/ids.ts';
import { SeededRandom } from '../core/seeded-random.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../profile/apply-event.ts';
import { EVENT_TYPES } from '../profile/event.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { encodeProfile } from '../profile/profile-codec.ts';
import type { FeatureStore } from './feature-store.ts';
import { openFeatureStore } from './open-feature-store.ts';
import { soon, userOf } from './testing/contract-context.ts';
import { startRedisServer, type TestRedisServer } from './testing/redis-server.ts';

const START_MS = 1_700_000_000_000;
const SHOPPERS = 5_000;
const EVENTS = 20_000;
const SLATES = 4_000;
const BATCH = 200;
const SLATE_SIZE = 20;

/** A shopper of up to sixty events among ten thousand products. */
function randomShopper(seed: number): Profile {
  const random = new SeededRandom(seed);
  const profile = emptyProfile();
  const eventCount = 1 + random.nextInt(60);
  for (let i = 0; i < eventCount; i++) {
    const item = random.nextInt(10_000);
    const atMs = START_MS + i * MS_PER_MINUTE;
    const event = {
      eventId: `event-${seed}-${i}`,
      type: EVENT_TYPES[random.nextInt(EVENT_TYPES.length)]!,
      atMs,
      receivedAtMs: atMs,
      items: [{ itemId: asItemId(`sku-${item}`) }],
      device: 'mobile',
    };
    const facts = { category: `Department ${item % 10} > Category ${item % 100}`, brand: `Brand ${item % 200}` };
    applyEvent(profile, event, () => facts, DEFAULT_PROFILE_POLICY);
  }
  return profile;
}

const uuid = (i: number): string => `7f9c24e5-2f31-4c1b-9d3a-${String(i).padStart(12, '0')}`;

function eventText(i: number): string {
  return JSON.stringify({
    event_id: uuid(i),
    event: 'view_item',
    timestamp: START_MS + i,
    received_at: START_MS + i + 40,
    user_id: `user-${i % SHOPPERS}`,
    session_id: `session-${i % SHOPPERS}`,
    items: [{ item_id: `sku-${i % 10_000}`, price: 19.99, quantity: 1 }],
    currency: 'EUR',
    device: 'mobile',
  });
}

function slateText(i: number): string {
  const items = Array.from({ length: SLATE_SIZE }, (_, position) => ({
    item_id: `sku-${(i * 31 + position * 7) % 10_000}`,
    position,
    score: 0.012_345_678_9 * (SLATE_SIZE - position),
    source: 'retrieval',
    propensity: 1,
  }));
  const head = { recommendation_id: uuid(i), at: START_MS + i, scene: 'home', user_id: `user-${i % SHOPPERS}` };
  return JSON.stringify({ ...head, model_version: '20261121T120000', candidates: 200, degraded: null, items });
}

const meanBytes = (lengths: readonly number[]): number => lengths.reduce((sum, one) => sum + one, 0) / lengths.length;

/** What a profile, an event and a slate take in a store, each in bytes. */
async function measure(store: FeatureStore, usedBytes: () => Promise<number>): Promise<[number, number, number]> {
  const used = [await usedBytes()];
  await store.writeProfiles(
    Array.from({ length: SHOPPERS }, (_, i) => [userOf(`user-${i}`), randomShopper(i)] as const),
  );
  used.push(await usedBytes());
  for (let from = 0; from < EVENTS; from += BATCH) {
    const updates = Array.from({ length: BATCH }, (_, i) => ({
      key: userOf(`user-${(from + i) % SHOPPERS}`),
      change: () => ({ log: [eventText(from + i)] }),
    }));
    for (const { status } of await store.updateProfiles(updates, soon())) expect(status).toBe('fulfilled');
  }
  used.push(await usedBytes());
  for (let from = 0; from < SLATES; from += BATCH) {
    const slates = Array.from({ length: BATCH }, (_, i) => ({
      shopper: userOf(`user-${(from + i) % SHOPPERS}`),
      atMs: START_MS,
      text: slateText(from + i),
    }));
    await store.appendSlates(slates, soon());
  }
  used.push(await usedBytes());
  const [none, profiles, events, slates] = used as [number, number, number, number];
  return [(profiles - none) / SHOPPERS, (events - profiles) / EVENTS, (slates - events) / SLATES];
}

describe('what a store takes beyond the records', () => {
  const profileBytes = meanBytes(
    Array.from({ length: SHOPPERS }, (_, i) => encodeProfile(randomShopper(i), new Uint8Array(8)).length),
  );
  const eventBytes = meanBytes(Array.from({ length: 1_000 }, (_, i) => eventText(i).length));
  const slateBytes = meanBytes(Array.from({ length: 1_000 }, (_, i) => slateText(i).length));
  let server: TestRedisServer;
  let folder: string;

  beforeAll(async () => {
    server = await startRedisServer();
    folder = mkdtempSync(join(tmpdir(), 'vitrine-size-'));
  });

  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function report(name: string, [profile, event, slate]: readonly [number, number, number]): void {
    const shown = (bytes: number, ofBytes: number): string => `${bytes.toFixed(0)} bytes for ${ofBytes.toFixed(0)}`;
    const parts = [shown(profile, profileBytes), shown(event, eventBytes), shown(slate, slateBytes)];
    console.log(
      `${name}: a profile takes ${parts[0]}, an event in the log ${parts[1]}, a slate of ${SLATE_SIZE} ${parts[2]}`,
    );
  }

  it('is a fixed part a profile and little an entry in Redis', async () => {
    const store = await openFeatureStore({
      kind: 'redis',
      mode: 'single',
      url: server.url,
      shop: 's',
      profileTtlDays: 400,
      commandTimeoutMs: 5_000,
    });
    const usedBytes = async (): Promise<number> => {
      const memory = await server.command('INFO', 'memory');
      return Number(/used_memory:(\d+)/.exec(memory)?.[1]);
    };
    const taken = await measure(store, usedBytes);
    report('redis', taken);
    expect(taken[0]).toBeLessThan(profileBytes + 500);
    expect(taken[1]).toBeLessThan(1.5 * eventBytes);
    expect(taken[2]).toBeLessThan(2 * slateBytes);
    await store.close();
  });

  it('is less than twice as much again in LMDB, whose pages are never full', async () => {
    const store = await openFeatureStore({ kind: 'lmdb', path: folder, shop: 's', profileTtlDays: 400 });
    const usedBytes = async (): Promise<number> => statSync(join(folder, 'data.mdb')).size;
    const taken = await measure(store, usedBytes);
    report('lmdb', taken);
    expect(taken[0]).toBeLessThan(3 * profileBytes);
    expect(taken[1]).toBeLessThan(3 * eventBytes);
    expect(taken[2]).toBeLessThan(3 * slateBytes);
    await store.close();
  });
});
