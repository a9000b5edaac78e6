import { join } from 'node:path';
import { SeededRandom } from '../features/core/seeded-random.ts';
import { openFeatureStore } from '../features/store/open-feature-store.ts';
import { freePort } from '../features/store/testing/redis-server.ts';
import { benchFolder, type StoreKind, startBenchStore } from './lib/bench-store.ts';
import { type Cleanup, withCleanup } from './lib/cleanup.ts';
import { describeEnvironment } from './lib/environment.ts';
import { LatencyHistogram, type LatencySummary } from './lib/latency-histogram.ts';
import { type BenchResult, writeResult } from './lib/result-file.ts';
import { startBenchServer, type Target } from './lib/server-process.ts';
import { makeSyntheticBundle } from './lib/synthetic-bundle.ts';
import { WIDE_BUDGETS } from './lib/synthetic-service.ts';
import { SyntheticShop } from './lib/synthetic-shop.ts';
import { asMs, textTable } from './lib/text-table.ts';
import { HttpConnection } from './load/http-connection.ts';
import { encodeRequest } from './load/traffic.ts';

export interface LagBenchOptions {
  readonly store: StoreKind;
  /** Seconds measured. */
  readonly seconds: number;
  readonly seed: number;
  readonly out: string;
  readonly command: string;
}

/** What the lag bench found; the form of the files in bench/results. */
interface LagResult extends BenchResult {
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Events acknowledged per second, those of the probes included. */
  readonly eventsPerSecond: number;
  /** From the acknowledgement by one server to the whole reply of the other that shows the event. */
  readonly lagUs: LatencySummary;
  /** The same request to the same server where there is nothing to wait for: the part of the lag that is a recommendation. */
  readonly recommendUs: LatencySummary;
  /** Full lists that did not show an acknowledged event yet: each would break the promise. */
  readonly lateReplies: number;
  /** Lists made without the profile because the store was too late. */
  readonly degradedReplies: number;
}

const ITEM_COUNT = 500;
const SHOPPER_COUNT = 5_000;
const EVENTS_PER_SECOND = 1_000;
/** Background events come in batches of so many. */
const BATCH_SIZE = 10;
const PROBES_PER_SECOND = 20;
const WARM_UP_MS = 3_000;
const GIVE_UP_MS = 5_000;
const PATIENCE_MS = 10_000;
const LAG_LIMIT_US = 50_000;
/** A list of what was looked at last, and nothing else. */
const SCENE = {
  sources: [{ kind: 'recently_viewed', quota: 5 }],
  filters: ['availability'],
  slateSize: 1,
  maxPerCategory: 0,
};

/**
 * Question: how long after an event is acknowledged by one server does it show in a list of another?
 *
 * Unit: microseconds, lower is better. Two server processes on one store, the first with two workers; events arrive at a fixed rate at
 * both. A probe sends a product view to one server, and when it is acknowledged asks the other for the list of products viewed last, again
 * and again until the product is on it. Store, servers and this process share the cores of the machine.
 */
export async function runLagBench(options: LagBenchOptions): Promise<LagResult> {
  const environment = describeEnvironment(options.command);
  const measured = await withCleanup((cleanup) => measure(options, cleanup));
  const faults = measured.faults;
  if (measured.lateReplies > 0) faults.push(`${measured.lateReplies} full lists lacked an acknowledged event`);
  if (measured.lagUs.p99 >= LAG_LIMIT_US) faults.push(`p99 is ${asMs(measured.lagUs.p99)} ms, expected below 50`);
  const result: LagResult = {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: `lag-${options.store}`,
    environment,
    parameters: {
      store: options.store,
      eventsPerSecond: EVENTS_PER_SECOND,
      batchSize: BATCH_SIZE,
      probesPerSecond: PROBES_PER_SECOND,
      seconds: options.seconds,
      shoppers: SHOPPER_COUNT,
      items: ITEM_COUNT,
      seed: options.seed,
    },
    ...measured,
    faults,
  };
  const row = (name: string, { count, p50, p95, p99, max }: LatencySummary): string[] => [
    name,
    String(count),
    ...[p50, p95, p99, max].map(asMs),
  ];
  const table = textTable(
    ['milliseconds', 'count', 'p50', 'p95', 'p99', 'max'],
    [
      row('acknowledged to shown by the other server', result.lagUs),
      row('the same list, nothing to wait for', result.recommendUs),
    ],
  );
  process.stdout.write(
    `${table}\n\n${result.eventsPerSecond} events/s acknowledged; ${result.lateReplies} full lists without an acknowledged event, ${result.degradedReplies} degraded ones\n`,
  );
  for (const fault of faults) process.stdout.write(`FAILED: ${fault}\n`);
  const [file] = await writeResult(options.out, result, {});
  process.stdout.write(`\nwritten: ${file}\n`);
  return result;
}

