import { LatencyHistogram, type LatencySummary } from '../lib/latency-histogram.ts';
import { HttpConnection } from './http-connection.ts';
import { OutcomeCounter, type OutcomeCounts } from './outcome-counts.ts';
import { encodeRequest, type RequestKind, type TrafficRequest } from './traffic.ts';

export interface ClosedLoopOptions {
  readonly host: string;
  readonly port: number;
  readonly connectionCount: number;
  /** Ends after this many requests ... */
  readonly requestCount: number;
  /** ... or after this time. */
  readonly maxDurationMs: number;
}

/** How a run went: latency from the moment a request is written to the moment its reply is whole. */
export interface LoadReport extends OutcomeCounts {
  readonly durationMs: number;
  /** Replies per second. */
  readonly achievedPerSecond: number;
  readonly latencyUs: LatencySummary;
  /** Latency of each kind of request. */
  readonly latencyUsByKind: Readonly<Partial<Record<RequestKind, LatencySummary>>>;
  /** All latencies, for joining runs; left out of results. */
  readonly encodedLatency: string;
}

/**
 * Sends each request when the reply to the last one is there, on each connection: with one connection, the latency of a request that has
 * the server to itself. With more, latency says little, since a slow server is asked less.
 */
export async function runClosedLoop(
  nextRequest: () => TrafficRequest,
  options: ClosedLoopOptions,
): Promise<LoadReport> {
  const { host, port, connectionCount, requestCount, maxDurationMs } = options;
  const counter = new OutcomeCounter();
  const recorder = new LatencyRecorder();
  const startMs = performance.now();
  let left = requestCount;
  const drive = async (): Promise<void> => {
    const connection = new HttpConnection(host, port);
    while (left > 0 && performance.now() - startMs < maxDurationMs) {
      left -= 1;
      const request = nextRequest();
      const bytes = encodeRequest(request, `${host}:${port}`);
      const sentMs = performance.now();
      const exchange = await connection.send(bytes);
      recorder.record(request.kind, performance.now() - sentMs);
      counter.add(request.kind, exchange);
      // A server that is gone fails at once: without a pause the rest of the run would be one busy loop of failures.
      if (exchange.failure !== undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connectionCount }, drive));
  return recorder.report(counter.counts(), performance.now() - startMs);
}

/** Latencies over all and by kind. */
export class LatencyRecorder {
  private readonly all = new LatencyHistogram();
  private readonly byKind = new Map<RequestKind, LatencyHistogram>();

  record(kind: RequestKind, milliseconds: number): void {
    this.all.recordMs(milliseconds);
    let histogram = this.byKind.get(kind);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.byKind.set(kind, histogram);
    }
    histogram.recordMs(milliseconds);
  }

  report(counts: OutcomeCounts, durationMs: number): LoadReport {
    const { okCount, non2xxCount, degradedCount, emptyCount, rejectedCount } = counts;
    const replyCount = okCount + non2xxCount + degradedCount + emptyCount + rejectedCount;
    return {
      ...counts,
      durationMs: Math.round(durationMs),
      achievedPerSecond: Math.round((replyCount / durationMs) * 10_000) / 10,
      latencyUs: this.all.summary(),
      encodedLatency: this.all.encode(),
      latencyUsByKind: Object.fromEntries([...this.byKind].map(([kind, histogram]) => [kind, histogram.summary()])),
    };
  }
}
