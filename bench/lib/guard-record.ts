import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { VitrineError } from '../../features/core/errors.ts';
import type { Environment } from './environment.ts';
import { GUARD_SIZES, type GuardAttempt, type GuardSizes } from './guard-run.ts';
import { GUARD_RATIO_NAMES, type GuardRatio, type Threshold, type Thresholds } from './guard-thresholds.ts';
import { median } from './median.ts';

/** One run as it is kept to justify thresholds: its first attempt. */
export interface RecordedRun extends GuardAttempt {
  readonly at: string;
  /** Processes that wanted a core in the minute before. */
  readonly loadAverageBefore: number;
  /** Processes of the guard's own that kept the machine busy meanwhile. */
  readonly disturbingProcesses: number;
  readonly commit: string;
  readonly cpuModel: string;
}

/** `bench/results/guard-runs.json` */
export interface GuardRecord {
  readonly format: 'vitrine-guard-runs';
  readonly formatVersion: 3;
  /** Of the runs that were recorded last. */
  readonly environment: Environment;
  readonly sizes: GuardSizes;
  readonly summary: Readonly<Partial<Record<GuardRatio, { min: number; median: number; max: number }>>>;
  readonly runs: readonly RecordedRun[];
}

/** How far a threshold lies beyond the worst of the recorded runs: two kinds of processors gave ratios a fifth apart for one build. */
const MARGIN = 1.2;

export function recordOf(environment: Environment, runs: readonly RecordedRun[]): GuardRecord {
  const summary = GUARD_RATIO_NAMES.map((name) => {
    const values = ratiosOf(runs, name);
    return [name, { min: Math.min(...values), median: median(values), max: Math.max(...values) }];
  });
  return {
    format: 'vitrine-guard-runs',
    formatVersion: 3,
    environment,
    sizes: GUARD_SIZES,
    summary: Object.fromEntries(summary),
    runs,
  };
}

/** Thresholds that the recorded runs justify: the worst of each ratio, and a margin. */
export function thresholdsFrom({ runs }: GuardRecord): Thresholds {
  const thresholds = GUARD_RATIO_NAMES.map((name): [GuardRatio, Threshold] => {
    const values = ratiosOf(runs, name);
    if (name === 'capacityToPlain') return [name, { atLeast: round2(Math.min(...values) / MARGIN) }];
    return [name, { atMost: round2(Math.max(...values) * MARGIN) }];
  });
  return Object.fromEntries(thresholds) as Thresholds;
}

/** How far a threshold lies beyond the worst recorded run, as a factor above 1. */
export function marginOf({ atMost, atLeast }: Threshold, runs: readonly RecordedRun[], name: GuardRatio): number {
  const values = ratiosOf(runs, name);
  return atMost === undefined ? Math.min(...values) / (atLeast ?? Number.NaN) : atMost / Math.max(...values);
}

/** The runs of a record, to add further ones to. Errors: REC_INVALID_CONFIG when the file is no record of guards of these sizes. */
export async function readRuns(file: string): Promise<readonly RecordedRun[]> {
  const { format, formatVersion, sizes, runs } = JSON.parse(await readFile(file, 'utf8')) as Partial<GuardRecord>;
  if (format === 'vitrine-guard-runs' && formatVersion === 3 && isDeepStrictEqual(sizes, GUARD_SIZES))
    return runs ?? [];
  throw new VitrineError(
    'REC_INVALID_CONFIG',
    `--add: ${file} holds no runs of a guard as it is now; record them anew, without --add`,
  );
}

export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

function ratiosOf(runs: readonly RecordedRun[], name: GuardRatio): number[] {
  return runs.map(({ ratios }) => ratios[name] ?? Number.NaN);
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