async function measure(options: LagBenchOptions, cleanup: Cleanup) {
  const shop = new SyntheticShop({ itemCount: ITEM_COUNT, seed: options.seed, availableRatio: 1 });
  const servers = await startServers(options.store, shop, cleanup);
  const background = new Background(shop, servers, options.seed);
  const probe = new Probe(shop, servers);
  await Promise.all([background.run(WARM_UP_MS), probe.run(WARM_UP_MS)]);
  const measured = new Probe(shop, servers);
  const before = background.acknowledgedCount;
  const durationMs = options.seconds * 1_000;
  await Promise.all([background.run(durationMs), measured.run(durationMs)]);
  const acknowledged = background.acknowledgedCount - before + measured.lag.summary().count;
  const faults = [...background.faults, ...measured.faults];
  const eventsPerSecond = Math.round(acknowledged / options.seconds);
  if (eventsPerSecond < 0.95 * EVENTS_PER_SECOND)
    faults.push(`${eventsPerSecond} events/s, offered ${EVENTS_PER_SECOND}`);
  return {
    eventsPerSecond,
    lagUs: measured.lag.summary(),
    recommendUs: measured.recommend.summary(),
    lateReplies: measured.lateReplies,
    degradedReplies: measured.degradedReplies,
    faults,
  };
}

/** The first with two workers. */
async function startServers(kind: StoreKind, shop: SyntheticShop, cleanup: Cleanup): Promise<Target[]> {
  const { options, config } = await startBenchStore(kind, cleanup);
  const folder = await benchFolder(cleanup);
  const artifacts = join(folder, 'artifacts');
  const { modelVersion } = await makeSyntheticBundle({ ...shop.options, artifactsFolder: artifacts });
  const filler = await openFeatureStore(options);
  await shop.fillStore(filler, SHOPPER_COUNT);
  await filler.close();
  const servers: Target[] = [];
  for (const workers of [2, 1]) {
    const server = await startBenchServer(
      {
        folder,
        port: await freePort(),
        config: {
          server: { workers, requestTimeoutMs: PATIENCE_MS },
          // A busy machine is measured as such, instead of giving lists without the shopper and events that are not taken.
          budgets: WIDE_BUDGETS,
          events: { storeMs: PATIENCE_MS },
          store: config,
          models: { artifacts, version: modelVersion },
          scenes: { viewed: SCENE },
        },
      },
      cleanup,
    );
    servers.push(server);
  }
  return servers;
}

function eventsRequest({ host, port }: Target, events: readonly unknown[]): Buffer {
  const body = JSON.stringify({ events });
  return encodeRequest({ kind: 'events', method: 'POST', path: '/v1/events', body }, `${host}:${port}`);
}

/** Batches of events at fixed times, whatever the servers do. */
class Background {
  acknowledgedCount = 0;
  readonly faults: string[] = [];
  private readonly shop: SyntheticShop;
  private readonly servers: readonly Target[];
  private readonly random: SeededRandom;
  private readonly idle: HttpConnection[][];
  private sentCount = 0;

  constructor(shop: SyntheticShop, servers: readonly Target[], seed: number) {
    this.shop = shop;
    this.servers = servers;
    this.random = new SeededRandom(seed);
    this.idle = servers.map(() => []);
  }

  async run(durationMs: number): Promise<void> {
    const startMs = performance.now();
    const batchCount = Math.round((durationMs * EVENTS_PER_SECOND) / BATCH_SIZE / 1_000);
    const sending: Promise<void>[] = [];
    for (let batch = 0; batch < batchCount; batch++) {
      await until(startMs + (batch * BATCH_SIZE * 1_000) / EVENTS_PER_SECOND);
      sending.push(this.send(batch % this.servers.length));
    }
    await Promise.all(sending);
  }

