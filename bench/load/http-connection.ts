import { connect, type Socket } from 'node:net';

/** Why a request got no reply; stable words. */
export type ExchangeFailure = 'connect' | 'closed' | 'timeout' | 'malformed';

/** What came back for one request: a reply, or why there is none. */
export type Exchange =
  | { readonly status: number; readonly body: Buffer; readonly failure?: undefined }
  | { readonly failure: ExchangeFailure };

const REPLY_TIMEOUT_MS = 10_000;
/** Servers close idle connections after 12 s; one that rested this long is opened anew rather than raced against that. */
const MAX_IDLE_MS = 9_000;
const HEAD_END = Buffer.from('\r\n\r\n');
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/**
 * One keep-alive HTTP/1.1 connection that sends requests given as bytes, one at a time.
 *
 * A plain socket instead of `node:http`, which costs the generator more per request than the server takes for the HTTP part; on shared
 * cores that would be measured as the server's. Understands replies with `content-length` only, which is what both servers send.
 */
export class HttpConnection {
  private readonly host: string;
  private readonly port: number;
  private socket: Socket | undefined;
  private lastUsedMs = 0;
  private received: Buffer = Buffer.alloc(0);
  private finish: ((exchange: Exchange) => void) | undefined;

  constructor(host: string, port: number) {
    this.host = host;
    this.port = port;
  }

  /** Never rejects. Opens the connection when there is none. */
  send(request: Buffer): Promise<Exchange> {
    return new Promise((resolve) => {
      this.finish = resolve;
      const nowMs = performance.now();
      if (this.socket !== undefined && nowMs - this.lastUsedMs > MAX_IDLE_MS) this.drop();
      this.socket ??= this.open();
      this.socket.write(request);
    });
  }

  close(): void {
    this.drop();
    this.settle({ failure: 'closed' });
  }

  private open(): Socket {
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    let isConnected = false;
    socket.setTimeout(REPLY_TIMEOUT_MS);
    socket.once('connect', () => {
      isConnected = true;
    });
    socket.on('data', (chunk: Buffer) => this.receive(socket, chunk));
    socket.on('timeout', () => this.fail(socket, 'timeout'));
    socket.on('error', () => this.fail(socket, isConnected ? 'closed' : 'connect'));
    socket.on('close', () => this.fail(socket, 'closed'));
    return socket;
  }

  private drop(): void {
    const { socket } = this;
    this.socket = undefined;
    this.received = Buffer.alloc(0);
    socket?.destroy();
  }

  private receive(socket: Socket, chunk: Buffer): void {
    if (socket !== this.socket) return;
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.received.toString('latin1', 0, headEnd);
    const length = CONTENT_LENGTH.exec(head);
    const status = Number(head.slice(9, 12));
    if (length === null || !head.startsWith('HTTP/1.1 ') || !(status >= 100)) {
      this.fail(socket, 'malformed');
      return;
    }
    const end = headEnd + HEAD_END.length + Number(length[1]);
    if (this.received.length < end) return;
    const body = this.received.subarray(headEnd + HEAD_END.length, end);
    this.received = this.received.subarray(end);
    this.lastUsedMs = performance.now();
    this.settle({ status, body });
  }

  private fail(socket: Socket, failure: ExchangeFailure): void {
    if (socket !== this.socket) return;
    this.drop();
    this.settle({ failure });
  }

  private settle(exchange: Exchange): void {
    const { finish } = this;
    this.finish = undefined;
    finish?.(exchange);
  }
}
