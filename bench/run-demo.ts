import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VitrineError } from '../features/core/errors.ts';
import { freePort } from '../features/store/testing/redis-server.ts';
import { newestBundle } from '../models/bundle/list-bundles.ts';
import { loadDataset } from '../training-export/datasets/dataset.ts';
import { benchFolder } from './lib/bench-store.ts';
import { type Cleanup, withCleanup } from './lib/cleanup.ts';
import { describeEnvironment } from './lib/environment.ts';
import { type BenchResult, writeResult } from './lib/result-file.ts';
import { observePhase, type ServerPhase } from './lib/server-phase.ts';
import { startBenchServer } from './lib/server-process.ts';
import { asMs, textTable } from './lib/text-table.ts';
import type { LoadReport } from './load/closed-loop.ts';
import { Generator } from './load/generator.ts';
import { isClean } from './load/outcome-counts.ts';
import type { TrafficSpec } from './load/traffic.ts';

export interface DemoBenchOptions {
  /** As `npm start` makes it: dataset, artifacts, store. */
  readonly folder: string;
  readonly shop: string;
  readonly requests: number;
  readonly connections: number;
  readonly seed: number;
  readonly port: number;
  readonly out: string;
  /** Of the result's file, in place of bench and moment. */
  readonly name?: string;
  readonly command: string;
}

/** What the demo bench found; the form of the files in bench/results. */
export interface DemoResult extends BenchResult {
  readonly parameters: Pick<DemoBenchOptions, 'requests' | 'connections' | 'seed'> & {
    readonly unknownRatio: number;
    readonly eventsRatio: number;
    readonly scenes: readonly string[];
  };
  readonly configHash: string;
  readonly modelVersion: string;
  readonly warmUp: { readonly requests: number };
  /** One connection. */
  readonly alone: LoadReport;
  readonly aloneServer: ServerPhase;
  /** Several connections, closed loop: for its errors; its latencies are those of a full server. */
  readonly together: LoadReport;
  readonly togetherServer: ServerPhase;
}

/** Share of the requests that go over one connection; the others meet each other. */
const ALONE_RATIO = 0.2;
const UNKNOWN_RATIO = 0.2;
const EVENTS_RATIO = 0.1;
const SCENES = [
  { name: 'home', hasItem: false },
  { name: 'product_detail', hasItem: true },
] as const;
const WARM_UP_REQUESTS = 2_000;
const LIMIT_MS = 3_600_000;

/**
 * Sends many mixed requests to the demo shop as `npm start` serves it: shoppers known and unknown, both scenes, event batches that change
 * profiles. The store is copied first, so the shop stays as it is.
 */
export async function runDemoBench(options: DemoBenchOptions): Promise<DemoResult> {
  const environment = describeEnvironment(options.command);
  const result = await withCleanup((cleanup) => measure(options, environment, cleanup));
  process.stdout.write(`${describeResult(result)}\n`);
  const [file] = await writeResult(options.out, result, {}, options.name);
  process.stdout.write(`\nwritten: ${file}\n`);
  return result;
}

async function measure(
  options: DemoBenchOptions,
  environment: DemoResult['environment'],
  cleanup: Cleanup,
): Promise<DemoResult> {
  const shop = await demoShopOf(options.folder);
  const folder = await benchFolder(cleanup);
  const storePath = join(folder, 'store');
  await cp(shop.storePath, storePath, { recursive: true });
  const server = await startBenchServer(
    {
      folder,
      port: options.port === 0 ? await freePort() : options.port,
      config: {
        store: { kind: 'lmdb', path: storePath, shop: options.shop },
        models: { artifacts: shop.artifacts, version: shop.modelVersion },
      },
    },
    cleanup,
  );
  const { userIds, catalogue } = await loadDataset(shop.dataset);
  const traffic: TrafficSpec = {
    seed: options.seed,
    userIds,
    unknownRatio: UNKNOWN_RATIO,
    itemIds: catalogue.itemIds,
    scenes: SCENES,
    eventsRatio: EVENTS_RATIO,
  };
  const generator = await Generator.start(traffic, cleanup);
  const target = { host: server.host, port: server.port, maxDurationMs: LIMIT_MS };
  const run = (connectionCount: number, requestCount: number): Promise<LoadReport> => {
    process.stderr.write(`${requestCount} requests over ${connectionCount} connection(s)\n`);
    return generator.closedLoop({ ...target, connectionCount, requestCount });
  };
  await run(1, WARM_UP_REQUESTS);
  const aloneCount = Math.ceil(options.requests * ALONE_RATIO);
  const [alone, aloneServer] = await observePhase(server, () => run(1, aloneCount));
  const [together, togetherServer] = await observePhase(server, () =>
    run(options.connections, options.requests - aloneCount),
  );
  return {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: 'demo',
    environment,
    faults: faultsOf({ alone, together }),
    parameters: {
      requests: options.requests,
      connections: options.connections,
      seed: options.seed,
      unknownRatio: UNKNOWN_RATIO,
      eventsRatio: EVENTS_RATIO,
      scenes: SCENES.map(({ name }) => name),
    },
    configHash: server.configHash,
    modelVersion: shop.modelVersion,
    warmUp: { requests: WARM_UP_REQUESTS },
    alone,
    aloneServer,
    together,
    togetherServer,
  };
}

async function demoShopOf(folder: string) {
  const [dataset, artifacts, storePath] = ['dataset', 'artifacts', 'store'].map((name) => join(resolve(folder), name));
  for (const part of [dataset!, artifacts!, storePath!]) {
    if (existsSync(part)) continue;
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `--folder: ${folder} is no demo shop, ${part} is missing; make one with \`npm start\`, or name its folder`,
    );
  }
  return {
    dataset: dataset!,
    artifacts: artifacts!,
    storePath: storePath!,
    modelVersion: await newestBundle(artifacts!),
  };
}

function faultsOf(runs: Readonly<Record<string, LoadReport>>): string[] {
  return Object.entries(runs)
    .filter(([, report]) => report.sentCount > 0 && !isClean(report))
    .map(([name, { errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount, reasons }]) => {
      const counts = { errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount, reasons };
      return `${name}: ${JSON.stringify(counts)}`;
    });
}

function describeResult({ alone, together, parameters, togetherServer, faults }: DemoResult): string {
  const rows = Object.entries({ 'one connection': alone, [`${parameters.connections} connections`]: together }).flatMap(
    ([name, report]) => [
      rowOf(name, report, report.latencyUs),
      ...Object.entries(report.latencyUsByKind).map(([kind, latency]) => rowOf(`  ${kind}`, undefined, latency)),
    ],
  );
  const table = textTable(
    ['milliseconds', 'p50', 'p95', 'p99', 'max', 'requests', 'errors', 'not 2xx', 'degraded', 'empty', 'rejected'],
    rows,
  );
  const megabytes = Math.round(togetherServer.residentBytes / 2 ** 20);
  const lines = ['', table, '', `server memory after the run ${megabytes} MiB`];
  if (faults.length > 0) lines.push('', 'NOT CLEAN:', ...faults.map((fault) => `  ${fault}`));
  return lines.join('\n');
}

function rowOf(name: string, report: LoadReport | undefined, latency: LoadReport['latencyUs']): string[] {
  const times = [latency.p50, latency.p95, latency.p99, latency.max].map(asMs);
  if (report === undefined) return [name, ...times, String(latency.count), '', '', '', '', ''];
  const { sentCount, errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount } = report;
  const counts = [sentCount, errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount].map(String);
  return [name, ...times, ...counts];
}
