import type { MemoryResult } from '../run-memory.ts';
import type { SweepResult } from '../run-sweep.ts';
import type { SyntheticResult } from '../run-synthetic.ts';
import type { Environment } from './environment.ts';
import { markdownTable } from './generated-block.ts';
import { describeThreshold, GUARD_RATIO_NAMES, GUARD_RATIOS, readThresholds } from './guard-thresholds.ts';
import { median, round3 } from './median.ts';
import { HALF, tailOf } from './open-loop-runs.ts';
import { PUBLISHED_SWEEPS, type PublishedResults } from './published-results.ts';
import { p50Ratio } from './sweep-report.ts';
import { SWEEPS, type SweepName } from './sweeps.ts';
import { asMs } from './text-table.ts';

/** A text that is worked out from committed results, between markers of a document. */
export interface PublishedBlock {
  /** From the project's folder. */
  readonly document: string;
  readonly name: string;
  readonly render: (results: PublishedResults) => string;
}

export const PUBLISHED_BLOCKS: readonly PublishedBlock[] = [
  { document: 'README.md', name: 'performance', render: performanceBlock },
  { document: 'docs/sizing.md', name: 'capacity', render: capacityBlock },
  { document: 'docs/sizing.md', name: 'memory', render: memoryBlock },
  { document: 'docs/sizing.md', name: 'sweeps', render: sweepsBlock },
  { document: 'bench/README.md', name: 'guard', render: guardBlock },
];

const NOT_RECORDED = 'Not recorded yet.';
const MIB = 2 ** 20;

type Row = readonly [what: string, figure: string, aim: string];

function performanceBlock({ reference, memory, sweeps }: PublishedResults): string {
  if (reference === undefined) return NOT_RECORDED;
  const rows = [...referenceRows(reference), ...scaleRows(sweeps.scale), ...memoryRows(memory)];
  return [settingOf(reference), '', markdownTable(['', 'measured', 'aim'], rows), '', recordedBy(reference)].join('\n');
}

function settingOf({ parameters, environment }: SyntheticResult): string {
  const { items, candidates, fields, dim, count, store, events } = parameters;
  return `${number(items)} products, ${candidates} candidates ranked for each request, ${fields} fields, embeddings of ${dim}, lists of ${count}, ${store === 'redis' ? 'Redis' : 'LMDB'}; rules and metrics on, one request in ${Math.round(1 / events)} a batch of events; ${machineOf(environment)}, shared by server, store and load generator.`;
}

function recordedBy({
  environment,
  faults,
}: {
  readonly environment: Environment;
  readonly faults: readonly string[];
}) {
  const { command, commit, isCommitChanged, at, loadAverageBefore } = environment;
  const version = `${commit.slice(0, 7)}${isCommitChanged ? ' with changes' : ''}`;
  const busy =
    loadAverageBefore > 0.5 ? `; the machine was busy with other things (load average ${loadAverageBefore})` : '';
  const invalid = faults.length === 0 ? '' : `; not valid for claims: ${faults.length} faults in the result`;
  return `\`${command}\` at ${version}, ${at.slice(0, 10)}${busy}${invalid}. Compare ratios, not times of different machines.`;
}

