import { describe, expect, it } from 'vitest';
import type { HttpReply } from './http-server.ts';
import { createRouter, type Route, type RouteMethod, UNMATCHED_ROUTE } from './router.ts';
import { aRequest } from './testing/a-request.ts';

function aRoute(method: RouteMethod, pattern: string): Route {
  return {
    method,
    pattern,
    handle: (_request, params) => ({ status: 200, body: `${method} ${pattern} ${JSON.stringify(params)}` }),
  };
}

const router = createRouter([
  aRoute('GET', '/v1/items/{id}'),
  aRoute('POST', '/v1/items:batch'),
  aRoute('GET', '/v1/items/special'),
  aRoute('GET', '/v1/models'),
  aRoute('POST', '/v1/models/{version}:activate'),
  aRoute('POST', '/v1/models:rollback'),
  aRoute('PUT', '/v1/users/{id}/consent'),
  aRoute('DELETE', '/v1/users/{id}/consent'),
]);

const call = (method: string, path: string): HttpReply => router.handler(aRequest({ method, path })) as HttpReply;

describe('createRouter', () => {
  it('hands the decoded parameter to the route', () => {
    expect(call('GET', '/v1/items/a%20b%2Fc%C3%A9').body).toBe('GET /v1/items/{id} {"id":"a b/cé"}');
  });

  it('prefers a fixed path to a pattern', () => {
    expect(call('GET', '/v1/items/special').body).toBe('GET /v1/items/special {}');
  });

  it('takes fixed text behind a parameter', () => {
    expect(call('POST', '/v1/models/2026-01-01:activate').body).toBe(
      'POST /v1/models/{version}:activate {"version":"2026-01-01"}',
    );
    expect(call('POST', '/v1/models/a:b:activate').body).toContain('{"version":"a:b"}');
    expect(call('POST', '/v1/models:rollback').body).toBe('POST /v1/models:rollback {}');
  });

  it('takes a parameter in the middle of a path', () => {
    expect(call('PUT', '/v1/users/u1/consent').body).toBe('PUT /v1/users/{id}/consent {"id":"u1"}');
  });

  it('refuses paths without a route', () => {
    for (const path of [
      '/',
      '/v1',
      '/v1/items',
      '/v1/items/',
      '/v1/items/a/b',
      '/v1/models/:activate',
      '//v1/models',
    ]) {
      expect(() => call('GET', path), path).toThrow(
        expect.objectContaining({
          code: 'REC_NOT_FOUND',
          message: `path: "${path}" given, expected a route of /openapi.json`,
        }),
      );
    }
    expect(() => call('GET', `/${'a'.repeat(10_000)}`)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,150}$/) }),
    );
  });

  it('refuses a method without a route and says which there are', () => {
    expect(() => call('POST', '/v1/models')).toThrow(
      expect.objectContaining({ code: 'REC_METHOD_NOT_ALLOWED', headers: { allow: 'GET, HEAD, OPTIONS' } }),
    );
    expect(() => call('GET', '/v1/users/u1/consent')).toThrow(
      expect.objectContaining({
        message: 'method: "GET" given, expected PUT, DELETE, OPTIONS',
        headers: { allow: 'PUT, DELETE, OPTIONS' },
        problems: [{ path: 'method', value: '"GET"', expected: 'PUT, DELETE, OPTIONS' }],
      }),
    );
    expect(() => call('get', '/v1/models')).toThrow(expect.objectContaining({ code: 'REC_METHOD_NOT_ALLOWED' }));
  });

  it('answers OPTIONS with the methods there are', () => {
    expect(call('OPTIONS', '/v1/models')).toEqual({ status: 204, headers: { allow: 'GET, HEAD, OPTIONS' }, body: '' });
  });

  it('answers HEAD through the route of GET', () => {
    expect(call('HEAD', '/v1/models').status).toBe(200);
    expect(() => call('HEAD', '/v1/models:rollback')).toThrow(
      expect.objectContaining({ code: 'REC_METHOD_NOT_ALLOWED' }),
    );
  });

  it('refuses malformed escapes in a parameter, naming it', () => {
    for (const path of ['/v1/items/%', '/v1/items/%zz', '/v1/items/%C3%28', '/v1/items/a%2']) {
      expect(() => call('GET', path), path).toThrow(
        expect.objectContaining({ code: 'REC_INVALID_REQUEST', message: expect.stringMatching(/^id: /) }),
      );
    }
  });

  it('names the pattern of a path, and one word for all paths without', () => {
    expect(router.routeOf('/v1/items/a')).toBe('/v1/items/{id}');
    expect(router.routeOf('/v1/items/%zz')).toBe('/v1/items/{id}');
    expect(router.routeOf('/wp-admin.php')).toBe(UNMATCHED_ROUTE);
  });

  it('refuses two routes for one method and pattern', () => {
    expect(() => createRouter([aRoute('GET', '/a'), aRoute('GET', '/a')])).toThrow('GET /a has one route');
  });
});
