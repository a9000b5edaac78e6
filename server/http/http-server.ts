import type { ErrorCode } from '../../features/core/errors.ts';

/** One request as handlers see it: plain values, valid as long as they are held. */
export interface HttpRequest {
  /** Generated here; also in the reply's `x-request-id` header and in problem documents. */
  readonly requestId: string;
  /** Upper case. */
  readonly method: string;
  /** Starts with `/`; as sent, percent-escapes and all. */
  readonly path: string;
  /** What follows `?`, as sent; '' when there is none. */
  readonly query: string;
  /** Value of a header by its lower-case name; the first one when repeated. */
  header(name: string): string | undefined;
  /** Empty when the request has none. */
  readonly body: Uint8Array;
  /** Aborted when the client has gone or the time is up: nobody reads the reply any more. */
  readonly signal: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  /** Names in lower case. Length, connection and request id are the server's. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Turns one request into one reply; what it throws becomes a problem document. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpReply> | HttpReply;

/** How one request ended, for metrics and logs. */
export interface RequestOutcome {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** 499 when the client went away before the reply. */
  readonly status: number;
  readonly durationMs: number;
  /** Present when the reply is a problem document. */
  readonly code?: ErrorCode;
}

export interface HttpServerOptions {
  readonly handler: HttpHandler;
  /** Section of the configuration with the address, for messages. @defaultValue 'server' */
  readonly configSection?: string;
  /** Bytes. */
  readonly maxBodyBytes: number;
  /** From the head of a request to its reply. */
  readonly requestTimeoutMs: number;
  /** Requests in work; further ones get 503. */
  readonly maxInFlight: number;
  /** Paths let in above `maxInFlight`: health and metrics must answer under load. */
  readonly alwaysAdmittedPaths?: readonly string[];
  /** Called once for each request, after its end. */
  readonly onOutcome?: (outcome: RequestOutcome) => void;
  /** Called with everything a handler throws, before the problem document is written. */
  readonly onFailure?: (error: unknown, request: { readonly requestId: string; readonly path: string }) => void;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /**
   * Other processes of the same user may listen there too; the system spreads connections over them (SO_REUSEPORT).
   *
   * @defaultValue false: a second listener is refused
   */
  readonly isShared?: boolean;
}

/**
 * Takes HTTP/1.1 requests on one address and hands them to one handler.
 *
 * Excludes: routing, authentication, TLS, HTTP/2: the last two belong to a proxy in front. Which limits hold and how requests that break
 * them are answered is the same for every adapter.
 */
export interface HttpServer {
  /** What serves, for logs and /readyz. */
  readonly technology: string;
  /** Errors: REC_PORT_IN_USE, REC_INVALID_CONFIG when the address cannot be used. */
  listen(address: ListenAddress): Promise<{ readonly port: number }>;
  /**
   * Stops taking connections and lets requests in work finish.
   *
   * @param graceMs after this the remaining connections are cut
   */
  close(graceMs: number): Promise<void>;
}