function referenceRows({ capacity, ratios, alone, inProcess, openLoop, plainAloneUs }: SyntheticResult): Row[] {
  const { oneWorker, plainService, moreWorkers } = capacity;
  const rows: Row[] = [['lists per second, one worker', number(oneWorker.slatesPerSecond), '']];
  if (plainService !== undefined && ratios.oneWorkerToPlain !== undefined) {
    rows.push(['lists per second, plain service of the same parts', number(plainService.slatesPerSecond), '']);
    rows.push(['one worker / plain service', String(ratios.oneWorkerToPlain), 'at least 2.5']);
  }
  if (moreWorkers !== undefined && ratios.moreWorkersToOne !== undefined) {
    rows.push(['two workers / one worker', String(ratios.moreWorkersToOne), 'at least 1.3']);
  }
  const { p50, p99 } = alone.serviceUs;
  const beside = plainAloneUs === undefined ? '' : `; plain service ${asMs(plainAloneUs.p50)} ms`;
  rows.push(['one request at a time, p50 / p99', `${asMs(p50)} / ${asMs(p99)} ms${beside}`, '']);
  const floor = asMs(alone.floor.sumOfP50Us);
  rows.push([`p50 / the calls it cannot do without (${floor} ms)`, String(ratios.serviceToFloor), 'at most 1.3']);
  if (inProcess !== undefined) {
    const javascriptUs = inProcess.javascriptUs.p50;
    rows.push(['JavaScript outside native calls, p50', `${javascriptUs} us`, 'at most 100 us']);
    const without = round3((p50 - javascriptUs) / alone.floor.sumOfP50Us);
    rows.push(['(p50 - JavaScript) / the same calls: what sockets and the event loop add', String(without), '']);
  }
  for (const { loadRatio, report, disturbance, spinningUs, memorySampling, serverCores, server } of openLoop) {
    const latency = report.latencyUsByKind.recommend ?? report.latencyUs;
    const missed = report.sentCount - report.okCount;
    const isHalf = loadRatio === HALF;
    const stalled = `; the machine stood still ${round3(disturbance.stalledRatio * 100)} % of the time`;
    // Missing: on machines without /proc.
    const busy = !Number.isFinite(serverCores) ? '' : `; the server took ${serverCores} of a core`;
    const collected =
      server.majorCollections === undefined ? '' : `; major collections: ${server.majorCollections.count}`;
    rows.push([
      `open loop at ${loadRatio * 100} % of capacity, ${number(report.offeredPerSecond)}/s: p50 / p99`,
      `${asMs(latency.p50)} / ${asMs(latency.p99)} ms, ${missed === 0 ? 'no error, none degraded' : `${missed} not full answers`}${busy}${collected}${stalled}`,
      isHalf ? 'p99 at most 5 x p50, all full' : '',
    ]);
    if (isHalf && memorySampling !== undefined) {
      const { samplingCount, duringUs, outsideUs } = memorySampling;
      rows.push([
        `of these, outside 0.15 s after each time the kernel sampled memory (${samplingCount} times)`,
        `${asMs(outsideUs.p50)} / ${asMs(outsideUs.p99)} ms: p99 ${tailOf(outsideUs)} x p50; within ${asMs(duringUs.p50)} / ${asMs(duringUs.p99)} ms`,
        '',
      ]);
    }
    if (spinningUs !== undefined) {
      const ratio = tailOf(spinningUs);
      rows.push([
        'the same rate to a server of the same capacity that only computes',
        `${asMs(spinningUs.p50)} / ${asMs(spinningUs.p99)} ms: p99 ${ratio} x p50 by the machine alone`,
        '',
      ]);
    }
  }
  return rows;
}

/** The largest size beside the reference size. */
function scaleRows(scale: SweepResult | undefined): Row[] {
  const [reference, large] = [scale?.rows[0], scale?.rows.at(-1)];
  if (reference === undefined || large === undefined || reference === large) return [];
  const [items, candidates] = large.label.split('/').map(Number) as [number, number];
  const passes = large.passP50Us === undefined ? '' : ` (median of ${large.passP50Us.length} passes)`;
  const figure = `${asMs(large.latencyUs.p50)} ms, ${p50Ratio(large, reference)} times the reference size${passes}`;
  return [[`${number(items)} products, ${candidates} candidates: p50`, figure, 'at most 2.5 times']];
}

function memoryRows(memory: MemoryResult | undefined): Row[] {
  if (memory === undefined) return [];
  const { growth, bytesPerItem } = memory;
  const grown = `${mebibytes(growth.grownBytes)} MiB (noise ${mebibytes(growth.noiseBytes)} MiB); by the median slope ${mebibytes(growth.grownByMedianBytes)} MiB, from first to last ${mebibytes(growth.risenBytes)} MiB`;
  return [
    ['memory of a product in a worker', `${number(bytesPerItem.resident)} bytes`, 'stated'],
    [`growth of a worker over ${number(growth.requestCount)} requests`, grown, 'within noise'],
  ];
}

function capacityBlock({ reference }: PublishedResults): string {
  if (reference === undefined) return NOT_RECORDED;
  const { oneWorker, moreWorkers } = reference.capacity;
  const half = reference.openLoop.find(({ loadRatio }) => loadRatio === HALF)?.report;
  const latency = half?.latencyUsByKind.recommend;
  const rows: (readonly [string, string])[] = [
    ['lists per second, one worker, at most', number(oneWorker.slatesPerSecond)],
    ['besides, batches of events per second', number(oneWorker.eventBatchesPerSecond)],
    [
      'lists per second of processor time of the worker',
      number(Math.round(median(oneWorker.roundsPerProcessorSecond))),
    ],
  ];
  if (moreWorkers !== undefined) {
    rows.push([
      `lists per second, ${reference.parameters.workers} workers on ${reference.environment.cpuCount} cores, at most`,
      number(moreWorkers.slatesPerSecond),
    ]);
  }
  if (half !== undefined && latency !== undefined) {
    const times = `${asMs(latency.p50)} / ${asMs(latency.p95)} / ${asMs(latency.p99)} ms`;
    rows.push([`at half of one worker's capacity (${number(half.offeredPerSecond)}/s): p50 / p95 / p99`, times]);
  }
  return [settingOf(reference), '', markdownTable(['', 'measured'], rows), '', recordedBy(reference)].join('\n');
}

