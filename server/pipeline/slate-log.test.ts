import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../features/core/clock.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { asSessionId, type ShopperKey, sessionKey } from '../../features/core/ids.ts';
import type { SlateEntry } from '../../features/store/feature-store.ts';
import type { Query, Slate } from './query.ts';
import { SlateLog, type SlateLogParts } from './slate-log.ts';
import { ANNA, aQuery } from './testing/a-query.ts';

const SLATE: Slate = {
  items: [
    { itemId: 'boot', position: 0, score: 0.5, source: 'ann' },
    { itemId: 'lamp', position: 1, score: 0.25, source: 'popular' },
  ],
  degraded: null,
  modelVersion: 'v1',
};

/** A store that keeps what it is given, held back or refused as told. */
class LogStore {
  readonly batches: SlateEntry[][] = [];
  failure: Error | undefined;
  gate: Promise<void> = Promise.resolve();
  async appendSlates(entries: readonly SlateEntry[]): Promise<void> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    this.batches.push([...entries]);
  }
  texts(): Record<string, unknown>[] {
    return this.batches.flat().map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  }
}

const open: SlateLog[] = [];
afterEach(() => Promise.all(open.splice(0).map((log) => log.close())));

function aLog(overrides: Partial<SlateLogParts> = {}) {
  const store = new LogStore();
  const counts: Record<string, number> = {};
  const warnings: string[] = [];
  const log = new SlateLog({
    store,
    metrics: {
      countLoggedSlates: (result, count) => {
        counts[result] = (counts[result] ?? 0) + count;
      },
    },
    logger: { warn: (message) => void warnings.push(message) },
    clock: new ManualClock(0),
    sampleRatio: 1,
    fingerprintOf: (version) => (version === 'v1' ? 'f1' : undefined),
    ...overrides,
  });
  open.push(log);
  const serve = (query: Partial<Query> = {}, shapedBy?: ShopperKey, slate = SLATE): void =>
    log.onServed(slate, aQuery(query), {
      stageTimings: new Float64Array(6),
      candidateCount: 42,
      removedCounts: new Int32Array(8),
      failures: [],
      shapedBy,
    });
  return { log, store, counts, warnings, serve };
}

describe('the slate log', () => {
  it('says what was asked, what was shown where, how probable that was, and by which versions', async () => {
    const { log, store, serve } = aLog();
    const filter = { category: 'shoes', maxPrice: 50 };
    serve({ contextItemIds: ['sofa'], excludeItemIds: ['a', 'b'], filter, slateSize: 2, device: 'mobile' }, ANNA);
    await log.close();
    expect(store.batches[0]![0]).toMatchObject({ shopper: ANNA, atMs: aQuery().nowMs - 5_000 });
    expect(store.texts()).toEqual([
      {
        recommendation_id: 'r-1',
        at: aQuery().nowMs,
        scene: 'home',
        user_id: 'anna',
        model_version: 'v1',
        feature_schema_fingerprint: 'f1',
        policy: 'top_n',
        candidate_count: 42,
        degraded: null,
        request: {
          count: 2,
          item_ids: ['sofa'],
          exclude_count: 2,
          category: 'shoes',
          max_price: 50,
          device: 'mobile',
        },
        items: [
          { item_id: 'boot', position: 0, score: 0.5, source: 'ann', propensity: 1 },
          { item_id: 'lamp', position: 1, score: 0.25, source: 'popular', propensity: 1 },
        ],
      },
    ]);
    expect(store.batches[0]![0]!.text).not.toContain('\n');
  });

  it('names the session of a visitor, and nobody when the slate was not personalised', async () => {
    const { log, store, serve } = aLog();
    serve({}, sessionKey(asSessionId('visit')));
    serve({ shopperKey: ANNA, notPersonalized: 'request_off' }, undefined, {
      ...SLATE,
      notPersonalized: 'request_off',
    });
    await log.close();
    const [visitor, nobody] = store.texts();
    expect(visitor).toMatchObject({ session_id: 'visit' });
    expect(nobody).toMatchObject({ not_personalized: 'request_off' });
    expect(nobody).not.toHaveProperty('user_id');
    expect(nobody).not.toHaveProperty('session_id');
    expect(JSON.stringify(nobody)).not.toContain('anna');
    expect(store.batches.flat().map(({ shopper }) => shopper)).toEqual(['s:visit', undefined]);
  });

  it('writes what comes together in one go, by itself', async () => {
    const { store, serve, counts } = aLog();
    for (let i = 0; i < 5; i++) serve();
    await expect.poll(() => store.batches.length, { timeout: 5_000 }).toBe(1);
    expect(store.batches[0]).toHaveLength(5);
    await expect.poll(() => counts).toEqual({ logged: 5 });
  });

  it('takes a share of slates by the id of the recommendation', async () => {
    const { log, store, serve } = aLog({ sampleRatio: 0.25 });
    const ids = Array.from({ length: 1_000 }, (_, i) => `rec-${i}`);
    for (const recommendationId of [...ids, ...ids]) serve({ recommendationId });
    await log.close();
    const logged = store.texts().map(({ recommendation_id: id }) => id);
    const half = logged.length / 2;
    // 1 000 draws of one in four: seven standard deviations either side.
    expect(half).toBeGreaterThan(154);
    expect(half).toBeLessThan(346);
    expect(logged.slice(half)).toEqual(logged.slice(0, half));

    const none = aLog({ sampleRatio: 0 });
    none.serve();
    await none.log.close();
    expect(none.store.batches).toEqual([]);
  });

  it('drops and counts what a slow store leaves no room for, without holding anything up', async () => {
    const { log, store, serve, counts } = aLog({ maxWaiting: 3 });
    let release = (): void => {};
    store.gate = new Promise((resolve) => {
      release = resolve;
    });
    for (let i = 0; i < 10; i++) serve({ recommendationId: `rec-${i}` });
    expect(counts).toEqual({ dropped: 7 });
    release();
    await log.close();
    expect(counts).toEqual({ dropped: 7, logged: 3 });
    expect(store.texts().map(({ recommendation_id: id }) => id)).toEqual(['rec-0', 'rec-1', 'rec-2']);
  });

  it('counts what the store does not take, says so once, and goes on', async () => {
    const { log, store, serve, counts, warnings } = aLog();
    store.failure = new VitrineError('REC_STORE_UNAVAILABLE', 'connection refused');
    serve();
    await expect.poll(() => counts).toEqual({ failed: 1 });
    serve();
    await expect.poll(() => counts).toEqual({ failed: 2 });
    store.failure = undefined;
    serve();
    await log.close();
    expect(counts).toEqual({ failed: 2, logged: 1 });
    expect(warnings).toEqual(['served slates were not logged']);
  });

  it('gives up on a store that hangs, so that the server can stop', async () => {
    const { log, store, serve, counts } = aLog();
    store.gate = new Promise(() => {});
    for (let i = 0; i < 1_000; i++) serve();
    const startedMs = performance.now();
    await log.close();
    expect(performance.now() - startedMs).toBeLessThan(8_000);
    expect(counts.failed! + counts.dropped!).toBe(1_000);
  });
});
