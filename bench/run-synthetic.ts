import { resolve } from 'node:path';
import { type AloneReport, measureAlone } from './lib/alone.ts';
import type { StoreKind } from './lib/bench-store.ts';
import { breakdownSpec, latencyAgainstRateSpec } from './lib/charts.ts';
import { withCleanup } from './lib/cleanup.ts';
import { describeEnvironment } from './lib/environment.ts';
import { FLOOR_CALLS } from './lib/floor.ts';
import { type BenchResult, writeResult } from './lib/result-file.ts';
import { observePhase, type ServerPhase } from './lib/server-phase.ts';
import { type SyntheticService, startSyntheticService, warmUp } from './lib/synthetic-service.ts';
import { asMs, textTable } from './lib/text-table.ts';
import type { OpenLoopReport } from './load/open-loop.ts';
import { isClean } from './load/outcome-counts.ts';
import { measureSaturation, type SaturationReport } from './load/saturation.ts';

export interface SyntheticBenchOptions {
  readonly items: number;
  readonly candidates: number;
  readonly shoppers: number;
  readonly count: number;
  readonly embeddingDim: number;
  readonly seed: number;
  readonly store: StoreKind;
  readonly port: number;
  /** Requests before anything is measured. */
  readonly warmUp: number;
  readonly seconds: number;
  readonly connections: number;
  readonly rounds: number;
  readonly bundles: string;
  readonly out: string;
  readonly command: string;
}

interface OpenLoopResult {
  /** Share of the saturation rate. */
  readonly loadRatio: number;
  readonly report: OpenLoopReport;
  readonly isClean: boolean;
  readonly server: ServerPhase;
}

/** What a synthetic bench found; the form of the files in bench/results. */
export interface SyntheticResult extends BenchResult {
  readonly parameters: Omit<SyntheticBenchOptions, 'command' | 'out' | 'bundles' | 'port'>;
  readonly configHash: string;
  readonly bundle: { readonly modelVersion: string; readonly dimensions: object; readonly index: object };
  readonly alone: AloneReport;
  readonly aloneServer: ServerPhase;
  readonly saturation: SaturationReport;
  readonly saturationServer: ServerPhase;
  readonly openLoop: readonly OpenLoopResult[];
}

const LOAD_RATIOS = [0.25, 0.5, 0.75] as const;
const PER_ROUND = 100;
/** More than a server at three quarters of its capacity has under way. */
const OPEN_LOOP_CONNECTIONS = 64;

/** Measures a synthetic shop: alone beside the bare calls, saturated, and at fixed rates. */
export async function runSyntheticBench(options: SyntheticBenchOptions): Promise<SyntheticResult> {
  const environment = describeEnvironment(options.command);
  const result = await withCleanup(async (cleanup) => {
    const service = await startSyntheticService(
      {
        itemCount: options.items,
        candidateCount: options.candidates,
        shopperCount: options.shoppers,
        slateSize: options.count,
        embeddingDim: options.embeddingDim,
        seed: options.seed,
        store: options.store,
        port: options.port,
        bundlesFolder: resolve(options.bundles),
        onStep: say,
      },
      cleanup,
    );
    return measure(service, options, environment);
  });
  process.stdout.write(`${describeResult(result)}\n`);
  const isValid = result.faults.length === 0;
  const size = `${options.items} products, ${options.candidates} candidates${isValid ? '' : ' (not valid for latency claims)'}`;
  const files = await writeResult(options.out, result, {
    'latency-by-rate': latencyAgainstRateSpec(
      size,
      result.openLoop.map(({ report }) => report),
    ),
    breakdown: breakdownSpec(`one request alone, ${size}`, result.alone.floor, result.aloneServer.stageMeanUs),
  });
  process.stdout.write(`\nwritten: ${files.join(', ')}\n`);
  return result;
}