function memoryBlock({ memory }: PublishedResults): string {
  if (memory === undefined) return NOT_RECORDED;
  const { baseBytes, bytesPerItem, shoppers, workers, growth } = memory;
  const rows: (readonly [string, string])[] = [
    ['a worker without products', `${mebibytes(baseBytes)} MiB`],
    ['a product in a worker', `${number(bytesPerItem.resident)} bytes`],
    ['- of them objects and strings', number(bytesPerItem.heap)],
    ['- of them typed arrays', number(bytesPerItem.external)],
    ['- the rest: index, models', number(bytesPerItem.resident - bytesPerItem.heap - bytesPerItem.external)],
    ...workers.map((one): [string, string] => [
      `measured: a worker with ${number(one.itemCount)} products`,
      `${mebibytes(one.residentBytes)} MiB`,
    ]),
    ...shoppers.map(({ store, bytesPerShopper }): [string, string] => [
      `a shopper in ${store === 'redis' ? 'Redis' : 'LMDB (on disk)'}`,
      `${number(bytesPerShopper)} bytes`,
    ]),
    [
      `growth of a worker over ${number(growth.requestCount)} requests`,
      `${mebibytes(growth.grownBytes)} MiB, noise ${mebibytes(growth.noiseBytes)} MiB; by the median slope ${mebibytes(growth.grownByMedianBytes)} MiB, from first to last ${mebibytes(growth.risenBytes)} MiB`,
    ],
    ['- objects and buffers kept, before and after', `${growth.keptBytes.map(mebibytes).join(' and ')} MiB`],
  ];
  return [markdownTable(['', 'measured'], rows), '', recordedBy(memory)].join('\n');
}

function sweepsBlock({ sweeps }: PublishedResults): string {
  const parts = PUBLISHED_SWEEPS.flatMap((name) => {
    const result = sweeps[name];
    return result === undefined ? [] : [sweepTable(name, result)];
  });
  return parts.length === 0 ? NOT_RECORDED : parts.join('\n\n');
}

function sweepTable(name: SweepName, result: SweepResult): string {
  const isClosedLoop = name === 'connections';
  const headings = [
    SWEEPS[name].title,
    isClosedLoop ? 'p50 ms, closed loop' : 'p50 ms, one at a time',
    'p99 ms',
    'lists/s',
    'worker MiB',
  ];
  const rows = result.rows.map(({ label, latencyUs, slatesPerSecond, residentBytes }) => [
    label,
    asMs(latencyUs.p50),
    asMs(latencyUs.p99),
    number(slatesPerSecond),
    mebibytes(residentBytes),
  ]);
  return [markdownTable(headings, rows), '', recordedBy(result)].join('\n');
}

function guardBlock({ guard }: PublishedResults): string {
  if (guard === undefined) return NOT_RECORDED;
  const thresholds = readThresholds();
  const rows = GUARD_RATIO_NAMES.map((name) => {
    const {
      min,
      median: middle,
      max,
    } = guard.summary[name] ?? { min: Number.NaN, median: Number.NaN, max: Number.NaN };
    return [
      GUARD_RATIOS[name],
      ...[min, middle, max].map((ratio) => ratio.toFixed(2)),
      describeThreshold(thresholds[name]),
    ];
  });
  const busyCount = guard.runs.filter(({ disturbingProcesses }) => disturbingProcesses > 0).length;
  const loads = guard.runs.map(({ loadAverageBefore }) => loadAverageBefore);
  const runs = `${guard.runs.length} runs, ${busyCount} of them with processes of the guard's own keeping the machine busy; load average before a run ${Math.min(...loads)} to ${Math.max(...loads)} on ${guard.environment.cpuCount} cores (${[...new Set(guard.runs.map(({ cpuModel }) => cpuModel))].join('; ')}).`;
  return [markdownTable(['ratio', 'lowest', 'median', 'highest', 'threshold'], rows), '', runs].join('\n');
}

function machineOf({ cpuCount, cpuModel }: Environment): string {
  return `${cpuCount} cores (${cpuModel})`;
}

/** With blanks between thousands. */
function number(value: number): string {
  const [whole, fraction] = String(Math.round(value * 10) / 10).split('.');
  const grouped = whole!.replaceAll(/\B(?=(\d{3})+$)/g, ' ');
  return fraction === undefined || Math.abs(value) >= 100 ? grouped : `${grouped}.${fraction}`;
}

function mebibytes(bytes: number): string {
  return (bytes / MIB).toFixed(Math.abs(bytes) < 10 * MIB ? 1 : 0);
}
