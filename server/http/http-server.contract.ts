import { afterEach, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { MAX_DISCARDED_BYTES } from './http-exchange.ts';
import type { HttpHandler, HttpRequest, HttpServer, HttpServerOptions, RequestOutcome } from './http-server.ts';
import { gate, headText, RawConnection } from './testing/raw-connection.ts';

/** What differs between adapters and is documented. */
export interface HttpServerCapabilities {
  /** A request sent before the previous one was answered is answered too; otherwise the connection is closed. */
  readonly answersPipelinedRequests: boolean;
}

interface Started {
  readonly server: HttpServer;
  readonly port: number;
  readonly url: string;
  readonly outcomes: RequestOutcome[];
  readonly failures: unknown[];
}

const HOST = '127.0.0.1';
const echo: HttpHandler = (request) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    method: request.method,
    path: request.path,
    query: request.query,
    body: Buffer.from(request.body).toString('utf8'),
  }),
});

const smallest: HttpServerOptions = { handler: echo, maxBodyBytes: 1, requestTimeoutMs: 1, maxInFlight: 1 };

/** What every HTTP server of ours does; run once per adapter. */
export function httpServerContract(
  name: string,
  create: (options: HttpServerOptions) => HttpServer,
  capabilities: HttpServerCapabilities,
): void {
  const running: Started[] = [];
  const connections: RawConnection[] = [];

  const start = async (handler: HttpHandler, options: Partial<HttpServerOptions> = {}): Promise<Started> => {
    const outcomes: RequestOutcome[] = [];
    const failures: unknown[] = [];
    const server = create({
      handler,
      maxBodyBytes: 1_000,
      requestTimeoutMs: 5_000,
      maxInFlight: 100,
      onOutcome: (outcome) => outcomes.push(outcome),
      onFailure: (error) => failures.push(error),
      ...options,
    });
    const { port } = await server.listen({ host: HOST, port: 0 });
    const started = { server, port, url: `http://${HOST}:${port}`, outcomes, failures };
    running.push(started);
    return started;
  };
  const open = (port: number): RawConnection => {
    const connection = new RawConnection(HOST, port);
    connections.push(connection);
    return connection;
  };

  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.socket.destroy();
    await Promise.all(running.splice(0).map(({ server }) => server.close(100)));
  });

  describe(`${name}: requests and replies`, () => {
    it('hands over method, raw path and query of a GET', async () => {
      const { url } = await start(echo);
      const reply = await fetch(`${url}/v1/items/a%20b?x=1&y=%26`);
      expect(reply.status).toBe(200);
      expect(await reply.json()).toEqual({ method: 'GET', path: '/v1/items/a%20b', query: 'x=1&y=%26', body: '' });
    });

    it('hands over the body of a POST, and an empty one as empty', async () => {
      const { url } = await start(echo);
      const full = await fetch(`${url}/`, { method: 'POST', body: '{"é":1}' });
      expect(await full.json()).toMatchObject({ method: 'POST', body: '{"é":1}' });
      const empty = await fetch(`${url}/`, { method: 'POST' });
      expect(await empty.json()).toMatchObject({ method: 'POST', body: '' });
    });

    it('puts a chunked body together, however it is cut', async () => {
      const { port } = await start(echo);
      const connection = open(port).send(headText('POST /', 'transfer-encoding: chunked'), '5\r\nhel');
      await new Promise((resolve) => setImmediate(resolve));
      connection.send('lo\r\n6\r\n world\r\n0\r\n\r\n');
      expect(await connection.until(/\}$/)).toContain('"body":"hello world"');
    });

    it('keeps body bytes valid after the handler has waited', async () => {
      const held = gate();
      const { port } = await start(async (request) => {
        await held.opened;
        return { status: 200, body: request.body };
      });
      const connection = open(port).send(headText('POST /', 'content-length: 6'), 'abc');
      await new Promise((resolve) => setTimeout(resolve, 20));
      connection.send('def');
      await new Promise((resolve) => setTimeout(resolve, 20));
      held.open();
      await connection.until(/abcdef$/);
    });

    it('looks headers up by lower-case name, also after the handler has waited', async () => {
      const { url } = await start(async (request) => {
        await new Promise((resolve) => setImmediate(resolve));
        return { status: 200, body: `${request.header('x-shop')} ${request.header('x-none')}` };
      });
      const reply = await fetch(url, { headers: { 'X-Shop': 'berlin' } });
      expect(await reply.text()).toBe('berlin undefined');
    });

    it('writes status, headers and binary bodies as given', async () => {
      const { url } = await start(() => ({
        status: 404,
        headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' },
        body: Uint8Array.of(0, 255, 10),
      }));
      const reply = await fetch(url);
      expect(reply.status).toBe(404);
      expect(reply.headers.get('content-type')).toBe('application/octet-stream');
      expect(reply.headers.get('content-length')).toBe('3');
      expect(new Uint8Array(await reply.arrayBuffer())).toEqual(Uint8Array.of(0, 255, 10));
    });

    it('names each request in x-request-id, never with the id the client sent', async () => {
      let seen = '';
      const { url } = await start((request) => {
        seen = request.requestId;
        return { status: 200, body: '' };
      });
      const first = await fetch(url, { headers: { 'x-request-id': 'mine' } });
      expect(first.headers.get('x-request-id')).toBe(seen);
      const second = await fetch(url);
      expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    });

    it('answers HEAD with the length of the body but not the body', async () => {
      const { port } = await start(echo);
      const connection = open(port).send(headText('HEAD /h'));
      await connection.until(/\r\n\r\n/);
      connection.send(headText('GET /after'));
      const text = await connection.until(/"path":"\/after"/);
      expect(text).toMatch(/content-length: 50\r\n/i);
      expect(text).not.toContain('"path":"/h"');
    });

    it('answers OPTIONS with no content and no length', async () => {
      const { port } = await start(() => ({ status: 204, headers: { allow: 'GET' }, body: '' }));
      const text = await open(port)
        .send(headText('OPTIONS /x', 'connection: close'))
        .until(/\r\n\r\n/);
      expect(text).toMatch(/^HTTP\/1\.1 204 No Content\r\n[\s\S]*allow: GET\r\n/);
      expect(text).not.toMatch(/content-length/i);
    });

    it('answers many requests on one connection', async () => {
      const { port } = await start(async (request) => {
        await new Promise((resolve) => setImmediate(resolve));
        return { status: 200, body: `<${request.path}>` };
      });
      const connection = open(port);
      for (let i = 0; i < 20; i++) {
        connection.send(headText(`GET /${i}`));
        await connection.until(new RegExp(`</${i}>$`));
      }
      expect(connection.replyCount).toBe(20);
    });

    it('never mixes up replies to pipelined requests', async () => {
      const { port, outcomes } = await start(async (request) => {
        await new Promise((resolve) => setTimeout(resolve, request.path === '/slow' ? 30 : 1));
        return { status: 200, body: `<${request.path}>` };
      });
      const connection = open(port).send(headText('GET /slow') + headText('GET /fast'));
      if (capabilities.answersPipelinedRequests) {
        const text = await connection.until(/<\/slow>[\s\S]*<\/fast>/);
        expect(text.indexOf('</slow>')).toBeLessThan(text.indexOf('</fast>'));
      } else {
        await connection.isClosed;
        expect(connection.text).toBe('');
        expect(outcomes.map((outcome) => outcome.status)).toEqual([499]);
      }
    });

    it('tells a waiting client to go on with its body', async () => {
      const { port } = await start(echo);
      const connection = open(port).send(headText('POST /', 'content-length: 5', 'expect: 100-continue'));
      await connection.until(/^HTTP\/1\.1 100 Continue\r\n/);
      connection.send('hello');
      expect(await connection.until(/\}$/)).toContain('"body":"hello"');
    });

    it('reports one outcome for each request', async () => {
      const { url, outcomes } = await start(echo);
      await fetch(`${url}/a?secret=1`);
      expect(outcomes).toHaveLength(1);
      expect(outcomes[0]).toMatchObject({ method: 'GET', path: '/a', status: 200, durationMs: expect.any(Number) });
      expect(outcomes[0]).not.toHaveProperty('code');
    });
  });

  describe(`${name}: handlers that fail`, () => {
    for (const [manner, handler] of [
      [
        'throws',
        () => {
          throw new Error('password=hunter2 at /srv/shop');
        },
      ],
      ['rejects', () => Promise.reject(new Error('password=hunter2 at /srv/shop'))],
    ] as readonly (readonly [string, HttpHandler])[]) {
      it(`answers 500 without internals when the handler ${manner}`, async () => {
        const { url, failures, outcomes } = await start(handler);
        const reply = await fetch(url);
        expect(reply.status).toBe(500);
        expect(reply.headers.get('content-type')).toBe('application/problem+json');
        const text = await reply.text();
        expect(JSON.parse(text)).toMatchObject({
          code: 'REC_INTERNAL',
          status: 500,
          request_id: reply.headers.get('x-request-id'),
        });
        expect(text).not.toMatch(/hunter2|srv/);
        expect(failures).toHaveLength(1);
        expect(outcomes[0]).toMatchObject({ status: 500, code: 'REC_INTERNAL' });
      });
    }

    it('answers with the status and code of a thrown VitrineError', async () => {
      const { url } = await start(() => {
        throw new VitrineError('REC_UNKNOWN_ITEM', 'item x is not in the catalogue');
      });
      const reply = await fetch(url);
      expect(reply.status).toBe(404);
      expect(await reply.json()).toMatchObject({ code: 'REC_UNKNOWN_ITEM', detail: 'item x is not in the catalogue' });
    });

    it('refuses to write a header that would start a reply of its own', async () => {
      const { url } = await start(() => ({ status: 200, headers: { 'x-note': 'a\r\nset-cookie: b=1' }, body: 'ok' }));
      const reply = await fetch(url);
      expect(reply.status).toBe(500);
      expect(reply.headers.get('set-cookie')).toBeNull();
    });

    it('serves on after a failure on the same connection', async () => {
      const { port } = await start((request) => {
        if (request.path === '/bad') throw new Error('broken');
        return { status: 200, body: '<fine>' };
      });
      const connection = open(port).send(headText('GET /bad'));
      await connection.until(/REC_INTERNAL[\s\S]*\}$/);
      connection.send(headText('GET /good'));
      expect(await connection.until(/<fine>$/)).toContain('HTTP/1.1 200 OK');
    });
  });

  describe(`${name}: limits`, () => {
    it('answers 413 to a stated length above the limit and stays on the connection', async () => {
      const { port, outcomes } = await start(echo);
      const connection = open(port).send(headText('POST /big', 'content-length: 500000'), Buffer.alloc(500_000, 97));
      expect(await connection.until(/REC_BODY_TOO_LARGE[\s\S]*\}$/)).toMatch(/^HTTP\/1\.1 413 Content Too Large\r\n/);
      connection.send(headText('GET /after'));
      await connection.until(/"path":"\/after"/);
      expect(outcomes.map((outcome) => outcome.status)).toEqual([413, 200]);
    });

    it('answers 413 to a chunked body that grows above the limit, without handing any of it over', async () => {
      const { port, outcomes } = await start(echo);
      const piece = `400\r\n${'a'.repeat(1_024)}\r\n`;
      const connection = open(port).send(
        headText('POST /', 'transfer-encoding: chunked'),
        piece.repeat(40),
        '0\r\n\r\n',
      );
      expect(await connection.until(/REC_BODY_TOO_LARGE[\s\S]*\}$/)).toMatch(/^HTTP\/1\.1 413 /);
      expect(outcomes).toHaveLength(1);
    });

    it('closes the connection of a body that never ends', async () => {
      const { port, outcomes } = await start(echo);
      const connection = open(port).send(headText('POST /', 'transfer-encoding: chunked'));
      const piece = Buffer.from(`10000\r\n${'a'.repeat(65_536)}\r\n`);
      for (let sent = 0; sent <= 4 * MAX_DISCARDED_BYTES && !connection.socket.destroyed; sent += 65_536) {
        if (!connection.socket.write(piece)) {
          await Promise.race([new Promise((resolve) => connection.socket.once('drain', resolve)), connection.isClosed]);
        }
      }
      await connection.isClosed;
      expect(outcomes.map((outcome) => outcome.status)).toEqual([413]);
    });

    it('accepts a body of exactly the limit', async () => {
      const { url } = await start((request) => ({ status: 200, body: String(request.body.byteLength) }));
      const reply = await fetch(url, { method: 'POST', body: 'a'.repeat(1_000) });
      expect(await reply.text()).toBe('1000');
    });

    it('answers 504 when the handler is too slow, and tells it to stop', async () => {
      const aborted = gate();
      const { url, outcomes } = await start(
        (request) =>
          new Promise((resolve) => {
            request.signal.addEventListener('abort', () => {
              aborted.open();
              resolve({ status: 200, body: 'late' });
            });
          }),
        { requestTimeoutMs: 30 },
      );
      const reply = await fetch(url);
      expect(reply.status).toBe(504);
      expect(await reply.json()).toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
      await aborted.opened;
      expect(outcomes.map((outcome) => outcome.status)).toEqual([504]);
    });

    it('answers 408 when the body stops coming', async () => {
      const { port } = await start(echo, { requestTimeoutMs: 30 });
      const connection = open(port).send(headText('POST /', 'content-length: 50'), 'half');
      expect(await connection.until(/REC_BODY_TIMEOUT[\s\S]*\}$/)).toMatch(/^HTTP\/1\.1 408 /);
      await connection.isClosed;
    });

    it('answers 503 at once above its capacity, except on the paths always admitted', async () => {
      const held = gate();
      const handler: HttpHandler = async (request: HttpRequest) => {
        if (request.path === '/wait') await held.opened;
        return { status: 200, body: request.path };
      };
      const { url } = await start(handler, { maxInFlight: 2, alwaysAdmittedPaths: ['/livez'] });
      const waiting = [fetch(`${url}/wait`), fetch(`${url}/wait`)];
      await expect.poll(async () => (await fetch(`${url}/more`)).status).toBe(503);
      const refused = await fetch(`${url}/more`);
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(await refused.json()).toMatchObject({ code: 'REC_OVERLOADED' });
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      held.open();
      expect((await Promise.all(waiting)).map((reply) => reply.status)).toEqual([200, 200]);
      expect((await fetch(`${url}/more`)).status).toBe(200);
    });
  });

  describe(`${name}: requests that are not what they seem`, () => {
    const refusals: readonly (readonly [string, string])[] = [
      ['two content-length lines', `${headText('POST /', 'content-length: 3', 'content-length: 4')}abcd`],
      ['two host lines', headText('GET /', 'host: other.test')],
      ['content-length that is not a number', `${headText('POST /', 'content-length: 3x')}abc`],
      ['a negative content-length', `${headText('POST /', 'content-length: -3')}abc`],
      [
        'content-length together with chunks',
        `${headText('POST /', 'content-length: 3', 'transfer-encoding: chunked')}0\r\n\r\n`,
      ],
      ['a transfer coding it does not know', `${headText('POST /', 'transfer-encoding: gzip, chunked')}0\r\n\r\n`],
      ['no host', 'GET / HTTP/1.1\r\n\r\n'],
      ['something that is not HTTP', '\u0016\u0003\u0001 hello\r\n\r\n'],
    ];
    for (const [what, bytes] of refusals) {
      it(`never hands over a request with ${what}`, async () => {
        let handledCount = 0;
        const { port, url } = await start(() => {
          handledCount += 1;
          return { status: 200, body: '' };
        });
        const connection = open(port).send(bytes);
        const silence = new Promise<void>((resolve) => setTimeout(resolve, 300));
        await Promise.race([connection.isClosed, silence]);
        expect(handledCount).toBe(0);
        expect(connection.text).not.toMatch(/^HTTP\/1\.1 200/);
        expect((await fetch(url)).status).toBe(200);
      });
    }

    it('says what is wrong when it can still be told, and closes the connection', async () => {
      const { port } = await start(echo);
      const connection = open(port).send(headText('GET /', 'host: other.test'));
      const text = await connection.until(/\}$/);
      expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
      expect(text).toContain('host: given more than once');
      await connection.isClosed;
    });

    it('does not answer a body shorter than its stated length', async () => {
      const { port, outcomes } = await start(echo);
      const connection = open(port).send(headText('POST /', 'content-length: 50'), 'short');
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(connection.text).toBe('');
      connection.socket.destroy();
      await expect.poll(() => outcomes.map((outcome) => outcome.status)).toEqual([499]);
    });

    it('does not read bytes after the stated length as part of the body', async () => {
      const { port } = await start(echo);
      const connection = open(port).send(headText('POST /', 'content-length: 3'), 'abcdef\r\n\r\n');
      await Promise.race([connection.until(/"body":"abc"/), connection.isClosed]);
      expect(connection.text).not.toContain('abcd');
    });
  });

  describe(`${name}: the life of the server`, () => {
    it('aborts the signal when the client goes away', async () => {
      const reached = gate();
      const aborted = gate();
      const { port, outcomes } = await start((request) => {
        request.signal.addEventListener('abort', () => aborted.open());
        reached.open();
        return new Promise(() => {});
      });
      const connection = open(port).send(headText('GET /'));
      await reached.opened;
      connection.socket.destroy();
      await aborted.opened;
      await expect.poll(() => outcomes.map((outcome) => outcome.status)).toEqual([499]);
    });

    it('hands over a signal that is already aborted to a handler that asks late', async () => {
      const reached = gate();
      const held = gate();
      let isAborted: boolean | undefined;
      const { port, outcomes } = await start(async (request) => {
        reached.open();
        await held.opened;
        isAborted = request.signal.aborted;
        return { status: 200, body: '' };
      });
      const connection = open(port).send(headText('GET /'));
      await reached.opened;
      connection.socket.destroy();
      await expect.poll(() => outcomes.length).toBe(1);
      held.open();
      await expect.poll(() => isAborted).toBe(true);
    });

    it('lets requests in work finish when it closes, and takes no new ones', async () => {
      const reached = gate();
      const held = gate();
      const { server, url } = await start(async () => {
        reached.open();
        await held.opened;
        return { status: 200, body: 'finished' };
      });
      const inWork = fetch(url);
      await reached.opened;
      const closed = server.close(5_000);
      await expect(fetch(url)).rejects.toThrow();
      held.open();
      const reply = await inWork;
      expect(await reply.text()).toBe('finished');
      expect(reply.headers.get('connection')).toBe('close');
      await closed;
    });

    it('cuts requests that outlast the grace it was given', async () => {
      const reached = gate();
      const { server, url } = await start(() => {
        reached.open();
        return new Promise(() => {});
      });
      const inWork = fetch(url).catch(() => 'cut');
      await reached.opened;
      await server.close(30);
      expect(await inWork).toBe('cut');
    });

    it('closes idle connections when it closes', async () => {
      const { server, port } = await start(echo);
      const connection = open(port).send(headText('GET /'));
      await connection.until(/\}$/);
      await server.close(1_000);
      await connection.isClosed;
    });

    it('refuses a port that is in use, naming it and the remedy', async () => {
      // Both ask for the port by number: a server on a port chosen by the system shares it with nobody anyway.
      const { server: scout, port } = await start(echo);
      await scout.close(0);
      const [first, second] = [create(smallest), create(smallest)];
      await first.listen({ host: HOST, port });
      await expect(second.listen({ host: HOST, port })).rejects.toMatchObject({
        code: 'REC_PORT_IN_USE',
        message: expect.stringMatching(new RegExp(`^server\\.port: ${HOST}:${port} .*VITRINE_SERVER_PORT`)),
      });
      await Promise.all([first.close(0), second.close(0)]);
    });

    it('refuses an address that is not of this machine', async () => {
      const server = create(smallest);
      await expect(server.listen({ host: '203.0.113.7', port: 0 })).rejects.toMatchObject({
        code: 'REC_INVALID_CONFIG',
      });
      await server.close(0);
    });
  });
}
