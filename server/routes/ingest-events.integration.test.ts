import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { EVENT_TYPES, type ShopEvent } from '../../features/profile/event.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import {
  expectSameProfile,
  numberedFacts,
  profileOf,
  randomHistory,
} from '../../features/profile/testing/random-events.ts';
import { VISIT_GAP_MS } from '../../features/profile/visits.ts';
import type { FeatureStore, ProfileUpdate } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import type { StoreOptions } from '../../features/store/store-config.ts';
import { startRedisCluster } from '../../features/store/testing/redis-cluster.ts';
import { startRedisServer, type TestRedisServer } from '../../features/store/testing/redis-server.ts';
import { ingestEvents } from './ingest-events.ts';

const WORKER_COUNT = 3;
const SESSION_COUNT = 3;
const USER_COUNT = 2;
/** A refund before its purchase has nothing to take back; more than four visits are not kept. */
const HISTORY = { types: EVENT_TYPES.filter((type) => type !== 'refund'), spanMs: 4 * VISIT_GAP_MS - 1 };

class Stopped extends Error {}

/** A worker that is killed now and then: before a step, within it, or after it but before anybody was told. */
class MortalStore implements Pick<FeatureStore, 'updateProfiles'> {
  private readonly store: FeatureStore;
  private readonly random: SeededRandom;
  stopCount = 0;

  constructor(store: FeatureStore, random: SeededRandom) {
    this.store = store;
    this.random = random;
  }

