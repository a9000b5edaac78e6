import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import { asUserId, type ShopperKey, userKey } from '../core/ids.ts';
import { describeFeatureStoreContract } from './feature-store.contract.ts';
import type { FeatureStore } from './feature-store.ts';
import { logSlotOf, profileKey } from './key-layout.ts';
import { openFeatureStore } from './open-feature-store.ts';
import type { RedisStoreOptions } from './redis-feature-store.ts';
import { allOf, until } from './testing/contract-context.ts';
import { aProfile } from './testing/profiles.ts';
import { startRedisCluster, type TestRedisCluster } from './testing/redis-cluster.ts';
import { keysThatStay } from './testing/redis-keys.ts';
import { freePort, startRedisServer, type TestRedisServer } from './testing/redis-server.ts';
import { SentinelProxy } from './testing/sentinel-proxy.ts';

const soon = (): Deadline => Deadline.after(10_000);
const key = (id: string): ShopperKey => userKey(asUserId(id));

describeFeatureStoreContract('redis cluster of three masters', async () => {
  const cluster = await startRedisCluster();
  const { nodes } = cluster;
  return {
    optionsFor: (shop, retention) => ({
      kind: 'redis',
      mode: 'cluster',
      nodes,
      shop,
      profileTtlDays: 30,
      // A machine that does other work may let a command wait for longer than a server would.
      commandTimeoutMs: 5_000,
      ...retention,
    }),
    keysThatStay: () => keysThatStay(nodes),
    stop: () => cluster.stop(),
  };
});

