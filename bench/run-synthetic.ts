import { resolve } from 'node:path';
import type { StoreKind } from './lib/bench-store.ts';
import { breakdownSpec, latencyAgainstRateSpec, sinceSamplingSpec } from './lib/charts.ts';
import { withCleanup } from './lib/cleanup.ts';
import { describeEnvironment } from './lib/environment.ts';
import { HALF } from './lib/open-loop-runs.ts';
import { requirePlainService } from './lib/plain-service.ts';
import { type BenchResult, writeResult } from './lib/result-file.ts';
import { measureSynthetic, type SyntheticMeasurement } from './lib/synthetic-measure.ts';
import { describeMeasurement } from './lib/synthetic-report.ts';
import { SyntheticService, type SyntheticSizes } from './lib/synthetic-service.ts';

/** What a synthetic run is asked to do: sizes, and how long to measure. */
export interface SyntheticRunOptions {
  readonly items: number;
  readonly fields: number;
  /** Width of the ranker's field embeddings. */
  readonly dim: number;
  readonly candidates: number;
  readonly shoppers: number;
  readonly count: number;
  readonly embeddingDim: number;
  readonly seed: number;
  readonly store: StoreKind;
  readonly events: number;
  readonly workers: number;
  readonly warmUp: number;
  readonly seconds: number;
  readonly connections: number;
  readonly rounds: number;
}

export interface SyntheticBenchOptions extends SyntheticRunOptions {
  readonly plainService: boolean;
  readonly port: number;
  readonly bundles: string;
  readonly out: string;
  /** Of the result's files, in place of bench and moment. */
  readonly name?: string;
  readonly command: string;
}

/** What a synthetic bench found; the form of the files in bench/results. */
export interface SyntheticResult extends BenchResult, SyntheticMeasurement {
  readonly parameters: SyntheticRunOptions;
  readonly bundle: { readonly modelVersion: string; readonly dimensions: object; readonly index: object };
}

const LOAD_RATIOS = [0.25, 0.5, 0.75] as const;

/** Measures a synthetic shop: one request at a time beside the bare calls, saturated in turns with the plain service, at fixed rates. */
export async function runSyntheticBench(options: SyntheticBenchOptions): Promise<SyntheticResult> {
  const hasPlainService = options.plainService && options.store === 'redis';
  if (hasPlainService) requirePlainService();
  const environment = describeEnvironment(options.command);
  const { result, measured } = await withCleanup(async (cleanup) => {
    const sizes = { ...sizesOf(options), bundlesFolder: resolve(options.bundles), onStep: say };
    const service = await SyntheticService.open(sizes, cleanup);
    const measure = { ...measureOptionsOf(options), loadRatios: LOAD_RATIOS, hasPlainService };
    const found = await measureSynthetic(service, measure, cleanup);
    return { measured: found, result: resultOf(options, service, { environment, ...found }) };
  });
  process.stdout.write(`${describeMeasurement(measured)}\n`);
  const isValid = result.faults.length === 0;
  const size = `${options.items} products, ${options.candidates} candidates${isValid ? '' : ' (not valid for claims)'}`;
  const runs = result.openLoop.map(({ report }) => report);
  const sampling = result.openLoop.find(({ loadRatio }) => loadRatio === HALF)?.memorySampling;
  const plots = {
    'latency-by-rate': latencyAgainstRateSpec(size, runs),
    breakdown: breakdownSpec(`one request at a time, ${size}`, result.alone.floor, result.aloneServer.stageMeanUs),
    ...(sampling === undefined ? {} : { 'memory-sampling': sinceSamplingSpec(size, sampling) }),
  };
  const files = await writeResult(options.out, result, plots, options.name);
  process.stdout.write(`\nwritten: ${files.join(', ')}\n`);
  return result;
}

export function sizesOf(options: SyntheticRunOptions): SyntheticSizes {
  return {
    itemCount: options.items,
    fieldCount: options.fields,
    rankerDim: options.dim,
    embeddingDim: options.embeddingDim,
    candidateCount: options.candidates,
    shopperCount: options.shoppers,
    slateSize: options.count,
    seed: options.seed,
    store: options.store,
  };
}

export function measureOptionsOf(options: SyntheticBenchOptions) {
  const { port, rounds, seconds, connections, events, workers } = options;
  return { port, rounds, seconds, connections, warmUp: options.warmUp, eventsRatio: events, workerCount: workers };
}

/** The options a result keeps: those that decide what is measured. */
export function parametersOf(options: SyntheticRunOptions): SyntheticRunOptions {
  const { items, fields, dim, candidates, shoppers, count, embeddingDim, seed, store } = options;
  const { events, workers, seconds, connections, rounds } = options;
  const sizes = { items, fields, dim, candidates, shoppers, count, embeddingDim, seed, store };
  return { ...sizes, events, workers, warmUp: options.warmUp, seconds, connections, rounds };
}

function resultOf(
  options: SyntheticBenchOptions,
  { manifest }: SyntheticService,
  measured: SyntheticMeasurement & Pick<BenchResult, 'environment'>,
): SyntheticResult {
  return {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: 'synthetic',
    ...measured,
    parameters: parametersOf(options),
    bundle: { modelVersion: manifest.modelVersion, dimensions: manifest.dimensions, index: manifest.index },
  };
}

function say(step: string): void {
  process.stderr.write(`${step}\n`);
}
