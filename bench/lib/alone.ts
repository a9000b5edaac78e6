import type { Generator } from '../load/generator.ts';
import { isClean, type OutcomeCounts } from '../load/outcome-counts.ts';
import type { Floor, FloorReport } from './floor.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';

export interface AloneOptions {
  readonly generator: Generator;
  readonly host: string;
  /** Of the server, or of what stands before it. */
  readonly port: number;
  /** Of the server itself. @defaultValue port */
  readonly pingPort?: number;
  readonly floor: Floor;
  readonly rounds: number;
  /** Requests, and runs of the bare calls, in each round. */
  readonly perRound: number;
}

/** A service that has one request at a time, beside the bare calls it is made of. */
export interface AloneReport {
  readonly rounds: number;
  readonly perRound: number;
  readonly outcomes: OutcomeCounts;
  readonly isClean: boolean;
  /** One connection, full path over HTTP. */
  readonly serviceUs: LatencySummary;
  /** GET /livez on the same connection: what HTTP costs by itself. Not part of the sum of the bare calls. */
  readonly httpUs: LatencySummary;
  readonly floor: FloorReport;
  /** Of each round: p50 of the service / sum of the bare calls' p50s. Lower is better; 1 would be no cost but theirs. */
  readonly roundRatios: readonly number[];
  /** Median of the rounds. */
  readonly ratio: number;
}

const ROUND_LIMIT_MS = 60_000;

/**
 * Measures a service with one connection and the bare calls in turns, so that whatever else the machine does in a round is done to both.
 * The median over the rounds is what to compare: it does not care about a few disturbed ones.
 */
export async function measureAlone(options: AloneOptions): Promise<AloneReport> {
  const { generator, host, port, floor, rounds, perRound } = options;
  const target = { host, port, connectionCount: 1, requestCount: perRound, maxDurationMs: ROUND_LIMIT_MS };
  const service = new LatencyHistogram();
  const http = new LatencyHistogram();
  const outcomes: OutcomeCounts[] = [];
  const roundRatios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const pings = await generator.pings({ ...target, port: options.pingPort ?? port });
    const report = await generator.closedLoop(target);
    const floorUs = await floor.run(perRound);
    http.addEncoded(pings.encodedLatency);
    service.addEncoded(report.encodedLatency);
    outcomes.push(pings, report);
    roundRatios.push(round3(report.latencyUs.p50 / floorUs));
  }
  const sum = sumOutcomes(outcomes);
  return {
    rounds,
    perRound,
    outcomes: sum,
    isClean: isClean(sum),
    serviceUs: service.summary(),
    httpUs: http.summary(),
    floor: floor.report(),
    roundRatios,
    ratio: median(roundRatios),
  };
}

/** Middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : round3((sorted[middle - 1]! + sorted[middle]!) / 2);
}

/** Outcomes of several runs as those of one. */
export function sumOutcomes(all: readonly OutcomeCounts[]): OutcomeCounts {
  const sum = (read: (counts: OutcomeCounts) => number): number => all.reduce((total, one) => total + read(one), 0);
  const reasons: Record<string, number> = {};
  for (const one of all) {
    for (const [reason, count] of Object.entries(one.reasons)) reasons[reason] = (reasons[reason] ?? 0) + count;
  }
  return {
    sentCount: sum((one) => one.sentCount),
    okCount: sum((one) => one.okCount),
    errorCount: sum((one) => one.errorCount),
    non2xxCount: sum((one) => one.non2xxCount),
    degradedCount: sum((one) => one.degradedCount),
    emptyCount: sum((one) => one.emptyCount),
    rejectedCount: sum((one) => one.rejectedCount),
    reasons,
  };
}

function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
