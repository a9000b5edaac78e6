import { resolve } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { checkSizes } from './lib/bench-flags.ts';
import { type Cleanup, withCleanup } from './lib/cleanup.ts';
import { describeEnvironment } from './lib/environment.ts';
import { fitLine, fitMedianLine } from './lib/line-fit.ts';
import { IS_SOURCE, TREE_URL } from './lib/own-script.ts';
import { type BenchResult, writeResult } from './lib/result-file.ts';
import type { BenchServer } from './lib/server-process.ts';
import { measureShopperMemory, type ShopperMemory } from './lib/store-memory.ts';
import { pointsOf } from './lib/sweeps.ts';
import { SyntheticService, WIDE_BUDGETS, warmUp } from './lib/synthetic-service.ts';
import { SyntheticShop } from './lib/synthetic-shop.ts';
import { textTable } from './lib/text-table.ts';
import { Generator } from './load/generator.ts';
import { isClean } from './load/outcome-counts.ts';
import { parametersOf, type SyntheticBenchOptions, type SyntheticRunOptions, sizesOf } from './run-synthetic.ts';

export interface MemoryOptions extends SyntheticBenchOptions {
  /** Numbers of products, separated by commas; undefined for 10 000, 50 000 and 100 000. */
  readonly points?: string;
  /** Requests during which memory must not grow. */
  readonly requests: number;
}

/** Memory of a worker after a full collection. Units: bytes. */
export interface WorkerMemory {
  readonly itemCount: number;
  readonly residentBytes: number;
  /** JavaScript objects. */
  readonly heapBytes: number;
  /** Typed arrays and buffers. */
  readonly externalBytes: number;
}

/** Memory while requests are answered. */
export interface MemoryGrowth {
  readonly requestCount: number;
  /**
   * Requests answered and resident bytes, after a collection and as many requests in which the old generation fills up to where it is
   * collected: garbage that waits for that is no growth.
   */
  readonly points: readonly (readonly [requestCount: number, residentBytes: number])[];
  /** Objects and buffers that are still there after a collection, before all these requests and after them: what a leak would show in. */
  readonly keptBytes: readonly [first: number, last: number];
  readonly bytesPerRequest: number;
  /** Slope times requests. */
  readonly grownBytes: number;
  /** The same by the median slope, which a single step does not tilt: memory touched for the first time is one, a leak is not. */
  readonly grownByMedianBytes: number;
  /** Resident memory at the end - at the first point, steps included. */
  readonly risenBytes: number;
  /** Standard deviation of the points around the line. */
  readonly noiseBytes: number;
  /** Whether what was grown is within twice the noise, or memory shrank. */
  readonly isFlat: boolean;
}

/** What a memory run found; the form of the files in bench/results. */
export interface MemoryResult extends BenchResult {
  readonly parameters: SyntheticRunOptions;
  readonly workers: readonly WorkerMemory[];
  /** Slopes over the numbers of products. */
  readonly bytesPerItem: { readonly resident: number; readonly heap: number; readonly external: number };
  /** Resident bytes with no product: the program, its libraries and the models. */
  readonly baseBytes: number;
  readonly shoppers: readonly ShopperMemory[];
  readonly growth: MemoryGrowth;
}

const DEFAULT_POINTS = '10000,50000,100000';
/** Times --shoppers. */
const SHOPPER_MULTIPLES = [1, 5, 10];
const SAMPLES = 40;
const SETTLING_SAMPLES = SAMPLES;
const CONNECTIONS = 4;
const COLLECT_GARBAGE = new URL(`bench/lib/collect-garbage.${IS_SOURCE ? 'ts' : 'js'}`, TREE_URL);
const SETTLE_MS = 500;
const MIB = 2 ** 20;

/** Measures what products take in a worker, what shoppers take in a store, and whether a worker grows while it answers. */
export async function runMemory(options: MemoryOptions): Promise<MemoryResult> {
  const counts = pointsOf('items', options.points ?? DEFAULT_POINTS).map((point) => point.options.items!);
  for (const items of counts) checkSizes({ ...options, items });
  const environment = describeEnvironment(options.command);
  const workers: WorkerMemory[] = [];
  for (const items of counts)
    workers.push(await withCleanup((cleanup) => workerMemory({ ...options, items }, cleanup)));
  const shop = new SyntheticShop({ itemCount: Math.min(...counts), seed: options.seed });
  const shopperCounts = SHOPPER_MULTIPLES.map((multiple) => multiple * options.shoppers);
  const shoppers: ShopperMemory[] = [];
  for (const store of ['redis', 'lmdb'] as const) {
    say(`shoppers in ${store}`);
    shoppers.push(
      await withCleanup((cleanup) => measureShopperMemory(store, { shop, counts: shopperCounts }, cleanup)),
    );
  }
  const growth = await withCleanup((cleanup) => measureGrowth({ ...options, items: Math.max(...counts) }, cleanup));
  const slope = (read: (worker: WorkerMemory) => number) => fitLine(workers.map((one) => [one.itemCount, read(one)]));
  const resident = slope(({ residentBytes }) => residentBytes);
  const result: MemoryResult = {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: 'memory',
    environment,
    faults: growth.isFlat ? [] : [`memory grew by ${growth.grownBytes} bytes over ${growth.requestCount} requests`],
    parameters: parametersOf(options),
    workers,
    bytesPerItem: {
      resident: Math.round(resident.slope),
      heap: Math.round(slope(({ heapBytes }) => heapBytes).slope),
      external: Math.round(slope(({ externalBytes }) => externalBytes).slope),
    },
    baseBytes: Math.round(resident.intercept),
    shoppers,
    growth,
  };
  process.stdout.write(`${describeMemory(result)}\n`);
  const files = await writeResult(options.out, result, { growth: growthSpec(growth) }, options.name);
  process.stdout.write(`\nwritten: ${files.join(', ')}\n`);
  return result;
}

