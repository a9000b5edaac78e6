import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../features/core/ids.ts';
import { SeededRandom } from '../features/core/seeded-random.ts';
import { EVENT_TYPES } from '../features/profile/event.ts';
import type { Profile } from '../features/profile/profile.ts';
import { openFeatureStore } from '../features/store/open-feature-store.ts';
import type { StoreOptions } from '../features/store/store-config.ts';
import { startRedisServer, type TestRedisServer } from '../features/store/testing/redis-server.ts';
import type { TestModelOptions } from './pipeline/testing/a-model.ts';
import { writeTestBundle } from './testing/a-bundle.ts';
import { runVitrine } from './testing/run-vitrine.ts';
import { type ServerProcess, startServerProcess } from './testing/server-process.ts';

const ITEMS = Array.from({ length: 30 }, (_, i) => ({
  itemId: `p ${i}`,
  title: `Product "${i}", |`,
  category: `a > ${i % 5}`,
  brand: `brand ${i % 3}`,
  price: 3.1 * (i + 1),
  isAvailable: true,
  attributes: { Colour: i % 2 === 0 ? 'red|blue' : 'green' },
}));
const SHOP: TestModelOptions = { items: ITEMS };
const EVENT_COUNT = 400;
/** User 0 logs in from visit 0 midway, user 1 from visits 1 and 2; the others are only one or the other. */
const USERS = ['anna', ' ben', 'cleo|"x"'];
const VISITS = ['visit-0', 'visit 1', 'visit,2', 'visit-3'];
const ACCOUNT_OF_VISIT = [0, 1, 1];

let folder: string;
let redis: TestRedisServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-round-trip-'));
  redis = await startRedisServer();
  await writeTestBundle(join(folder, 'artifacts'), 'v1', SHOP);
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

/** Any events in time order over three weeks up to now, as shops send them. */
function history(seed: number): Record<string, unknown>[] {
  const random = new SeededRandom(seed);
  const one = <T>(values: readonly T[]): T => values[random.nextInt(values.length)]!;
  const maybe = <T>(name: string, value: T): object => (random.next() < 0.5 ? { [name]: value } : {});
  const startMs = Date.now() - 21 * 86_400_000;
  return Array.from({ length: EVENT_COUNT }, (_, i) => {
    const visit = random.nextInt(VISITS.length);
    const account = ACCOUNT_OF_VISIT[visit];
    const isLoggedIn = account !== undefined && i > EVENT_COUNT / 2;
    const who = random.next() < 0.5 ? { session_id: VISITS[visit] } : { user_id: one(USERS) };
    return {
      event_id: `e ${seed}-${i}`,
      // Order of arrival decides what a refund finds to take back, so there are as many as chance wants.
      event: one(EVENT_TYPES),
      timestamp: startMs + i * 4_000_000 + random.nextInt(3_000_000),
      ...(isLoggedIn && random.next() < 0.3 ? { session_id: VISITS[visit], user_id: USERS[account] } : who),
      items: Array.from({ length: 1 + random.nextInt(3) }, () => ({
        item_id: random.next() < 0.9 ? one(ITEMS).itemId : 'not in the catalogue',
        ...maybe('price', random.nextInt(9_999) / 100),
        ...maybe('quantity', 1 + random.nextInt(4)),
        ...maybe('index', random.nextInt(50_000)),
        ...(random.next() < 0.2 ? { discount: 0.5 } : {}),
        ...(random.next() < 0.1 ? { coupon: 'ITEM' } : {}),
      })),
      ...maybe('value', random.nextInt(99_999) / 100),
      ...maybe('device', one(['mobile', 'desktop'])),
      ...(random.next() < 0.1 ? { discount: random.nextInt(3) } : {}),
      ...(random.next() < 0.1 ? { coupon: 'ORDER' } : {}),
      ...maybe('search_term', 'a "b" | ü\nc'),
      ...maybe('attribution_token', `token-${i}`),
    };
  });
}

