import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { HttpHandler } from './http-server.ts';
import { gate, headText } from './testing/raw-connection.ts';
import { echo, type ServerUnderTest } from './testing/server-under-test.ts';

/** Requests reach the handler whole, replies the client; a handler that fails harms only its own request. */
export function httpExchangeContract({ name, capabilities, start, open }: ServerUnderTest): void {
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
}
