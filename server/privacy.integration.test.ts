import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Deadline } from '../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../features/core/ids.ts';
import type { FeatureStore } from '../features/store/feature-store.ts';
import { openFeatureStore } from '../features/store/open-feature-store.ts';
import { startRedisCluster, type TestRedisCluster } from '../features/store/testing/redis-cluster.ts';
import { startRedisServer, type TestRedisServer } from '../features/store/testing/redis-server.ts';
import type { TestModelOptions } from './pipeline/testing/a-model.ts';
import { writeTestBundle } from './testing/a-bundle.ts';
import { runVitrine } from './testing/run-vitrine.ts';
import { type ServerProcess, startServerProcess } from './testing/server-process.ts';

/** Shoes lie at 0 degrees, lamps at 90; lamps are what strangers get. */
const SHOP: TestModelOptions = {
  items: [
    ...['boot', 'runner', 'sandal', 'clog'].map((itemId, i) => ({ itemId, category: 'shoes', angle: i })),
    ...['lantern', 'spot', 'bulb', 'torch'].map((itemId, i) => ({ itemId, category: 'lamps', angle: 90 + i })),
  ],
  popular: ['lantern', 'spot', 'bulb', 'torch'],
};
const SHOES = ['boot', 'runner', 'sandal', 'clog'];
const HOME = {
  sources: [
    { kind: 'ann', quota: 3 },
    { kind: 'recently_viewed', quota: 3 },
    { kind: 'popular', quota: 4 },
  ],
  slateSize: 4,
  maxPerCategory: 0,
};

interface Reply {
  readonly recommendation_id: string;
  readonly items: readonly { readonly item_id: string; readonly score: number; readonly source: string }[];
  readonly degraded: unknown;
  readonly personalization?: { readonly applied: boolean; readonly reason: string };
}

let folder: string;
let redis: TestRedisServer;
let cluster: TestRedisCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-privacy-'));
  [redis, cluster] = await Promise.all([startRedisServer(), startRedisCluster()]);
  await writeTestBundle(join(folder, 'artifacts'), 'v1', SHOP);
  const config = { models: { artifacts: 'artifacts' }, store: { shop: 'test' }, scenes: { home: HOME } };
  await writeFile(join(folder, 'vitrine.config.json'), JSON.stringify(config));
});
afterAll(async () => {
  await Promise.all([redis.stop(), cluster.stop()]);
  await rm(folder, { recursive: true });
});