async function post(server: ServerProcess, events: readonly unknown[]): Promise<void> {
  const response = await fetch(`${server.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  expect(await response.json()).toMatchObject({ accepted: events.length, rejected: [] });
}

async function vitrine(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runVitrine(...words);
  expect(stderr, words[0]).not.toContain('REC_');
  expect(exitCode).toBe(0);
  return stdout;
}

async function profilesOf(options: StoreOptions): Promise<Map<ShopperKey, Profile | undefined>> {
  const store = await openFeatureStore(options);
  const keys = [...USERS.map((id) => userKey(asUserId(id))), ...VISITS.map((id) => sessionKey(asSessionId(id)))];
  const profiles = new Map<ShopperKey, Profile | undefined>();
  for (const key of keys) profiles.set(key, await store.readProfile(key, Deadline.after(5_000)));
  await store.close();
  return profiles;
}

/** The number of a joining is random. */
function comparable(profile: Profile | undefined): unknown {
  if (profile === undefined) return undefined;
  return { ...profile, joinedSessions: profile.joinedSessions.map(({ sessionId }) => sessionId) };
}

describe.each(['lmdb', 'redis'] as const)('the event log of a server on %s', (kind) => {
  it('gives the same profiles again after export, import and replay, field by field', async () => {
    const home = join(folder, kind);
    const common = { shop: 'test', profileTtlDays: 30 };
    const online: StoreOptions =
      kind === 'lmdb'
        ? { kind, path: `${home}-store`, ...common }
        : { kind, mode: 'single', url: redis.url, ...common };
    const seeded = await openFeatureStore(online);
    await expect.poll(() => seeded.ping(Deadline.after(500)).then(() => true), { timeout: 10_000 }).toBe(true);
    await seeded.writeItems(ITEMS);
    await seeded.close();
    await writeFile(
      join(folder, 'vitrine.config.json'),
      JSON.stringify({ models: { artifacts: 'artifacts' }, store: { shop: 'test' }, events: { storeMs: 2_000 } }),
    );
    const server = await startServerProcess(folder, {
      ...(kind === 'lmdb'
        ? { VITRINE_STORE_PATH: `${home}-store` }
        : { VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: redis.url }),
      VITRINE_BUDGETS_STORE_MS: '200',
      VITRINE_BUDGETS_REQUEST_MS: '1000',
    });
    if (!('url' in server)) throw new Error(server.message);
    const events = history(kind === 'lmdb' ? 1 : 2);
    // One at a time: within a batch a visit joins before the events of the batch count, which rounds differently.
    for (const event of events) await post(server, [event]);
    await fetch(`${server.url}/v1/recommend/home?user_id=anna&count=3`);
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);

    const storeFlags = kind === 'lmdb' ? ['--store-path', `${home}-store`] : ['--redis', redis.url];
    const said = await vitrine('export-events', '--out', `${home}-export`, '--slates', '--shop', 'test', ...storeFlags);
    expect(said).toMatch(new RegExp(`: ${EVENT_COUNT} events in \\d+ rows, 1 slates, 30 items from ${kind}`));
    await vitrine('import', '--format', 'plain', '--from', `${home}-export`, '--dataset', `${home}-data`);
    await vitrine(
      ...['materialize', '--dataset', `${home}-data`, '--artifacts', join(folder, 'artifacts')],
      ...['--store-path', `${home}-again`, '--shop', 'again'],
    );

    const expected = await profilesOf(online);
    const actual = await profilesOf({ kind: 'lmdb', path: `${home}-again`, ...common, shop: 'again' });
    expect(expected.get(userKey(asUserId(' ben')))!.joinedSessions.length).toBeGreaterThan(0);
    for (const [key, profile] of expected) {
      const isRedirected = profile?.joinedTo !== undefined;
      // A visit that logged in has nothing of its own any more; replay keeps no record of it.
      if (isRedirected) expect(actual.get(key), key).toBeUndefined();
      else expect(comparable(actual.get(key)), key).toEqual(comparable(profile));
    }
  });
});
