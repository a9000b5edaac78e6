import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ErrorCode } from '../../features/core/errors.ts';
import type { EventType } from '../../features/profile/event.ts';
import type { RequestOutcome } from '../http/http-server.ts';
import type { Degradation } from '../pipeline/query.ts';
import type { EventResult } from '../routes/events.ts';
import type { RenderedMetrics } from '../routes/operations.ts';
import { type CatalogueMetrics, makeCatalogueMetrics } from './catalogue-metrics.ts';
import { type MetricSnapshot, snapshotOf } from './join-metrics.ts';
import { makeStoreMetrics, type StoreMetrics } from './store-metrics.ts';
import { TypedCounter, TypedHistogram } from './typed-metrics.ts';

/** Edges from half a millisecond; 100 ms is the default budget of a recommendation, 2 s the default request timeout. */
export const DURATION_BUCKETS_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2,
];

/** Steps of a recommendation are shorter; 10, 30 and 50 ms are their default budgets. */
const STAGE_BUCKETS_SECONDS: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.03, 0.05, 0.1, 0.25,
];

const CANDIDATE_BUCKETS: readonly number[] = [0, 1, 10, 25, 50, 100, 150, 200, 300, 400, 500, 1_000, 2_000, 5_000];

/** The largest batch has 500. */
const EVENT_BATCH_BUCKETS: readonly number[] = [0, 1, 2, 5, 10, 25, 50, 100, 250, 500];

/** What is served, as label values. */
export interface ModelDescription {
  readonly modelVersion: string;
  readonly featureSchemaFingerprint: string;
  readonly itemCount: number;
}

/** The numbers of the server. Label values are small fixed sets, never ids or raw paths. */
export interface Metrics extends CatalogueMetrics, StoreMetrics {
  /** @param route pattern of the route, from the router */
  observeRequest(route: string, outcome: RequestOutcome): void;
  /** @param stage name of a pipeline step */
  observeStage(stage: string, seconds: number): void;
  /** Candidates that reached ranking. */
  observeCandidates(count: number): void;
  countDegraded(degradation: Degradation): void;
  countEvent(type: EventType | undefined, result: EventResult): void;
  /** Events in one answered batch. */
  observeEventBatch(eventCount: number): void;
  /** A failure that does not end a request. Those that do are counted by {@link observeRequest}. */
  countError(code: ErrorCode): void;
  setModel(model: ModelDescription): void;
  /** @param result `refused`: what served before goes on serving */
  countActivation(result: 'activated' | 'refused'): void;
  /** @param result `dropped`: too many were waiting; `failed`: the store did not take them */
  countLoggedSlates(result: 'logged' | 'dropped' | 'failed', count: number): void;
  /** Prometheus text format 0.0.4. */
  render(): Promise<RenderedMetrics>;
  /** The same as plain values. */
  snapshot(): Promise<MetricSnapshot>;
}

export interface MetricsOptions {
  /** Process and runtime metrics too (memory, event-loop delay, collections). @defaultValue true */
  readonly hasProcessMetrics?: boolean;
}

