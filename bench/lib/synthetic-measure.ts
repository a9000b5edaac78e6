import { Generator } from '../load/generator.ts';
import type { OpenLoopReport } from '../load/open-loop.ts';
import { isClean } from '../load/outcome-counts.ts';
import { isFull } from '../load/saturation.ts';
import { type AloneReport, measureAlone } from './alone.ts';
import { type CapacityReport, type Contender, measureCapacities, roundsRatio } from './capacity.ts';
import type { Cleanup } from './cleanup.ts';
import { type AnswerComparison, compareAnswers, disagreementOf } from './compare-answers.ts';
import type { InProcessReport } from './in-process.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';
import { round3 } from './median.ts';
import { metricsCostUs } from './metrics-cost.ts';
import { observePhase, type ServerPhase } from './server-phase.ts';
import type { BenchServer, ServiceProcess, Target } from './server-process.ts';
import { startSpinningService } from './spinning-service.ts';
import { StallProbe } from './stall-probe.ts';
import { machineTime, stolenRatioSince } from './stolen-time.ts';
import { type SyntheticService, WIDE_BUDGETS, warmUp } from './synthetic-service.ts';

/** How a synthetic shop is measured. */
export interface MeasureOptions {
  /** Port of the server; 0 for any free one. */
  readonly port: number;
  /** Requests before anything is measured, to each server. */
  readonly warmUp: number;
  /** Rounds of one request at a time. */
  readonly rounds: number;
  /** Length of each open-loop run, and of each contender's saturation in all. */
  readonly seconds: number;
  /** Connections of a saturation, for each worker. */
  readonly connections: number;
  /** Share of event batches in saturation and open loop, 0..1. */
  readonly eventsRatio: number;
  /** Shares of the capacity at which open-loop latency is measured. */
  readonly loadRatios: readonly number[];
  /** Workers of the second server whose capacity is measured; 1 for none. */
  readonly workerCount: number;
  /** Whether the plain service takes its turns: needs Redis and its packages. */
  readonly hasPlainService: boolean;
}

