import { openHttpServer } from '../../server/http/open-http-server.ts';

/*
 * Started with a port and a time in microseconds: answers every request after computing for so long, and does nothing else. No store,
 * no memory to speak of, no garbage: what its latencies are above that time is the machine's doing, and that of sockets.
 */

const [port, spinUs] = process.argv.slice(2).map(Number) as [number, number];
const HEADERS = { 'content-type': 'application/json' };
/** As long as a list of 20 products. */
const SLATE = JSON.stringify({ items: ['x'.repeat(1_700)], degraded: null });
const EVENTS_TAKEN = JSON.stringify({ accepted: 10, rejected: [] });

const server = openHttpServer(
  {
    handler: ({ path }) => ({ status: 200, headers: HEADERS, body: bodyOf(path) }),
    maxBodyBytes: 1_000_000,
    requestTimeoutMs: 60_000,
    maxInFlight: 10_000,
  },
  () => {},
);
await server.listen({ host: '127.0.0.1', port });
process.once('SIGTERM', () => process.exit(0));

function bodyOf(path: string): string {
  if (path === '/readyz') return JSON.stringify({ status: 'ready' });
  const untilMs = performance.now() + spinUs / 1_000;
  while (performance.now() < untilMs);
  return path === '/v1/recommend' ? SLATE : EVENTS_TAKEN;
}
