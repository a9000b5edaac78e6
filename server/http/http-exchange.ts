import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { makeRandomUuids } from '../random-uuid.ts';
import { type Framing, framingOf } from './http-framing.ts';
import type { HttpReply, HttpRequest, HttpServerOptions } from './http-server.ts';
import { errorCodeOf, problemReply, RequestError } from './problem.ts';

/** What an adapter knows of a request before its body. */
export interface RequestHead {
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Name, value, name, value: every header line in order, names in lower case. */
  readonly headers: readonly string[];
}

/** A reply ready for the wire. */
export interface FinishedReply {
  readonly status: number;
  /** The handler's. The adapter adds {@link REPLY_HEADERS} and `x-request-id`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly body: string | Uint8Array;
  /** Answer to HEAD: length as if, but no body. */
  readonly isBodyOmitted: boolean;
  readonly isLastOnConnection: boolean;
}

/** Writes one reply. Called at most once, and not after {@link HttpExchange.abort}. */
export type WriteReply = (reply: FinishedReply) => void;

/**
 * A refused upload is read on up to this many bytes and dropped, so that the client sees the reply instead of a broken connection.
 * Beyond it the connection is closed.
 */
export const MAX_DISCARDED_BYTES = 8 * 1024 * 1024;

export const REQUEST_ID_HEADER = 'x-request-id';

/** On every reply: browsers take its content type at its word. */
export const REPLY_HEADERS: readonly (readonly [string, string])[] = [['x-content-type-options', 'nosniff']];

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const EMPTY = new Uint8Array(0);
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;
const CLIENT_CLOSED_REQUEST = 499;

/** What all requests of one server share: the options, how many are in work, and whether the server is stopping. */
export class ExchangeGate {
  readonly options: HttpServerOptions;
  readonly nextRequestId: () => string = makeRandomUuids();
  inFlightCount = 0;
  isDraining = false;
  private readonly alwaysAdmitted: ReadonlySet<string>;
  private onIdle: (() => void) | undefined;

  constructor(options: HttpServerOptions) {
    this.options = options;
    this.alwaysAdmitted = new Set(options.alwaysAdmittedPaths);
  }

  isFull(path: string): boolean {
    return this.inFlightCount >= this.options.maxInFlight && !this.alwaysAdmitted.has(path);
  }

  enter(): void {
    this.inFlightCount += 1;
  }

  leave(): void {
    this.inFlightCount -= 1;
    if (this.inFlightCount === 0) this.onIdle?.();
  }

