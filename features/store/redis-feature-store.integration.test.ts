import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../core/clock.ts';
import { Deadline } from '../core/deadline.ts';
import { asUserId, type ShopperKey, userKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { describeFeatureStoreContract } from './feature-store.contract.ts';
import type { FeatureStore, ProfileChange } from './feature-store.ts';
import { itemBucketKey } from './key-layout.ts';
import { openFeatureStore } from './open-feature-store.ts';
import type { RedisStoreOptions } from './redis-feature-store.ts';
import { allOf } from './testing/contract-context.ts';
import { aProfile } from './testing/profiles.ts';
import { keysThatStay } from './testing/redis-keys.ts';
import { freePort, startRedisServer, type TestRedisServer } from './testing/redis-server.ts';
import { TurnCountingProxy } from './testing/turn-counting-proxy.ts';

const soon = (): Deadline => Deadline.after(10_000);
const key = (id: string): ShopperKey => userKey(asUserId(id));

const countOne = (profile: Profile): ProfileChange => {
  profile.eventCounts[0]! += 1;
  return 'write';
};

function optionsFor(server: { readonly url: string }, more: Partial<RedisStoreOptions> = {}): RedisStoreOptions {
  return { kind: 'redis', mode: 'single', url: server.url, shop: 'demo', profileTtlDays: 30, ...more };
}

/** How often the server ran each command since its statistics were reset, by name. */
async function commandCounts(server: TestRedisServer): Promise<Record<string, number>> {
  const lines = (await server.command('INFO', 'commandstats')).matchAll(/cmdstat_([a-z|]+):calls=(\d+)/g);
  return Object.fromEntries(Array.from(lines, ([, name, calls]) => [name, Number(calls)]));
}

/** Milliseconds an action takes, whether it succeeds or fails. */
async function timeMs(action: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await action().catch(() => {});
  return performance.now() - startedMs;
}

async function untilItWorks(action: () => Promise<unknown>, withinMs: number): Promise<void> {
  const giveUpAtMs = performance.now() + withinMs;
  for (;;) {
    try {
      await action();
      return;
    } catch (error) {
      if (performance.now() > giveUpAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const unavailable = expect.objectContaining({ code: 'REC_STORE_UNAVAILABLE', isRetryable: true });
const deadlineExceeded = expect.objectContaining({ code: 'REC_DEADLINE_EXCEEDED' });
const recordInvalid = expect.objectContaining({ code: 'REC_RECORD_INVALID' });

describeFeatureStoreContract('redis', async () => {
  const server = await startRedisServer();
  return {
    // A machine that does other work may let a command wait for longer than a server would.
    optionsFor: (shop, retention) => optionsFor(server, { shop, commandTimeoutMs: 5_000, ...retention }),
    keysThatStay: () => keysThatStay([{ host: '127.0.0.1', port: server.port }]),
    stop: () => server.stop(),
  };
});

describe('redis feature store', () => {
  let server: TestRedisServer;
  let store: FeatureStore;

  beforeAll(async () => {
    server = await startRedisServer();
    store = await openFeatureStore(optionsFor(server));
  });

  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });

  it('reads a profile with one GET and nothing else', async () => {
    await store.writeProfiles([[key('one-get'), aProfile('x')]]);
    await server.command('CONFIG', 'RESETSTAT');
    for (let i = 0; i < 10; i++) await store.readProfile(key('one-get'), soon());
    const { get, ...others } = await commandCounts(server);
    expect(get).toBe(10);
    expect(Object.keys(others)).toEqual(['config|resetstat']);
  });

  it('writes the updates that wait for each other together', async () => {
    await server.command('CONFIG', 'RESETSTAT');
    await Promise.all(Array.from({ length: 60 }, () => store.updateProfile(key('together'), countOne, soon())));
    // The first goes alone, the 59 that came while it was under way go as one.
    expect((await commandCounts(server)).set).toBe(2);
    expect((await store.readProfile(key('together'), soon()))?.eventCounts[0]).toBe(60);
  });

  it('updates many shoppers in two round trips, however many events they log', async () => {
    const proxy = await new TurnCountingProxy(server.port).start();
    const near = await openFeatureStore(optionsFor({ url: `redis://127.0.0.1:${proxy.port}` }));
    const updates = Array.from({ length: 20 }, (_, i) => ({
      key: key(`turn-${i}`),
      change: (profile: Profile): ProfileChange => {
        profile.eventCounts[0]! += 1;
        return { log: ['a', 'b'] };
      },
    }));
    // The first write teaches the server the script.
    await near.updateProfiles(updates, soon());
    proxy.turns = 0;
    const results = await near.updateProfiles(updates, soon());
    expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
    expect(proxy.turns).toBe(2);
    await near.close();
    await proxy.stop();
  });

  it('asks for product changes in one command and one round trip when there are none', async () => {
    const proxy = await new TurnCountingProxy(server.port).start();
    const near = await openFeatureStore(optionsFor({ url: `redis://127.0.0.1:${proxy.port}` }, { shop: 'turns' }));
    const position = await near.itemChangesPosition(soon());
    // The first look prolongs the products in the background.
    await near.readItemChanges(position, soon());
    await near.ping(soon());
    proxy.turns = 0;
    await server.command('CONFIG', 'RESETSTAT');
    await near.readItemChanges(position, soon());
    expect(proxy.turns).toBe(1);
    // What the script itself asks for counts, too.
    expect(await commandCounts(server)).toMatchObject({ evalsha: 1, xrange: 16 });
    await near.close();
    await proxy.stop();
  });

  it('keeps a log for the configured days after its last entry, and no entry for longer', async () => {
    const days = await openFeatureStore(optionsFor(server, { shop: 'days', logDays: 2 }));
    await days.updateProfile(key('a'), () => ({ log: ['first'] }), soon());
    const [entry] = await allOf(days.readLog('events'));
    const stream = entry!.id.split(' ')[0]!;
    const isKept = (ttlMs: number): boolean => ttlMs > 2 * MS_PER_DAY - 60_000 && ttlMs <= 2 * MS_PER_DAY;
    expect(isKept(Number((await server.command('PTTL', stream)).slice(1)))).toBe(true);
    await server.command('DEL', stream);
    const old = Date.now() - 2 * MS_PER_DAY - 1;
    for (const id of [`${old - 5}-0`, `${old}-0`, `${Date.now() - MS_PER_DAY}-0`]) {
      await server.command('XADD', stream, id, 'shopper', 'u:a', 'entry', id);
    }
    const textsNow = async () => (await allOf(days.readLog('events'))).map(({ text }) => text);
    expect(await textsNow()).toHaveLength(1);
    expect(await server.command('XLEN', stream)).toBe(':3');
    await days.updateProfile(key('a'), () => ({ log: ['last'] }), soon());
    expect(await server.command('XLEN', stream)).toBe(':2');
    expect((await textsNow()).at(-1)).toBe('last');
    await days.close();
  });

  it('keeps products for 400 days after the last write or look of a follower', async () => {
    const kept = await openFeatureStore(optionsFor(server, { shop: 'kept' }));
    await kept.writeItems([{ itemId: 'x', isAvailable: true }]);
    const bucket = itemBucketKey('kept', 'x');
    const ttlDays = async (of: string): Promise<number> =>
      Number((await server.command('PTTL', of)).slice(1)) / MS_PER_DAY;
    expect(await ttlDays(bucket)).toBeCloseTo(400, 2);
    await server.command('PEXPIRE', bucket, '60000');
    await server.command('PEXPIRE', `${bucket}:c`, '60000');
    const position = await kept.itemChangesPosition(soon());
    await kept.readItemChanges(position, soon());
    await untilItWorks(async () => expect(await ttlDays(bucket)).toBeCloseTo(400, 2), 5_000);
    expect(await ttlDays(`${bucket}:c`)).toBeCloseTo(400, 2);
    await kept.close();
  });

  it('keeps a profile for the configured days after each write', async () => {
    await store.updateProfile(key('ttl'), countOne, soon());
    await store.writeProfiles([[key('ttl-bulk'), aProfile('x')]]);
    for (const id of ['ttl', 'ttl-bulk']) {
      const leftMs = Number((await server.command('PTTL', `v1:demo:{u:${id}}:p`)).slice(1));
      expect(leftMs).toBeGreaterThan(30 * MS_PER_DAY - 60_000);
      expect(leftMs).toBeLessThanOrEqual(30 * MS_PER_DAY);
    }
  });

  it('keeps updating when the server has forgotten the script', async () => {
    await store.updateProfile(key('script'), countOne, soon());
    await store.updateProfile(key('script'), countOne, soon());
    await server.command('SCRIPT', 'FLUSH', 'SYNC');
    await store.updateProfile(key('script'), countOne, soon());
    expect((await store.readProfile(key('script'), soon()))?.eventCounts[0]).toBe(3);
  });

  it('refuses a record it cannot decode and leaves it there', async () => {
    await server.command('SET', 'v1:demo:{u:garbage}:p', 'garbage');
    await expect(store.readProfile(key('garbage'), soon())).rejects.toEqual(recordInvalid);
    await expect(store.updateProfile(key('garbage'), countOne, soon())).rejects.toEqual(recordInvalid);
    expect(await server.command('GET', 'v1:demo:{u:garbage}:p')).toBe('$7\r\ngarbage');
  });

  it('erases a shopper whose record it cannot decode, and searches on past such records', async () => {
    const damaged = await openFeatureStore(optionsFor(server, { shop: 'damaged' }));
    await server.command('SET', 'v1:damaged:{u:ann}:p', 'garbage');
    await server.command('SET', 'v1:damaged:{s:1}:p', 'garbage-with-ann-in-it');
    await server.command('SET', 'v1:damaged:{s:2}:p', 'garbage');
    const traces = async () => (await allOf(damaged.findTraces(key('ann')))).map(({ kind, detail }) => [kind, detail]);
    expect((await traces()).sort()).toEqual([
      ['profile', 'record of 7 bytes that cannot be decoded'],
      ['session', 'record of 22 bytes that cannot be decoded and contains the id'],
    ]);
    const erasure = await damaged.eraseShopper(key('ann'), 1_000, soon());
    expect(erasure.profiles).toBe(1);
    expect((await damaged.readProfile(key('ann'), soon()))?.erasedAtMs).toBe(1_000);
    await damaged.close();
  });

  it('refuses an item it cannot decode', async () => {
    await server.command('HSET', 'v1:broken:{items:0}', 'x', '{');
    const broken = await openFeatureStore(optionsFor(server, { shop: 'broken' }));
    const readAll = async (): Promise<void> => {
      for await (const _ of broken.readAllItems());
    };
    await expect(readAll()).rejects.toEqual(recordInvalid);
    await broken.close();
  });

  it('gives up at the deadline when the server is slow, and is there again afterwards', async () => {
    await store.readProfile(key('slow'), soon());
    await server.command('CLIENT', 'PAUSE', '300', 'ALL');
    for (const action of [
      () => store.readProfile(key('slow'), Deadline.after(25)),
      () => store.updateProfile(key('slow'), countOne, Deadline.after(25)),
      () => store.readItem('slow', Deadline.after(25)),
      () => store.ping(Deadline.after(25)),
    ]) {
      let outcome: unknown;
      const tookMs = await timeMs(() => action().catch((error) => (outcome = error)));
      expect(outcome).toEqual(deadlineExceeded);
      expect(tookMs).toBeGreaterThanOrEqual(20);
      // Wide, since tests share their cores; without the deadline it would be what is left of the 300 ms pause.
      expect(tookMs).toBeLessThan(100);
    }
    await store.ping(soon());
  });

  it('never waits longer than the command timeout, however late the deadline is', async () => {
    const impatient = await openFeatureStore(optionsFor(server, { commandTimeoutMs: 100 }));
    await impatient.readProfile(key('slow'), soon());
    await server.command('CLIENT', 'PAUSE', '400', 'ALL');
    const startedMs = performance.now();
    await expect(impatient.readProfile(key('slow'), soon())).rejects.toEqual(deadlineExceeded);
    expect(performance.now() - startedMs).toBeLessThan(300);
    await impatient.close();
  });

  it('shows no password in its description', async () => {
    const secret = await openFeatureStore(optionsFor({ url: 'redis://me:hunter2@127.0.0.1:1/3' }));
    expect(secret.description).toBe('redis 127.0.0.1:1/3 shop demo');
    await secret.close();
  });

  it.each([
    ['no URL', { url: 'nowhere:hunter2' }, 'store.url is not a URL'],
    ['another protocol', { url: 'http://127.0.0.1:6379' }, 'store.url is not a URL'],
    ['no url at all', { url: '' }, 'store.url is missing: mode "single" needs it'],
    ['a cluster without nodes', { mode: 'cluster' as const, nodes: [] }, 'store.nodes is missing: mode "cluster"'],
    [
      'sentinels without a master name',
      { mode: 'sentinel' as const, sentinels: [{ host: '127.0.0.1', port: 1 }] },
      'store.masterName is missing: mode "sentinel"',
    ],
  ])('refuses %s, naming the key', async (_, more, message) => {
    const opened = openFeatureStore({ ...optionsFor({ url: 'redis://x' }), ...more });
    await expect(opened).rejects.toMatchObject({ code: 'REC_INVALID_CONFIG' });
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.not.toThrow('hunter2');
  });
});

describe('redis feature store when redis fails', () => {
  let server: TestRedisServer;
  let store: FeatureStore | undefined;

  beforeEach(async () => {
    server = await startRedisServer();
    store = undefined;
  });

  afterEach(async () => {
    await store?.close();
    await server.stop();
  });

  it('can be opened while redis is down, fails at once, and works when redis has come up', async () => {
    await server.kill();
    store = await openFeatureStore(optionsFor(server));
    const down = store;
    for (const action of [
      () => down.readProfile(key('a'), soon()),
      () => down.updateProfile(key('a'), countOne, soon()),
      () => down.ping(soon()),
    ]) {
      let outcome: unknown;
      expect(await timeMs(() => action().catch((error) => (outcome = error)))).toBeLessThan(100);
      expect(outcome).toEqual(unavailable);
    }
    await server.start();
    await untilItWorks(() => down.ping(Deadline.after(200)), 8_000);
    await down.updateProfile(key('a'), countOne, soon());
    expect((await down.readProfile(key('a'), soon()))?.eventCounts[0]).toBe(1);
  });

  it('fails within the deadline when redis is killed midway, and recovers after its restart', async () => {
    store = await openFeatureStore(optionsFor(server));
    const killed = store;
    await killed.updateProfile(key('a'), countOne, soon());
    const underWay = Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => killed.updateProfile(key(`b${i % 5}`), countOne, Deadline.after(1_000))),
    );
    await server.kill();
    for (const result of await underWay) {
      if (result.status === 'rejected') expect(result.reason).toEqual(unavailable);
    }
    const tookMs = await timeMs(async () => {
      await expect(killed.readProfile(key('a'), Deadline.after(200))).rejects.toEqual(unavailable);
    });
    expect(tookMs).toBeLessThan(200);
    await server.start();
    await untilItWorks(() => killed.readProfile(key('a'), Deadline.after(200)), 8_000);
    await killed.updateProfile(key('a'), countOne, soon());
    expect((await killed.readProfile(key('a'), soon()))?.eventCounts[0]).toBe(1);
  });

  it('carries a bulk write over a restart', async () => {
    store = await openFeatureStore(optionsFor(server));
    await server.kill();
    const written = store.writeProfiles([[key('bulk'), aProfile('x')]]);
    await server.start();
    await written;
    expect(await store.readProfile(key('bulk'), soon())).toEqual(aProfile('x'));
  });

  it('says unavailable when redis wants another password', async () => {
    await server.stop();
    server = await startRedisServer({ extraArguments: ['--requirepass', 'sesame'] });
    store = await openFeatureStore(optionsFor(server));
    await expect(store.readProfile(key('a'), Deadline.after(1_000))).rejects.toEqual(unavailable);
    const allowed = await openFeatureStore(optionsFor({ url: `redis://:sesame@127.0.0.1:${server.port}` }));
    await allowed.ping(soon());
    await allowed.close();
  });

  it('can be closed while redis is away', async () => {
    const away = await openFeatureStore(optionsFor({ url: `redis://127.0.0.1:${await freePort()}` }));
    expect(await timeMs(() => away.close())).toBeLessThan(1_000);
  });
});
