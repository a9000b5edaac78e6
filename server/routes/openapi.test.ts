import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../features/catalogue/catalogue.ts';
import { ManualClock } from '../../features/core/clock.ts';
import { ERROR_CODES, type ErrorCode, VitrineError } from '../../features/core/errors.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { loadDefaultTags } from '../../features/profile/default-tags.ts';
import { problemsOf } from '../config/schema-problems.ts';
import { problemDocument, RequestError } from '../http/problem.ts';
import { createRouter } from '../http/router.ts';
import { aRequest } from '../http/testing/a-request.ts';
import { decodeAttributionToken } from './attribution-token.ts';
import { decodeEvent } from './decode-event.ts';
import type { DocumentedRoute } from './documented-route.ts';
import { makeEventsRoute } from './events.ts';
import { makeItemRoutes } from './items/item-routes.ts';
import { makeModelRoutes } from './models.ts';
import { makeOpenApiRoute, problemSchema } from './openapi.ts';
import { makeLivezRoute, makeMetricsRoute, makeReadyzRoute } from './operations.ts';
import { makeRecommendRoutes } from './recommend.ts';
import { makeShopperRoutes } from './shoppers/shopper-routes.ts';
import { MemoryProfileStore } from './testing/memory-profile-store.ts';

const clock = new ManualClock(0);
const served: DocumentedRoute[] = [
  ...makeRecommendRoutes({
    recommender: { recommend: async () => ({ items: [], degraded: null, modelVersion: 'v1' }) },
    modelVersion: () => 'v1',
    scenes: new Map(),
    clock,
    randomId: () => 'r',
    isShopPersonalized: true,
    requestBudgetMs: 100,
  }),
  makeEventsRoute({
    store: new MemoryProfileStore(),
    factsLookup: () => undefined,
    policy: DEFAULT_PROFILE_POLICY,
    clock,
    isShopPersonalized: true,
    limits: { maxBatchSize: 500, maxFutureSkewMs: 0, maxEventAgeMs: 1, storeMs: 1 },
  }),
  ...makeItemRoutes({
    store: { readItem: async () => undefined, updateItem: async () => undefined },
    catalogue: () => new Catalogue(),
    catchUp: async () => {},
    limits: { maxBatchSize: 500, storeMs: 1 },
  }),
  ...makeModelRoutes({
    versions: { serving: 'v1', previous: undefined },
    list: async () => [],
    activate: async () => ({ serving: 'v1', previous: undefined }),
    rollback: async () => ({ serving: 'v1', previous: undefined }),
  }),
  ...makeShopperRoutes({
    store: {
      readProfile: async () => undefined,
      updateProfile: async () => {},
      eraseShopper: async () => ({ profiles: 0, sessions: 0, events: 0, slates: 0 }),
    },
    tagSet: loadDefaultTags(),
    isTagName: () => true,
    catalogue: () => new Catalogue(),
    clock,
    isShopPersonalized: true,
    storeMs: 1,
    eraseMs: 1,
    profileTtlDays: 1,
  }),
  makeLivezRoute(),
  makeReadyzRoute(async () => []),
  makeMetricsRoute(async () => ({ contentType: 'text/plain', text: '' })),
];
const openApi = makeOpenApiRoute(served, '1.2.3');
const routes = [...served, openApi];

