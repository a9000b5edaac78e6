import { Generator } from '../load/generator.ts';
import { isClean } from '../load/outcome-counts.ts';
import { isFull } from '../load/saturation.ts';
import { type CapacityReport, measureCapacities, turnsOf } from './capacity.ts';
import type { Cleanup } from './cleanup.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { observePhase } from './server-phase.ts';
import type { MeasureOptions } from './synthetic-measure.ts';
import { type SyntheticService, WIDE_BUDGETS, warmUp } from './synthetic-service.ts';

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
    const capacity = (await measureCapacities([contender], turnsOf(seconds))).server;
    const faults = isClean(report) ? [] : [`closed loop: ${JSON.stringify({ ...report, encodedLatency: undefined })}`];
    if (!isFull(capacity.counts)) faults.push(`saturation: ${JSON.stringify(capacity.counts)}`);
    found.push({ connectionCount, latencyUs: report.latencyUs, capacity, residentBytes, faults });
  }
  return found;
}
