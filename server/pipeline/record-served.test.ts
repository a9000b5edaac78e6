import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../features/core/clock.ts';
import { VitrineError } from '../../features/core/errors.ts';
import type { LogFields } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import { makeServedRecorder } from './record-served.ts';
import type { ServedFacts } from './served.ts';
import type { Failure } from './slate-draft.ts';
import { aQuery } from './testing/a-query.ts';

const unavailable: Failure = {
  tier: 'popularity',
  reason: 'store_unavailable',
  error: new VitrineError('REC_STORE_UNAVAILABLE', 'connection refused'),
};
const unreadable: Failure = {
  tier: 'popularity',
  reason: 'profile_unreadable',
  error: new VitrineError('REC_RECORD_INVALID', 'cut off'),
};

function recorder() {
  const metrics = createMetrics({ hasProcessMetrics: false });
  const clock = new ManualClock(1_000_000);
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  const record = makeServedRecorder({ metrics, clock, logger: { warn: at('warn'), error: at('error') } });
  const serve = (failures: readonly Failure[] = []) => {
    const facts: ServedFacts = {
      stageTimings: Float64Array.of(1, 2, 3, 4, 5, 6),
      candidateCount: 42,
      removedCounts: new Int32Array(6),
      failures,
      shapedBy: undefined,
    };
    const [first] = failures;
    const degraded = first === undefined ? null : { tier: first.tier, reasons: [first.reason] };
    record({ items: [], degraded, modelVersion: 'v1' }, aQuery(), facts);
  };
  return { metrics, clock, lines, serve };
}

describe('served recorder', () => {
  it('counts stages in seconds and candidates', async () => {
    const { metrics, serve, lines } = recorder();
    serve();
    const { text } = await metrics.render();
    expect(text).toContain('vitrine_stage_duration_seconds_sum{stage="know"} 0.001');
    expect(text).toContain('vitrine_stage_duration_seconds_sum{stage="rank"} 0.004');
    expect(text).toContain('vitrine_candidates_sum 42');
    expect(text).not.toContain('vitrine_degraded_total{');
    expect(lines).toEqual([]);
  });

  it('counts degraded slates and what made them so', async () => {
    const { metrics, serve } = recorder();
    serve([unavailable]);
    serve([unavailable]);
    const { text } = await metrics.render();
    expect(text).toContain('vitrine_degraded_total{tier="popularity",reason="store_unavailable"} 2');
    expect(text).toContain('vitrine_errors_total{code="REC_STORE_UNAVAILABLE"} 2');
  });

  it('writes one line per reason and ten seconds, however many queries fail', () => {
    const { clock, serve, lines } = recorder();
    for (let i = 0; i < 500; i++) serve([unavailable]);
    expect(lines.map(({ level, fields }) => [level, fields.reason, fields.count])).toEqual([
      ['warn', 'store_unavailable', 1],
    ]);
    clock.advance(10_000);
    serve([unavailable]);
    expect(lines.at(-1)?.fields.count).toBe(500);
  });

  it('calls for a person when a record is broken', () => {
    const { serve, lines } = recorder();
    serve([unreadable]);
    expect(lines.map(({ level }) => level)).toEqual(['error']);
  });
});
