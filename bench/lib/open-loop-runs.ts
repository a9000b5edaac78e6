import type { Generator } from '../load/generator.ts';
import { type OpenLoopReport, timedRequests } from '../load/open-loop.ts';
import { isClean } from '../load/outcome-counts.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { round3 } from './median.ts';
import { type MemorySampling, MemorySamplingProbe, splitBySamplings } from './memory-sampling.ts';
import { processorSeconds } from './processor-time.ts';
import { observePhase, type ServerPhase } from './server-phase.ts';
import type { BenchServer, Target } from './server-process.ts';
import { StallProbe } from './stall-probe.ts';
import { machineTime, stolenRatioSince } from './stolen-time.ts';

/** Latency at one fixed rate. */
export interface OpenLoopResult {
  /** Share of the capacity. */
  readonly loadRatio: number;
  readonly report: OpenLoopReport;
  readonly isClean: boolean;
  readonly server: ServerPhase;
  /**
   * Processor time of the server per second: how near it was to its capacity, which is measured minutes before on a machine whose speed
   * changes. A request that comes alone takes more of it than one of many. NaN where it is not known.
   */
  readonly serverCores: number;
  /**
   * At half of the capacity: latencies of a server of the same capacity that only computes, asked at the same rate right after. What is
   * between its median and its tail is the machine's part. Missing: when one of its requests failed.
   */
  readonly spinningUs?: LatencySummary;
  /** Missing: where the kernel has no threads that sample memory. */
  readonly memorySampling?: MemorySampling;
  readonly disturbance: Disturbance;
  /** Of runs at this rate that were disturbed more, and are left out. */
  readonly leftOut: readonly Disturbance[];
}

/** What the machine's host did to a run. */
export interface Disturbance {
  /** Share of the machine's processor time that it gave to others, 0..1. */
  readonly stolenRatio: number;
  /** Share of the time in which the machine stood still, 0..1; see {@link StallProbe}. */
  readonly stalledRatio: number;
}

export interface OpenLoopRunsOptions {
  readonly generator: Generator;
  readonly server: BenchServer;
  /** Answers as many as the server at most, and only computes. */
  readonly spinning: Target;
  /** What the server can do at most, event batches included. */
  readonly repliesPerSecond: number;
  /** Shares of it, 0..1. */
  readonly loadRatios: readonly number[];
  /** Of each run. */
  readonly seconds: number;
  readonly onStep: (step: string) => void;
}

/** Share of the capacity at which the computing server is asked, too, and at which the tail is judged. */
export const HALF = 0.5;
/** More than a server at three quarters of its capacity has under way. */
const OPEN_LOOP_CONNECTIONS = 64;
/** A host that takes more than this makes requests wait for it: the run is made again, so often at most. */
const TOLERATED: Disturbance = { stolenRatio: 0.01, stalledRatio: 0.002 };
const OPEN_LOOP_ATTEMPTS = 4;

/** Asks a server at fixed rates, each a share of what it can do, with the traffic the generator has. */
export async function measureOpenLoop(options: OpenLoopRunsOptions): Promise<OpenLoopResult[]> {
  const { server, spinning, repliesPerSecond, loadRatios, seconds, onStep } = options;
  const { host, port } = server;
  const results: OpenLoopResult[] = [];
  for (const loadRatio of loadRatios) {
    const ratePerSecond = Math.max(1, Math.round(repliesPerSecond * loadRatio));
    onStep(`open loop: ${ratePerSecond} requests/s for ${seconds} s`);
    const load = { host, port, ratePerSecond, durationMs: seconds * 1_000, connectionCount: OPEN_LOOP_CONNECTIONS };
    const beside = loadRatio === HALF ? spinning : undefined;
    results.push({ loadRatio, ...(await leastDisturbed(() => runOnce(options, load, beside))) });
  }
  return results;
}

/** Latencies of recommendations, without those of events. */
export function recommendUs({ latencyUs, latencyUsByKind }: OpenLoopReport): LatencySummary {
  return latencyUsByKind.recommend ?? latencyUs;
}

/** p99 / p50; lower is better. */
export function tailOf({ p50, p99 }: LatencySummary): number {
  return round3(p99 / p50);
}

type OpenLoopRun = Omit<OpenLoopResult, 'loadRatio' | 'leftOut'>;

async function runOnce(
  { generator, server }: Pick<OpenLoopRunsOptions, 'generator' | 'server'>,
  load: Parameters<Generator['openLoop']>[0],
  /** Asked the same right after. */
  beside: Target | undefined,
): Promise<OpenLoopRun> {
  const before = await machineTime();
  const stalls = new StallProbe();
  const samplings = MemorySamplingProbe.start();
  const [beforeSeconds, beforeMs] = [await processorSeconds(server.pid), performance.now()];
  const [report, phase] = await observePhase(server, () => generator.openLoop(load));
  const usedSeconds = (await processorSeconds(server.pid)) - beforeSeconds;
  const passedSeconds = (performance.now() - beforeMs) / 1_000;
  const samplingsMs = samplings?.stop();
  const spinning =
    beside === undefined ? undefined : await generator.openLoop({ ...load, host: beside.host, port: beside.port });
  const disturbance = { stalledRatio: stalls.stop(), stolenRatio: await stolenRatioSince(before) };
  return {
    report,
    isClean: isClean(report),
    server: phase,
    serverCores: round3(usedSeconds / passedSeconds),
    ...(spinning === undefined || !isClean(spinning) ? {} : { spinningUs: recommendUs(spinning) }),
    ...(samplingsMs === undefined ? {} : { memorySampling: splitBySamplings(timedRequests(report), samplingsMs) }),
    disturbance,
  };
}

/**
 * Runs again what the machine's host disturbed, and keeps the run it disturbed least: which one that is depends on the host alone, not on
 * what the run found.
 */
async function leastDisturbed(run: () => Promise<OpenLoopRun>): Promise<Omit<OpenLoopResult, 'loadRatio'>> {
  let kept = await run();
  const leftOut: Disturbance[] = [];
  while (excessOf(kept.disturbance) > 1 && leftOut.length + 1 < OPEN_LOOP_ATTEMPTS) {
    const next = await run();
    const [less, more] = excessOf(next.disturbance) < excessOf(kept.disturbance) ? [next, kept] : [kept, next];
    leftOut.push(more.disturbance);
    kept = less;
  }
  return { ...kept, leftOut };
}

/** How often what is tolerated. Missing: a machine that does not tell what was stolen is judged by its stalls. */
function excessOf({ stolenRatio, stalledRatio }: Disturbance): number {
  const ofStolen = Number.isNaN(stolenRatio) ? 0 : stolenRatio / TOLERATED.stolenRatio;
  return Math.max(ofStolen, stalledRatio / TOLERATED.stalledRatio);
}
