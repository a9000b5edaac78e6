import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import { asUserId, type ShopperKey, userKey } from '../core/ids.ts';
import { describeFeatureStoreContract } from './feature-store.contract.ts';
import type { FeatureStore } from './feature-store.ts';
import { openFeatureStore } from './open-feature-store.ts';
import { aProfile } from './testing/profiles.ts';
import { startRedisCluster, type TestRedisCluster } from './testing/redis-cluster.ts';
import { startRedisServer, type TestRedisServer } from './testing/redis-server.ts';

const soon = (): Deadline => Deadline.after(10_000);
const key = (id: string): ShopperKey => userKey(asUserId(id));

describeFeatureStoreContract('redis cluster of three masters', async () => {
  const cluster = await startRedisCluster();
  const { nodes } = cluster;
  return {
    optionsFor: (shop) => ({ kind: 'redis', mode: 'cluster', nodes, shop, profileTtlDays: 30 }),
    stop: () => cluster.stop(),
  };
});

describe('feature store on a redis cluster', () => {
  let cluster: TestRedisCluster;
  let store: FeatureStore;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    const { nodes } = cluster;
    store = await openFeatureStore({ kind: 'redis', mode: 'cluster', nodes, shop: 'demo', profileTtlDays: 30 });
  });

  afterAll(async () => {
    await store?.close();
    await cluster?.stop();
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
  });
});

describe('feature store behind a redis sentinel', () => {
  let folder: string;
  let master: TestRedisServer;
  let sentinel: TestRedisServer;

  beforeAll(async () => {
    master = await startRedisServer();
    folder = mkdtempSync(join(tmpdir(), 'vitrine-sentinel-'));
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, `sentinel monitor shopmaster 127.0.0.1 ${master.port} 1\n`);
    sentinel = await startRedisServer({ sentinelConfigFile: file });
  });

  afterAll(async () => {
    await sentinel?.stop();
    await master?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds the master by its name', async () => {
    const store = await openFeatureStore({
      kind: 'redis',
      mode: 'sentinel',
      sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
      masterName: 'shopmaster',
      shop: 'demo',
      profileTtlDays: 30,
    });
    await store.writeProfiles([[key('a'), aProfile('through the sentinel')]]);
    expect((await store.readProfile(key('a'), soon()))?.device).toBe('through the sentinel');
    expect(await master.command('EXISTS', 'v1:demo:{u:a}:p')).toBe(':1');
    await store.close();
  });
});
