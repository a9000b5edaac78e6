/**
 * Question: how many events per second does one worker store, in batches of 100, beside a read load?
 *
 * Unit: events acknowledged per second, higher is better. One server process with one worker on a synthetic shop of 2 000 products, 20 000
 * shoppers of 5 to 60 views each; every event of a batch is of a shopper drawn anew, so a batch touches about 100 records. Batches are made
 * before the clock starts and sent over a few connections, the next one when the reply is there. Beside it recommendations are asked for at
 * a fixed rate. Store, server, sender and the generator of reads share the cores of the machine. Excluded: the first seconds.
 */
import { join } from 'node:path';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { freePort } from '../../features/store/testing/redis-server.ts';
import { benchFolder, STORE_KINDS, type StoreKind, startBenchStore } from '../lib/bench-store.ts';
import { type Cleanup, withCleanup } from '../lib/cleanup.ts';
import { describeEnvironment } from '../lib/environment.ts';
import { LatencyHistogram, type LatencySummary } from '../lib/latency-histogram.ts';
import { type BenchResult, writeResult } from '../lib/result-file.ts';
import { type BenchServer, startBenchServer } from '../lib/server-process.ts';
import { makeSyntheticBundle } from '../lib/synthetic-bundle.ts';
import { WIDE_BUDGETS } from '../lib/synthetic-service.ts';
import { SyntheticShop } from '../lib/synthetic-shop.ts';
import { asMs, textTable } from '../lib/text-table.ts';
import { Generator } from '../load/generator.ts';
import { HttpConnection } from '../load/http-connection.ts';
import { isClean } from '../load/outcome-counts.ts';
import { encodeRequest } from '../load/traffic.ts';

const ITEM_COUNT = 2_000;
const SHOPPER_COUNT = 20_000;
const BATCH_SIZE = 100;
const BATCH_COUNT = 6_000;
const CONNECTION_COUNT = 4;
const READS_PER_SECOND = 100;
const WARM_UP_MS = 3_000;
const MEASURED_MS = 10_000;
const SEED = 1;

/** Whom the events of a run name: the account, or the account and one of its visits, as after every log-in. */
const NAMING = ['account', 'account and visit'] as const;
type Naming = (typeof NAMING)[number];

interface IngestRun {
  readonly store: StoreKind;
  readonly names: Naming;
  readonly eventsPerSecond: number;
  /** From sent to acknowledged, one batch. */
  readonly batchUs: LatencySummary;
  /** Seconds of processor time of the server per second, its store's threads included. */
  readonly serverCores: number;
  readonly readsPerSecond: number;
  readonly readUs: LatencySummary;
  readonly isReadClean: boolean;
  readonly faultCount: number;
}

interface IngestResult extends BenchResult {
  readonly parameters: Readonly<Record<string, number>>;
  readonly runs: readonly IngestRun[];
}

/** Prints a table and writes the result to bench/results. */
export async function benchIngest(): Promise<void> {
  const environment = describeEnvironment('npm run bench -- --micro ingest');
  const runs: IngestRun[] = [];
  for (const store of STORE_KINDS) {
    for (const names of NAMING) runs.push(await withCleanup((cleanup) => measure(store, names, cleanup)));
  }
  const result: IngestResult = {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: 'ingest',
    environment,
    faults: runs.flatMap((run) => faultsOf(run)),
    parameters: {
      items: ITEM_COUNT,
      shoppers: SHOPPER_COUNT,
      batchSize: BATCH_SIZE,
      connections: CONNECTION_COUNT,
      readsPerSecond: READS_PER_SECOND,
      measuredMs: MEASURED_MS,
      seed: SEED,
    },
    runs,
  };
  process.stdout.write(`${describeRuns(runs)}\n`);
  for (const fault of result.faults) process.stdout.write(`NOT VALID: ${fault}\n`);
  const files = await writeResult('bench/results', result, {});
  process.stdout.write(`\nwritten: ${files.join(', ')}\n`);
}

function faultsOf({ store, names, faultCount, isReadClean }: IngestRun): string[] {
  const faults: string[] = [];
  if (faultCount > 0) faults.push(`${store}, ${names}: ${faultCount} batches were not acknowledged in full`);
  if (!isReadClean) faults.push(`${store}, ${names}: reads failed, were degraded or empty`);
  return faults;
}

