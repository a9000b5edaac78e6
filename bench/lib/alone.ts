import type { Generator } from '../load/generator.ts';
import { isClean, type OutcomeCounts } from '../load/outcome-counts.ts';
import type { Floor, FloorReport } from './floor.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';
import { median, round3 } from './median.ts';

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
  /**
   * Requests, and runs of the bare calls, that each turn begins with and that do not count: the others had the caches meanwhile, and who is in
   * steady use finds them filled. @defaultValue 0
   */
  readonly runIn?: number;
  /** What else has its turn in each round. */
  readonly besides?: (perRound: number, runIn: number) => Promise<void>;
}

/** A service that has one request at a time, beside the bare calls it is made of. */
export interface AloneReport {
  readonly rounds: number;
  readonly perRound: number;
  /** Before those, in each turn, and not counted. */
  readonly runIn: number;
  readonly outcomes: OutcomeCounts;
  readonly isClean: boolean;
  /** One connection, full path over HTTP. */
  readonly serviceUs: LatencySummary;
  /** GET /livez on the same connection: what HTTP costs by itself. Not part of the sum of the bare calls. */
  readonly httpUs: LatencySummary;
  readonly floor: FloorReport;
  /** Of each round: p50 of the service / sum of the bare calls' p50s. Lower is better; 1 would be no cost but theirs. */
  readonly roundRatios: readonly number[];
  /** Sum of the bare calls' p50s in each round, microseconds. */
  readonly roundFloorUs: readonly number[];
  /** Median of the rounds. */
  readonly ratio: number;
}

const ROUND_LIMIT_MS = 60_000;

/**
 * Measures a service with one connection and the bare calls in turns, so that whatever else the machine does in a round is done to both.
 * The median over the rounds is what to compare: it does not care about a few disturbed ones.
 */
export async function measureAlone(options: AloneOptions): Promise<AloneReport> {
  const { generator, host, port, floor, rounds, perRound, runIn = 0 } = options;
  const target = { host, port, connectionCount: 1, requestCount: perRound, maxDurationMs: ROUND_LIMIT_MS };
  const service = new LatencyHistogram();
  const http = new LatencyHistogram();
  const outcomes: OutcomeCounts[] = [];
  const roundRatios: number[] = [];
  const roundFloorUs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const pings = await generator.pings({ ...target, port: options.pingPort ?? port });
    if (runIn > 0) await generator.closedLoop({ ...target, requestCount: runIn });
    const report = await generator.closedLoop(target);
    const floorUs = await floor.run(perRound, runIn);
    await options.besides?.(perRound, runIn);
    http.addEncoded(pings.encodedLatency);
    service.addEncoded(report.encodedLatency);
    outcomes.push(pings, report);
    roundFloorUs.push(floorUs);
    roundRatios.push(round3(report.latencyUs.p50 / floorUs));
  }
  const sum = sumOutcomes(outcomes);
  return {
    rounds,
    perRound,
    runIn,
    outcomes: sum,
    isClean: isClean(sum),
    serviceUs: service.summary(),
    httpUs: http.summary(),
    floor: floor.report(),
    roundRatios,
    roundFloorUs,
    ratio: median(roundRatios),
  };
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