interface Media {
  readonly schema: { readonly $ref?: string };
  readonly example?: unknown;
}
interface OperationObject {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: Readonly<Record<string, Media>> }>
  >;
}
interface Document {
  readonly openapi: string;
  readonly info: { readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

async function fetchDocument(): Promise<Document> {
  const reply = await createRouter(routes).handler(aRequest({ path: '/openapi.json' }));
  return JSON.parse(reply.body as string) as Document;
}

describe('GET /openapi.json', () => {
  it('is an OpenAPI 3.1 document of the running version', async () => {
    expect(await fetchDocument()).toMatchObject({ openapi: '3.1.1', info: { title: 'Vitrine', version: '1.2.3' } });
  });

  it('has every route, itself included, and no other', async () => {
    const { paths } = await fetchDocument();
    const documented = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(routes.map((route) => `${route.method} ${route.pattern}`).sort());
  });

  it('gives each operation an id of its own and every path parameter', async () => {
    const { paths } = await fetchDocument();
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.values(item).map((operation) => ({ path, operation })),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{([a-z_]+)\}/g)].map((found) => found[1]);
      const declared = (operation.parameters ?? []).filter(
        (parameter) => parameter.in === 'path' && parameter.required,
      );
      expect(declared.map((parameter) => parameter.name)).toEqual(inPath);
    }
  });

  it('resolves every reference', async () => {
    const text = JSON.stringify(await fetchDocument());
    const { components } = JSON.parse(text) as Document;
    const names = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map((found) => found[1]!);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect(components.schemas, name).toHaveProperty(name);
  });

  it('names the protobuf form of what has one', async () => {
    const { paths } = await fetchDocument();
    for (const operation of [paths['/v1/recommend']!.post!, paths['/v1/recommend/{scene}']!.get!]) {
      const { content } = operation.responses['200']!;
      expect(Object.keys(content)).toEqual(['application/json', 'application/x-protobuf']);
      expect(JSON.stringify(content)).toContain('vitrine.v1.RecommendReply of server/proto/recommend.proto');
    }
  });

  it('documents the failures of each route as problem documents', async () => {
    const { paths } = await fetchDocument();
    const { responses } = paths['/v1/recommend']!.post!;
    expect(Object.keys(responses).sort()).toEqual(['200', '400', '404', '408', '413', '415', '500', '503', '504']);
    expect(responses['404']!.description).toContain('REC_UNKNOWN_SCENE');
    expect(Object.keys(responses['404']!.content)).toEqual(['application/problem+json']);
    expect(paths['/v1/events']!.post!.responses['503']!.description).toContain('REC_STORE_UNAVAILABLE');
  });

  it('shows no words that are not JSON Schema', async () => {
    expect(JSON.stringify(await fetchDocument())).not.toMatch(/"(expected|symptom)":"/);
  });
});

describe('the examples of the document', () => {
  it('fit the schemas they stand beside', () => {
    for (const { operation } of routes) {
      const bodies = [{ body: operation.body, example: operation.bodyExample }, ...Object.values(operation.replies)];
      for (const { body, example } of bodies) {
        if (body === undefined || example === undefined) continue;
        expect(problemsOf(body.schema, example), `${operation.operationId} ${body.name}`).toEqual([]);
        expect(Compile(body.schema).Check(example)).toBe(true);
      }
    }
  });

  it('hold a token that reads back as the reply it is in', () => {
    const reply = routes[0]!.operation.replies[200]!.example as Record<string, string>;
    expect(decodeAttributionToken(reply.attribution_token!)).toEqual({
      recommendationId: reply.recommendation_id,
      sceneName: reply.scene,
      modelVersion: reply.model_version,
    });
  });

  it('hold an event that is accepted', () => {
    const { events } = routes[2]!.operation.bodyExample as { events: unknown[] };
    const window = { nowMs: Date.UTC(2026, 0, 31, 12), maxFutureSkewMs: 0, maxEventAgeMs: 1 };
    expect(decodeEvent(events[0], window).isAccepted).toBe(true);
  });
});

describe('the schema of problem documents', () => {
  it('fits what the server sends', () => {
    const problems = [{ path: 'a', value: '1', expected: '2' }];
    const errors = [new RequestError('REC_INVALID_REQUEST', 'x', { problems }), new Error('x')];
    const ours = (Object.keys(ERROR_CODES) as ErrorCode[]).map((code) => new VitrineError(code, 'x'));
    for (const error of [...errors, ...ours]) {
      expect(problemsOf(problemSchema, problemDocument(error, 'r'))).toEqual([]);
    }
  });
});