async function workerMemory(options: MemoryOptions, cleanup: Cleanup): Promise<WorkerMemory> {
  say(`\n${options.items} products`);
  const { server, generator } = await startWorker(options, cleanup);
  await warmUp(generator, server, options.warmUp);
  return { itemCount: options.items, ...(await memoryAfterCollection(server)) };
}

async function memoryAfterCollection(server: BenchServer): Promise<Omit<WorkerMemory, 'itemCount'>> {
  process.kill(server.pid, 'SIGUSR2');
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const metrics = await server.metrics();
  return {
    residentBytes: metricOf(metrics, 'process_resident_memory_bytes'),
    heapBytes: metricOf(metrics, 'nodejs_heap_size_used_bytes'),
    externalBytes: metricOf(metrics, 'nodejs_external_memory_bytes'),
  };
}

async function measureGrowth(options: MemoryOptions, cleanup: Cleanup): Promise<MemoryGrowth> {
  say(`\n${options.requests} requests`);
  const { server, generator } = await startWorker(options, cleanup);
  const perSample = Math.ceil(options.requests / SAMPLES);
  const { host, port } = server;
  const target = { host, port, connectionCount: CONNECTIONS, requestCount: perSample, maxDurationMs: 600_000 };
  const points: [number, number][] = [];
  const answerSome = async (): Promise<void> => {
    const report = await generator.closedLoop(target);
    if (!isClean(report))
      throw new Error(`requests failed: ${JSON.stringify({ ...report, encodedLatency: undefined })}`);
  };
  await answerSome();
  const keptAtFirst = keptBytesOf(await memoryAfterCollection(server));
  for (let sample = 1 - SETTLING_SAMPLES; sample <= SAMPLES; sample++) {
    await answerSome();
    if (sample <= 0) continue;
    points.push([sample * perSample, metricOf(await server.metrics(), 'process_resident_memory_bytes')]);
  }
  return growthOf(points, [keptAtFirst, keptBytesOf(await memoryAfterCollection(server))]);
}

function keptBytesOf({ heapBytes, externalBytes }: Omit<WorkerMemory, 'itemCount'>): number {
  return heapBytes + externalBytes;
}

/** @internal */
export function growthOf(points: MemoryGrowth['points'], keptBytes: MemoryGrowth['keptBytes']): MemoryGrowth {
  const { slope, residual } = fitLine(points);
  const requestCount = points.at(-1)![0];
  const grownBytes = Math.round(slope * requestCount);
  const noiseBytes = Math.round(residual);
  return {
    requestCount,
    points,
    keptBytes,
    bytesPerRequest: Math.round(slope * 100) / 100,
    grownBytes,
    grownByMedianBytes: Math.round(fitMedianLine(points).slope * requestCount),
    risenBytes: points.at(-1)![1] - points[0]![1],
    noiseBytes,
    isFlat: grownBytes <= 2 * noiseBytes,
  };
}

async function startWorker(options: MemoryOptions, cleanup: Cleanup) {
  const sizes = { ...sizesOf(options), bundlesFolder: resolve(options.bundles), onStep: say };
  const service = await SyntheticService.open(sizes, cleanup);
  const generator = await Generator.start(service.traffic({ eventsRatio: options.events }), cleanup);
  const server: BenchServer = await service.startVitrine({ budgets: WIDE_BUDGETS, preloads: [COLLECT_GARBAGE] });
  return { server, generator };
}

function metricOf(metrics: ReadonlyMap<string, number>, name: string): number {
  const value = metrics.get(name);
  if (value === undefined) throw new Error(`the server has no metric ${name}`);
  return value;
}

function describeMemory({ workers, bytesPerItem, baseBytes, shoppers, growth }: MemoryResult): string {
  const rows = workers.map(({ itemCount, residentBytes, heapBytes, externalBytes }) => [
    String(itemCount),
    ...[residentBytes, heapBytes, externalBytes].map((bytes) => (bytes / MIB).toFixed(1)),
  ]);
  const { resident, heap, external } = bytesPerItem;
  return [
    '',
    textTable(['products, one worker', 'resident MiB', 'heap', 'buffers'], rows),
    '',
    `a product takes ${resident} bytes in a worker (${heap} in objects, ${external} in buffers, the rest in the index); a worker without products ${(baseBytes / MIB).toFixed(0)} MiB`,
    ...shoppers.map(({ store, bytesPerShopper }) => `a shopper takes ${bytesPerShopper} bytes in ${store}`),
    `over ${growth.requestCount} requests a worker grew by ${(growth.grownBytes / MIB).toFixed(2)} MiB, noise ${(growth.noiseBytes / MIB).toFixed(2)} MiB, by the median slope ${(growth.grownByMedianBytes / MIB).toFixed(2)} MiB, first to last ${(growth.risenBytes / MIB).toFixed(2)} MiB: ${growth.isFlat ? 'no growth' : 'IT GROWS'}; objects and buffers after a collection ${growth.keptBytes.map((bytes) => (bytes / MIB).toFixed(1)).join(' MiB before, ')} MiB after`,
  ].join('\n');
}

function growthSpec({ points }: MemoryGrowth): TopLevelSpec {
  return {
    width: 420,
    height: 260,
    data: { values: points.map(([requests, bytes]) => ({ requests, mib: bytes / MIB })) },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'requests', type: 'quantitative', title: 'requests answered' },
      y: { field: 'mib', type: 'quantitative', title: 'resident memory of a worker, MiB', scale: { zero: true } },
    },
  };
}

function say(step: string): void {
  process.stderr.write(`${step}\n`);
}