export interface OpenLoopResult {
  /** Share of the capacity. */
  readonly loadRatio: number;
  readonly report: OpenLoopReport;
  readonly isClean: boolean;
  readonly server: ServerPhase;
  /**
   * At half of the capacity: latencies of a server of the same capacity that only computes, asked at the same rate right after. What is
   * between its median and its tail is the machine's part. Missing: when one of its requests failed.
   */
  readonly spinningUs?: LatencySummary;
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

export interface Capacities {
  readonly oneWorker: CapacityReport;
  readonly moreWorkers?: CapacityReport;
  readonly plainService?: CapacityReport;
}

/** What the numbers of one run say of each other. */
export interface Ratios {
  /** p50 of one request at a time / sum of the bare calls' p50s, median of rounds; lower is better. */
  readonly serviceToFloor: number;
  /** Capacity of one worker / that of the plain service, median of rounds; higher is better. */
  readonly oneWorkerToPlain?: number;
  /** The same of what is done in a second of processor time of the process. */
  readonly perProcessorSecondToPlain?: number;
  /** Capacity of all workers / that of one, median of rounds; higher is better. */
  readonly moreWorkersToOne?: number;
  /** The same of what is done in a second of processor time: below 1 is what sharing costs. */
  readonly moreWorkersPerProcessorSecond?: number;
  /** p99 / p50 in the open loop at half the capacity; lower is better. */
  readonly openLoopP99ToP50?: number;
  /** The same of the server that only computes; lower is better. */
  readonly spinningP99ToP50?: number;
}

export interface SyntheticMeasurement {
  readonly faults: readonly string[];
  readonly configHash: string;
  /** How alike the plain service and the server answer without rules: whether they do the same work. */
  readonly answers?: AnswerComparison;
  readonly alone: AloneReport;
  readonly aloneServer: ServerPhase;
  /** The plain service with one request at a time, in the same rounds. */
  readonly plainAloneUs?: LatencySummary;
  /** On Redis only: what the embedded store does is not told apart from JavaScript. */
  readonly inProcess?: InProcessReport;
  /** What all metrics of one request cost, microseconds; part of what the service takes. */
  readonly metricsUs: number;
  readonly capacity: Capacities;
  readonly openLoop: readonly OpenLoopResult[];
  readonly ratios: Ratios;
}

const PER_ROUND = 100;
/** Until then a request of ours is still getting faster after others had their turns. */
const RUN_IN = 200;
/** More than a server at three quarters of its capacity has under way. */
const OPEN_LOOP_CONNECTIONS = 64;
const ROUND_LIMIT_MS = 60_000;
const SECONDS_PER_TURN = 2;
const HALF = 0.5;
const COMPARED_SHOPPERS = 20;
/** A host that takes more than this makes requests wait for it: the run is made again, so often at most. */
const TOLERATED: Disturbance = { stolenRatio: 0.01, stalledRatio: 0.002 };
const OPEN_LOOP_ATTEMPTS = 4;

/**
 * Measures a synthetic shop: one request at a time beside the bare calls, capacity in turns with the plain service, and latency at fixed
 * rates. All of it in one run on one machine, so that ratios hold.
 */
export async function measureSynthetic(
  service: SyntheticService,
  options: MeasureOptions,
  cleanup: Cleanup,
): Promise<SyntheticMeasurement> {
  const { onStep } = service.options;
  const generator = await Generator.start(service.traffic(), cleanup);
  const plain = options.hasPlainService ? await service.startPlainService() : undefined;
  const server = await service.startVitrine({ port: options.port });
  onStep(`warming up with ${options.warmUp} requests`);
  await warmUp(generator, server, options.warmUp);
  if (plain !== undefined) await warmUp(generator, plain, options.warmUp);
  const alone = await measureOneAtATime(service, { generator, server, plain, options });
  const { capacity, ...answers } = await measureCapacity(service, { generator, plain, options });
  const spinning = await startSpinningService(computingUs(capacity.oneWorker, alone.alone), cleanup);
  const openLoop = await measureOpenLoop(service, {
    generator,
    server,
    spinning,
    options,
    capacity: capacity.oneWorker,
  });
  return {
    faults: faultsOf({ ...alone, ...answers, capacity, openLoop }),
    configHash: server.configHash,
    ...answers,
    ...alone,
    metricsUs: metricsCostUs(),
    capacity,
    openLoop,
    ratios: ratiosOf(alone.alone, capacity, openLoop),
  };
}

async function compare({ shop, options }: SyntheticService, server: Target, plain: Target) {
  const count = Math.min(COMPARED_SHOPPERS, options.shopperCount);
  const userIds = Array.from({ length: count }, (_, shopper) => shop.userId(shopper));
  return compareAnswers(server, plain, userIds);
}

/** What a reply of a full server takes, without what HTTP does: a server that only computes, and does so for as long, has the same capacity. */
function computingUs({ slatesPerSecond, eventBatchesPerSecond }: CapacityReport, { httpUs }: AloneReport): number {
  return Math.max(0, 1e6 / (slatesPerSecond + eventBatchesPerSecond) - httpUs.p50);
}

interface Parts {
  readonly generator: Generator;
  readonly options: MeasureOptions;
  readonly plain?: ServiceProcess | undefined;
}

async function measureOneAtATime(
  service: SyntheticService,
  { generator, server, plain, options }: Parts & { readonly server: BenchServer },
): Promise<Pick<SyntheticMeasurement, 'alone' | 'aloneServer' | 'plainAloneUs' | 'inProcess'>> {
  const { onStep } = service.options;
  // Before the floor, which opens what would otherwise be opened untimed.
  const inProcess = service.options.store === 'redis' ? await service.openInProcess() : undefined;
  const floor = await service.openFloor();
  await floor.run(options.warmUp);
  floor.forget();
  await inProcess?.run(options.warmUp);
  inProcess?.forget();
  const plainUs = new LatencyHistogram();
  const besides = async (count: number, runIn: number): Promise<void> => {
    await inProcess?.run(count, runIn);
    if (plain === undefined) return;
    const target = { ...plain, connectionCount: 1, requestCount: count, maxDurationMs: ROUND_LIMIT_MS };
    await generator.closedLoop({ ...target, requestCount: runIn });
    plainUs.addEncoded((await generator.closedLoop(target)).encodedLatency);
  };
  onStep(
    `one request at a time: ${options.rounds} rounds of ${PER_ROUND} requests and ${PER_ROUND} runs of the bare calls, each after ${RUN_IN} that do not count`,
  );
  const { host, port } = server;
  const [alone, aloneServer] = await observePhase(server, () =>
    measureAlone({ generator, host, port, floor, rounds: options.rounds, perRound: PER_ROUND, runIn: RUN_IN, besides }),
  );
  await inProcess?.close();
  return {
    alone,
    aloneServer,
    ...(plain === undefined ? {} : { plainAloneUs: plainUs.summary() }),
    ...(inProcess === undefined ? {} : { inProcess: inProcess.report() }),
  };
}

async function measureCapacity(
  service: SyntheticService,
  { generator, plain, options }: Parts,
): Promise<Pick<SyntheticMeasurement, 'capacity' | 'answers'>> {
  const { onStep } = service.options;
  const { connections, workerCount, eventsRatio, seconds } = options;
  const traffic = service.traffic({ eventsRatio });
  const started: BenchServer[] = [];
  const contend = async <Name extends string>(name: Name, count: number): Promise<Contender<Name>> => {
    const server = await service.startVitrine({ workerCount: count, budgets: WIDE_BUDGETS });
    started.push(server);
    await warmUp(generator, server, options.warmUp, count);
    // Twice as many for each of several: the kernel spreads connections by chance, and none may be left without.
    const connectionCount = count === 1 ? connections : connections * count * 2;
    return { name, target: server, traffic, connectionCount };
  };
  const contenders: Contender<keyof Capacities>[] = [await contend('oneWorker', 1)];
  // With wide budgets, so that no answer is degraded because the machine was busy with something else.
  const answers = plain === undefined ? undefined : await compare(service, contenders[0]!.target, plain);
  // The plain service takes no events: what it answers is what it can do without them.
  if (plain !== undefined) {
    const contender = { target: plain, traffic: service.traffic(), connectionCount: connections };
    contenders.push({ name: 'plainService', ...contender });
  }
  if (workerCount > 1) contenders.push(await contend('moreWorkers', workerCount));
  const { rounds, secondsPerRound } = turnsOf(seconds);
  const names = contenders.map(({ name }) => name).join(', ');
  onStep(`saturation: ${rounds} rounds of ${secondsPerRound} s for each of ${names}`);
  const capacity = await measureCapacities(contenders, { rounds, secondsPerRound });
  for (const server of started) await server.stop();
  return { capacity, ...(answers === undefined ? {} : { answers }) };
}

interface OpenLoopParts {
  readonly server: BenchServer;
  readonly spinning: Target;
  readonly capacity: CapacityReport;
}

async function measureOpenLoop(
  service: SyntheticService,
  { generator, server, spinning, options, capacity }: Parts & OpenLoopParts,
): Promise<OpenLoopResult[]> {
  const { eventsRatio, seconds, loadRatios } = options;
  // It stood idle while others were measured, and the engine gives up compiled code that is not used for long.
  await warmUp(generator, server, options.warmUp);
  await generator.send(service.traffic({ eventsRatio }));
  const { host, port } = server;
  const repliesPerSecond = capacity.slatesPerSecond + capacity.eventBatchesPerSecond;
  const results: OpenLoopResult[] = [];
  for (const loadRatio of loadRatios) {
    const ratePerSecond = Math.max(1, Math.round(repliesPerSecond * loadRatio));
    service.options.onStep(`open loop: ${ratePerSecond} requests/s for ${seconds} s`);
    const durationMs = seconds * 1_000;
    const options = { host, port, ratePerSecond, durationMs, connectionCount: OPEN_LOOP_CONNECTIONS };
    const beside = loadRatio === HALF ? spinning : undefined;
    results.push({ loadRatio, ...(await leastDisturbed(() => openLoopOnce(generator, { server, beside, options }))) });
  }
  return results;
}

type OpenLoopRun = Omit<OpenLoopResult, 'loadRatio' | 'leftOut'>;

async function openLoopOnce(
  generator: Generator,
  {
    server,
    beside,
    options,
  }: {
    readonly server: BenchServer;
    /** Asked the same right after. */
    readonly beside: Target | undefined;
    readonly options: Parameters<Generator['openLoop']>[0];
  },
): Promise<OpenLoopRun> {
  const before = await machineTime();
  const probe = new StallProbe();
  const [report, phase] = await observePhase(server, () => generator.openLoop(options));
  const spinning =
    beside === undefined ? undefined : await generator.openLoop({ ...options, host: beside.host, port: beside.port });
  const disturbance = { stalledRatio: probe.stop(), stolenRatio: await stolenRatioSince(before) };
  return {
    report,
    isClean: isClean(report),
    server: phase,
    ...(spinning === undefined || !isClean(spinning) ? {} : { spinningUs: recommendUs(spinning) }),
    disturbance,
  };
}

/** Latencies of recommendations, without those of events. */
function recommendUs({ latencyUs, latencyUsByKind }: OpenLoopReport): LatencySummary {
  return latencyUsByKind.recommend ?? latencyUs;
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

/** A server asked over so many connections at once. */
export interface ConnectionsMeasurement {
  readonly connectionCount: number;
  /** Closed loop: of a full server. */
  readonly latencyUs: LatencySummary;
  readonly capacity: CapacityReport;
  readonly residentBytes: number;
  readonly faults: readonly string[];
}

/** Measures one server with one number of connections after another. */
export async function measureConnections(
  service: SyntheticService,
  options: Omit<MeasureOptions, 'loadRatios' | 'hasPlainService'> & { readonly counts: readonly number[] },
  cleanup: Cleanup,
): Promise<ConnectionsMeasurement[]> {
  const { counts, eventsRatio, seconds, port } = options;
  const generator = await Generator.start(service.traffic(), cleanup);
  const server = await service.startVitrine({ port, budgets: WIDE_BUDGETS });
  await warmUp(generator, server, options.warmUp);
  const traffic = service.traffic({ eventsRatio });
  const found: ConnectionsMeasurement[] = [];
  for (const connectionCount of counts) {
    service.options.onStep(`${connectionCount} connections`);
    const closed = { host: server.host, port: server.port, connectionCount, requestCount: Number.MAX_SAFE_INTEGER };
    const [report, { residentBytes }] = await observePhase(server, () =>
      generator.closedLoop({ ...closed, maxDurationMs: seconds * 1_000 }),
    );
    const contender = { name: 'server' as const, target: server, traffic, connectionCount };
    const turns = turnsOf(seconds);
    const capacity = (await measureCapacities([contender], turns)).server;
    const faults = isClean(report) ? [] : [`closed loop: ${JSON.stringify({ ...report, encodedLatency: undefined })}`];
    if (!isFull(capacity.counts)) faults.push(`saturation: ${JSON.stringify(capacity.counts)}`);
    found.push({ connectionCount, latencyUs: report.latencyUs, capacity, residentBytes, faults });
  }
  return found;
}

function turnsOf(seconds: number): { readonly rounds: number; readonly secondsPerRound: number } {
  return {
    rounds: Math.max(1, Math.round(seconds / SECONDS_PER_TURN)),
    secondsPerRound: Math.min(seconds, SECONDS_PER_TURN),
  };
}

function ratiosOf(alone: AloneReport, capacity: Capacities, openLoop: readonly OpenLoopResult[]): Ratios {
  const { oneWorker, plainService, moreWorkers } = capacity;
  const half = openLoop.find(({ loadRatio }) => loadRatio === HALF);
  return {
    serviceToFloor: alone.ratio,
    ...(plainService === undefined ? {} : plainRatios(oneWorker, plainService)),
    ...(moreWorkers === undefined ? {} : workerRatios(moreWorkers, oneWorker)),
    ...(half === undefined ? {} : { openLoopP99ToP50: tailOf(recommendUs(half.report)) }),
    ...(half?.spinningUs === undefined ? {} : { spinningP99ToP50: tailOf(half.spinningUs) }),
  };
}

function tailOf({ p50, p99 }: LatencySummary): number {
  return round3(p99 / p50);
}

function workerRatios(moreWorkers: CapacityReport, oneWorker: CapacityReport) {
  return {
    moreWorkersToOne: roundsRatio(moreWorkers.rounds, oneWorker.rounds),
    moreWorkersPerProcessorSecond: roundsRatio(
      moreWorkers.roundsPerProcessorSecond,
      oneWorker.roundsPerProcessorSecond,
    ),
  };
}

function plainRatios(oneWorker: CapacityReport, plain: CapacityReport) {
  return {
    oneWorkerToPlain: roundsRatio(oneWorker.rounds, plain.rounds),
    perProcessorSecondToPlain: roundsRatio(oneWorker.roundsPerProcessorSecond, plain.roundsPerProcessorSecond),
  };
}

function faultsOf({
  alone,
  answers,
  inProcess,
  capacity,
  openLoop,
}: Pick<SyntheticMeasurement, 'alone' | 'answers' | 'inProcess' | 'capacity' | 'openLoop'>): readonly string[] {
  const faults: string[] = [];
  if (!alone.isClean) faults.push(`one request at a time: ${JSON.stringify(alone.outcomes)}`);
  if (inProcess !== undefined && inProcess.degradedCount > 0) {
    faults.push(`in this process: ${inProcess.degradedCount} degraded`);
  }
  const disagreement = answers === undefined ? undefined : disagreementOf(answers);
  if (disagreement !== undefined) faults.push(disagreement);
  for (const [name, { counts }] of Object.entries(capacity) as [string, CapacityReport][]) {
    if (!isFull(counts)) faults.push(`saturation of ${name}: ${JSON.stringify(counts)}`);
  }
  for (const { loadRatio, report, isClean: isRunClean } of openLoop) {
    if (isRunClean) continue;
    const { errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount, reasons } = report;
    const counts = { errorCount, non2xxCount, degradedCount, emptyCount, rejectedCount, reasons };
    faults.push(`open loop at ${loadRatio * 100} %: ${JSON.stringify(counts)}`);
  }
  return faults;
}
