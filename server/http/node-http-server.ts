import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  ExchangeGate,
  type FinishedReply,
  HttpExchange,
  REPLY_HEADERS,
  REQUEST_ID_HEADER,
  type RequestHead,
} from './http-exchange.ts';
import type { HttpServer, HttpServerOptions } from './http-server.ts';
import { listenError } from './listen-error.ts';
import { statusTextOf } from './status-text.ts';

/** As long as the native server keeps an idle connection. */
const KEEP_ALIVE_MS = 12_000;
/** As the largest `server.requestTimeoutMs`; Node refuses more than the five minutes it gives a whole request. */
const LONGEST_HEADERS_MS = 60_000;
const MAX_HEADER_BYTES = 16_384;

/** Known to Node since 22.12 and 23.1; the typings are older. */
const SHARED = { reusePort: true };

/** HTTP on `node:http`: where the native server has no binary. */
export function createNodeHttpServer(options: HttpServerOptions): HttpServer {
  const gate = new ExchangeGate(options);
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(Math.max(options.requestTimeoutMs, 1_000), LONGEST_HEADERS_MS),
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: true,
    joinDuplicateHeaders: false,
  });
  server.on('request', (request, response) => serve(gate, request, response));
  server.on('clientError', (_error, socket) => refuseMalformed(socket as Socket));
  return {
    technology: 'node:http',
    listen: (address) =>
      new Promise((resolve, reject) => {
        const onError = (error: Error): void => reject(listenError(options.configSection ?? 'server', address, error));
        server.once('error', onError);
        const { host, port } = address;
        server.listen({ host, port, exclusive: true, ...(address.isShared === true ? SHARED : {}) }, () => {
          server.off('error', onError);
          resolve({ port: (server.address() as AddressInfo).port });
        });
      }),
    close: (graceMs) => close(server, gate, graceMs),
  };
}

async function close(server: Server, gate: ExchangeGate, graceMs: number): Promise<void> {
  const isClosed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await gate.drain(graceMs);
  server.closeAllConnections();
  await isClosed;
}

function serve(gate: ExchangeGate, request: IncomingMessage, response: ServerResponse): void {
  const exchange = new HttpExchange(gate, headOf(request), (reply) => writeReply(response, reply));
  response.on('close', () => {
    if (!response.writableFinished) exchange.abort();
  });
  // A socket error is followed by 'close', which is handled above; without a listener it would end the process.
  request.on('error', () => {});
  response.on('error', () => {});
  if (exchange.hasBody) {
    request.on('data', (chunk: Buffer) => exchange.receive(chunk, false));
    request.on('end', () => exchange.receive(new Uint8Array(0), true));
  } else request.resume();
  exchange.begin();
}

function headOf(request: IncomingMessage): RequestHead {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const headers = request.rawHeaders.slice();
  for (let i = 0; i < headers.length; i += 2) headers[i] = headers[i]!.toLowerCase();
  return {
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers,
  };
}

function writeReply(response: ServerResponse, reply: FinishedReply): void {
  const headers: Record<string, string | number> = {
    ...reply.headers,
    ...Object.fromEntries(REPLY_HEADERS),
    [REQUEST_ID_HEADER]: reply.requestId,
  };
  if (reply.status !== 204) headers['content-length'] = Buffer.byteLength(reply.body);
  if (reply.isLastOnConnection) headers.connection = 'close';
  response.writeHead(reply.status, statusTextOf(reply.status), headers);
  if (reply.isBodyOmitted || reply.status === 204) response.end();
  else response.end(reply.body);
}

/** What the parser cannot read never becomes a request; it gets a bare 400 and the connection is closed. */
function refuseMalformed(socket: Socket): void {
  if (socket.writable) {
    socket.end(`HTTP/1.1 400 ${statusTextOf(400)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  } else socket.destroy();
}
