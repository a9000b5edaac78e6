import { systemClock } from '../../features/core/clock.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { createMetrics } from '../../server/observability/metrics.ts';
import type { Slate } from '../../server/pipeline/query.ts';
import { makeServedRecorder } from '../../server/pipeline/record-served.ts';
import { newStageTimings } from '../../server/pipeline/stage-timings.ts';
import { aQuery } from '../../server/pipeline/testing/a-query.ts';
import { median } from './median.ts';

const PASSES = 15;
const REQUESTS_PER_PASS = 5_000;

/** What all metrics of one recommendation cost, microseconds: those of the request, of each step and of the slate. Median of passes. */
export function metricsCostUs(): number {
  const metrics = createMetrics({ hasProcessMetrics: false });
  const record = makeServedRecorder({ metrics, logger: createLogger({ level: 'error' }), clock: systemClock });
  const query = aQuery();
  const slate: Slate = { items: [], degraded: null, modelVersion: 'bench' };
  const facts = {
    stageTimings: newStageTimings().fill(0.2),
    candidateCount: 200,
    removedCounts: new Int32Array(8),
    failures: [],
    shapedBy: undefined,
  };
  const outcome = { requestId: '', method: 'POST', path: '/v1/recommend', status: 200, durationMs: 1.2 };
  const passes = Array.from({ length: PASSES }, () => {
    const startMs = performance.now();
    for (let i = 0; i < REQUESTS_PER_PASS; i++) {
      metrics.observeRequest('/v1/recommend', outcome);
      record(slate, query, facts);
    }
    return ((performance.now() - startMs) * 1_000) / REQUESTS_PER_PASS;
  });
  return Math.round(median(passes) * 100) / 100;
}