describe('feature store on a redis cluster', () => {
  let cluster: TestRedisCluster;
  let store: FeatureStore;

  const start = async (): Promise<void> => {
    cluster = await startRedisCluster();
    const { nodes } = cluster;
    store = await openFeatureStore({ kind: 'redis', mode: 'cluster', nodes, shop: 'demo', profileTtlDays: 30 });
  };
  const stop = async (): Promise<void> => {
    await store?.close();
    await cluster?.stop();
  };
  beforeAll(start);
  afterAll(stop);

  it('lays every shopper and the log of its events into one hash slot, as the cluster counts them', async () => {
    for (const id of ['1', 'käse ☃', 'a}b{c', 'x'.repeat(256)]) {
      await store.updateProfile(key(id), () => ({ log: ['x'] }), soon());
      const [entry] = (await allOf(store.readLog('events'))).filter(({ shopper }) => shopper === key(id));
      const stream = entry!.id.split(' ')[0]!;
      const slots = await Promise.all(
        [stream, profileKey('demo', key(id))].map((name) => cluster.servers[0]!.command('CLUSTER', 'KEYSLOT', name)),
      );
      expect(slots[0]).toBe(slots[1]);
      expect(Number(slots[0]!.slice(1))).toBe(logSlotOf(key(id)));
    }
  });

  it('waits for connections that a busy master is slow to open', async () => {
    const { nodes, servers } = cluster;
    const connections = () =>
      Promise.all(
        servers.map(async (server) => (await server.command('CLIENT', 'LIST')).split(' name=vitrine ').length),
      );
    const before = await connections();
    const near = await openFeatureStore({ kind: 'redis', mode: 'cluster', nodes, shop: 'busy', profileTtlDays: 30 });
    const after = await connections();
    const busy = servers.find((_, i) => after[i] === before[i])!;
    await busy.command('CLIENT', 'PAUSE', '250', 'ALL');
    const shoppers = Array.from({ length: 60 }, (_, i) => key(`shopper-${i}`));
    const reads = await Promise.allSettled(shoppers.map((shopper) => near.readProfile(shopper, soon())));
    await near.close();
    expect(reads).toEqual(shoppers.map(() => ({ status: 'fulfilled', value: undefined })));
  });

  it('refuses commands at once while no node of the cluster answers', async () => {
    const nodes = [{ host: '127.0.0.1', port: await freePort() }];
    const options = { kind: 'redis', mode: 'cluster', nodes, shop: 'demo', profileTtlDays: 30 } as const;
    const far = await openFeatureStore({ ...options, commandTimeoutMs: 10_000 });
    const startedAtMs = performance.now();
    await expect(far.readProfile(key('a'), soon())).rejects.toMatchObject({ code: 'REC_STORE_UNAVAILABLE' });
    expect(performance.now() - startedAtMs).toBeLessThan(1_000);
    await far.close();
  });

  it('spreads shoppers over the masters, and fails only those of a master that is down', async () => {
    const shoppers = Array.from({ length: 60 }, (_, i) => key(`shopper-${i}`));
    await store.writeProfiles(shoppers.map((shopper) => [shopper, aProfile('x')]));
    for (const server of cluster.servers) {
      expect(Number((await server.command('DBSIZE')).slice(1))).toBeGreaterThan(5);
    }
    await cluster.servers[2]!.kill();
    const reads = await Promise.allSettled(shoppers.map((shopper) => store.readProfile(shopper, Deadline.after(300))));
    const failed = reads.filter((read) => read.status === 'rejected');
    expect(failed.length).toBeGreaterThan(5);
    expect(failed.length).toBeLessThan(40);
    for (const { reason } of failed) {
      expect(['REC_STORE_UNAVAILABLE', 'REC_DEADLINE_EXCEEDED']).toContain(reason.code);
    }
    // A batch of updates fails for the same shoppers, and for them only.
    const updates = shoppers.map((shopper) => ({ key: shopper, change: () => ({ log: ['x'] }) }));
    const written = await store.updateProfiles(updates, Deadline.after(2_000));
    expect(written.map(({ status }) => status)).toEqual(reads.map(({ status }) => status));
  });

  it('goes on with the replica that takes the place of a master that died', async () => {
    // The test before left the cluster without a master.
    await stop();
    await start();
    const shoppers = Array.from({ length: 60 }, (_, i) => key(`shopper-${i}`));
    await store.writeProfiles(shoppers.map((shopper) => [shopper, aProfile('before')]));
    const master = cluster.servers[0]!;
    const replica = await cluster.addReplica(master);
    const readAll = () =>
      Promise.allSettled(shoppers.map((shopper) => store.readProfile(shopper, Deadline.after(500))));
    const updates = shoppers.map((shopper) => ({ key: shopper, change: () => 'write' as const }));
    await until(
      async () => (await replica.command('DBSIZE')) === (await master.command('DBSIZE')),
      'the replica has all',
    );

    await master.kill();
    expect((await readAll()).some(({ status }) => status === 'rejected')).toBe(true);
    expect(await replica.command('CLUSTER', 'FAILOVER', 'TAKEOVER')).toBe('+OK');
    await until(async () => {
      const written = await store.updateProfiles(updates, Deadline.after(2_000));
      return written.every(({ status }) => status === 'fulfilled');
    }, 'the store writes all shoppers again');
    const devices = (await readAll()).map((read) => read.status === 'fulfilled' && read.value?.device);
    expect(devices).toEqual(shoppers.map(() => 'before'));
  });
});

