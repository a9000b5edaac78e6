import { type Static, Type } from 'typebox';
import { Deadline } from '../../features/core/deadline.ts';
import type { HttpReply } from '../http/http-server.ts';
import { jsonReply } from '../http/json-body.ts';
import { errorCodeOf } from '../http/problem.ts';
import type { DocumentedRoute } from './documented-route.ts';

/** Paths that answer however many requests are in work. */
export const OPERATION_PATHS: readonly string[] = ['/livez', '/readyz', '/metrics'];

/** Something the server needs or would like to have. */
export interface ReadinessCheck {
  /** Stable, for people and alerts: `store`, `model`. */
  readonly name: string;
  /** False: without it replies are degraded, and the server stays ready. */
  readonly isRequired: boolean;
  /** Resolves with a few words about what it found, rejects when it is not there. Safe to show: no secrets. */
  readonly check: (deadline: Deadline) => Promise<string>;
}

/** Longest a check may take; probes of orchestrators give up after about a second. */
const CHECK_BUDGET_MS = 500;

const checkSchema = Type.Object(
  {
    name: Type.String(),
    status: Type.Enum(['ok', 'failed']),
    required: Type.Boolean(),
    detail: Type.String({ description: 'What was found, or the code of the failure.' }),
  },
  { additionalProperties: false },
);

/** Reply of `GET /readyz`. */
const readinessSchema = Type.Object(
  {
    status: Type.Enum(['ready', 'degraded', 'unavailable'], {
      description: '`degraded`: answers, with less than a full list. `unavailable`: send no requests here.',
    }),
    checks: Type.Array(checkSchema),
  },
  { additionalProperties: false },
);

/** What a check found. */
export type CheckResult = Readonly<Static<typeof checkSchema>>;

/** Where health and metrics come from: one process, or all workers together. */
export interface OperationsSource {
  readonly readiness: () => Promise<readonly CheckResult[]>;
  readonly metrics: () => Promise<RenderedMetrics>;
}

const livenessSchema = Type.Object({ status: Type.Literal('ok') }, { additionalProperties: false });

/** `GET /livez`: the process runs and its event loop turns; nothing else is looked at. */
export function makeLivezRoute(): DocumentedRoute {
  return {
    method: 'GET',
    pattern: '/livez',
    operation: {
      operationId: 'isAlive',
      summary: 'The process runs',
      tag: 'operations',
      replies: {
        200: { description: 'It does.', body: { name: 'Liveness', schema: livenessSchema }, example: { status: 'ok' } },
      },
      errors: [],
    },
    handle: () => jsonReply({ status: 'ok' }),
  };
}

/** `GET /readyz`: 200 while requests can be answered, degraded or not; 503 when a required check fails. */
export function makeReadyzRoute(results: () => Promise<readonly CheckResult[]>): DocumentedRoute {
  const example = {
    status: 'degraded',
    checks: [
      { name: 'model', status: 'ok', required: true, detail: '20260101-120000' },
      { name: 'store', status: 'failed', required: false, detail: 'REC_STORE_UNAVAILABLE' },
    ],
  };
  const body = { name: 'Readiness', schema: readinessSchema };
  return {
    method: 'GET',
    pattern: '/readyz',
    operation: {
      operationId: 'isReady',
      summary: 'Whether requests may be sent here, check by check',
      tag: 'operations',
      replies: {
        200: { description: 'Ready, perhaps degraded.', body, example },
        503: { description: 'A required check failed.', body },
      },
      errors: [],
    },
    handle: async () => readinessReply(await results()),
  };
}

/** Runs checks side by side. Never rejects: a check that does is `failed`. */
export function runChecks(checks: readonly ReadinessCheck[]): Promise<readonly CheckResult[]> {
  return Promise.all(checks.map(runCheck));
}

function readinessReply(results: readonly CheckResult[]): HttpReply {
  const failed = results.filter((result) => result.status === 'failed');
  const isUnavailable = failed.some((result) => result.required);
  const status = isUnavailable ? 'unavailable' : failed.length > 0 ? 'degraded' : 'ready';
  return jsonReply({ status, checks: results }, isUnavailable ? 503 : 200);
}

async function runCheck({ name, isRequired, check }: ReadinessCheck): Promise<CheckResult> {
  const deadline = Deadline.after(CHECK_BUDGET_MS);
  try {
    const detail = await deadline.race(check(deadline), name);
    return { name, status: 'ok', required: isRequired, detail };
  } catch (error) {
    return { name, status: 'failed', required: isRequired, detail: errorCodeOf(error) };
  }
}

/** What a scrape gets. */
export interface RenderedMetrics {
  readonly contentType: string;
  readonly text: string;
}

/** `GET /metrics` in the Prometheus text format. */
export function makeMetricsRoute(render: () => Promise<RenderedMetrics>): DocumentedRoute {
  return {
    method: 'GET',
    pattern: '/metrics',
    operation: {
      operationId: 'getMetrics',
      summary: 'Metrics in the Prometheus text format',
      tag: 'operations',
      replies: { 200: { description: 'All metrics.', contentType: 'text/plain' } },
      errors: [],
    },
    handle: async () => {
      const { contentType, text } = await render();
      return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body: text };
    },
  };
}
