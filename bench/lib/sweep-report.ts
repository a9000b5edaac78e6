import type { TopLevelSpec } from 'vega-lite';
import type { ConnectionsMeasurement } from './connections.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { median, round3 } from './median.ts';
import { SWEEPS, type SweepName } from './sweeps.ts';
import type { SyntheticMeasurement } from './synthetic-measure.ts';
import { asMs, textTable } from './text-table.ts';

/** One setting of a sweep and what was measured of it. */
export interface SweepRow {
  readonly label: string;
  readonly faults: readonly string[];
  /** One request at a time; with several connections, a closed loop of so many. */
  readonly latencyUs: LatencySummary;
  /** Sum of the bare calls' p50s. */
  readonly floorUs?: number;
  /** One request at a time / bare calls. */
  readonly ratio?: number;
  readonly javascriptUs?: number;
  /** Full slates per second at most. */
  readonly slatesPerSecond: number;
  /** Open loop at half the capacity. */
  readonly halfLoadUs?: LatencySummary;
  readonly residentBytes: number;
  /** p50 of one request at a time in each pass, in their order, when there was more than one. */
  readonly passP50Us?: readonly number[];
}

export function rowOf(label: string, measured: SyntheticMeasurement): SweepRow {
  const { alone, aloneServer, capacity, openLoop, inProcess, faults } = measured;
  const half = openLoop[0]?.report.latencyUsByKind.recommend;
  return {
    label,
    faults,
    latencyUs: alone.serviceUs,
    floorUs: alone.floor.sumOfP50Us,
    ratio: alone.ratio,
    ...(inProcess === undefined ? {} : { javascriptUs: inProcess.javascriptUs.p50 }),
    slatesPerSecond: capacity.oneWorker.slatesPerSecond,
    ...(half === undefined ? {} : { halfLoadUs: half }),
    residentBytes: aloneServer.residentBytes,
  };
}

/** The pass whose p50 is the median, with the faults of all. */
export function medianPass(passes: readonly SweepRow[]): SweepRow {
  const byLatency = [...passes].sort((a, b) => a.latencyUs.p50 - b.latencyUs.p50);
  const middle = byLatency[(passes.length - 1) >> 1]!;
  if (passes.length === 1) return middle;
  return {
    ...middle,
    faults: passes.flatMap(({ faults }, pass) => faults.map((fault) => `pass ${pass + 1}: ${fault}`)),
    passP50Us: passes.map(({ latencyUs }) => latencyUs.p50),
  };
}

/** p50 of one row / that of another: the median over the passes, each of whose halves were measured one after the other. */
export function p50Ratio(of: SweepRow, to: SweepRow): number {
  const ofUs = of.passP50Us ?? [of.latencyUs.p50];
  const toUs = to.passP50Us ?? [to.latencyUs.p50];
  return median(ofUs.map((us, pass) => round3(us / toUs[pass]!)));
}

export function capacityRow(label: string, measured: ConnectionsMeasurement): SweepRow {
  const { latencyUs, capacity, residentBytes, faults } = measured;
  return { label, faults, latencyUs, slatesPerSecond: capacity.slatesPerSecond, residentBytes };
}

export function describeSweep({
  sweep,
  rows,
  faults,
}: {
  readonly sweep: SweepName;
  readonly rows: readonly SweepRow[];
  readonly faults: readonly string[];
}): string {
  const headings = [
    SWEEPS[sweep].title,
    'p50 ms',
    'p99 ms',
    'bare calls ms',
    'ratio',
    'slates/s',
    'p50 at half',
    'p99 at half',
    'MiB',
  ];
  const table = textTable(
    headings,
    rows.map((row) => [
      row.label,
      asMs(row.latencyUs.p50),
      asMs(row.latencyUs.p99),
      row.floorUs === undefined ? '' : asMs(row.floorUs),
      row.ratio === undefined ? '' : String(row.ratio),
      String(row.slatesPerSecond),
      row.halfLoadUs === undefined ? '' : asMs(row.halfLoadUs.p50),
      row.halfLoadUs === undefined ? '' : asMs(row.halfLoadUs.p99),
      String(Math.round(row.residentBytes / 2 ** 20)),
    ]),
  );
  if (faults.length === 0) return `\n${table}`;
  return ['', table, '', 'NOT VALID for claims:', ...faults.map((fault) => `  ${fault}`)].join('\n');
}

/** Latency and capacity over the setting, a plot each. */
export function sweepSpecs(name: SweepName, rows: readonly SweepRow[]): Readonly<Record<string, TopLevelSpec>> {
  const latencies = rows.flatMap(({ label, latencyUs, floorUs }) => [
    { label, of: 'p50', value: latencyUs.p50 / 1_000 },
    { label, of: 'p99', value: latencyUs.p99 / 1_000 },
    ...(floorUs === undefined ? [] : [{ label, of: 'bare calls', value: floorUs / 1_000 }]),
  ]);
  const capacities = rows.map(({ label, slatesPerSecond }) => ({ label, of: 'one worker', value: slatesPerSecond }));
  return {
    latency: plot(name, latencies, name === 'connections' ? 'closed loop, ms' : 'one request at a time, ms'),
    capacity: plot(name, capacities, 'full slates per second'),
  };
}

function plot(
  name: SweepName,
  points: readonly { readonly label: string; readonly of: string; readonly value: number }[],
  title: string,
): TopLevelSpec {
  const { title: xTitle, isLogarithmic } = SWEEPS[name];
  const isNumber = points.every(({ label }) => label !== '' && Number.isFinite(Number(label)));
  const values = isNumber ? points.map((point) => ({ ...point, label: Number(point.label) })) : [...points];
  const series = { field: 'of', type: 'nominal' as const, title: null };
  const y = { field: 'value', type: 'quantitative' as const, title };
  const common = { width: 420, height: 260, data: { values } };
  if (!isNumber) {
    const x = { field: 'label', type: 'nominal' as const, title: xTitle, sort: null };
    return { ...common, mark: { type: 'bar' }, encoding: { x, y, xOffset: { field: 'of' }, color: series } };
  }
  const scale = isLogarithmic ? { type: 'log' as const } : { zero: false };
  const x = { field: 'label', type: 'quantitative' as const, title: xTitle, scale };
  return { ...common, mark: { type: 'line', point: true }, encoding: { x, y, color: series } };
}
