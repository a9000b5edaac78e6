import type { BenchServer } from './server-process.ts';

/** What the server says of itself over one phase of a bench. */
export interface ServerPhase {
  readonly residentBytes: number;
  /**
   * How late its event loop came to a timer, milliseconds. The measuring timer has a period of about 10 ms that is taken off; what is
   * left below a millisecond is the timer's own coarseness.
   */
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /**
   * Major garbage collections that ended in the phase, and how long they held the server up in all, milliseconds. Their marking goes on beside
   * the server for some tens of milliseconds before, on the other processors.
   */
  readonly majorCollections: { readonly count: number; readonly ms: number };
  /** Mean time of each step of a recommendation in the phase, microseconds. */
  readonly stageMeanUs: Readonly<Record<string, number>>;
}

const TIMER_PERIOD_MS = 10;
const STAGE_SUM = /^vitrine_stage_duration_seconds_sum\{stage="([^"]+)"\}$/;

/** Runs a phase and reads the server's own numbers for just that time. */
export async function observePhase<T>(
  server: Pick<BenchServer, 'metrics'>,
  phase: () => Promise<T>,
): Promise<[T, ServerPhase]> {
  // Reading also starts the event-loop numbers anew.
  const before = await server.metrics();
  const result = await phase();
  const after = await server.metrics();
  const grown = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const delay = (name: string): number => {
    const milliseconds = (after.get(`nodejs_eventloop_lag_${name}_seconds`) ?? Number.NaN) * 1_000 - TIMER_PERIOD_MS;
    return Math.max(0, Math.round(milliseconds * 100) / 100);
  };
  return [
    result,
    {
      residentBytes: after.get('process_resident_memory_bytes') ?? 0,
      eventLoopDelayMs: { p50: delay('p50'), p99: delay('p99'), max: delay('max') },
      majorCollections: {
        count: grown('nodejs_gc_duration_seconds_count{kind="major"}'),
        ms: Math.round(grown('nodejs_gc_duration_seconds_sum{kind="major"}') * 10_000) / 10,
      },
      stageMeanUs: stageMeans(before, after),
    },
  ];
}

function stageMeans(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): Record<string, number> {
  const means: Record<string, number> = {};
  for (const [name, sum] of after) {
    const stage = STAGE_SUM.exec(name)?.[1];
    if (stage === undefined) continue;
    const countName = `vitrine_stage_duration_seconds_count{stage="${stage}"}`;
    const count = (after.get(countName) ?? 0) - (before.get(countName) ?? 0);
    if (count > 0) means[stage] = Math.round(((sum - (before.get(name) ?? 0)) / count) * 1e6);
  }
  return means;
}
