import type { HttpResponse, TemplatedApp, HttpRequest as UwsRequest, us_listen_socket } from 'uWebSockets.js';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { messageOf } from '../../features/core/errors.ts';
import { ExchangeGate, type FinishedReply, HttpExchange, REPLY_HEADERS, REQUEST_ID_HEADER } from './http-exchange.ts';
import type { HttpServer, HttpServerOptions, ListenAddress } from './http-server.ts';
import { listenError } from './listen-error.ts';
import { statusTextOf } from './status-text.ts';

/** The part of the native module this adapter calls. */
export interface UwsModule {
  App(): TemplatedApp;
  us_socket_local_port(socket: us_listen_socket): number;
  us_listen_socket_close(socket: us_listen_socket): void;
}

/** LIBUS_LISTEN_EXCLUSIVE_PORT: without it a second server on the same numbered port starts and takes half of the connections. */
const EXCLUSIVE_PORT = 1;
/** The native server's own default: SO_REUSEPORT. */
const SHARED_PORT = 0;

/** `close` and the exclusive form of `listen` with a host exist in the binary; its typings leave them out. */
type App = TemplatedApp & {
  close(): void;
  listen(host: string, port: number, options: number, done: (socket: us_listen_socket | false) => void): TemplatedApp;
};

/**
 * Loads the native module, or says why it cannot be had.
 *
 * The binary is loaded directly: through the package's entry a missing or unloadable binary would silently become a slow stand-in
 * written in JavaScript.
 */
export function loadUws(): UwsModule | { readonly unavailable: string } {
  const require = createRequire(import.meta.url);
  const file = `uws_${process.platform}_${process.arch}_${process.versions.modules}.node`;
  try {
    const folder = dirname(require.resolve('uWebSockets.js'));
    const binary = [join(folder, file), join(folder, '..', 'binaries', file)].find((path) => existsSync(path));
    if (binary === undefined) return { unavailable: `uWebSockets.js has no binary ${file}` };
    const loaded = require(binary) as Partial<UwsModule>;
    if (typeof loaded.App !== 'function') return { unavailable: `${file} is not uWebSockets.js` };
    return loaded as UwsModule;
  } catch (error) {
    return { unavailable: messageOf(error) };
  }
}

/**
 * HTTP on uWebSockets.js.
 *
 * A second request sent on a connection before the first was answered closes that connection (no reply is ever mixed up); clients that
 * wait for their replies, which is what browsers, proxies and client libraries do, are not affected.
 */
export function createUwsHttpServer(uws: UwsModule, options: HttpServerOptions): HttpServer {
  const gate = new ExchangeGate(options);
  const app = uws.App() as App;
  let listening: us_listen_socket | undefined;
  app.any('/*', (response, request) => serve(gate, response, request));
  return {
    technology: 'uWebSockets.js',
    async listen(address) {
      const socket = await new Promise<us_listen_socket | false>((resolve) => {
        app.listen(address.host, address.port, address.isShared === true ? SHARED_PORT : EXCLUSIVE_PORT, resolve);
      });
      if (socket === false) throw listenError(options.configSection ?? 'server', address, await listenFailure(address));
      listening = socket;
      return { port: uws.us_socket_local_port(socket) };
    },
    async close(graceMs) {
      if (listening !== undefined) uws.us_listen_socket_close(listening);
      listening = undefined;
      await gate.drain(graceMs);
      // A reply made within the very call that brought its request leaves when that call returns: closing before would cut it.
      await new Promise((resolve) => setImmediate(resolve));
      app.close();
    },
  };
}

/** The one way into the server: nothing may be thrown into native code, which would end the process. */
function serve(gate: ExchangeGate, response: HttpResponse, request: UwsRequest): void {
  let isGone = false;
  let isAnswered = false;
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch {
      if (!isGone && !isAnswered) response.close();
    }
  };
  const exchange = new HttpExchange(gate, headOf(request), (reply) => {
    isAnswered = true;
    response.cork(() => writeReply(response, reply));
  });
  response.onAborted(() => {
    isGone = true;
    guarded(() => exchange.abort());
  });
  if (exchange.hasBody) {
    response.onData((chunk, isLast) => guarded(() => exchange.receive(new Uint8Array(chunk), isLast)));
  }
  guarded(() => exchange.begin());
}

/** Reads everything at once: the native request is gone when the handler returns. */
function headOf(request: UwsRequest) {
  const headers: string[] = [];
  request.forEach((name, value) => {
    headers.push(name, value);
  });
  const query: string | undefined = request.getQuery();
  return { method: request.getCaseSensitiveMethod(), path: request.getUrl(), query: query ?? '', headers };
}

/**
 * A reply without a body ends with `endWithoutBody()` and no arguments: given a length, this build leaves the request open; given
 * `undefined`, it sends a length of 2^63.
 */
function writeReply(response: HttpResponse, reply: FinishedReply): void {
  response.writeStatus(`${reply.status} ${statusTextOf(reply.status)}`);
  for (const name in reply.headers) response.writeHeader(name, reply.headers[name]!);
  for (const [name, value] of REPLY_HEADERS) response.writeHeader(name, value);
  response.writeHeader(REQUEST_ID_HEADER, reply.requestId);
  if (reply.status !== 204 && !reply.isBodyOmitted) {
    response.end(reply.body, reply.isLastOnConnection);
    return;
  }
  if (reply.isLastOnConnection) response.writeHeader('connection', 'close');
  if (reply.status !== 204) response.writeHeader('content-length', String(Buffer.byteLength(reply.body)));
  response.endWithoutBody();
}

/** The native listen only says that it failed; the same attempt through Node says why. */
function listenFailure(address: ListenAddress): Promise<unknown> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host: address.host, port: address.port, exclusive: true }, () => {
      probe.close(() => resolve(new Error('refused by the native server')));
    });
  });
}