describe.each(['lmdb', 'redis', 'cluster'] as const)('two servers on one %s store', (kind) => {
  const running: ServerProcess[] = [];
  let one: ServerProcess;
  let other: ServerProcess;
  let store: FeatureStore;
  let nextEvent = 0;

  const path = (): string => join(folder, 'store');

  const nodes = (): string[] => cluster.nodes.map(({ host, port }) => `${host}:${port}`);

  /** The same store for a server, for this process and for the command line. */
  const places = () =>
    ({
      lmdb: {
        environment: { VITRINE_STORE_PATH: path() },
        options: { kind: 'lmdb', path: path() },
        flags: ['--store-path', path()],
      },
      redis: {
        environment: { VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: redis.url },
        options: { kind: 'redis', mode: 'single', url: redis.url },
        flags: ['--redis', redis.url],
      },
      cluster: {
        environment: {
          VITRINE_STORE_KIND: 'redis',
          VITRINE_STORE_MODE: 'cluster',
          VITRINE_STORE_NODES: JSON.stringify(nodes()),
        },
        options: { kind: 'redis', mode: 'cluster', nodes: cluster.nodes },
        flags: ['--redis-cluster', nodes().join(',')],
      },
    }) as const;

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
    const server = await startServerProcess(folder, {
      ...places()[kind].environment,
      VITRINE_BUDGETS_STORE_MS: '500',
      VITRINE_BUDGETS_REQUEST_MS: '1500',
      VITRINE_SERVER_REQUEST_TIMEOUT_MS: '10000',
      VITRINE_EVENTS_STORE_MS: '5000',
      ...environment,
    });
    if (!('url' in server)) throw new Error(server.message);
    running.push(server);
    return server;
  }

  beforeAll(async () => {
    store = await openFeatureStore({ ...places()[kind].options, shop: 'test', profileTtlDays: 30 });
    await vi.waitFor(() => store.ping(Deadline.after(1_000)), { timeout: 10_000 });
    [one, other] = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    for (const server of running) {
      server.signal('SIGKILL');
      await server.ended;
    }
    await store.close();
  });

  async function send(server: ServerProcess, method: string, route: string, body?: unknown) {
    const response = await fetch(server.url + route, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  }

  const view = (who: object, itemId: string, atMs = Date.now()) => ({
    event_id: `e${nextEvent++}`,
    event: 'view_item',
    timestamp: atMs,
    ...who,
    items: [{ item_id: itemId }],
  });

  async function post(server: ServerProcess, ...events: unknown[]): Promise<Record<string, unknown>> {
    const { status, json } = await send(server, 'POST', '/v1/events', { events });
    expect(status).toBe(202);
    return json;
  }

  async function recommend(server: ServerProcess, body: object): Promise<Reply> {
    const { status, json } = await send(server, 'POST', '/v1/recommend', { scene: 'home', ...body });
    expect(status).toBe(200);
    const reply = json as unknown as Reply;
    expect(reply.degraded).toBeNull();
    expect(reply.items).toHaveLength(4);
    return reply;
  }

  const hasShoes = ({ items }: Reply): boolean => items.some(({ item_id: itemId }) => SHOES.includes(itemId));
  const profileOf = (key: ShopperKey) => store.readProfile(key, Deadline.after(5_000));

  async function logged(log: 'events' | 'slates', of: string): Promise<string[]> {
    const texts: string[] = [];
    for await (const { text } of store.readLog(log)) if (text.includes(of)) texts.push(text);
    return texts;
  }

  const verify = (...words: string[]) =>
    runVitrine('verify-erasure', ...words, '--shop', 'test', ...places()[kind].flags);

  it.each([
    ['opts out', { personalization: 'off' }, { personalization: 'on' }, 'opted_out'],
    ['denies consent', { state: 'denied' }, { state: 'granted' }, 'consent_denied'],
  ])('know nothing of a shopper who %s, from the next request on', async (_, no, yes, reason) => {
    const who = { user_id: `user ${reason}` };
    const key = userKey(asUserId(who.user_id));
    const route = `/v1/users/${encodeURIComponent(who.user_id)}/consent`;
    await post(one, view(who, 'boot'), view(who, 'runner'));
    expect(hasShoes(await recommend(other, who))).toBe(true);
    const stranger = await recommend(other, { user_id: 'a stranger' });
    expect(hasShoes(stranger)).toBe(false);

    expect((await send(one, 'PUT', route, { ...no, source: 'test' })).status).toBe(200);
    for (const server of [other, one]) {
      const reply = await recommend(server, who);
      expect(reply.personalization).toEqual({ applied: false, reason });
      expect(reply.items).toEqual(stranger.items);
    }

    const before = await profileOf(key);
    const entries = (await logged('events', who.user_id)).length;
    for (const server of [one, other]) {
      expect(await post(server, view(who, 'clog'))).toMatchObject({ accepted: 0, ignored: 1, rejected: [] });
    }
    expect(await profileOf(key)).toEqual(before);
    expect(await logged('events', who.user_id)).toHaveLength(entries);

    await send(other, 'PUT', route, { ...yes, source: 'test' });
    const again = await recommend(one, who);
    expect(again.personalization).toBeUndefined();
    expect(hasShoes(again)).toBe(true);
  });

  it('honour the opt-out of an account in a visit that logged in to it, and that of a visitor in their session', async () => {
    const [visit, account] = [{ session_id: 'visit-1' }, { user_id: 'vera' }];
    await post(one, view(visit, 'boot'), view({ ...visit, ...account }, 'runner'));
    expect(hasShoes(await recommend(other, visit))).toBe(true);
    await send(one, 'PUT', '/v1/users/vera/consent', { personalization: 'off', source: 'test' });
    expect((await recommend(other, visit)).personalization).toEqual({ applied: false, reason: 'opted_out' });
    expect(await post(other, view(visit, 'clog'))).toMatchObject({ accepted: 0, ignored: 1 });

    const visitor = { session_id: 'visit-2' };
    await post(one, view(visitor, 'boot'));
    await send(one, 'PUT', '/v1/sessions/visit-2/consent', { state: 'denied', source: 'test' });
    expect((await recommend(other, visitor)).personalization).toEqual({ applied: false, reason: 'consent_denied' });
  });

  it('log slates that are not personalised without a name, and personalised ones with it', async () => {
    const who = { user_id: 'named-in-the-log' };
    await post(one, view(who, 'boot'));
    const named = await recommend(one, who);
    const off = await recommend(one, { ...who, personalization: 'off' });
    expect(off.personalization).toEqual({ applied: false, reason: 'request_off' });
    await vi.waitFor(async () => expect(await logged('slates', off.recommendation_id)).toHaveLength(1), {
      timeout: 10_000,
    });
    expect(await logged('slates', who.user_id)).toEqual([expect.stringContaining(named.recommendation_id)]);
  });

  it('know nobody in a shop that is off', async () => {
    const off = await start({ VITRINE_PRIVACY_PERSONALIZATION: 'off' });
    const who = { user_id: 'of a shop that is off' };
    await post(one, view(who, 'boot'));
    const before = await profileOf(userKey(asUserId(who.user_id)));
    expect(hasShoes(await recommend(one, who))).toBe(true);
    const reply = await recommend(off, { ...who, personalization: 'on' });
    expect(reply.personalization).toEqual({ applied: false, reason: 'shop_off' });
    expect(hasShoes(reply)).toBe(false);
    expect(await post(off, view(who, 'clog'))).toMatchObject({ accepted: 0, ignored: 1 });
    expect(await profileOf(userKey(asUserId(who.user_id)))).toEqual(before);
  });

  it('erase a shopper with log entries and joined visits, refuse what is late, prove it, and start afresh', async () => {
    const who = { user_id: 'erwin' };
    const visit = { session_id: 'erwins-visit' };
    await post(one, view(visit, 'boot'), view(visit, 'runner'));
    await post(other, view({ ...who, ...visit }, 'boot'), view(who, 'sandal'));
    const served = await recommend(one, who);
    await vi.waitFor(async () => expect(await logged('slates', served.recommendation_id)).toHaveLength(1), {
      timeout: 10_000,
    });
    const before = await verify('erwin');
    expect(before.stdout).toContain('NOT ERASED');
    expect(before.exitCode).toBe(1);

    const late = view(who, 'clog');
    const lateVisit = view(visit, 'clog');
    const { status, json: receipt } = await send(other, 'DELETE', '/v1/users/erwin');
    expect(status).toBe(200);
    expect(receipt).toMatchObject({ user_id: 'erwin', removed: { profiles: 1, events: 4, slates: 1 } });
    for (const server of [one, other]) {
      const reply = await post(server, late, lateVisit);
      expect(reply).toMatchObject({
        accepted: 0,
        rejected: [
          { index: 0, code: 'REC_SHOPPER_ERASED' },
          { index: 1, code: 'REC_SHOPPER_ERASED' },
        ],
      });
      expect(hasShoes(await recommend(server, who))).toBe(false);
    }
    const after = await verify('erwin');
    expect(after.stdout).toMatch(/ERASED: nothing of user "erwin" is left but the tombstone\n$/);
    expect(after.exitCode).toBe(0);
    const ofVisit = await verify('erwins-visit', '--session');
    expect(ofVisit.exitCode).toBe(0);
    expect(await logged('events', 'erwin')).toEqual([]);

    await post(one, view(who, 'runner', Date.now() + 1));
    const profile = await profileOf(userKey(asUserId('erwin')));
    expect(profile?.recent.view_item.itemIds).toEqual(['runner']);
    expect((await verify('erwin')).exitCode).toBe(1);
  });

  it('do not let writers of the same moment bring an erased shopper back', async () => {
    const who = { user_id: 'wanda' };
    const visit = { session_id: 'wandas-visit' };
    await post(one, view(who, 'boot'));
    const atMs = Date.now();
    const writers = Array.from({ length: 60 }, async (_, i) => {
      const names = [who, visit, { ...who, ...visit }][i % 3]!;
      await post(i % 2 === 0 ? one : other, view(names, 'clog', atMs - i));
      await recommend(i % 2 === 0 ? other : one, who);
    });
    const erasing = send(other, 'DELETE', '/v1/users/wanda');
    await Promise.all([erasing, ...writers]);
    // What came in for the visit alone before it belonged to anybody is the visit's own.
    await send(one, 'DELETE', '/v1/sessions/wandas-visit');
    await vi.waitFor(
      async () => {
        for (const key of [userKey(asUserId('wanda')), sessionKey(asSessionId('wandas-visit'))]) {
          const kinds: string[] = [];
          for await (const trace of store.findTraces(key)) kinds.push(trace.kind);
          expect(
            kinds.filter((kind) => kind !== 'tombstone'),
            key,
          ).toEqual([]);
        }
      },
      { timeout: 10_000 },
    );
  });
});
