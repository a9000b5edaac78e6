import { join } from 'node:path';
import { messageOf } from '../../features/core/errors.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { freePort, startRedisServer, type TestRedisServer } from '../../features/store/testing/redis-server.ts';
import { type BenchStore, benchFolder, type StoreKind, startBenchStore } from '../lib/bench-store.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { type BenchServer, startBenchServer } from '../lib/server-process.ts';
import { makeSyntheticBundle } from '../lib/synthetic-bundle.ts';
import { EventPlan } from './event-plan.ts';
import { findLosses, type Losses } from './find-losses.ts';
import { PersistentSender, type SendCounts } from './persistent-sender.ts';

export interface CrashOptions {
  readonly store: StoreKind;
  readonly eventCount: number;
  readonly seed: number;
  /** How often something is killed. */
  readonly killCount: number;
  readonly onStep?: (step: string) => void;
}

/** What happened, and what is left of it. */
export interface CrashReport {
  readonly store: StoreKind;
  readonly eventCount: number;
  readonly elapsedMs: number;
  /** Kills by what was killed. */
  readonly kills: Readonly<Record<string, number>>;
  readonly sent: SendCounts;
  readonly losses: Losses;
  /** Why the run is a failure; empty when every event counts once. */
  readonly faults: readonly string[];
}

const ITEM_COUNT = 200;
const CONNECTION_COUNT = 8;
/** Parts of the log are bounded each for itself, and a few shoppers fill them unevenly. */
const LOG_ROOM = 20;
const POLL_MS = 20;
type Victim = 'server 0' | 'server 1' | 'store';
/** Killed in turn, with SIGKILL, at even shares of the acknowledged events, and started again at once. A folder cannot be killed. */
const VICTIMS: Readonly<Record<StoreKind, readonly Victim[]>> = {
  redis: ['server 0', 'store', 'server 1'],
  lmdb: ['server 0', 'server 1'],
};

/**
 * Two servers on one store take a plan of events from a client that never gives up, while servers and a Redis are killed and started
 * again; then profiles and event log are held against the plan.
 *
 * Redis runs with its append-only file synced before each reply (`appendfsync always`).
 */
export async function runCrash(options: CrashOptions, cleanup: Cleanup): Promise<CrashReport> {
  const { eventCount, seed, onStep = () => {} } = options;
  const crashSite = await CrashSite.open(options, cleanup);
  const plan = new EventPlan(eventCount, Date.now() - eventCount);
  const sender = new PersistentSender(plan, crashSite.servers, seed);
  const startMs = performance.now();
  const kills: Record<string, number> = {};
  const killing = killAll(options, { crashSite, sender, kills, onStep });
  // Whichever fails first: a sender whose server does not come back would wait for ever.
  const [sent] = await Promise.all([sender.run(CONNECTION_COUNT), killing]);
  const elapsedMs = Math.round(performance.now() - startMs);
  onStep(`all acknowledged after ${Math.round(elapsedMs / 1_000)} s: reading profiles and log`);
  const store = await openFeatureStore(crashSite.store.options);
  try {
    const losses = await findLosses(store, plan);
    const { store: kind } = options;
    return { store: kind, eventCount, elapsedMs, kills, sent, losses, faults: faultsOf(plan, sent, losses) };
  } finally {
    await store.close();
  }
}

interface Killing {
  readonly crashSite: CrashSite;
  readonly sender: PersistentSender;
  readonly kills: Record<string, number>;
  readonly onStep: (step: string) => void;
}

