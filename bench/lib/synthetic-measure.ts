import { Generator } from '../load/generator.ts';
import { isFull } from '../load/saturation.ts';
import { type AloneReport, measureAlone } from './alone.ts';
import { type CapacityReport, type Contender, measureCapacities, roundsRatio, turnsOf } from './capacity.ts';
import type { Cleanup } from './cleanup.ts';
import { type AnswerComparison, compareAnswers, disagreementOf } from './compare-answers.ts';
import type { InProcessReport } from './in-process.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';
import { metricsCostUs } from './metrics-cost.ts';
import { HALF, measureOpenLoop, type OpenLoopResult, recommendUs, tailOf } from './open-loop-runs.ts';
import { observePhase, type ServerPhase } from './server-phase.ts';
import type { BenchServer, ServiceProcess, Target } from './server-process.ts';
import { startSpinningService } from './spinning-service.ts';
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
  /** The same without requests that the kernel's sampling of memory slowed; see {@link OpenLoopResult}. */
  readonly unsampledP99ToP50?: number;
  /** p99 / p50 of the server that only computes; lower is better. */
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
const ROUND_LIMIT_MS = 60_000;
const COMPARED_SHOPPERS = 20;

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
  // It stood idle while others were measured, and the engine gives up compiled code that is not used for long.
  await warmUp(generator, server, options.warmUp);
  await generator.send(service.traffic({ eventsRatio: options.eventsRatio }));
  const { slatesPerSecond, eventBatchesPerSecond } = capacity.oneWorker;
  const repliesPerSecond = slatesPerSecond + eventBatchesPerSecond;
  const { loadRatios, seconds } = options;
  const load = { generator, server, spinning, repliesPerSecond, loadRatios, seconds, onStep };
  const openLoop = await measureOpenLoop(load);
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

function ratiosOf(alone: AloneReport, capacity: Capacities, openLoop: readonly OpenLoopResult[]): Ratios {
  const { oneWorker, plainService, moreWorkers } = capacity;
  const half = openLoop.find(({ loadRatio }) => loadRatio === HALF);
  return {
    serviceToFloor: alone.ratio,
    ...(plainService === undefined ? {} : plainRatios(oneWorker, plainService)),
    ...(moreWorkers === undefined ? {} : workerRatios(moreWorkers, oneWorker)),
    ...(half === undefined ? {} : { openLoopP99ToP50: tailOf(recommendUs(half.report)) }),
    ...(half?.memorySampling === undefined ? {} : { unsampledP99ToP50: tailOf(half.memorySampling.outsideUs) }),
    ...(half?.spinningUs === undefined ? {} : { spinningP99ToP50: tailOf(half.spinningUs) }),
  };
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
