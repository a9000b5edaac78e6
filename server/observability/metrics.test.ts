import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../features/profile/event.ts';
import type { RequestOutcome } from '../http/http-server.ts';
import { createMetrics, DURATION_BUCKETS_SECONDS, type Metrics } from './metrics.ts';
import { TypedCounter, TypedHistogram } from './typed-metrics.ts';

/** Samples of a scrape by `name{labels}`, and the HELP and TYPE of each metric. */
async function scrape(metrics: Pick<Metrics, 'render'>) {
  const { text } = await metrics.render();
  return parse(text);
}

function parse(text: string) {
  const samples = new Map<string, number>();
  const helps = new Map<string, string>();
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    const sample = /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    if (help !== null) helps.set(help[1]!, help[2]!);
    else if (type !== null) types.set(type[1]!, type[2]!);
    else if (sample !== null) samples.set(sample[1]!, sample[2] === 'Nan' ? Number.NaN : Number(sample[2]));
    else if (line !== '') throw new Error(`not a line of the text format: ${line}`);
  }
  return { samples, helps, types };
}

function anOutcome(fields: Partial<RequestOutcome> = {}): RequestOutcome {
  return { requestId: 'r', method: 'GET', path: '/v1/items/secret-id', status: 200, durationMs: 2, ...fields };
}

describe('createMetrics', () => {
  it('counts requests by route and status', async () => {
    const metrics = createMetrics({ hasProcessMetrics: false });
    metrics.observeRequest('/v1/items/{id}', anOutcome());
    metrics.observeRequest('/v1/items/{id}', anOutcome());
    metrics.observeRequest('/v1/items/{id}', anOutcome({ status: 404, code: 'REC_UNKNOWN_ITEM' }));
    const { samples } = await scrape(metrics);
    expect(samples.get('vitrine_requests_total{route="/v1/items/{id}",status="200"}')).toBe(2);
    expect(samples.get('vitrine_requests_total{route="/v1/items/{id}",status="404"}')).toBe(1);
    expect(samples.get('vitrine_errors_total{code="REC_UNKNOWN_ITEM"}')).toBe(1);
  });

  it('files durations in cumulative buckets of seconds, edges included', async () => {
    const metrics = createMetrics({ hasProcessMetrics: false });
    for (const durationMs of [0.5, 0.6, 100, 101, 5_000]) metrics.observeRequest('/a', anOutcome({ durationMs }));
    const { samples } = await scrape(metrics);
    const bucket = (le: string) =>
      samples.get(`vitrine_request_duration_seconds_bucket{le="${le}",route="/a",outcome="ok"}`);
    expect(bucket('0.0005')).toBe(1);
    expect(bucket('0.001')).toBe(2);
    expect(bucket('0.05')).toBe(2);
    expect(bucket('0.1')).toBe(3);
    expect(bucket('0.25')).toBe(4);
    expect(bucket('2')).toBe(4);
    expect(bucket('+Inf')).toBe(5);
    expect(samples.get('vitrine_request_duration_seconds_count{route="/a",outcome="ok"}')).toBe(5);
    expect(samples.get('vitrine_request_duration_seconds_sum{route="/a",outcome="ok"}')).toBeCloseTo(5.2021, 9);
  });

  it('names the outcome of a request by who must act', async () => {
    const metrics = createMetrics({ hasProcessMetrics: false });
    const outcomes = {
      200: 'ok',
      204: 'ok',
      404: 'client_error',
      499: 'aborted',
      500: 'error',
      503: 'unavailable',
      504: 'deadline',
    };
    for (const status of Object.keys(outcomes))
      metrics.observeRequest(`/${status}`, anOutcome({ status: Number(status) }));
    const { samples } = await scrape(metrics);
    for (const [status, outcome] of Object.entries(outcomes)) {
      expect(samples.get(`vitrine_request_duration_seconds_count{route="/${status}",outcome="${outcome}"}`)).toBe(1);
    }
  });

  it('counts stages, candidates, degradations, events and errors', async () => {
    const metrics = createMetrics({ hasProcessMetrics: false });
    metrics.observeStage('rank', 0.0003);
    metrics.observeCandidates(250);
    metrics.countDegraded({ tier: 'popularity', reasons: ['store_unavailable', 'ranker_failed'] });
    metrics.countEvent('purchase', 'accepted');
    metrics.countEvent(undefined, 'rejected');
    metrics.countError('REC_RECORD_INVALID');
    const { samples } = await scrape(metrics);
    expect(samples.get('vitrine_stage_duration_seconds_bucket{le="0.00025",stage="rank"}')).toBe(0);
    expect(samples.get('vitrine_stage_duration_seconds_bucket{le="0.0005",stage="rank"}')).toBe(1);
    expect(samples.get('vitrine_candidates_bucket{le="200"}')).toBe(0);
    expect(samples.get('vitrine_candidates_bucket{le="300"}')).toBe(1);
    expect(samples.get('vitrine_candidates_sum')).toBe(250);
    expect(samples.get('vitrine_degraded_total{tier="popularity",reason="store_unavailable"}')).toBe(1);
    expect(samples.get('vitrine_degraded_total{tier="popularity",reason="ranker_failed"}')).toBe(1);
    expect(samples.get('vitrine_events_total{type="purchase",result="accepted"}')).toBe(1);
    expect(samples.get('vitrine_events_total{type="unknown",result="rejected"}')).toBe(1);
    expect(samples.get('vitrine_errors_total{code="REC_RECORD_INVALID"}')).toBe(1);
  });

  it('keeps counting between scrapes', async () => {
    const metrics = createMetrics({ hasProcessMetrics: false });
    metrics.countEvent('search', 'accepted');
    await scrape(metrics);
    metrics.countEvent('search', 'accepted');
    const { samples } = await scrape(metrics);
    expect(samples.get('vitrine_events_total{type="search",result="accepted"}')).toBe(2);
  });

  it('shows the model being served and not the one before', async () => {
    const metrics = createMetrics({ hasProcessMetrics: false });
    metrics.setModel({ modelVersion: 'v1', featureSchemaFingerprint: 'f1', itemCount: 10 });
    metrics.setModel({ modelVersion: 'v2', featureSchemaFingerprint: 'f2', itemCount: 20 });
    const { samples } = await scrape(metrics);
    const models = [...samples.keys()].filter((key) => key.startsWith('vitrine_model_info'));
    expect(models).toEqual(['vitrine_model_info{model_version="v2",feature_schema_fingerprint="f2"}']);
    expect(samples.get('vitrine_model_items')).toBe(20);
  });

  it('says help and unit of every metric of ours, and names times and totals in base units', async () => {
    const metrics = createMetrics();
    const { helps, types } = await scrape(metrics);
    const ours = [...types.keys()].filter((name) => name.startsWith('vitrine_'));
    expect(ours.length).toBeGreaterThan(9);
    for (const name of ours) {
      expect(helps.get(name), name).toMatch(/Unit: [a-z]+\.$|always 1\.$/);
      if (types.get(name) === 'counter') expect(name).toMatch(/_total$/);
      if (helps.get(name)!.includes('Unit: seconds')) expect(name).toMatch(/_seconds$/);
    }
  });

  it('has metrics of the process too', async () => {
    const { samples } = await scrape(createMetrics());
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    expect([...samples.keys()].some((key) => key.startsWith('nodejs_eventloop_lag'))).toBe(true);
  });

  it('never has a path or an id as a label', async () => {
    const metrics = createMetrics({ hasProcessMetrics: false });
    metrics.observeRequest('unmatched', anOutcome({ path: '/v1/items/secret-id', status: 404 }));
    expect((await metrics.render()).text).not.toContain('secret-id');
  });

  it('has an edge on the default budget and timeout', () => {
    expect(DURATION_BUCKETS_SECONDS).toContain(0.1);
    expect(DURATION_BUCKETS_SECONDS).toContain(2);
    expect([...DURATION_BUCKETS_SECONDS].sort((a, b) => a - b)).toEqual(DURATION_BUCKETS_SECONDS);
  });
});

