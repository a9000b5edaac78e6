import { LatencyHistogram, type LatencySummary } from '../lib/latency-histogram.ts';
import { ArrivalTicker, sharedClockMs } from './arrival-ticker.ts';
import { LatencyRecorder, type LoadReport } from './closed-loop.ts';
import { HttpConnection } from './http-connection.ts';
import { OutcomeCounter } from './outcome-counts.ts';
import { encodeRequest, type TrafficRequest } from './traffic.ts';

export interface OpenLoopOptions {
  readonly host: string;
  readonly port: number;
  /** Requests per second, evenly spaced. */
  readonly ratePerSecond: number;
  readonly durationMs: number;
  /** Most requests under way; further ones wait for a connection, and their wait counts. */
  readonly connectionCount: number;
}

/** How a run went: latency from the moment a request was due to the moment its reply is whole. */
export interface OpenLoopReport extends LoadReport {
  readonly offeredPerSecond: number;
  /** From due to written: what the generator itself and a lack of free connections add; part of the latency. */
  readonly sendLagUs: LatencySummary;
  /** Each recommendation by itself, see {@link timedRequests}; left out of results. */
  readonly encodedTimeline: string;
}

/** A request of an open loop: due at, and answered after, milliseconds of the shared clock. */
export interface TimedRequest {
  readonly dueMs: number;
  readonly latencyMs: number;
}

/** The recommendations of a run one by one, in the order of their replies. */
export function timedRequests({ encodedTimeline }: OpenLoopReport): TimedRequest[] {
  const bytes = new Uint8Array(Buffer.from(encodedTimeline, 'base64'));
  const numbers = new Float64Array(bytes.buffer);
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    dueMs: numbers[2 * i]!,
    latencyMs: numbers[2 * i + 1]!,
  }));
}

/** The thread needs some time to start; the first request is due after that. */
const START_DELAY_MS = 100;
/** Requests that may wait for a connection, in seconds of the rate: beyond, the rate is more than the server can do, and the run ends. */
const MAX_BACKLOG_SECONDS = 3;
/** How long replies are waited for after the last request was due. */
const DRAIN_MS = 10_000;

/**
 * Sends requests at fixed times whatever the server does, as the world does: a request that has to wait because the server is slow counts
 * with its whole wait (no coordinated omission).
 *
 * Ends at once, with requests not sent or not answered counted as errors, when the backlog shows that the rate cannot be reached.
 */
export async function runOpenLoop(
  nextRequest: () => TrafficRequest,
  options: OpenLoopOptions,
): Promise<OpenLoopReport> {
  const run = new OpenLoopRun(nextRequest, options);
  return run.start();
}

class OpenLoopRun {
  private readonly nextRequest: () => TrafficRequest;
  private readonly options: OpenLoopOptions;
  private readonly counter = new OutcomeCounter();
  private readonly recorder = new LatencyRecorder();
  private readonly sendLag = new LatencyHistogram();
  /** Due, latency, due, latency. */
  private readonly timeline: number[] = [];
  private readonly idle: HttpConnection[];
  private readonly connections: readonly HttpConnection[];
  private readonly startMs = sharedClockMs() + START_DELAY_MS;
  private readonly intervalMs: number;
  private readonly count: number;
  private dueCount = 0;
  private sentCount = 0;
  private endedCount = 0;
  private isEnding = false;
  private onAllEnded: (() => void) | undefined;

  constructor(nextRequest: () => TrafficRequest, options: OpenLoopOptions) {
    this.nextRequest = nextRequest;
    this.options = options;
    this.intervalMs = 1_000 / options.ratePerSecond;
    this.count = Math.max(1, Math.floor(options.durationMs / this.intervalMs));
    const { host, port, connectionCount } = options;
    this.connections = Array.from({ length: connectionCount }, () => new HttpConnection(host, port));
    this.idle = [...this.connections];
  }

  async start(): Promise<OpenLoopReport> {
    const { startMs, intervalMs, count } = this;
    const maxBacklog = Math.max(100, Math.ceil(this.options.ratePerSecond * MAX_BACKLOG_SECONDS));
    let isOverloaded = false;
    const ticker = new ArrivalTicker({ startMs, intervalMs, count }, (dueCount) => {
      this.dueCount = dueCount;
      this.sendDue();
      if (this.dueCount - this.sentCount <= maxBacklog) return;
      isOverloaded = true;
      ticker.stop();
    });
    await ticker.ended;
    if (!isOverloaded) await this.drain();
    this.isEnding = true;
    for (const connection of this.connections) connection.close();
    this.counter.addUnsent(this.count - this.sentCount);
    // Requests that closing cut off settle in the microtasks before this continues.
    await new Promise((resolve) => setImmediate(resolve));
    return {
      ...this.recorder.report(this.counter.counts(), sharedClockMs() - startMs),
      offeredPerSecond: this.options.ratePerSecond,
      sendLagUs: this.sendLag.summary(),
      encodedTimeline: Buffer.from(Float64Array.from(this.timeline).buffer).toString('base64'),
    };
  }

  private sendDue(): void {
    while (!this.isEnding && this.sentCount < this.dueCount) {
      // The connection used last is the warmest.
      const connection = this.idle.pop();
      if (connection === undefined) return;
      void this.exchange(connection, this.startMs + this.sentCount++ * this.intervalMs);
    }
  }

  private async exchange(connection: HttpConnection, dueMs: number): Promise<void> {
    const { host, port } = this.options;
    const request = this.nextRequest();
    const sending = connection.send(encodeRequest(request, `${host}:${port}`));
    this.sendLag.recordMs(sharedClockMs() - dueMs);
    const exchange = await sending;
    const latencyMs = sharedClockMs() - dueMs;
    this.recorder.record(request.kind, latencyMs);
    if (request.kind === 'recommend') this.timeline.push(dueMs, latencyMs);
    this.counter.add(request.kind, exchange);
    this.endedCount += 1;
    this.idle.push(connection);
    this.sendDue();
    if (this.endedCount === this.dueCount) this.onAllEnded?.();
  }

  private async drain(): Promise<void> {
    if (this.endedCount === this.dueCount) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.onAllEnded = resolve;
      timer = setTimeout(resolve, DRAIN_MS);
    });
    clearTimeout(timer);
  }
}
