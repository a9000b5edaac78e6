import { describe, expect, it } from 'vitest';
import { MAX_DISCARDED_BYTES } from './http-exchange.ts';
import type { HttpHandler, HttpRequest } from './http-server.ts';
import { gate, headText } from './testing/raw-connection.ts';
import { echo, type ServerUnderTest } from './testing/server-under-test.ts';

/** What is too large, too slow, too much or not what it seems is refused and never handed over. */
export function httpLimitsContract({ name, start, open }: ServerUnderTest): void {
  describe(`${name}: limits`, () => {
    it('answers 413 to a stated length above the limit and stays on the connection', async () => {
      const { port, outcomes } = await start(echo);
      const connection = open(port).send(headText('POST /big', 'content-length: 500000'), Buffer.alloc(500_000, 97));
      const reply = await connection.until(/REC_BODY_TOO_LARGE[\s\S]*\}$/);
      expect(reply).toMatch(/^HTTP\/1\.1 413 Content Too Large\r\n/);
      expect(reply).toContain('more than 1000 bytes given, expected at most 1000; send less at once');
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
}
