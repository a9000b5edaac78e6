import { assertContract, type ErrorCode } from '../../features/core/errors.ts';
import { previewOf } from '../config/schema-problems.ts';
import type { HttpHandler, HttpReply, HttpRequest } from './http-server.ts';
import { RequestError } from './problem.ts';
import { decodeUrlPart } from './query-string.ts';

export type RouteMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Decoded values of the `{name}` parts of a route's pattern. */
export type RouteParams = Readonly<Record<string, string>>;

/** What a route answers to, said once for routing and for OpenAPI. */
export interface Route {
  readonly method: RouteMethod;
  /** Segments are fixed or `{name}`, which may be followed by fixed text: `/v1/models/{version}:activate`. */
  readonly pattern: string;
  readonly handle: (request: HttpRequest, params: RouteParams) => Promise<HttpReply> | HttpReply;
}

export interface Router {
  readonly handler: HttpHandler;
  /** Pattern of the route a path belongs to, whatever the method; {@link UNMATCHED_ROUTE} otherwise. For metric labels. */
  routeOf(path: string): string;
}

/** Stands for every path without a route, so that clients cannot make metric series. */
export const UNMATCHED_ROUTE = 'unmatched';

const NO_PARAMS: RouteParams = Object.freeze({});

interface Segment {
  /** Name of the parameter; undefined for fixed text. */
  readonly param: string | undefined;
  /** The fixed text, or what must follow the parameter. */
  readonly text: string;
}

interface Entry {
  readonly pattern: string;
  readonly segments: readonly Segment[];
  readonly byMethod: Map<string, Route>;
}

interface Match {
  readonly entry: Entry;
  /** Still percent-encoded. */
  readonly rawParams: readonly string[];
}

/**
 * Finds the route for a request: fixed paths first, then patterns in the order given.
 *
 * HEAD is answered by GET's route, OPTIONS with the methods there are.
 * Errors: REC_NOT_FOUND, REC_METHOD_NOT_ALLOWED with `allow`, REC_INVALID_REQUEST when an escape in a parameter is malformed.
 */
export function createRouter(routes: readonly Route[]): Router {
  const entries = entriesOf(routes);
  const fixed = new Map(entries.filter(isFixed).map((entry) => [entry.pattern, entry]));
  const open = entries.filter((entry) => !isFixed(entry));
  const find = (path: string): Match | undefined => {
    const entry = fixed.get(path);
    return entry === undefined ? matchOpen(open, path) : { entry, rawParams: [] };
  };
  return {
    routeOf: (path) => find(path)?.entry.pattern ?? UNMATCHED_ROUTE,
    handler: (request) => {
      const match = find(request.path);
      if (match === undefined)
        throw refusal('REC_NOT_FOUND', { path: 'path', given: request.path, expected: 'a route of /openapi.json' });
      const { entry } = match;
      const route = entry.byMethod.get(request.method === 'HEAD' ? 'GET' : request.method);
      if (route !== undefined) return route.handle(request, paramsOf(match));
      const allow = allowOf(entry);
      if (request.method === 'OPTIONS') return { status: 204, headers: { allow }, body: '' };
      throw refusal('REC_METHOD_NOT_ALLOWED', { path: 'method', given: request.method, expected: allow }, { allow });
    },
  };
}

function refusal(
  code: ErrorCode,
  { path, given, expected }: { path: string; given: string; expected: string },
  headers: Readonly<Record<string, string>> = {},
): RequestError {
  const problem = { path, value: previewOf(given), expected };
  return new RequestError(code, `${path}: ${problem.value} given, expected ${expected}`, {
    headers,
    problems: [problem],
  });
}

function entriesOf(routes: readonly Route[]): Entry[] {
  const entries = new Map<string, Entry>();
  for (const route of routes) {
    let entry = entries.get(route.pattern);
    if (entry === undefined) {
      entry = { pattern: route.pattern, segments: route.pattern.split('/').map(segmentOf), byMethod: new Map() };
      entries.set(route.pattern, entry);
    }
    assertContract(!entry.byMethod.has(route.method), `${route.method} ${route.pattern} has one route`);
    entry.byMethod.set(route.method, route);
  }
  return [...entries.values()];
}

function segmentOf(text: string): Segment {
  const found = /^\{([a-z_]+)\}([^{}]*)$/.exec(text);
  return found === null ? { param: undefined, text } : { param: found[1], text: found[2]! };
}

function isFixed(entry: Entry): boolean {
  return entry.segments.every((segment) => segment.param === undefined);
}

function matchOpen(entries: readonly Entry[], path: string): Match | undefined {
  const parts = path.split('/');
  for (const entry of entries) {
    const rawParams = matchSegments(entry.segments, parts);
    if (rawParams !== undefined) return { entry, rawParams };
  }
  return undefined;
}

function matchSegments(segments: readonly Segment[], parts: readonly string[]): string[] | undefined {
  if (segments.length !== parts.length) return undefined;
  const rawParams: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const { param, text } = segments[i]!;
    const part = parts[i]!;
    if (param === undefined) {
      if (part !== text) return undefined;
    } else {
      if (part.length <= text.length || !part.endsWith(text)) return undefined;
      rawParams.push(part.slice(0, part.length - text.length));
    }
  }
  return rawParams;
}

function paramsOf({ entry, rawParams }: Match): RouteParams {
  if (rawParams.length === 0) return NO_PARAMS;
  const params: Record<string, string> = {};
  let next = 0;
  for (const { param } of entry.segments) {
    if (param !== undefined) params[param] = decodeUrlPart(rawParams[next++]!, param);
  }
  return params;
}

function allowOf(entry: Entry): string {
  const methods = [...entry.byMethod.keys()];
  if (methods.includes('GET')) methods.push('HEAD');
  return [...methods, 'OPTIONS'].join(', ');
}
