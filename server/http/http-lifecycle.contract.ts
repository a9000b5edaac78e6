import { describe, expect, it } from 'vitest';
import type { HttpServerOptions } from './http-server.ts';
import { gate, headText } from './testing/raw-connection.ts';
import { echo, HOST, type ServerUnderTest } from './testing/server-under-test.ts';

const smallest: HttpServerOptions = { handler: echo, maxBodyBytes: 1, requestTimeoutMs: 1, maxInFlight: 1 };

/** Listening, clients that go away, closing. */
export function httpLifecycleContract({ name, create, start, open }: ServerUnderTest): void {
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

    it('sends a reply that is made in the moment its request is complete, while it closes', async () => {
      const { server, url, port } = await start(echo);
      const connection = open(port);
      connection.send(headText('POST /late', 'content-length: 4'), 'ab');
      // A reply on another connection proves that the server has begun to read the first.
      await fetch(url);
      const closed = server.close(5_000);
      connection.send('cd');
      expect(await connection.until(/"body":"abcd"/)).toMatch(/^HTTP\/1.1 200 /);
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