async function measure(store: StoreKind, names: Naming, cleanup: Cleanup): Promise<IngestRun> {
  const shop = new SyntheticShop({ itemCount: ITEM_COUNT, seed: SEED });
  const server = await startServer(store, shop, cleanup);
  const userIds = Array.from({ length: SHOPPER_COUNT }, (_, shopper) => shop.userId(shopper));
  const reads = await Generator.start(
    {
      seed: SEED,
      userIds,
      unknownRatio: 0,
      itemIds: shop.catalogue.itemIds,
      scenes: [{ name: 'home', hasItem: false }],
      eventsRatio: 0,
    },
    cleanup,
  );
  const batches = encodeBatches(shop, names, `${server.host}:${server.port}`);
  const sender = new BatchSender(server, batches);
  await sender.run(WARM_UP_MS);
  const before = await server.metrics();
  const [{ acknowledged, faultCount, elapsedMs, batchUs }, report] = await Promise.all([
    sender.run(MEASURED_MS),
    reads.openLoop({
      host: server.host,
      port: server.port,
      ratePerSecond: READS_PER_SECOND,
      durationMs: MEASURED_MS,
      connectionCount: 16,
    }),
  ]);
  const after = await server.metrics();
  const cpu = (values: ReadonlyMap<string, number>): number => values.get('process_cpu_seconds_total') ?? Number.NaN;
  return {
    store,
    names,
    eventsPerSecond: Math.round((acknowledged * 1_000) / elapsedMs),
    batchUs,
    serverCores: Math.round(((cpu(after) - cpu(before)) * 100_000) / elapsedMs) / 100,
    readsPerSecond: report.achievedPerSecond,
    readUs: report.latencyUs,
    isReadClean: isClean(report),
    faultCount,
  };
}

async function startServer(store: StoreKind, shop: SyntheticShop, cleanup: Cleanup): Promise<BenchServer> {
  const { options, config } = await startBenchStore(store, cleanup);
  const folder = await benchFolder(cleanup);
  const artifacts = join(folder, 'artifacts');
  const { modelVersion } = await makeSyntheticBundle({ ...shop.options, artifactsFolder: artifacts });
  const filler = await openFeatureStore(options);
  await shop.fillStore(filler, SHOPPER_COUNT);
  await filler.close();
  const scenes = { home: { slateSize: 20, maxCandidates: 100 } };
  return startBenchServer(
    {
      folder,
      port: await freePort(),
      config: {
        store: config,
        models: { artifacts, version: modelVersion },
        scenes,
        // A server taken to its limit queues, and a slate degraded for lateness would be cheaper than a full one.
        budgets: WIDE_BUDGETS,
      },
    },
    cleanup,
  );
}

/** Whole requests, ready to be written. */
function encodeBatches(shop: SyntheticShop, names: Naming, host: string): Buffer[] {
  const random = new SeededRandom(SEED);
  const nowMs = Date.now();
  const item = (): string => shop.catalogue.itemIds[random.nextInt(ITEM_COUNT)]!;
  const event = (batch: number, place: number) => {
    const shopper = random.nextInt(SHOPPER_COUNT);
    const kind = random.next();
    return {
      event_id: `${batch}-${place}`,
      event: kind < 0.7 ? 'view_item' : kind < 0.85 ? 'view_item_list' : kind < 0.95 ? 'add_to_cart' : 'purchase',
      timestamp: nowMs - random.nextInt(60_000),
      user_id: shop.userId(shopper),
      ...(names === 'account' ? {} : { session_id: `visit-${shopper}` }),
      device: 'mobile',
      items: Array.from({ length: kind >= 0.7 && kind < 0.85 ? 8 : 1 }, (_, index) => ({ item_id: item(), index })),
    };
  };
  return Array.from({ length: BATCH_COUNT }, (_, batch) => {
    const events = Array.from({ length: BATCH_SIZE }, (_, place) => event(batch, place));
    return encodeRequest(
      { kind: 'events', method: 'POST', path: '/v1/events', body: JSON.stringify({ events }) },
      host,
    );
  });
}

const ALL_ACCEPTED = Buffer.from(`"accepted":${BATCH_SIZE},`);

/** Sends batches one after another over a few connections. */
class BatchSender {
  private readonly server: BenchServer;
  private readonly batches: readonly Buffer[];
  private next = 0;

  constructor(server: BenchServer, batches: readonly Buffer[]) {
    this.server = server;
    this.batches = batches;
  }

  async run(durationMs: number) {
    const histogram = new LatencyHistogram();
    const startMs = performance.now();
    let acknowledged = 0;
    let faultCount = 0;
    const drive = async (): Promise<void> => {
      const connection = new HttpConnection(this.server.host, this.server.port);
      while (performance.now() - startMs < durationMs) {
        const batch = this.batches[this.next++];
        if (batch === undefined) throw new Error(`${BATCH_COUNT} batches did not last: make more`);
        const sentMs = performance.now();
        const exchange = await connection.send(batch);
        histogram.recordMs(performance.now() - sentMs);
        if (exchange.failure === undefined && exchange.body.includes(ALL_ACCEPTED)) acknowledged += BATCH_SIZE;
        else faultCount += 1;
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: CONNECTION_COUNT }, drive));
    return { acknowledged, faultCount, elapsedMs: performance.now() - startMs, batchUs: histogram.summary() };
  }
}

function describeRuns(runs: readonly IngestRun[]): string {
  return textTable(
    ['store, events name', 'events/s', 'batch p50 ms', 'p99', 'server cores', 'reads/s', 'read p50 ms', 'p99'],
    runs.map(({ store, names, eventsPerSecond, batchUs, serverCores, readsPerSecond, readUs }) => [
      `${store}, ${names}`,
      String(eventsPerSecond),
      asMs(batchUs.p50),
      asMs(batchUs.p99),
      String(serverCores),
      String(readsPerSecond),
      asMs(readUs.p50),
      asMs(readUs.p99),
    ]),
  );
}