/** Makes the metrics of the process, in a registry of their own. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (options.hasProcessMetrics !== false) collectDefaultMetrics({ register: registry });
  const hot = hotMetrics(registry);
  const setModel = modelGauges(registry);
  return {
    ...makeCatalogueMetrics(registry),
    ...makeStoreMetrics(registry),
    observeRequest(route, outcome) {
      hot.requests.add(1, route, String(outcome.status));
      hot.durations.observe(outcome.durationMs / 1_000, route, outcomeLabel(outcome.status));
      if (outcome.code !== undefined) hot.errors.add(1, outcome.code);
    },
    observeStage: (stage, seconds) => hot.stages.observe(seconds, stage),
    observeCandidates: (count) => hot.candidates.observe(count),
    countDegraded({ tier, reasons }) {
      for (const reason of reasons.length === 0 ? ['unknown'] : reasons) hot.degraded.add(1, tier, reason);
    },
    countEvent: (type, result) => hot.events.add(1, type ?? 'unknown', result),
    observeEventBatch: (eventCount) => hot.eventBatches.observe(eventCount),
    countError: (code) => hot.errors.add(1, code),
    setModel,
    countLoggedSlates: (result, count) => hot.slates.add(count, result),
    countActivation: (result) => hot.activations.add(1, result),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    snapshot: () => snapshotOf(registry),
  };
}

function hotMetrics(registry: Registry) {
  return {
    requests: new TypedCounter(registry, {
      name: 'vitrine_requests_total',
      help: 'Requests ended, by route pattern and status; 499 means the client left first. Unit: requests.',
      labelNames: ['route', 'status'],
    }),
    durations: new TypedHistogram(registry, {
      name: 'vitrine_request_duration_seconds',
      help: 'Time from the head of a request to its reply, by route pattern and outcome. Unit: seconds.',
      labelNames: ['route', 'outcome'],
      buckets: DURATION_BUCKETS_SECONDS,
    }),
    stages: new TypedHistogram(registry, {
      name: 'vitrine_stage_duration_seconds',
      help: 'Time of one step of a recommendation. Unit: seconds.',
      labelNames: ['stage'],
      buckets: STAGE_BUCKETS_SECONDS,
    }),
    candidates: new TypedHistogram(registry, {
      name: 'vitrine_candidates',
      help: 'Candidates that reached ranking in one recommendation. Unit: candidates.',
      labelNames: [],
      buckets: CANDIDATE_BUCKETS,
    }),
    degraded: new TypedCounter(registry, {
      name: 'vitrine_degraded_total',
      help: 'Slates below a full answer, once per reason. Unit: reasons.',
      labelNames: ['tier', 'reason'],
    }),
    events: new TypedCounter(registry, {
      name: 'vitrine_events_total',
      help: 'Events of answered batches, by type and what became of them: accepted, duplicate (stored before), ignored (personalisation is off), rejected. Unit: events.',
      labelNames: ['type', 'result'],
    }),
    eventBatches: new TypedHistogram(registry, {
      name: 'vitrine_event_batch_size',
      help: 'Events in one answered batch. Unit: events.',
      labelNames: [],
      buckets: EVENT_BATCH_BUCKETS,
    }),
    activations: new TypedCounter(registry, {
      name: 'vitrine_model_activations_total',
      help: 'Changes of the model being served, by result; after `refused` the one before goes on serving. Unit: changes.',
      labelNames: ['result'],
    }),
    slates: new TypedCounter(registry, {
      name: 'vitrine_slates_logged_total',
      help: 'Served slates meant for the slate log, by what became of them. Unit: slates.',
      labelNames: ['result'],
    }),
    errors: new TypedCounter(registry, {
      name: 'vitrine_errors_total',
      help: 'Failures by code, see docs/errors.md. Unit: failures.',
      labelNames: ['code'],
    }),
  };
}

function modelGauges(registry: Registry): (model: ModelDescription) => void {
  const description = new Gauge({
    name: 'vitrine_model_info',
    help: 'Model being served, as labels; always 1.',
    labelNames: ['model_version', 'feature_schema_fingerprint'],
    aggregator: 'max',
    registers: [registry],
  });
  const items = new Gauge({
    name: 'vitrine_model_items',
    help: 'Items in the index of the model being served. Unit: items.',
    aggregator: 'max',
    registers: [registry],
  });
  return (model) => {
    description.reset();
    description.set(
      { model_version: model.modelVersion, feature_schema_fingerprint: model.featureSchemaFingerprint },
      1,
    );
    items.set(model.itemCount);
  };
}

function outcomeLabel(status: number): string {
  if (status < 400) return 'ok';
  if (status === 499) return 'aborted';
  if (status === 503) return 'unavailable';
  if (status === 504) return 'deadline';
  return status < 500 ? 'client_error' : 'error';
}
