import { AggregatorRegistry, type Registry } from 'prom-client';
import type { RenderedMetrics } from '../routes/operations.ts';

interface SnapshotMetric {
  readonly name: string;
  readonly help: string;
  /** `counter`, `gauge`, `histogram`. */
  readonly type: string;
  /** How values of equal labels are joined: `sum`, `max`, `first`, ... */
  readonly aggregator: string;
  readonly values: readonly {
    /** Of a histogram's series. */
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly value: number;
  }[];
}

/** The metrics of one process at one moment, as plain values that can be sent to another. */
export type MetricSnapshot = readonly SnapshotMetric[];

/** Memory, event-loop delay, processor time: sums over processes hide which one is in trouble. */
const OF_ONE_PROCESS = /^(process|nodejs)_/;

/**
 * Marks what is true of one process only with the worker it is from.
 *
 * @param worker value of the label `worker`: a number, or `supervisor`
 */
export function labelledByWorker(snapshot: MetricSnapshot, worker: string): MetricSnapshot {
  return snapshot.map((metric) => {
    if (!OF_ONE_PROCESS.test(metric.name)) return metric;
    const values = metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker } }));
    return { ...metric, aggregator: 'sum', values };
  });
}

/** What must not be lost with a process: to Prometheus a total that falls has begun anew, and its rate jumps by all that is left of it. */
export function totalsOf(snapshot: MetricSnapshot): MetricSnapshot {
  return snapshot.filter(({ name, type }) => !OF_ONE_PROCESS.test(name) && type !== 'gauge');
}

/** The present values of a registry. */
export async function snapshotOf(registry: Registry): Promise<MetricSnapshot> {
  // prom-client's typings number the types, which it names.
  return (await registry.getMetricsAsJSON()) as unknown as MetricSnapshot;
}

/** Joins snapshots into one: counters and histograms are added, gauges as each says. */
export function joinSnapshots(snapshots: readonly MetricSnapshot[]): Promise<MetricSnapshot> {
  return snapshotOf(AggregatorRegistry.aggregate([...snapshots]));
}

/** Joined snapshots in the Prometheus text format. */
export async function renderJoined(snapshots: readonly MetricSnapshot[]): Promise<RenderedMetrics> {
  const registry = AggregatorRegistry.aggregate([...snapshots]);
  return { contentType: registry.contentType, text: await registry.metrics() };
}
