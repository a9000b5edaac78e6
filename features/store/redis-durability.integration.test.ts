import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FeatureStore } from './feature-store.ts';
import { openFeatureStore } from './open-feature-store.ts';
import { allOf, logged, soon, until, userOf } from './testing/contract-context.ts';
import { startRedisServer, type TestRedisServer } from './testing/redis-server.ts';

const SHOPPERS = 20;
const ROUNDS = 30;

describe('redis with an append-only file', () => {
  let folder: string;
  let server: TestRedisServer;
  let store: FeatureStore;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-aof-'));
    const extraArguments = ['--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always'];
    server = await startRedisServer({ extraArguments });
    store = await openFeatureStore({
      kind: 'redis',
      mode: 'single',
      url: server.url,
      shop: 'demo',
      profileTtlDays: 30,
      commandTimeoutMs: 5_000,
    });
  });

  afterEach(async () => {
    await store?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const shoppers = Array.from({ length: SHOPPERS }, (_, i) => userOf(`shopper-${i}`));

  /** Events counted and events logged, of each shopper; waits until the store is connected again. */
  async function countedAndLogged(): Promise<[counted: number, logged: number][]> {
    const isBack = (): Promise<boolean> =>
      store.ping(soon()).then(
        () => true,
        () => false,
      );
    await until(isBack, 'the store is back');
    const entries = await allOf(store.readLog('events'));
    return Promise.all(
      shoppers.map(async (key): Promise<[number, number]> => {
        const profile = await store.readProfile(key, soon());
        return [profile?.eventCounts[0] ?? 0, entries.filter(({ shopper }) => shopper === key).length];
      }),
    );
  }

  it('keeps every acknowledged event through a crash of redis when each write is synced', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const updates = shoppers.map((key) => ({ key, change: logged(`event ${round}`) }));
      const results = await store.updateProfiles(updates, soon());
      expect(results.every(({ status }) => status === 'fulfilled')).toBe(true);
    }
    await server.kill();
    await server.start();
    expect(await countedAndLogged()).toEqual(shoppers.map(() => [ROUNDS, ROUNDS]));
  });

  it('loses profile and log entry of an event together when the end of the file is lost, wherever it is cut', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await store.updateProfiles(
        shoppers.map((key) => ({ key, change: logged(`event ${round}`) })),
        soon(),
      );
    }
    const file = join(folder, 'appendonlydir', 'appendonly.aof.1.incr.aof');
    let keptBytes = statSync(file).size;
    let lostSoFar = 0;
    // Cuts within commands, between the two commands of an event, and far back.
    for (const lostBytes of [1, 150, 400, 1_111, 40_000]) {
      await server.kill();
      keptBytes -= lostBytes;
      truncateSync(file, keptBytes);
      await server.start();
      const counts = await countedAndLogged();
      for (const [countedEvents, loggedEvents] of counts) expect(countedEvents).toBe(loggedEvents);
      const lost = SHOPPERS * ROUNDS - counts.reduce((sum, [countedEvents]) => sum + countedEvents, 0);
      expect(lost).toBeGreaterThanOrEqual(lostSoFar);
      lostSoFar = lost;
      keptBytes = statSync(file).size;
    }
    expect(lostSoFar).toBeGreaterThan(10);
    expect(lostSoFar).toBeLessThan(SHOPPERS * ROUNDS);
  });
});
