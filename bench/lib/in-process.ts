import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeServer } from '../../server/compose.ts';
import { loadConfig, type RawConfig } from '../../server/config/load-config.ts';
import type { HttpHandler, HttpReply, HttpRequest } from '../../server/http/http-server.ts';
import { createLogger } from '../../server/observability/logger.ts';
import { Traffic, type TrafficSpec } from '../load/traffic.ts';
import type { Cleanup } from './cleanup.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';
import { installNativeClock, NATIVE_CALLS, type NativeCall, type NativeClock } from './native-clock.ts';

/**
 * What one recommendation takes in a process that has nothing else to do, from the bytes of the body to the bytes of the reply; HTTP is
 * left out. Units: microseconds.
 */
export interface InProcessReport {
  /** Requests that got no full slate; they are not in the times. */
  readonly degradedCount: number;
  readonly requestUs: LatencySummary;
  /** Sum over the request's calls of a kind. */
  readonly nativeUs: Readonly<Record<NativeCall, LatencySummary>>;
  /** Everything that is not inside a native call: JavaScript, and turns of the event loop between calls. */
  readonly javascriptUs: LatencySummary;
  /** After the reply: what is counted and logged of the slate, and the turn of the event loop it waits for. */
  readonly afterReplyUs: LatencySummary;
}

export interface InProcessOptions {
  /** Where its configuration file is written. */
  readonly folder: string;
  readonly config: RawConfig;
  readonly traffic: TrafficSpec;
}

/** The server's own code, put together as the server does, without a listener and with its native calls timed. */
export class InProcessServer {
  /** Ends it before the bench ends: its timers and its garbage are in the way of what is measured beside this process. */
  readonly close: () => Promise<void>;
  private readonly handler: HttpHandler;
  private readonly traffic: Traffic;
  private readonly clock: NativeClock;
  private histograms = newHistograms();
  private degradedCount = 0;

  static async open({ folder, config, traffic }: InProcessOptions, cleanup: Cleanup): Promise<InProcessServer> {
    const clock = installNativeClock();
    const file = join(folder, 'in-process.config.json');
    await writeFile(file, JSON.stringify({ log: { level: 'error' }, ...config }, null, 2));
    const { compiled } = loadConfig({ environment: { VITRINE_CONFIG: file }, workingDirectory: folder });
    const server = await composeServer(compiled, { logger: createLogger({ level: compiled.log.level }) });
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closing ??= server.close();
      return closing;
    };
    cleanup.add(close);
    return new InProcessServer({ handler: server.handler, close }, new Traffic(traffic, 'in-process'), clock);
  }

  private constructor(
    { handler, close }: { handler: HttpHandler; close: () => Promise<void> },
    traffic: Traffic,
    clock: NativeClock,
  ) {
    this.handler = handler;
    this.close = close;
    this.traffic = traffic;
    this.clock = clock;
  }

  /**
   * Answers `count` requests one after another and keeps their times for {@link report}.
   *
   * @param runIn requests before them that are answered, too, and not kept
   * @returns p50 of the time outside native calls in those that are kept, microseconds
   */
  async run(count: number, runIn = 0): Promise<number> {
    if (runIn > 0) await this.pass(runIn);
    const slice = new LatencyHistogram();
    for (let i = 0; i < count; i++) await this.once(slice);
    this.histograms.javascript.addEncoded(slice.encode());
    return slice.summary().p50;
  }

  /** Leaves what ran so far out of {@link report}: a warm-up. */
  forget(): void {
    this.histograms = newHistograms();
    this.degradedCount = 0;
  }

  private async pass(count: number): Promise<void> {
    const { histograms, degradedCount } = this;
    this.forget();
    await this.run(count);
    this.histograms = histograms;
    this.degradedCount = degradedCount;
  }

  report(): InProcessReport {
    const { request, native, javascript, afterReply } = this.histograms;
    const nativeUs = Object.fromEntries(NATIVE_CALLS.map((call) => [call, native[call].summary()]));
    return {
      degradedCount: this.degradedCount,
      requestUs: request.summary(),
      nativeUs: nativeUs as Record<NativeCall, LatencySummary>,
      javascriptUs: javascript.summary(),
      afterReplyUs: afterReply.summary(),
    };
  }

  private async once(javascript: LatencyHistogram): Promise<void> {
    const { clock, histograms } = this;
    const { path, body } = this.traffic.next();
    const request = requestOf(path, Buffer.from(body));
    clock.reset();
    const startMs = performance.now();
    const reply = await this.handler(request);
    const totalMs = performance.now() - startMs;
    const nativeMs = clock.totalMs;
    if (isFullSlate(reply)) this.record(javascript, totalMs, nativeMs);
    else this.degradedCount += 1;
    // What is counted and logged of a slate is done after its reply; its turn is now, and not within the next request.
    const repliedMs = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    histograms.afterReply.recordMs(performance.now() - repliedMs);
  }

  private record(javascript: LatencyHistogram, totalMs: number, nativeMs: number): void {
    const { clock, histograms } = this;
    for (const call of NATIVE_CALLS) {
      if (clock.callCount[call] === 0)
        throw new Error(`a request made no native call of kind ${call}: it is not timed`);
      histograms.native[call].recordMs(clock.spentMs[call]);
    }
    histograms.request.recordMs(totalMs);
    javascript.recordMs(totalMs - nativeMs);
  }
}

function newHistograms() {
  const native = Object.fromEntries(NATIVE_CALLS.map((call) => [call, new LatencyHistogram()]));
  return {
    request: new LatencyHistogram(),
    native: native as Record<NativeCall, LatencyHistogram>,
    javascript: new LatencyHistogram(),
    afterReply: new LatencyHistogram(),
  };
}

const NOT_ABORTED = new AbortController().signal;

function requestOf(path: string, body: Uint8Array): HttpRequest {
  return {
    requestId: 'in-process',
    method: 'POST',
    path,
    query: '',
    header: (name) => (name === 'content-type' ? 'application/json' : undefined),
    body,
    signal: NOT_ABORTED,
  };
}

/** Errors: anything but a slate. */
function isFullSlate({ status, body }: HttpReply): boolean {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString();
  if (status === 200) return text.includes('"degraded":null');
  throw new Error(`the server in this process answered ${status}: ${text.slice(0, 300)}`);
}