  private async send(place: number): Promise<void> {
    const server = this.servers[place]!;
    const connection = this.idle[place]!.pop() ?? new HttpConnection(server.host, server.port);
    const events = Array.from({ length: BATCH_SIZE }, () => ({
      event_id: `background-${this.sentCount++}`,
      event: 'view_item',
      timestamp: Date.now(),
      user_id: this.shop.userId(this.random.nextInt(SHOPPER_COUNT)),
      items: [{ item_id: this.shop.catalogue.itemIds[this.random.nextInt(ITEM_COUNT)] }],
    }));
    const exchange = await connection.send(eventsRequest(server, events));
    this.idle[place]!.push(connection);
    if (exchange.failure === undefined && exchange.status === 202) this.acknowledgedCount += BATCH_SIZE;
    else if (this.faults.length < 5) this.faults.push(`a batch failed: ${exchange.failure ?? exchange.status}`);
  }
}

/** One shopper after another views a product at one server and is asked for at the other. */
class Probe {
  readonly lag = new LatencyHistogram();
  readonly recommend = new LatencyHistogram();
  readonly faults: string[] = [];
  lateReplies = 0;
  degradedReplies = 0;
  private readonly shop: SyntheticShop;
  private readonly servers: readonly Target[];
  private readonly connections: readonly HttpConnection[];
  private readonly name = `${Date.now()}-${Math.random()}`;

  constructor(shop: SyntheticShop, servers: readonly Target[]) {
    this.shop = shop;
    this.servers = servers;
    this.connections = servers.map(({ host, port }) => new HttpConnection(host, port));
  }

  async run(durationMs: number): Promise<void> {
    const startMs = performance.now();
    const count = Math.round((durationMs * PROBES_PER_SECOND) / 1_000);
    for (let i = 0; i < count && this.faults.length < 5; i++) {
      await until(startMs + (i * 1_000) / PROBES_PER_SECOND);
      await this.probe(i);
    }
    for (const connection of this.connections) connection.close();
  }

  private async probe(number: number): Promise<void> {
    const [writer, reader] = number % 2 === 0 ? [0, 1] : [1, 0];
    const userId = `probe-${this.name}-${number}`;
    const itemId = this.shop.catalogue.itemIds[number % ITEM_COUNT]!;
    const event = {
      event_id: userId,
      event: 'view_item',
      timestamp: Date.now(),
      user_id: userId,
      items: [{ item_id: itemId }],
    };
    const reply = await this.connections[writer]!.send(eventsRequest(this.servers[writer]!, [event]));
    const acknowledgedMs = performance.now();
    if (reply.failure !== undefined || !reply.body.includes('"accepted":1')) {
      this.faults.push(`a probe was not acknowledged: ${reply.failure ?? reply.body.toString().slice(0, 200)}`);
      return;
    }
    const request = this.listRequest(reader, userId);
    while (performance.now() - acknowledgedMs < GIVE_UP_MS) {
      if (await this.shows(reader, request, itemId)) {
        this.lag.recordMs(performance.now() - acknowledgedMs);
        const askedMs = performance.now();
        await this.shows(reader, request, itemId);
        this.recommend.recordMs(performance.now() - askedMs);
        return;
      }
    }
    this.faults.push('an acknowledged event did not show within five seconds');
  }

  private listRequest(place: number, userId: string): Buffer {
    const { host, port } = this.servers[place]!;
    const body = JSON.stringify({ scene: 'viewed', user_id: userId });
    return encodeRequest({ kind: 'recommend', method: 'POST', path: '/v1/recommend', body }, `${host}:${port}`);
  }

  private async shows(place: number, request: Buffer, itemId: string): Promise<boolean> {
    const exchange = await this.connections[place]!.send(request);
    if (exchange.failure !== undefined) return false;
    if (exchange.body.includes(`"item_id":"${itemId}","position":0`)) return true;
    if (exchange.body.includes('"degraded":null')) this.lateReplies += 1;
    else this.degradedReplies += 1;
    return false;
  }
}

function until(atMs: number): Promise<void> {
  const leftMs = atMs - performance.now();
  return leftMs <= 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, leftMs));
}
