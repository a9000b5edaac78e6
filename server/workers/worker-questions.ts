import type { ConfigSource } from '../config/load-config.ts';
import type { ListenAddress } from '../http/http-server.ts';
import type { MetricSnapshot } from '../observability/join-metrics.ts';
import type { CheckResult, RenderedMetrics } from '../routes/operations.ts';
import type { ServedVersions } from '../serving/model-control.ts';

/** What a worker is to be. */
export interface WorkerOrder {
  /** From 1; keeps its meaning when a worker is replaced. */
  readonly number: number;
  /** The configuration the supervisor read: a worker that is replaced later runs with the same. */
  readonly config: ConfigSource;
  readonly modelVersion: string;
}

/** What a supervisor asks its worker. */
export type WorkerQuestions = {
  /** Opens store and model. */
  readonly start: { readonly argument: WorkerOrder; readonly answer: ServedVersions };
  readonly listen: { readonly argument: ListenAddress; readonly answer: { readonly port: number } };
  readonly activate: { readonly argument: string; readonly answer: ServedVersions };
  readonly readiness: { readonly argument: undefined; readonly answer: readonly CheckResult[] };
  readonly metrics: { readonly argument: undefined; readonly answer: MetricSnapshot };
  /** Answered at once by a worker whose event loop turns. */
  readonly alive: { readonly argument: undefined; readonly answer: undefined };
  /** Answered when the worker takes no more connections and what was in work is answered; then its process ends. */
  readonly stop: { readonly argument: undefined; readonly answer: undefined };
};

/** What a worker asks its supervisor: health and metrics of all workers together. */
export type SupervisorQuestions = {
  readonly readiness: { readonly argument: undefined; readonly answer: readonly CheckResult[] };
  readonly metrics: { readonly argument: undefined; readonly answer: RenderedMetrics };
};
