import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Catalogue } from '../../features/catalogue/catalogue.ts';
import { MS_PER_DAY, systemClock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import { asUserId, userKey } from '../../features/core/ids.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { DEFAULT_SCENES } from '../config/scene-config.ts';
import type { HttpServer } from '../http/http-server.ts';
import { openHttpServer } from '../http/open-http-server.ts';
import { createRouter } from '../http/router.ts';
import { createLogger, logFailure } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import { makeEventsRoute } from './events.ts';
import { makeItemRoutes } from './items/item-routes.ts';
import { makeOpenApiRoute } from './openapi.ts';
import { makeLivezRoute, makeMetricsRoute, makeReadyzRoute, OPERATION_PATHS, runChecks } from './operations.ts';
import { makeRecommendRoutes } from './recommend.ts';

const catalogue = Catalogue.from([
  { itemId: 'a', category: 'x', price: 3, isAvailable: true },
  { itemId: 'b', isAvailable: true },
]);
const logLines: string[] = [];
let folder: string;
let store: FeatureStore;
let server: HttpServer;
let url: string;

/** The whole HTTP shell over a real store; the recommender answers with what the shopper viewed last. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-routes-'));
  store = await openFeatureStore({ kind: 'lmdb', path: folder, shop: 'test', profileTtlDays: 1 });
  const metrics = createMetrics();
  const logger = createLogger({ level: 'debug', write: (line) => logLines.push(line) });
  const recommendRoutes = makeRecommendRoutes({
    recommender: {
      recommend: async (query) => {
        const profile = query.shopperKey && (await store.readProfile(query.shopperKey, query.deadline));
        const viewed = profile?.recent.view_item.itemIds ?? [];
        const items = viewed.map((itemId, position) => ({ itemId, position, score: 1, source: 'recently_viewed' }));
        return { items, degraded: null, modelVersion: 'v1' };
      },
    },
    modelVersion: () => 'v1',
    scenes: new Map(Object.entries(DEFAULT_SCENES)),
    clock: systemClock,
    randomId: () => crypto.randomUUID(),
    isShopPersonalized: true,
    requestBudgetMs: 500,
  });
  const routes = [
    ...recommendRoutes,
    makeEventsRoute({
      store,
      factsLookup: catalogue.facts,
      policy: DEFAULT_PROFILE_POLICY,
      clock: systemClock,
      isShopPersonalized: true,
      limits: { maxBatchSize: 500, maxFutureSkewMs: 60_000, maxEventAgeMs: 365 * MS_PER_DAY, storeMs: 5_000 },
      onEvent: metrics.countEvent,
    }),
    ...makeItemRoutes({
      store,
      catalogue: () => catalogue,
      catchUp: async () => {},
      limits: { maxBatchSize: 500, storeMs: 5_000 },
    }),
    makeLivezRoute(),
    makeReadyzRoute(() =>
      runChecks([
        { name: 'store', isRequired: false, check: (deadline) => store.ping(deadline).then(() => store.description) },
      ]),
    ),
    makeMetricsRoute(metrics.render),
  ];
  const router = createRouter([...routes, makeOpenApiRoute(routes, '0.0.0')]);
  const options = {
    handler: router.handler,
    maxBodyBytes: 262_144,
    requestTimeoutMs: 10_000,
    maxInFlight: 100,
    alwaysAdmittedPaths: OPERATION_PATHS,
    onOutcome: (outcome: Parameters<typeof metrics.observeRequest>[1]) =>
      metrics.observeRequest(router.routeOf(outcome.path), outcome),
    onFailure: (error: unknown, { requestId }: { readonly requestId: string }) =>
      logFailure(logger, error, { requestId }),
  };
  server = openHttpServer(options, () => {});
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${port}`;
});

afterAll(async () => {
  await server.close(1_000);
  await store.close();
  rmSync(folder, { recursive: true });
});

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const aView = (userId: string, itemId: string): unknown => ({
  event_id: `${userId}-${itemId}`,
  event: 'view_item',
  timestamp: Date.now(),
  user_id: userId,
  items: [{ item_id: itemId }],
});

describe('the routes over HTTP', () => {
  it('show an acknowledged event to the very next request of the shopper', async () => {
    const before = await post('/v1/recommend', { scene: 'home', user_id: 'u1' });
    expect(((await before.json()) as { items: unknown[] }).items).toEqual([]);
    const events = await post('/v1/events', { events: [aView('u1', 'a'), aView('u1', 'a'), { event: 'broken' }] });
    expect(events.status).toBe(202);
    expect(await events.json()).toMatchObject({ accepted: 1, duplicates: 1, rejected: [{ index: 2 }] });
    const after = await fetch(`${url}/v1/recommend/home?user_id=u1`);
    expect(((await after.json()) as { items: { item_id: string }[] }).items.map((item) => item.item_id)).toEqual(['a']);
  });

  it('lose no event of one shopper to concurrent batches', async () => {
    const batches = Array.from({ length: 20 }, (_, i) =>
      post('/v1/events', { events: [aView('busy', `p${i}`), aView(`other${i}`, 'a')] }),
    );
    const replies = await Promise.all(batches);
    expect(replies.map((reply) => reply.status)).toEqual(new Array(20).fill(202));
    const profile = await store.readProfile(userKey(asUserId('busy')), Deadline.after(1_000));
    expect([...profile!.recent.view_item.itemIds].sort()).toEqual(Array.from({ length: 20 }, (_, i) => `p${i}`).sort());
  });

  it('answer mistakes with a problem document, its code and the id of the request', async () => {
    const cases: readonly (readonly [Promise<Response>, number, string])[] = [
      [post('/v1/recommend', '{"scene": '), 400, 'REC_INVALID_JSON'],
      [post('/v1/recommend', {}), 400, 'REC_INVALID_REQUEST'],
      [post('/v1/recommend', { scene: 'nowhere' }), 404, 'REC_UNKNOWN_SCENE'],
      [post('/v1/recommend', { scene: 'home' }, { 'content-type': 'text/plain' }), 415, 'REC_UNSUPPORTED_MEDIA_TYPE'],
      [post('/v1/events', `"${'x'.repeat(300_000)}"`), 413, 'REC_BODY_TOO_LARGE'],
      [fetch(`${url}/v1/items/nothing`), 404, 'REC_UNKNOWN_ITEM'],
      [fetch(`${url}/v1/items/%zz`), 400, 'REC_INVALID_REQUEST'],
      [fetch(`${url}/v1/recommend`), 405, 'REC_METHOD_NOT_ALLOWED'],
      [fetch(`${url}/nothing`), 404, 'REC_NOT_FOUND'],
    ];
    for (const [pending, status, code] of cases) {
      const reply = await pending;
      expect(reply.status).toBe(status);
      expect(reply.headers.get('content-type')).toBe('application/problem+json');
      expect(await reply.json()).toMatchObject({ status, code, request_id: reply.headers.get('x-request-id') });
    }
  });

  it('answer HEAD and OPTIONS', async () => {
    const head = await fetch(`${url}/v1/items/a`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(10);
    const options = await fetch(`${url}/v1/recommend`, { method: 'OPTIONS' });
    expect(options.status).toBe(204);
    expect(options.headers.get('allow')).toBe('POST, OPTIONS');
  });

  it('are ready and say where the store is', async () => {
    const reply = await fetch(`${url}/readyz`);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ status: 'ready', checks: [{ name: 'store', status: 'ok' }] });
  });

  it('count requests by route and events by type in a scrape', async () => {
    const sampleOf = (text: string, name: string): number => {
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
      return line === undefined ? 0 : Number(line.slice(name.length + 1));
    };
    const names = [
      'vitrine_requests_total{route="/v1/recommend/{scene}",status="200"}',
      'vitrine_requests_total{route="unmatched",status="404"}',
      'vitrine_events_total{type="view_item",result="accepted"}',
      'vitrine_events_total{type="view_item",result="duplicate"}',
      'vitrine_errors_total{code="REC_NOT_FOUND"}',
    ];
    const scrape = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();
    const before = await scrape();
    await fetch(`${url}/v1/recommend/home?user_id=counted`);
    await fetch(`${url}/no/such/path`);
    await post('/v1/events', { events: [aView('counted', 'a'), aView('counted', 'b'), aView('counted', 'a')] });
    const after = await scrape();
    expect(names.map((name) => sampleOf(after, name) - sampleOf(before, name))).toEqual([1, 1, 2, 1, 1]);
    expect(after).not.toMatch(/no\/such|counted/);
  });

  it('log refused requests without what was sent', async () => {
    logLines.length = 0;
    const reply = await post('/v1/recommend', { scene: 'secret-scene', user_id: 'secret-user' });
    expect(logLines).toHaveLength(1);
    expect(JSON.parse(logLines[0]!)).toMatchObject({
      level: 'debug',
      code: 'REC_UNKNOWN_SCENE',
      requestId: reply.headers.get('x-request-id'),
    });
    expect(logLines[0]).not.toContain('secret');
  });
});