describe('feature store behind redis sentinels', () => {
  const optionsFor = (port: number): RedisStoreOptions => ({
    kind: 'redis',
    mode: 'sentinel',
    sentinels: [{ host: '127.0.0.1', port }],
    masterName: 'shopmaster',
    shop: 'demo',
    profileTtlDays: 30,
  });
  let folder: string;
  let master: TestRedisServer;
  let replica: TestRedisServer;
  let sentinel: TestRedisServer;
  let store: FeatureStore;

  beforeAll(async () => {
    // A replica usually waits five seconds for others to be served with it.
    const atOnce = ['--repl-diskless-sync-delay', '0'];
    master = await startRedisServer({ extraArguments: atOnce });
    replica = await startRedisServer({ extraArguments: [...atOnce, '--replicaof', `127.0.0.1 ${master.port}`] });
    await until(
      async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up'),
      'the replica has what the master has',
    );
    folder = mkdtempSync(join(tmpdir(), 'vitrine-sentinel-'));
    const file = join(folder, 'sentinel.conf');
    const lines = [
      `sentinel monitor shopmaster 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds shopmaster 1000',
      'sentinel failover-timeout shopmaster 2000',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    sentinel = await startRedisServer({ sentinelConfigFile: file });
    // It asks often: a master not asked within the time after which it counts as down would count as down from the start. And a busy
    // machine does not make it pause for half a minute (from Redis 7 on).
    const haste = ['ping-period', '100', 'info-period', '500', 'tilt-trigger', '60000', 'tilt-period', '500'];
    await sentinel.command('SENTINEL', 'DEBUG', ...haste);
    store = await openFeatureStore(optionsFor(sentinel.port));
  });

  afterAll(async () => {
    await store?.close();
    await Promise.all([sentinel, replica, master].map((server) => server?.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds the master by its name', async () => {
    await store.writeProfiles([[key('a'), aProfile('through the sentinel')]]);
    expect((await store.readProfile(key('a'), soon()))?.device).toBe('through the sentinel');
    expect(await master.command('EXISTS', 'v1:demo:{u:a}:p')).toBe(':1');
  });

  it('goes on when a failover is announced while it asks for the master', async () => {
    const proxy = await new SentinelProxy(sentinel.port).start();
    const near = await openFeatureStore({ ...optionsFor(proxy.port), shop: 'announced' });
    const update = async (): Promise<boolean> => {
      const [result] = await near.updateProfiles([{ key: key('c'), change: () => 'write' }], Deadline.after(500));
      return result?.status === 'fulfilled';
    };
    await until(update, 'the store writes');
    await until(async () => proxy.listenerCount > 0, 'the store listens for failovers');
    proxy.delayMs = 600;
    await master.command('CLIENT', 'KILL', 'TYPE', 'normal');
    // It tries again after 50 ms, and then waits for the answer that is held back.
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(proxy.announceFailover()).toBeGreaterThan(0);
    proxy.delayMs = 0;
    await until(update, 'the store writes again');
    await near.close();
    await proxy.stop();
  });

  it('goes on with the replica that takes over when the master dies, and keeps what had reached it', async () => {
    await store.updateProfile(key('b'), () => ({ log: ['before'] }), soon());
    await until(
      async () => (await replica.command('EXISTS', 'v1:demo:{u:b}:p')) === ':1',
      'the replica has the profile',
    );
    await until(
      async () => (await sentinel.command('SENTINEL', 'REPLICAS', 'shopmaster')).includes(String(replica.port)),
      'the sentinel knows the replica',
    );
    await master.kill();
    const startedAtMs = performance.now();
    const update = async (): Promise<boolean> => {
      const change = { key: key('b'), change: () => ({ log: ['after'] }) };
      const [result] = await store.updateProfiles([change], Deadline.after(500));
      return result?.status === 'fulfilled';
    };
    await until(update, 'the store writes again', 60_000);
    console.log(`writes again ${Math.round(performance.now() - startedAtMs)} ms after the master died`);
    // The sentinel names the new master before it is done with the old one, and a connection made in between is lost once more.
    await until(
      async () => (await sentinel.command('SENTINEL', 'MASTER', 'shopmaster')).includes(String(replica.port)),
      'the failover is over',
    );
    await until(update, 'the store writes after the failover');
    expect(await replica.command('EXISTS', 'v1:demo:{u:b}:p')).toBe(':1');
    const texts = (await allOf(store.readLog('events'))).map(({ text }) => text);
    expect(texts[0]).toBe('before');
    expect(texts).toContain('after');
    expect((await store.readProfile(key('a'), soon()))?.device).toBe('through the sentinel');
  });
});
