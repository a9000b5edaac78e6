import { resolve } from 'node:path';
import { checkSizes } from './lib/bench-flags.ts';
import { type Cleanup, withCleanup } from './lib/cleanup.ts';
import { measureConnections } from './lib/connections.ts';
import { describeEnvironment } from './lib/environment.ts';
import { type BenchResult, writeResult } from './lib/result-file.ts';
import { capacityRow, describeSweep, medianPass, rowOf, type SweepRow, sweepSpecs } from './lib/sweep-report.ts';
import { pointsOf, type SweepName, type SweepPoint } from './lib/sweeps.ts';
import { measureSynthetic } from './lib/synthetic-measure.ts';
import { prepareBundle, SyntheticService } from './lib/synthetic-service.ts';
import {
  measureOptionsOf,
  parametersOf,
  type SyntheticBenchOptions,
  type SyntheticRunOptions,
  sizesOf,
} from './run-synthetic.ts';

export interface SweepOptions extends SyntheticBenchOptions {
  readonly sweep: SweepName;
  /** Separated by commas; undefined for the sweep's own. */
  readonly points?: string;
  /** Turns of all settings; not of connections, which share a server. */
  readonly passes: number;
}

/** What a sweep found; the form of the files in bench/results. */
export interface SweepResult extends BenchResult {
  readonly sweep: SweepName;
  /** What all points have in common. */
  readonly parameters: SyntheticRunOptions;
  readonly rows: readonly SweepRow[];
}

/** Measures the same for one setting after another: one request at a time, capacity, latency at half of it, memory. */
export async function runSweep(options: SweepOptions): Promise<SweepResult> {
  const points = pointsOf(options.sweep, options.points);
  for (const point of points) checkSizes({ ...options, ...point.options });
  const environment = describeEnvironment(options.command);
  const rows = options.sweep === 'connections' ? await sweepConnections(options, points) : await sweep(options, points);
  const result: SweepResult = {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: `sweep-${options.sweep}`,
    environment,
    faults: rows.flatMap(({ label, faults }) => faults.map((fault) => `${label}: ${fault}`)),
    sweep: options.sweep,
    parameters: parametersOf(options),
    rows,
  };
  process.stdout.write(`${describeSweep(result)}\n`);
  const files = await writeResult(options.out, result, sweepSpecs(options.sweep, rows), options.name);
  process.stdout.write(`\nwritten: ${files.join(', ')}\n`);
  return result;
}

/** The settings take turns, so that they compare although a machine is fast in one minute and slow in the next. */
async function sweep(options: SweepOptions, points: readonly SweepPoint[]): Promise<SweepRow[]> {
  // First of all: an index may take an hour.
  for (const { options: changed } of points) await prepareBundle(serviceOptionsOf({ ...options, ...changed }));
  const passes: SweepRow[][] = points.map(() => []);
  for (let pass = 1; pass <= options.passes; pass++) {
    for (const [place, { label, options: changed }] of points.entries()) {
      say(`\n${options.sweep} ${label}${options.passes === 1 ? '' : `, pass ${pass} of ${options.passes}`}`);
      const one = { ...options, ...changed };
      const measured = await withCleanup(async (cleanup) => {
        const service = await openService(one, cleanup);
        const measure = { ...measureOptionsOf(one), workerCount: 1, loadRatios: [0.5], hasPlainService: false };
        return measureSynthetic(service, measure, cleanup);
      });
      passes[place]!.push(rowOf(label, measured));
    }
  }
  return passes.map(medianPass);
}

/** One server for all points: what varies is how it is asked. */
function sweepConnections(options: SweepOptions, points: readonly SweepPoint[]): Promise<SweepRow[]> {
  return withCleanup(async (cleanup) => {
    const service = await openService(options, cleanup);
    const counts = points.map((point) => point.options.connections ?? options.connections);
    const measured = await measureConnections(service, { ...measureOptionsOf(options), counts }, cleanup);
    return measured.map((one, place) => capacityRow(points[place]!.label, one));
  });
}

function openService(options: SweepOptions, cleanup: Cleanup): Promise<SyntheticService> {
  return SyntheticService.open(serviceOptionsOf(options), cleanup);
}

function serviceOptionsOf(options: SweepOptions) {
  return { ...sizesOf(options), bundlesFolder: resolve(options.bundles), onStep: say };
}

function say(step: string): void {
  process.stderr.write(`${step}\n`);
}
