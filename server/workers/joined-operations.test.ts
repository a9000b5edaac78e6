import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { MetricSnapshot } from '../observability/join-metrics.ts';
import type { CheckResult } from '../routes/operations.ts';
import { JoinedOperations } from './joined-operations.ts';
import type { WorkerQuestions } from './worker-questions.ts';

interface FakeWorker {
  readonly number: number;
  isAnswering: boolean;
  isCrashLooping: boolean;
  isSilent: boolean;
  requestCount: number;
  model: string;
  store: 'ok' | 'failed';
}

function snapshotOf({ requestCount, number }: FakeWorker): MetricSnapshot {
  const metric = (name: string, type: string, aggregator: string, value: number, labels = {}) => ({
    ...{ name, help: 'h', type, aggregator, values: [{ labels, value }] },
  });
  return [
    metric('vitrine_requests_total', 'counter', 'sum', requestCount, { route: '/x' }),
    metric('vitrine_model_items', 'gauge', 'max', 100 + number),
    metric('process_resident_memory_bytes', 'gauge', 'sum', number * 1_000),
    metric('nodejs_eventloop_lag_mean_seconds', 'gauge', 'average', number),
    metric('process_start_time_seconds', 'gauge', 'omit', 5),
    {
      ...{ name: 'vitrine_seconds', help: 'h', type: 'histogram', aggregator: 'sum' },
      values: [
        { metricName: 'vitrine_seconds_bucket', labels: { le: 1 }, value: requestCount },
        { metricName: 'vitrine_seconds_bucket', labels: { le: '+Inf' }, value: requestCount },
        { metricName: 'vitrine_seconds_sum', labels: {}, value: requestCount / 2 },
        { metricName: 'vitrine_seconds_count', labels: {}, value: requestCount },
      ],
    },
  ];
}

function aGroup(count: number) {
  const workers = Array.from({ length: count }, (_, i): FakeWorker => {
    const state = { isAnswering: true, isCrashLooping: false, isSilent: false };
    return { number: i + 1, ...state, requestCount: 10, model: 'v1', store: 'ok' };
  });
  let isStopping = false;
  const slots = workers.map((worker) => ({
    number: worker.number,
    get isAnswering() {
      return worker.isAnswering;
    },
    get isReady() {
      return worker.isAnswering && !worker.isCrashLooping;
    },
    get isCrashLooping() {
      return worker.isCrashLooping;
    },
    ask: async <Name extends 'readiness' | 'metrics'>(name: Name): Promise<WorkerQuestions[Name]['answer']> => {
      if (worker.isSilent) throw new VitrineError('REC_DEADLINE_EXCEEDED', 'busy');
      const checks: readonly CheckResult[] = [
        { name: 'model', status: 'ok', required: true, detail: worker.model },
        { name: 'store', status: worker.store, required: false, detail: worker.store === 'ok' ? 'lmdb' : 'REC_X' },
      ];
      return (name === 'metrics' ? snapshotOf(worker) : checks) as WorkerQuestions[Name]['answer'];
    },
  }));
  const counts: number[][] = [];
  const metrics = {
    setWorkers: (...now: number[]) => void counts.push(now),
    countWorkerEnd: () => {},
    snapshot: async (): Promise<MetricSnapshot> => snapshotOf({ ...workers[0]!, number: 9 }).slice(2, 3),
  };
  const operations = new JoinedOperations({ slots, metrics, isStopping: () => isStopping });
  const text = async (): Promise<string> => (await operations.metrics()).text;
  return { workers, operations, text, counts, stop: () => (isStopping = true) };
}

async function detailsOf(operations: JoinedOperations) {
  const checks = await operations.readiness();
  return Object.fromEntries(checks.map(({ name, status, detail }) => [name, `${status}: ${detail}`]));
}

