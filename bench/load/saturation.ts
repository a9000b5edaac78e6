import autocannon from 'autocannon';
import type { Target } from '../lib/server-process.ts';
import { Traffic, type TrafficSpec } from './traffic.ts';

export interface SaturationOptions extends Target {
  readonly connectionCount: number;
  readonly durationSeconds: number;
}

/** What came back in a saturation run. Everything but the first two says that the run did not measure full answers. */
export interface SaturationCounts {
  /** Slates with products and `degraded: null`. */
  readonly fullSlateCount: number;
  /** Event batches of which every event was taken. */
  readonly eventBatchCount: number;
  readonly degradedCount: number;
  readonly emptyCount: number;
  /** Event batches with an event that was not taken. */
  readonly rejectedCount: number;
  readonly non2xxCount: number;
  /** Requests without a reply. */
  readonly errorCount: number;
}

/**
 * The most a server does when asked again as soon as it has answered. Closed loop: its latencies are those of a full server and no claim
 * about what shoppers wait.
 */
export interface SaturationReport extends SaturationCounts {
  readonly connectionCount: number;
  readonly durationSeconds: number;
  /** Full slates per second: what capacity means here. Event batches are answered besides and do not count. */
  readonly slatesPerSecond: number;
  readonly eventBatchesPerSecond: number;
}

/** Requests that take turns on a connection; each is made anew when its turn comes, so that no event is sent twice. */
const REQUEST_SLOTS = 16;

let runCount = 0;

/** Asks for recommendations, and sends the traffic's share of event batches, on some connections as fast as they are answered. */
export async function measureSaturation(spec: TrafficSpec, options: SaturationOptions): Promise<SaturationReport> {
  const { host, port, connectionCount, durationSeconds } = options;
  const traffic = new Traffic(spec, `saturation-${process.pid}-${Date.now()}-${runCount++}`);
  const setupRequest = (request: autocannon.Request): autocannon.Request => {
    const { path, body } = traffic.next();
    request.path = path;
    request.body = body;
    return request;
  };
  const counts = { fullSlateCount: 0, eventBatchCount: 0, degradedCount: 0, emptyCount: 0, rejectedCount: 0 };
  const result = await autocannon({
    url: `http://${host}:${port}`,
    connections: connectionCount,
    duration: durationSeconds,
    requests: Array.from({ length: REQUEST_SLOTS }, () => ({
      method: 'POST' as const,
      headers: { 'content-type': 'application/json' },
      setupRequest,
    })),
    verifyBody: (body) => {
      const kind = kindOf(String(body));
      if (kind !== undefined) counts[kind] += 1;
      return true;
    },
  });
  return {
    connectionCount,
    durationSeconds: result.duration,
    slatesPerSecond: Math.round((counts.fullSlateCount / result.duration) * 10) / 10,
    eventBatchesPerSecond: Math.round((counts.eventBatchCount / result.duration) * 10) / 10,
    ...counts,
    non2xxCount: result.non2xx,
    errorCount: result.errors,
  };
}

/**
 * Whether a run's replies were what they should be.
 *
 * @param toleratedRatio share of others that is let pass, 0..1
 */
export function isFull(
  { fullSlateCount, eventBatchCount: _taken, ...others }: SaturationCounts,
  toleratedRatio = 0,
): boolean {
  const { degradedCount, emptyCount, rejectedCount, non2xxCount, errorCount } = others;
  const otherCount = degradedCount + emptyCount + rejectedCount + non2xxCount + errorCount;
  return fullSlateCount > 0 && otherCount <= toleratedRatio * fullSlateCount;
}

/** Undefined for problem documents, which are counted by their status. */
function kindOf(body: string): keyof Omit<SaturationCounts, 'non2xxCount' | 'errorCount'> | undefined {
  if (body.includes('"degraded":null')) return body.includes('"items":[]') ? 'emptyCount' : 'fullSlateCount';
  if (body.includes('"rejected":[]')) return 'eventBatchCount';
  if (body.includes('"degraded":')) return 'degradedCount';
  return body.includes('"rejected":') ? 'rejectedCount' : undefined;
}