/** The sender waits at each share until what is to be killed there runs and is killed; then it goes on while that starts again. */
async function killAll(options: CrashOptions, { crashSite, sender, kills, onStep }: Killing): Promise<void> {
  const { eventCount, killCount } = options;
  const victims = VICTIMS[options.store];
  let restarting: Promise<void> = Promise.resolve();
  for (let i = 0; i < killCount; i++) {
    sender.pauseAt = Math.floor((eventCount * (i + 1)) / (killCount + 1));
    while (sender.acknowledgedCount < sender.pauseAt && !sender.isOver) await pauseMs(POLL_MS);
    await restarting;
    if (sender.isOver) return;
    const victim = victims[i % victims.length]!;
    onStep(`${sender.acknowledgedCount} of ${eventCount} events acknowledged: killing ${victim}`);
    // Requests are under way again by the time it dies.
    sender.pauseAt = Number.POSITIVE_INFINITY;
    await pauseMs(POLL_MS);
    const start = await crashSite.kill(victim);
    kills[victim] = (kills[victim] ?? 0) + 1;
    restarting = start();
    // Awaited before the next kill; a client must not wait that long for what does not come back.
    restarting.catch((error: unknown) => sender.stop(`${victim} did not come back: ${messageOf(error)}`));
  }
  sender.pauseAt = Number.POSITIVE_INFINITY;
  await restarting;
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function faultsOf(plan: EventPlan, sent: SendCounts, losses: Losses): readonly string[] {
  const { countedEvents, wrongShoppers, lostInLog, doubledInLog, examples } = losses;
  const faults = [...sent.faults];
  if (countedEvents !== plan.eventCount) faults.push(`${countedEvents} of ${plan.eventCount} events in profiles`);
  if (wrongShoppers > 0) faults.push(`${wrongShoppers} shoppers with other counts than were sent`);
  if (lostInLog + doubledInLog > 0) faults.push(`${lostInLog} events lost in the log, ${doubledInLog} doubled`);
  return faults.length === sent.faults.length ? faults : [...faults, ...examples];
}

/** Two servers and their store, any of which can be killed. */
class CrashSite {
  readonly store: BenchStore;
  readonly servers: BenchServer[] = [];
  private readonly redis: TestRedisServer | undefined;
  private readonly start: (port: number) => Promise<BenchServer>;

  private constructor(store: BenchStore, redis: TestRedisServer | undefined, start: CrashSite['start']) {
    this.store = store;
    this.redis = redis;
    this.start = start;
  }

  static async open({ store: kind, eventCount, seed, onStep = () => {} }: CrashOptions, cleanup: Cleanup) {
    onStep(`starting the ${kind} store and two servers`);
    const { store, redis } = await durableStore(kind, cleanup);
    const folder = await benchFolder(cleanup);
    const artifacts = join(folder, 'artifacts');
    const { modelVersion } = await makeSyntheticBundle({ itemCount: ITEM_COUNT, seed, artifactsFolder: artifacts });
    const config = {
      // Entries beyond are trimmed, which would look like a loss.
      store: { ...store.config, eventLogMaxEntries: eventCount * LOG_ROOM },
      models: { artifacts, version: modelVersion },
    };
    const site = new CrashSite(store, redis, (port) => startBenchServer({ folder, port, config }, cleanup));
    for (let i = 0; i < 2; i++) site.servers.push(await site.start(await freePort()));
    return site;
  }

  /** @returns what starts it again */
  async kill(victim: Victim): Promise<() => Promise<void>> {
    if (victim === 'store') {
      await this.redis?.kill();
      return async () => this.redis?.start();
    }
    const place = victim === 'server 0' ? 0 : 1;
    const { port } = this.servers[place]!;
    await this.servers[place]!.kill();
    return async () => {
      this.servers[place] = await this.start(port);
    };
  }
}

async function durableStore(
  kind: StoreKind,
  cleanup: Cleanup,
): Promise<{ store: BenchStore; redis: TestRedisServer | undefined }> {
  if (kind === 'lmdb') return { store: await startBenchStore('lmdb', cleanup), redis: undefined };
  const redis = await startRedisServer({ extraArguments: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  cleanup.add(() => redis.stop());
  const { url } = redis;
  const [shop, profileTtlDays] = ['bench', 400];
  const options = { kind, mode: 'single' as const, url, shop, profileTtlDays };
  return { store: { options, config: { kind, url, shop } }, redis };
}