describe('joined metrics', () => {
  it('add counters and histograms, and join other gauges as each says', async () => {
    const { text } = aGroup(3);
    const joined = await text();
    expect(joined).toContain('vitrine_requests_total{route="/x"} 30');
    expect(joined).toContain('vitrine_seconds_bucket{le="1"} 30');
    expect(joined).toContain('vitrine_seconds_sum 15');
    expect(joined).toContain('vitrine_seconds_count 30');
    expect(joined).toContain('vitrine_model_items 103');
  });

  it('keep what is true of one process apart, the supervisor among them', async () => {
    const joined = await aGroup(2).text();
    for (const [worker, value] of [
      ['1', 1_000],
      ['2', 2_000],
      ['supervisor', 9_000],
    ]) {
      expect(joined).toContain(`process_resident_memory_bytes{worker="${worker}"} ${value}`);
    }
    expect(joined).toContain('nodejs_eventloop_lag_mean_seconds{worker="2"} 2');
    expect(joined).toContain('process_start_time_seconds{worker="1"} 5');
  });

  it('never fall when a worker dies: what it had counted stays, gauges go', async () => {
    const { workers, operations, text } = aGroup(2);
    await text();
    for (let death = 1; death <= 3; death++) {
      workers[0]!.isAnswering = false;
      operations.onEnd(1);
      expect(await text()).toContain(`vitrine_requests_total{route="/x"} ${10 + 10 * death}`);
      expect(await text()).not.toContain('memory_bytes{worker="1"}');
      workers[0]!.isAnswering = true;
      expect(await text()).toContain(`vitrine_seconds_count ${20 + 10 * death}`);
    }
  });

  it('count a worker that is too busy to answer with what it told last', async () => {
    const { workers, text } = aGroup(2);
    await text();
    workers[0]!.isSilent = true;
    workers[1]!.requestCount = 15;
    expect(await text()).toContain('vitrine_requests_total{route="/x"} 25');
  });

  it('tell how many workers there should be and how many can be counted on', async () => {
    const { workers, text, counts } = aGroup(3);
    workers[0]!.isCrashLooping = true;
    await text();
    expect(counts).toEqual([[3, 2]]);
  });
});

describe('joined readiness', () => {
  it('is that of all workers, with one entry per check', async () => {
    expect(await detailsOf(aGroup(2).operations)).toEqual({
      workers: 'ok: 2 of 2 ready',
      all_workers: 'ok: 2 of 2 ready',
      model: 'ok: v1',
      store: 'ok: lmdb',
    });
  });

  it('fails a check that fails for one worker, and tells details that differ', async () => {
    const { workers, operations } = aGroup(2);
    workers[0]!.model = 'v2';
    workers[1]!.store = 'failed';
    expect(await detailsOf(operations)).toMatchObject({ model: 'ok: v2, v1', store: 'failed: REC_X' });
  });

  it('needs half of the workers, rounded up', async () => {
    for (const [count, away, expected] of [
      [2, 1, 'ok'],
      [2, 2, 'failed'],
      [3, 1, 'ok'],
      [3, 2, 'failed'],
    ] as const) {
      const { workers, operations } = aGroup(count);
      for (const worker of workers.slice(0, away)) worker.isAnswering = false;
      const checks = await operations.readiness();
      const of = (name: string) => checks.find((check) => check.name === name);
      expect(of('workers')).toMatchObject({ status: expected, required: true });
      expect(of('all_workers')).toMatchObject({ status: 'failed', required: false });
    }
  });

  it('does not count on a worker that is silent or in a crash loop', async () => {
    const { workers, operations } = aGroup(4);
    workers[0]!.isSilent = true;
    workers[1]!.isCrashLooping = true;
    expect((await detailsOf(operations)).workers).toBe('ok: 2 of 4 ready, 1 in a crash loop');
  });

  it('fails while the server stops', async () => {
    const { operations, stop } = aGroup(2);
    stop();
    const checks = await operations.readiness();
    expect(checks.find(({ name }) => name === 'stopping')).toMatchObject({ status: 'failed', required: true });
  });
});