  /** From now on replies close their connections; resolves when nothing is in work, at the latest after `graceMs`. */
  drain(graceMs: number): Promise<void> {
    this.isDraining = true;
    if (this.inFlightCount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/**
 * One request from its head to its reply, the same for every adapter: limits, body, deadline, dispatch, exactly one reply.
 *
 * An adapter creates it with the head, wires {@link receive} and {@link abort}, then calls {@link begin}.
 */
export class HttpExchange {
  readonly hasBody: boolean;
  private readonly gate: ExchangeGate;
  private readonly head: RequestHead;
  private readonly write: WriteReply;
  private readonly requestId: string;
  private readonly startedAtMs = performance.now();
  private readonly framing: Framing;
  private chunks: Uint8Array[] = [];
  private receivedBytes = 0;
  private isBodyComplete: boolean;
  private isTooLarge = false;
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;
  private request: ExchangeRequest | undefined;

  constructor(gate: ExchangeGate, head: RequestHead, write: WriteReply) {
    this.gate = gate;
    this.head = head;
    this.write = write;
    this.requestId = gate.nextRequestId();
    this.framing = framingOf(head.headers);
    this.hasBody = this.framing.isChunked || this.framing.contentLength > 0;
    this.isBodyComplete = !this.hasBody;
  }

  begin(): void {
    const { gate, framing } = this;
    const isFull = gate.isFull(this.head.path);
    gate.enter();
    if (framing.problem !== undefined) {
      this.fail(new RequestError('REC_INVALID_REQUEST', framing.problem));
    } else if (isFull) {
      this.fail(new VitrineError('REC_OVERLOADED', `${gate.options.maxInFlight} requests are in work`));
    } else if (framing.contentLength > gate.options.maxBodyBytes) {
      this.fail(this.tooLarge());
    } else if (!this.hasBody) this.dispatch(EMPTY);
    if (!this.isOver) this.timer = setTimeout(() => this.expire(), gate.options.requestTimeoutMs);
  }

  /** Ownership: `chunk` is read during the call only; what is kept is copied. */
  receive(chunk: Uint8Array, isLast: boolean): void {
    if (isLast) this.isBodyComplete = true;
    if (this.isOver) return;
    this.receivedBytes += chunk.byteLength;
    if (this.receivedBytes > this.gate.options.maxBodyBytes) {
      this.isTooLarge = true;
      this.chunks = [];
    }
    if (this.isTooLarge) {
      if (isLast || this.receivedBytes > MAX_DISCARDED_BYTES) this.fail(this.tooLarge());
      return;
    }
    if (chunk.byteLength > 0) this.chunks.push(Buffer.from(chunk));
    if (isLast) this.dispatch(joined(this.chunks, this.receivedBytes));
  }

  /** The connection has gone: the handler is told, nothing is written any more. */
  abort(): void {
    if (this.isOver) return;
    this.request?.abort(new Error('the client has closed the connection'));
    this.end(CLIENT_CLOSED_REQUEST, undefined);
  }

  private dispatch(body: Uint8Array): void {
    const request = new ExchangeRequest(this.requestId, this.head, body);
    this.request = request;
    try {
      const result = this.gate.options.handler(request);
      if (result instanceof Promise) {
        result.then(
          (reply) => this.answer(reply),
          (error: unknown) => this.fail(error),
        );
      } else this.answer(result);
    } catch (error) {
      this.fail(error);
    }
  }

  private expire(): void {
    const error = this.isBodyComplete
      ? new VitrineError('REC_DEADLINE_EXCEEDED', `no reply within ${this.gate.options.requestTimeoutMs} ms`)
      : new RequestError('REC_BODY_TIMEOUT', `${this.receivedBytes} bytes arrived, then nothing until the time was up`);
    this.request?.abort(error);
    this.fail(error);
  }

  private answer(reply: HttpReply): void {
    if (this.isOver) return;
    try {
      assertReply(reply);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.send(reply, undefined);
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    this.gate.options.onFailure?.(error, { requestId: this.requestId, path: this.head.path });
    this.send(problemReply(error, this.requestId), error);
  }

  private send(reply: HttpReply, error: unknown): void {
    const isRestBounded = this.framing.contentLength > 0 && this.framing.contentLength <= MAX_DISCARDED_BYTES;
    const isCut = !this.isBodyComplete && (!isRestBounded || this.isExpired());
    this.write({
      status: reply.status,
      headers: reply.headers ?? NO_HEADERS,
      requestId: this.requestId,
      body: reply.body,
      isBodyOmitted: this.head.method === 'HEAD',
      isLastOnConnection: this.gate.isDraining || isCut || this.framing.problem !== undefined,
    });
    this.end(reply.status, error);
  }

  private isExpired(): boolean {
    return performance.now() - this.startedAtMs >= this.gate.options.requestTimeoutMs;
  }

  private end(status: number, error: unknown): void {
    this.isOver = true;
    this.chunks = [];
    clearTimeout(this.timer);
    this.gate.leave();
    this.gate.options.onOutcome?.({
      requestId: this.requestId,
      method: this.head.method,
      path: this.head.path,
      status,
      durationMs: performance.now() - this.startedAtMs,
      ...(error === undefined ? {} : { code: errorCodeOf(error) }),
    });
  }

  private tooLarge(): VitrineError {
    const { maxBodyBytes } = this.gate.options;
    return new VitrineError(
      'REC_BODY_TOO_LARGE',
      `body: more than ${maxBodyBytes} bytes given, expected at most ${maxBodyBytes}; send less at once`,
    );
  }
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return body;
}

/** A header value with a line break would let whoever chose it write a reply of their own. */
function assertReply(reply: HttpReply): void {
  assertContract(reply.status >= 200 && reply.status <= 599, 'a reply has a status from 200 to 599');
  for (const name in reply.headers) {
    assertContract(HEADER_VALUE.test(reply.headers[name]!), `reply header ${name} is printable ASCII`);
  }
}

/** The signal is made when somebody asks for it: most handlers do not. */
class ExchangeRequest implements HttpRequest {
  readonly requestId: string;
  readonly body: Uint8Array;
  private readonly head: RequestHead;
  private controller: AbortController | undefined;
  private abortReason: Error | undefined;

  constructor(requestId: string, head: RequestHead, body: Uint8Array) {
    this.requestId = requestId;
    this.head = head;
    this.body = body;
  }

  get method(): string {
    return this.head.method;
  }

  get path(): string {
    return this.head.path;
  }

  get query(): string {
    return this.head.query;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.abortReason !== undefined) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  header(name: string): string | undefined {
    const { headers } = this.head;
    for (let i = 0; i < headers.length; i += 2) {
      if (headers[i] === name) return headers[i + 1];
    }
    return undefined;
  }

  abort(reason: Error): void {
    this.abortReason = reason;
    this.controller?.abort(reason);
  }
}
