import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Cleanup } from '../lib/cleanup.ts';
import { runClosedLoop } from './closed-loop.ts';
import { startDelayProxy } from './delay-proxy.ts';
import { Generator } from './generator.ts';
import { HttpConnection } from './http-connection.ts';
import { runOpenLoop, timedRequests } from './open-loop.ts';
import { isClean } from './outcome-counts.ts';
import { isFull, measureSaturation } from './saturation.ts';
import { Traffic, type TrafficSpec } from './traffic.ts';

const HOST = '127.0.0.1';
const FULL = '{"items":[{"item_id":"boot"}],"degraded":null}';
const DEGRADED = '{"items":[{"item_id":"boot"}],"degraded":{"tier":"popularity","reasons":[]}}';
const SPEC: TrafficSpec = {
  seed: 1,
  userIds: ['ann'],
  unknownRatio: 0,
  itemIds: ['boot'],
  scenes: [{ name: 'home', hasItem: false }],
  eventsRatio: 0,
};
const PING_BYTES = Buffer.from('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n');

let cleanup = new Cleanup();
afterEach(async () => {
  await cleanup.run();
  cleanup = new Cleanup();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  cleanup.add(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const reply = (body: string): RequestListener => {
  return (_request, response) => response.setHeader('content-length', Buffer.byteLength(body)).end(body);
};

async function serveRaw(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createTcpServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  cleanup.add(() => void server.close());
  return (server.address() as AddressInfo).port;
}

const next = (): (() => ReturnType<Traffic['next']>) => {
  const traffic = new Traffic(SPEC, 'test');
  return () => traffic.next();
};

describe('HTTP connection', () => {
  it('sends one request after another over one socket', async () => {
    const sockets = new Set<unknown>();
    const port = await serve((request, response) => {
      sockets.add(request.socket);
      reply(FULL)(request, response);
    });
    const connection = new HttpConnection(HOST, port);
    for (let i = 0; i < 3; i++) {
      const exchange = await connection.send(PING_BYTES);
      expect(exchange).toMatchObject({ status: 200 });
      expect('body' in exchange && exchange.body.toString()).toBe(FULL);
    }
    connection.close();
    expect(sockets.size).toBe(1);
  });

  it('waits for a reply that comes in pieces', async () => {
    const port = await serveRaw((socket) => {
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Le');
        setTimeout(() => socket.write('ngth: 5\r\n\r\nab'), 5);
        setTimeout(() => socket.write('cde'), 10);
      });
    });
    const connection = new HttpConnection(HOST, port);
    const exchange = await connection.send(PING_BYTES);
    expect('body' in exchange && exchange.body.toString()).toBe('abcde');
    connection.close();
  });

  it('says why there is no reply, and opens a new socket for the next request', async () => {
    let connectionCount = 0;
    const port = await serveRaw((socket) => {
      connectionCount += 1;
      socket.on('data', () => {
        if (connectionCount === 1) socket.destroy();
        else if (connectionCount === 2) socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
      });
    });
    const connection = new HttpConnection(HOST, port);
    expect(await connection.send(PING_BYTES)).toEqual({ failure: 'closed' });
    expect(await connection.send(PING_BYTES)).toEqual({ failure: 'malformed' });
    expect(await connection.send(PING_BYTES)).toMatchObject({ status: 200 });
    connection.close();
  });

  it('says that nobody listens', async () => {
    const port = await serve(reply(FULL));
    await cleanup.run();
    expect(await new HttpConnection(HOST, port).send(PING_BYTES)).toEqual({ failure: 'connect' });
  });
});

describe('open loop', () => {
  const options = { host: HOST, connectionCount: 50 };

  it('sends at the rate asked for', async () => {
    const port = await serve(reply(FULL));
    const report = await runOpenLoop(next(), { ...options, port, ratePerSecond: 200, durationMs: 1_000 });
    expect(report.sentCount).toBe(200);
    expect(isClean(report)).toBe(true);
    // The last request is due 995 ms after the first.
    expect(report.durationMs).toBeGreaterThanOrEqual(995);
  });

  it('counts the wait of every request that fell due while the server stood still', async () => {
    const standsStillUntilMs = performance.now() + 800;
    const port = await serve((request, response) => {
      const waitMs = Math.max(0, standsStillUntilMs - performance.now());
      setTimeout(() => reply(FULL)(request, response), waitMs);
    });
    // One connection, as for a client that would otherwise only ever see one slow reply.
    const report = await runOpenLoop(next(), {
      ...options,
      connectionCount: 1,
      port,
      ratePerSecond: 100,
      durationMs: 1_000,
    });
    // Requests due over about 700 ms wait for its end: the p50 of 100 requests is one of them.
    expect(report.latencyUs.p50).toBeGreaterThan(100_000);
    expect(report.latencyUs.max).toBeGreaterThan(500_000);
    expect(report.sendLagUs.p50).toBeGreaterThan(50_000);
    const timed = timedRequests(report);
    expect(timed).toHaveLength(100);
    // One connection: replies come in the order in which requests were due, 10 ms apart.
    const dueMs = timed.map((request) => request.dueMs - timed[0]!.dueMs);
    for (const [place, atMs] of dueMs.entries()) expect(atMs).toBeCloseTo(10 * place, 3);
    const slowestUs = Math.max(...timed.map(({ latencyMs }) => latencyMs * 1_000));
    expect(slowestUs / report.latencyUs.max).toBeCloseTo(1, 2);
  });

  it('ends and says how many requests it could not send when the rate is out of reach', async () => {
    const port = await serve((request, response) => void setTimeout(() => reply(FULL)(request, response), 400));
    const report = await runOpenLoop(next(), {
      ...options,
      connectionCount: 1,
      port,
      ratePerSecond: 2_000,
      durationMs: 60_000,
    });
    expect(isClean(report)).toBe(false);
    expect(report.reasons.unsent).toBeGreaterThan(100_000);
    expect(report.durationMs).toBeLessThan(30_000);
  });
});

describe('closed loop', () => {
  it('ends after the time allowed', async () => {
    const port = await serve((request, response) => void setTimeout(() => reply(FULL)(request, response), 20));
    const report = await runClosedLoop(next(), {
      host: HOST,
      port,
      connectionCount: 2,
      requestCount: 1_000_000,
      maxDurationMs: 200,
    });
    expect(report.sentCount).toBeLessThanOrEqual(22);
    expect(report.latencyUs.p50).toBeGreaterThanOrEqual(18_000);
    expect(report.latencyUsByKind.recommend?.count).toBe(report.sentCount);
  });

  it('counts requests nobody answers instead of failing', async () => {
    const port = await serve(reply(FULL));
    await cleanup.run();
    const report = await runClosedLoop(next(), {
      host: HOST,
      port,
      connectionCount: 1,
      requestCount: 3,
      maxDurationMs: 5_000,
    });
    expect(report).toMatchObject({ sentCount: 3, errorCount: 3, okCount: 0, achievedPerSecond: 0 });
  });
});

describe('delay proxy', () => {
  it('makes every reply late by the delay', async () => {
    const port = await startDelayProxy(await serve(reply(FULL)), 30, cleanup);
    const report = await runClosedLoop(next(), {
      host: HOST,
      port,
      connectionCount: 1,
      requestCount: 5,
      maxDurationMs: 5_000,
    });
    expect(isClean(report)).toBe(true);
    expect(report.latencyUs.p50).toBeGreaterThanOrEqual(29_000);
  });
});

describe('generator', () => {
  it('runs loads in a process of its own, and says when that process is gone', async () => {
    const port = await serve(reply(FULL));
    const generator = await Generator.start(SPEC, cleanup);
    const target = { host: HOST, port, connectionCount: 1, requestCount: 10, maxDurationMs: 5_000 };
    expect(await generator.closedLoop(target)).toMatchObject({ sentCount: 10, okCount: 10 });
    expect(await generator.pings(target)).toMatchObject({ okCount: 10, latencyUsByKind: { ping: { count: 10 } } });
    const open = await generator.openLoop({ ...target, connectionCount: 4, ratePerSecond: 100, durationMs: 200 });
    expect(open).toMatchObject({ sentCount: 20, okCount: 20, offeredPerSecond: 100 });
    const endless = generator.closedLoop({ ...target, requestCount: 1e9, maxDurationMs: 60_000 });
    const failed = expect(endless).rejects.toThrow('the load generator ended with SIGKILL');
    await cleanup.run();
    await failed;
  });
});

describe('saturation', () => {
  it('counts full slates, and degraded ones apart', async () => {
    let count = 0;
    const port = await serve((request, response) => {
      count += 1;
      reply(count % 2 === 0 ? DEGRADED : FULL)(request, response);
    });
    const report = await measureSaturation(SPEC, { host: HOST, port, connectionCount: 2, durationSeconds: 1 });
    expect(report.fullSlateCount).toBeGreaterThan(5);
    expect(Math.abs(report.degradedCount - report.fullSlateCount)).toBeLessThanOrEqual(4);
    expect(report.slatesPerSecond).toBeCloseTo(report.fullSlateCount / report.durationSeconds, 0);
    expect(isFull(report)).toBe(false);
  });

  it('sends events of new names besides, and does not count them as slates', async () => {
    const names: string[] = [];
    const port = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { events } = JSON.parse(Buffer.concat(chunks).toString()) as { events?: { event_id: string }[] };
        names.push(...(events ?? []).map((event) => event.event_id));
        reply(events === undefined ? FULL : '{"accepted":1,"rejected":[]}')(request, response);
      });
    });
    const spec = { ...SPEC, eventsRatio: 0.5 };
    const options = { host: HOST, port, connectionCount: 2, durationSeconds: 1 };
    const reports = [await measureSaturation(spec, options), await measureSaturation(spec, options)];
    expect(new Set(names).size).toBe(names.length);
    for (const report of reports) {
      expect(isFull(report)).toBe(true);
      expect(report.eventBatchCount).toBeGreaterThan(5);
    }
  });
});