  async updateProfiles(updates: readonly ProfileUpdate[], deadline: Deadline) {
    // Steps of several workers meet in every order.
    for (let i = this.random.nextInt(4); i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
    if (this.random.next() > 0.25) return this.store.updateProfiles(updates, deadline);
    this.stopCount += 1;
    const share = this.random.next() * 1.5 - 0.25;
    const done = updates.filter(() => this.random.next() < share);
    await this.store.updateProfiles(done, deadline);
    throw new Stopped();
  }
}

/** Who an event names: session 0 and 1 belong to account 0, session 2 to account 1; visits may come without their account. */
const who = fc.record({
  session: fc.nat({ max: SESSION_COUNT - 1 }),
  names: fc.constantFrom('visit', 'account', 'both'),
});
const accountOf = (session: number): number => (session < 2 ? 0 : 1);

const scenario = fc.record({
  history: randomHistory('e', { ...HISTORY, minLength: 4, maxLength: 36 }),
  whos: fc.array(who, { minLength: 36, maxLength: 36 }),
  seed: fc.integer(),
});

function describeIngest(technology: string, start: () => Promise<{ options: StoreOptions; stop(): Promise<void> }>) {
  describe(`events on ${technology}`, () => {
    let stores: FeatureStore[];
    let stop: () => Promise<void>;
    beforeAll(async () => {
      const started = await start();
      stop = started.stop;
      stores = await Promise.all(Array.from({ length: WORKER_COUNT }, () => openFeatureStore(started.options)));
    });
    afterAll(async () => {
      await Promise.all((stores ?? []).map((store) => store.close()));
      await stop?.();
    });

    it('count once, and visits join their accounts once, whatever order workers come in and wherever they are stopped', async () => {
      const sent = new Set<string>();
      let runCount = 0;
      let stopCount = 0;
      await fc.assert(
        fc.asyncProperty(scenario, async ({ history, whos, seed }) => {
          const run = `r${runCount++}`;
          const random = new SeededRandom(seed);
          const events = history.map((event, i) => named(event, whos[i]!, run));
          for (const { eventId } of events) sent.add(eventId);
          const workers = stores.map((store) => new MortalStore(store, random));
          await sendAll(workers, batchesOf(events, random), random);
          for (const worker of workers) stopCount += worker.stopCount;
          await expectProfiles(stores[0]!, events, run);
        }),
        { numRuns: 300 },
      );
      expect(stopCount).toBeGreaterThan(1_000);
      await expectLoggedOnce(stores[0]!, sent);
    });
  });
}

function named(event: ShopEvent, { session, names }: { session: number; names: string }, run: string): ShopEvent {
  return {
    ...event,
    eventId: `${run}-${event.eventId}`,
    receivedAtMs: event.atMs + 1_000,
    ...(names === 'visit' ? {} : { userId: asUserId(`${run}-u${accountOf(session)}`) }),
    ...(names === 'account' ? {} : { sessionId: asSessionId(`${run}-s${session}`) }),
  };
}

/** In any order, in batches of any size, some events in several of them. */
function batchesOf(events: readonly ShopEvent[], random: SeededRandom): ShopEvent[][] {
  const arriving = [...events, ...events.filter(() => random.next() < 0.3)];
  random.shuffle(arriving);
  const batches: ShopEvent[][] = [];
  while (arriving.length > 0) batches.push(arriving.splice(0, 1 + random.nextInt(6)));
  return batches;
}

/** Every batch is sent until it is acknowledged, by whichever worker is free. */
async function sendAll(workers: readonly MortalStore[], batches: ShopEvent[][], random: SeededRandom): Promise<void> {
  const work = async (store: MortalStore): Promise<void> => {
    for (let batch = batches.pop(); batch !== undefined; batch = batches.pop()) {
      const parts = {
        store,
        factsLookup: numberedFacts,
        policy: DEFAULT_PROFILE_POLICY,
        newJoinId: () => 1 + random.nextInt(2 ** 31),
      };
      try {
        await ingestEvents(
          parts,
          batch.map((event) => ({ event, details: {} })),
          Deadline.after(30_000),
        );
      } catch (error) {
        if (!(error instanceof Stopped)) throw error;
        batches.splice(random.nextInt(batches.length + 1), 0, batch);
      }
    }
  };
  await Promise.all(workers.map(work));
}

async function expectProfiles(store: FeatureStore, events: readonly ShopEvent[], run: string): Promise<void> {
  const read = async (key: ShopperKey): Promise<Profile> =>
    (await store.readProfile(key, Deadline.after(10_000))) ?? emptyProfile();
  const isJoined = new Set(events.flatMap(({ userId, sessionId }) => (userId && sessionId ? [sessionId] : [])));
  for (let account = 0; account < USER_COUNT; account++) {
    const userId = asUserId(`${run}-u${account}`);
    const sessionIds = [0, 1, 2].filter((s) => accountOf(s) === account).map((s) => asSessionId(`${run}-s${s}`));
    const own = events.filter(
      (event) =>
        event.userId === userId ||
        (event.sessionId !== undefined && sessionIds.includes(event.sessionId) && isJoined.has(event.sessionId)),
    );
    const actual = await read(userKey(userId));
    expect(actual.joinedSessions.map(({ sessionId }) => sessionId).sort()).toEqual(
      sessionIds.filter((sessionId) => isJoined.has(sessionId)).sort(),
    );
    expectSameProfile({ ...actual, joinedSessions: [] }, profileOf(own), 300);
    for (const sessionId of sessionIds) {
      const session = await read(sessionKey(sessionId));
      const left = isJoined.has(sessionId) ? [] : events.filter((event) => event.sessionId === sessionId);
      expect(session.joinedTo?.userId).toBe(isJoined.has(sessionId) ? userId : undefined);
      expectSameProfile({ ...session, joinedTo: undefined }, profileOf(left), 300);
    }
  }
}

async function expectLoggedOnce(store: FeatureStore, sent: ReadonlySet<string>): Promise<void> {
  const logged: string[] = [];
  for await (const { text } of store.readLog('events'))
    logged.push((JSON.parse(text) as { event_id: string }).event_id);
  expect(logged).toHaveLength(sent.size);
  expect(new Set(logged)).toEqual(sent);
}

describeIngest('LMDB', async () => {
  const path = mkdtempSync(join(tmpdir(), 'vitrine-ingest-'));
  const options: StoreOptions = { kind: 'lmdb', path, shop: 'test', profileTtlDays: 400 };
  return { options, stop: async () => rmSync(path, { recursive: true }) };
});

describeIngest('Redis', async () => {
  const redis: TestRedisServer = await startRedisServer();
  return {
    options: { kind: 'redis', mode: 'single', url: redis.url, shop: 'test', profileTtlDays: 400 },
    stop: () => redis.stop(),
  };
});

describeIngest('a Redis Cluster of three masters', async () => {
  const cluster = await startRedisCluster();
  const options: StoreOptions = {
    kind: 'redis',
    mode: 'cluster',
    nodes: cluster.nodes,
    shop: 'test',
    profileTtlDays: 400,
  };
  return { options, stop: () => cluster.stop() };
});
