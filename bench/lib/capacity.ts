import { measureSaturation, type SaturationCounts, type SaturationReport } from '../load/saturation.ts';
import type { TrafficSpec } from '../load/traffic.ts';
import { median, round3 } from './median.ts';
import { processorSeconds } from './processor-time.ts';
import type { ServiceProcess } from './server-process.ts';

/** Something whose capacity is measured. */
export interface Contender<Name extends string> {
  readonly name: Name;
  readonly target: ServiceProcess;
  readonly traffic: TrafficSpec;
  readonly connectionCount: number;
}

export interface CapacityOptions {
  readonly rounds: number;
  /** Of each contender's turn in each round. */
  readonly secondsPerRound: number;
}

const SECONDS_PER_TURN = 2;

/** Turns of two seconds that take so many seconds in all for each contender, or one that is shorter. */
export function turnsOf(seconds: number): CapacityOptions {
  return {
    rounds: Math.max(1, Math.round(seconds / SECONDS_PER_TURN)),
    secondsPerRound: Math.min(seconds, SECONDS_PER_TURN),
  };
}

/** Capacity of one contender. */
export interface CapacityReport {
  readonly method: 'autocannon, closed loop, in turns';
  readonly connectionCount: number;
  /** Median of the rounds: full slates per second, besides the event batches taken. */
  readonly slatesPerSecond: number;
  readonly eventBatchesPerSecond: number;
  /** Full slates per second in each round. */
  readonly rounds: readonly number[];
  /**
   * Full slates per second of processor time of the service's processes, in each round: other work on the machine changes it little.
   */
  readonly roundsPerProcessorSecond: readonly number[];
  /** Over all rounds. */
  readonly counts: SaturationCounts;
}

/**
 * Measures what each contender can do at most, in turns, so that whatever else the machine does in a round is done to all of them. Those
 * whose turn it is not have nothing to do.
 */
export async function measureCapacities<Name extends string>(
  contenders: readonly Contender<Name>[],
  { rounds, secondsPerRound }: CapacityOptions,
): Promise<Readonly<Record<Name, CapacityReport>>> {
  const reports = contenders.map((): Turn[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [place, { target, traffic, connectionCount }] of contenders.entries()) {
      const { host, port } = target;
      const options = { host, port, connectionCount, durationSeconds: secondsPerRound };
      const beforeSeconds = await processorSeconds(target.pid);
      const report = await measureSaturation({ ...traffic, seed: traffic.seed + round }, options);
      const usedSeconds = (await processorSeconds(target.pid)) - beforeSeconds;
      reports[place]!.push({ ...report, slatesPerProcessorSecond: round3(report.fullSlateCount / usedSeconds) });
    }
  }
  const entries = contenders.map(({ name, connectionCount }, place) => [
    name,
    capacityOf(connectionCount, reports[place]!),
  ]);
  return Object.fromEntries(entries) as Record<Name, CapacityReport>;
}

/** Median over the rounds of one number divided by another's of the same round. */
export function roundsRatio(ones: readonly number[], others: readonly number[]): number {
  return median(ones.map((one, round) => round3(one / others[round]!)));
}

interface Turn extends SaturationReport {
  readonly slatesPerProcessorSecond: number;
}

function capacityOf(connectionCount: number, reports: readonly Turn[]): CapacityReport {
  const sum = (read: (report: Turn) => number): number => reports.reduce((total, report) => total + read(report), 0);
  return {
    method: 'autocannon, closed loop, in turns',
    connectionCount,
    slatesPerSecond: median(reports.map(({ slatesPerSecond }) => slatesPerSecond)),
    eventBatchesPerSecond: median(reports.map(({ eventBatchesPerSecond }) => eventBatchesPerSecond)),
    rounds: reports.map(({ slatesPerSecond }) => slatesPerSecond),
    roundsPerProcessorSecond: reports.map(({ slatesPerProcessorSecond }) => slatesPerProcessorSecond),
    counts: {
      fullSlateCount: sum((report) => report.fullSlateCount),
      eventBatchCount: sum((report) => report.eventBatchCount),
      degradedCount: sum((report) => report.degradedCount),
      emptyCount: sum((report) => report.emptyCount),
      rejectedCount: sum((report) => report.rejectedCount),
      non2xxCount: sum((report) => report.non2xxCount),
      errorCount: sum((report) => report.errorCount),
    },
  };
}
