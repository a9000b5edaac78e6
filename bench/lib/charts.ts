import type { TopLevelSpec } from 'vega-lite';
import type { OpenLoopReport } from '../load/open-loop.ts';
import { FLOOR_CALLS, type FloorReport } from './floor.ts';
import type { MemorySampling } from './memory-sampling.ts';

/** Latency against offered rate, a line for each percentile. */
export function latencyAgainstRateSpec(title: string, runs: readonly OpenLoopReport[]): TopLevelSpec {
  const values = runs.flatMap(({ offeredPerSecond, latencyUs }) =>
    (['p50', 'p95', 'p99'] as const).map((percentile) => ({
      rate: offeredPerSecond,
      percentile,
      latencyMs: latencyUs[percentile] / 1_000,
    })),
  );
  return {
    title,
    width: 420,
    height: 260,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: {
        field: 'rate',
        type: 'quantitative',
        title: 'requests offered per second (open loop)',
        scale: { zero: true },
      },
      y: { field: 'latencyMs', type: 'quantitative', title: 'latency from the intended send time, ms' },
      color: { field: 'percentile', type: 'nominal', title: null, sort: ['p50', 'p95', 'p99'] },
    },
  };
}

/** Latency against the time since the kernel began to sample memory, a line for each percentile. */
export function sinceSamplingSpec(title: string, { sinceSampling }: MemorySampling): TopLevelSpec {
  const values = sinceSampling
    .filter(({ count }) => count > 0)
    .flatMap(({ fromMs, p50, p99 }) => [
      { sinceMs: fromMs, percentile: 'p50', latencyMs: p50 / 1_000 },
      { sinceMs: fromMs, percentile: 'p99', latencyMs: p99 / 1_000 },
    ]);
  return {
    title,
    width: 420,
    height: 260,
    data: { values },
    mark: { type: 'line', point: true, interpolate: 'step-after' },
    encoding: {
      x: { field: 'sinceMs', type: 'quantitative', title: 'due so long after the kernel began to sample memory, ms' },
      y: { field: 'latencyMs', type: 'quantitative', title: 'latency, ms' },
      color: { field: 'percentile', type: 'nominal', title: null, sort: ['p50', 'p99'] },
    },
  };
}

/** Where the time of a request goes: the bare calls, and the server's steps that contain them. */
export function breakdownSpec(
  title: string,
  floor: FloorReport,
  stageMeanUs: Readonly<Record<string, number>>,
): TopLevelSpec {
  const calls = FLOOR_CALLS.map((call) => ({ of: 'bare calls (p50)', part: call, us: floor.callsUs[call].p50 }));
  const stages = Object.entries(stageMeanUs).map(([stage, us]) => ({
    of: 'steps in the server (mean)',
    part: stage,
    us,
  }));
  return {
    title,
    data: { values: [...calls, ...stages] },
    facet: { row: { field: 'of', type: 'nominal', title: null } },
    spec: {
      width: 420,
      height: { step: 22 },
      mark: { type: 'bar' },
      encoding: {
        y: { field: 'part', type: 'nominal', title: null, sort: null },
        x: { field: 'us', type: 'quantitative', title: 'microseconds' },
      },
    },
    resolve: { scale: { y: 'independent' } },
  };
}