describe('TypedCounter and TypedHistogram', () => {
  it('grow with their series', async () => {
    const registry = new Registry();
    const counter = new TypedCounter(registry, { name: 'c_total', help: 'h', labelNames: ['l'] });
    const histogram = new TypedHistogram(registry, { name: 'h', help: 'h', labelNames: ['l'], buckets: [1] });
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 100; i++) {
        counter.add(i, `v${i}`);
        histogram.observe(i, `v${i}`);
      }
    }
    const { samples } = parse(await registry.metrics());
    for (let i = 0; i < 100; i++) {
      expect(samples.get(`c_total{l="v${i}"}`)).toBe(2 * i);
      expect(samples.get(`h_sum{l="v${i}"}`)).toBe(2 * i);
      expect(samples.get(`h_bucket{le="1",l="v${i}"}`)).toBe(i <= 1 ? 2 : 0);
    }
  });

  it('count further label values together when a label turns out to be unbounded', async () => {
    const registry = new Registry();
    const counter = new TypedCounter(registry, { name: 'c_total', help: 'h', labelNames: ['l'] });
    for (let i = 0; i < 10_000; i++) counter.add(1, `v${i}`);
    const { samples } = parse(await registry.metrics());
    expect(samples.size).toBe(512);
    expect(samples.get('c_total{l="other"}')).toBe(10_000 - 511);
  });

  it('keep label values with quotes and line breaks readable', async () => {
    const registry = new Registry();
    const counter = new TypedCounter(registry, { name: 'c_total', help: 'h', labelNames: ['a', 'b'] });
    counter.add(1, 'x"\n', EVENT_TYPES[0]);
    expect(parse(await registry.metrics()).samples.size).toBe(1);
  });
});
