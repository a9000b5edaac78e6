import type { HttpRequest } from '../http-server.ts';

export interface RequestParts {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, with its content type, unless `headers` name another. */
  readonly json?: unknown;
  readonly body?: string | Uint8Array;
}

/** A request for tests of handlers; a GET of `/` unless told otherwise. */
export function aRequest(parts: RequestParts = {}): HttpRequest {
  const text = parts.json === undefined ? (parts.body ?? '') : JSON.stringify(parts.json);
  const headers: Readonly<Record<string, string>> = { 'content-type': 'application/json', ...parts.headers };
  return {
    requestId: 'request-1',
    method: parts.method ?? (text.length === 0 ? 'GET' : 'POST'),
    path: parts.path ?? '/',
    query: parts.query ?? '',
    header: (name) => headers[name],
    body: typeof text === 'string' ? new TextEncoder().encode(text) : text,
    signal: new AbortController().signal,
  };
}