async function measure(
  service: SyntheticService,
  options: SyntheticBenchOptions,
  environment: SyntheticResult['environment'],
): Promise<SyntheticResult> {
  const { server, generator, floor, traffic, manifest } = service;
  const { host, port } = server;
  const target = { host, port };
  say(`warming up with ${options.warmUp} requests`);
  await warmUp(service, options.warmUp);
  say(`alone: ${options.rounds} rounds of ${PER_ROUND} requests and ${PER_ROUND} runs of the bare calls`);
  const [alone, aloneServer] = await observePhase(server, () =>
    measureAlone({ generator, ...target, floor, rounds: options.rounds, perRound: PER_ROUND }),
  );
  say(`saturation: ${options.connections} connections, ${options.seconds} s`);
  const [saturation, saturationServer] = await observePhase(server, () =>
    measureSaturation(traffic, {
      ...target,
      connectionCount: options.connections,
      durationSeconds: options.seconds,
    }),
  );
  const openLoop: OpenLoopResult[] = [];
  for (const loadRatio of LOAD_RATIOS) {
    const ratePerSecond = Math.max(1, Math.round(saturation.requestsPerSecond * loadRatio));
    say(`open loop: ${ratePerSecond} requests/s for ${options.seconds} s`);
    const [report, phase] = await observePhase(server, () =>
      generator.openLoop({
        ...target,
        ratePerSecond,
        durationMs: options.seconds * 1_000,
        connectionCount: OPEN_LOOP_CONNECTIONS,
      }),
    );
    openLoop.push({ loadRatio, report, isClean: isClean(report), server: phase });
  }
  const { items, candidates, shoppers, count, embeddingDim, seed, store, seconds, connections, rounds } = options;
  return {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: 'synthetic',
    environment,
    faults: faultsOf(alone, saturation, openLoop),
    parameters: {
      items,
      candidates,
      shoppers,
      count,
      embeddingDim,
      seed,
      store,
      warmUp: options.warmUp,
      seconds,
      connections,
      rounds,
    },
    configHash: server.configHash,
    bundle: { modelVersion: manifest.modelVersion, dimensions: manifest.dimensions, index: manifest.index },
    alone,
    aloneServer,
    saturation,
    saturationServer,
    openLoop,
  };
}

function faultsOf(
  alone: AloneReport,
  saturation: SaturationReport,
  openLoop: readonly OpenLoopResult[],
): readonly string[] {
  const faults: string[] = [];
  if (!alone.isClean) faults.push(`alone: ${JSON.stringify(alone.outcomes)}`);
  const { errorCount, non2xxCount, degradedCount } = saturation;
  if (errorCount + non2xxCount + degradedCount > 0) {
    faults.push(`saturation: ${errorCount} errors, ${non2xxCount} not 2xx, ${degradedCount} degraded`);
  }
  for (const { loadRatio, report, isClean: isRunClean } of openLoop) {
    const { errorCount, non2xxCount, degradedCount, emptyCount } = report;
    if (isRunClean) continue;
    faults.push(
      `open loop at ${loadRatio * 100} %: ${errorCount} errors, ${non2xxCount} not 2xx, ${degradedCount} degraded, ${emptyCount} empty`,
    );
  }
  return faults;
}

function say(step: string): void {
  process.stderr.write(`${step}\n`);
}

function describeResult({ alone, saturation, openLoop, aloneServer, faults, environment }: SyntheticResult): string {
  const { floor, serviceUs, httpUs } = alone;
  const calls = FLOOR_CALLS.map((call) => {
    const { p50, p95, p99, max } = floor.callsUs[call];
    return [`bare: ${call}`, ...[p50, p95, p99, max].map(asMs), ''];
  });
  const loads = openLoop.map(({ loadRatio, report, isClean: isRunClean }) => {
    const { p50, p95, p99, max } = report.latencyUs;
    const label = `open loop, ${loadRatio * 100} % = ${report.offeredPerSecond}/s${isRunClean ? '' : ' (invalid)'}`;
    return [label, ...[p50, p95, p99, max].map(asMs), String(report.achievedPerSecond)];
  });
  const table = textTable(
    ['milliseconds', 'p50', 'p95', 'p99', 'max', 'replies/s'],
    [
      ...calls,
      ['bare calls, sum of p50', asMs(floor.sumOfP50Us), '', '', '', ''],
      ['HTTP alone (GET /livez)', ...[httpUs.p50, httpUs.p95, httpUs.p99, httpUs.max].map(asMs), ''],
      [
        `service alone${alone.isClean ? '' : ' (invalid)'}`,
        ...[serviceUs.p50, serviceUs.p95, serviceUs.p99, serviceUs.max].map(asMs),
        '',
      ],
      ['saturation (autocannon, closed loop)', '', '', '', '', String(saturation.requestsPerSecond)],
      ...loads,
    ],
  );
  const megabytes = Math.round(aloneServer.residentBytes / 2 ** 20);
  const lines = [
    '',
    table,
    '',
    `service alone / sum of bare calls: ${alone.ratio} (median of ${alone.rounds} rounds)`,
    `server memory ${megabytes} MiB; load average before the run ${environment.loadAverageBefore} on ${environment.cpuCount} cores that server, store and generator share`,
  ];
  if (faults.length > 0) lines.push('', 'NOT VALID for latency claims:', ...faults.map((fault) => `  ${fault}`));
  return lines.join('\n');
}
