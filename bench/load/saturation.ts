import autocannon from 'autocannon';
import { Traffic, type TrafficSpec } from './traffic.ts';

export interface SaturationOptions {
  readonly host: string;
  readonly port: number;
  readonly connectionCount: number;
  readonly durationSeconds: number;
}

/**
 * The most a server does when asked again as soon as it has answered. Closed loop: its latencies are those of a full server and no claim
 * about what shoppers wait.
 */
export interface SaturationReport {
  readonly method: 'autocannon, closed loop';
  readonly connectionCount: number;
  readonly durationSeconds: number;
  /** Replies per second, mean over the seconds of the run. */
  readonly requestsPerSecond: number;
  readonly replyCount: number;
  readonly errorCount: number;
  readonly non2xxCount: number;
  /** Replies that are not a full slate with products. */
  readonly degradedCount: number;
}

/** Different requests that each connection goes through again and again. */
const REQUEST_VARIANTS = 1_000;

/** Asks for recommendations on some connections as fast as they are answered. Events are left out: they must not be sent twice. */
export async function measureSaturation(spec: TrafficSpec, options: SaturationOptions): Promise<SaturationReport> {
  const { host, port, connectionCount, durationSeconds } = options;
  const traffic = new Traffic({ ...spec, eventsRatio: 0 }, '');
  const requests = Array.from({ length: REQUEST_VARIANTS }, () => {
    const { path, body } = traffic.next();
    return { method: 'POST' as const, path, body, headers: { 'content-type': 'application/json' } };
  });
  const result = await autocannon({
    url: `http://${host}:${port}`,
    connections: connectionCount,
    duration: durationSeconds,
    requests,
    verifyBody: (body) => isFullSlate(String(body)),
  });
  return {
    method: 'autocannon, closed loop',
    connectionCount,
    durationSeconds,
    requestsPerSecond: result.requests.average,
    replyCount: result.requests.total,
    errorCount: result.errors,
    non2xxCount: result.non2xx,
    degradedCount: result.mismatches,
  };
}

function isFullSlate(body: string): boolean {
  return body.includes('"degraded":null') && !body.includes('"items":[]');
}
