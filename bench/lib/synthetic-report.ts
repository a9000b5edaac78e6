import { FLOOR_CALLS } from './floor.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { round3 } from './median.ts';
import type { SyntheticMeasurement } from './synthetic-measure.ts';
import { asMs, textTable } from './text-table.ts';

/** A measurement as text for people: a table, the ratios, and what makes it invalid. */
export function describeMeasurement(measured: SyntheticMeasurement): string {
  const lines = ['', textTable(['milliseconds', 'p50', 'p95', 'p99', 'max', 'per second'], rowsOf(measured)), ''];
  lines.push(...ratioLines(measured), ...costLines(measured));
  if (measured.faults.length > 0) {
    lines.push('', 'NOT VALID for claims:', ...measured.faults.map((fault) => `  ${fault}`));
  }
  return lines.join('\n');
}

function rowsOf({ alone, plainAloneUs, capacity, openLoop }: SyntheticMeasurement): string[][] {
  const { floor, serviceUs, httpUs } = alone;
  const rows = FLOOR_CALLS.map((call) => rowOf(`bare: ${call}`, floor.callsUs[call]));
  rows.push(
    ['bare calls, sum of p50', asMs(floor.sumOfP50Us), '', '', '', ''],
    rowOf('HTTP alone (GET /livez)', httpUs),
    rowOf(`service, one request at a time${alone.isClean ? '' : ' (invalid)'}`, serviceUs),
  );
  if (plainAloneUs !== undefined) rows.push(rowOf('plain service, one request at a time', plainAloneUs));
  const { oneWorker, plainService, moreWorkers } = capacity;
  rows.push(['capacity, one worker', '', '', '', '', String(oneWorker.slatesPerSecond)]);
  if (moreWorkers !== undefined) {
    rows.push(['capacity, more workers', '', '', '', '', String(moreWorkers.slatesPerSecond)]);
  }
  if (plainService !== undefined) {
    rows.push(['capacity, plain service', '', '', '', '', String(plainService.slatesPerSecond)]);
  }
  for (const { loadRatio, report, isClean, disturbance, serverCores } of openLoop) {
    const stalled = `, server took ${serverCores} of a core, machine stood still ${round3(disturbance.stalledRatio * 100)} %`;
    const label = `open loop, ${loadRatio * 100} % of one worker${stalled}${isClean ? '' : ' (invalid)'}`;
    rows.push(rowOf(label, report.latencyUsByKind.recommend ?? report.latencyUs, report.achievedPerSecond));
  }
  return rows;
}

function rowOf(label: string, { p50, p95, p99, max }: LatencySummary, perSecond?: number): string[] {
  return [label, ...[p50, p95, p99, max].map(asMs), perSecond === undefined ? '' : String(perSecond)];
}

function ratioLines({ ratios }: SyntheticMeasurement): string[] {
  const named: readonly (readonly [string, number | undefined])[] = [
    ['one request at a time / sum of bare calls', ratios.serviceToFloor],
    ['capacity of one worker / plain service', ratios.oneWorkerToPlain],
    ['the same per second of processor time', ratios.perProcessorSecondToPlain],
    ['capacity of more workers / one worker', ratios.moreWorkersToOne],
    ['more workers / one worker per second of processor time', ratios.moreWorkersPerProcessorSecond],
    ['open loop at 50 %: p99 / p50', ratios.openLoopP99ToP50],
    ['the same outside 0.15 s after each time the kernel sampled memory', ratios.unsampledP99ToP50],
    ['p99 / p50 of a server of the same capacity that only computes: what the machine does', ratios.spinningP99ToP50],
  ];
  return named.flatMap(([name, ratio]) => (ratio === undefined ? [] : [`${name}: ${ratio}`]));
}

function costLines({ inProcess, metricsUs, aloneServer }: SyntheticMeasurement): string[] {
  const lines: string[] = [];
  if (inProcess !== undefined) {
    const { requestUs, javascriptUs, afterReplyUs } = inProcess;
    lines.push(
      `in one process without HTTP: ${requestUs.p50} us a request, ${javascriptUs.p50} us of them outside native calls; ${afterReplyUs.p50} us after the reply`,
    );
  }
  lines.push(`all metrics of a request: ${metricsUs} us`);
  lines.push(`server memory ${Math.round(aloneServer.residentBytes / 2 ** 20)} MiB`);
  return lines;
}
