import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../features/core/clock.ts';
import { DEFAULT_SCENES } from '../config/scene-config.ts';
import type { HttpReply } from '../http/http-server.ts';
import { createRouter } from '../http/router.ts';
import { aRequest } from '../http/testing/a-request.ts';
import type { Query, Slate } from '../pipeline/query.ts';
import { vitrine } from '../proto/generated/recommend.js';
import { decodeAttributionToken } from './attribution-token.ts';
import { makeRecommendRoutes } from './recommend.ts';
import type { RecommendReply } from './recommend-schema.ts';

const SLATE: Slate = {
  items: [
    { itemId: 'a', position: 0, score: 0.5, source: 'ann', reasons: ['like what you viewed'] },
    { itemId: 'b', position: 1, score: 0.25, source: 'popular' },
  ],
  degraded: null,
  modelVersion: 'v1',
};

function aShop(slate: Slate = SLATE, { isShopPersonalized = true } = {}) {
  const queries: Query[] = [];
  const routes = makeRecommendRoutes({
    recommender: {
      recommend: async (query) => {
        queries.push(query);
        return slate;
      },
    },
    modelVersion: () => 'v1',
    scenes: new Map(
      Object.entries({ ...DEFAULT_SCENES, small: { ...DEFAULT_SCENES.home!, slateSize: 5, maxSlateSize: 10 } }),
    ),
    clock: new ManualClock(1_000),
    randomId: () => 'rec-1',
    isShopPersonalized,
    requestBudgetMs: 100,
  });
  const { handler } = createRouter(routes);
  const post = async (json: unknown, headers = {}): Promise<HttpReply> =>
    handler(aRequest({ path: '/v1/recommend', json, headers: { 'content-type': 'application/json', ...headers } }));
  const get = async (path: string, query: string): Promise<HttpReply> => handler(aRequest({ path, query }));
  return { queries, post, get };
}

const bodyOf = (reply: HttpReply): RecommendReply => JSON.parse(reply.body as string) as RecommendReply;

describe('POST /v1/recommend', () => {
  it('decodes every field into the query', async () => {
    const { post, queries } = aShop();
    await post({
      scene: 'product_detail',
      user_id: 'u1',
      session_id: 's1',
      item_ids: ['p1', 'p2'],
      count: 7,
      exclude: ['x'],
      filter: { category: 'a > b', brand: 'c', min_price: 1, max_price: 2 },
      context: { device: 'mobile' },
      explain: true,
      personalization: 'off',
    });
    const { deadline, ...query } = queries[0]!;
    expect(query).toEqual({
      recommendationId: 'rec-1',
      sceneName: 'product_detail',
      scene: DEFAULT_SCENES.product_detail,
      shopperKey: 'u:u1',
      contextItemIds: ['p1', 'p2'],
      excludeItemIds: ['x'],
      filter: { category: 'a > b', brand: 'c', minPrice: 1, maxPrice: 2 },
      slateSize: 7,
      notPersonalized: 'request_off',
      isExplained: true,
      device: 'mobile',
      nowMs: 1_000,
    });
    expect(deadline.remainingMs()).toBeGreaterThan(0);
    expect(deadline.remainingMs()).toBeLessThanOrEqual(100);
  });

  it('fills in what is absent: the size of the scene, nobody, nothing excluded', async () => {
    const { post, queries } = aShop();
    await post({ scene: 'home' });
    expect(queries[0]).toMatchObject({
      slateSize: 20,
      contextItemIds: [],
      excludeItemIds: [],
      filter: {},
      isExplained: false,
      device: '',
    });
    expect(queries[0]!.shopperKey).toBeUndefined();
  });

  it('reads the visit of someone who is not logged in', async () => {
    const { post, queries } = aShop();
    await post({ scene: 'home', session_id: 's1' });
    expect(queries[0]!.shopperKey).toBe('s:s1');
  });

  it('encodes the slate', async () => {
    const reply = await aShop().post({ scene: 'home' });
    expect(reply.status).toBe(200);
    const { attribution_token: token, ...rest } = bodyOf(reply);
    expect(rest).toEqual({
      recommendation_id: 'rec-1',
      scene: 'home',
      items: [
        { item_id: 'a', position: 0, score: 0.5, source: 'ann', reasons: ['like what you viewed'] },
        { item_id: 'b', position: 1, score: 0.25, source: 'popular' },
      ],
      model_version: 'v1',
      degraded: null,
    });
    expect(decodeAttributionToken(token)).toEqual({ recommendationId: 'rec-1', sceneName: 'home', modelVersion: 'v1' });
  });

  it('sends the same as protobuf to those who accept it', async () => {
    const { post } = aShop();
    const json = await post({ scene: 'home' }, { accept: 'application/json' });
    const { body, headers, status } = await post({ scene: 'home' }, { accept: 'application/x-protobuf' });
    expect([status, headers!['content-type'], headers!.vary]).toEqual([200, 'application/x-protobuf', 'accept']);
    expect([json.headers!['content-type'], json.headers!.vary]).toEqual(['application/json', 'accept']);
    const { items, degraded, ...rest } = vitrine.v1.RecommendReply.decode(body as Uint8Array);
    const expected = bodyOf(json);
    expect(items.map((item) => item.item_id)).toEqual(expected.items.map((item) => item.item_id));
    expect(items[0]!.reasons).toEqual(expected.items[0]!.reasons);
    expect([degraded ?? null, rest.scene, rest.attribution_token]).toEqual([null, 'home', expected.attribution_token]);
  });

  it('describes failures in problem documents, whatever is accepted', async () => {
    await expect(aShop().post({ scene: 'hom' }, { accept: 'application/x-protobuf' })).rejects.toMatchObject({
      code: 'REC_UNKNOWN_SCENE',
    });
  });

  it('puts nothing about the shopper into the token', async () => {
    const { post } = aShop();
    const anonymous = bodyOf(await post({ scene: 'home' }));
    const known = bodyOf(await post({ scene: 'home', user_id: 'jane@example.com', session_id: 's' }));
    expect(known.attribution_token).toBe(anonymous.attribution_token);
  });

  it('says when and why the answer is degraded', async () => {
    const degraded = { tier: 'popularity', reasons: ['store_unavailable'] } as const;
    const reply = await aShop({ ...SLATE, degraded }).post({ scene: 'home' });
    expect(reply.status).toBe(200);
    expect(bodyOf(reply).degraded).toEqual(degraded);
  });

  it('says when the list is not personalised, and why', async () => {
    const reply = await aShop({ ...SLATE, notPersonalized: 'opted_out' }).post({ scene: 'home' });
    expect(bodyOf(reply).personalization).toEqual({ applied: false, reason: 'opted_out' });
    expect(bodyOf(await aShop().post({ scene: 'home' }))).not.toHaveProperty('personalization');
  });

  it('knows nobody in a shop that is off, whatever the request says', async () => {
    const { post, queries } = aShop(SLATE, { isShopPersonalized: false });
    for (const personalization of ['on', 'off', undefined])
      await post({ scene: 'home', user_id: 'u1', personalization });
    expect(queries.map(({ notPersonalized }) => notPersonalized)).toEqual(['shop_off', 'shop_off', 'shop_off']);
  });

  it('refuses an unknown scene and lists those there are', async () => {
    await expect(aShop().post({ scene: 'hom' })).rejects.toMatchObject({
      code: 'REC_UNKNOWN_SCENE',
      status: 404,
      message: 'scene: "hom" given, expected one of home, product_detail, small',
    });
    await expect(aShop().post({ scene: '__proto__' })).rejects.toMatchObject({ code: 'REC_UNKNOWN_SCENE' });
  });

  it('refuses fields out of range, each named with value and expectation', async () => {
    const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `i${i}`);
    const cases: readonly (readonly [Record<string, unknown>, string, string])[] = [
      [{ scene: undefined }, 'scene', 'missing'],
      [{ count: 0 }, 'count', '0'],
      [{ count: 101 }, 'count', '101'],
      [{ count: 2.5 }, 'count', '2.5'],
      [{ count: '5' }, 'count', '"5"'],
      [{ user_id: '' }, 'user_id', '""'],
      [{ user_id: 'x'.repeat(257) }, 'user_id', `"${'x'.repeat(60)}"... (257 characters)`],
      [{ user_id: null }, 'user_id', 'null'],
      [{ exclude: ids(1_001) }, 'exclude', 'array of 1001'],
      [{ item_ids: ids(101) }, 'item_ids', 'array of 101'],
      [{ item_ids: ['a', ''] }, 'item_ids[1]', '""'],
      [{ filter: { min_price: -1 } }, 'filter.min_price', '-1'],
      [{ filter: { colour: 'red' } }, 'filter.colour', '"red"'],
      [{ filter: { min_price: 3, max_price: 2 } }, 'filter.min_price', '3'],
      [{ personalization: true }, 'personalization', 'true'],
      [{ explain: 'yes' }, 'explain', '"yes"'],
      [{ context: { weather: 'rain' } }, 'context.weather', '"rain"'],
      [{ userId: 'u1' }, 'userId', '"u1"'],
    ];
    for (const [fields, path, value] of cases) {
      await expect(aShop().post({ scene: 'home', ...fields }), path).rejects.toMatchObject({
        code: 'REC_INVALID_REQUEST',
        problems: [{ path, value, expected: expect.any(String) }],
      });
    }
  });

  it('lists every problem of a request', async () => {
    await expect(aShop().post({ count: 0, explain: 1, zzz: 1 })).rejects.toMatchObject({
      problems: ['scene', 'count', 'explain', 'zzz'].map((path) => expect.objectContaining({ path })),
    });
  });

  it('accepts the largest of everything', async () => {
    const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `i${i}`);
    const reply = await aShop().post({
      scene: 'home',
      user_id: 'x'.repeat(256),
      count: 100,
      exclude: ids(1_000),
      item_ids: ids(100),
    });
    expect(reply.status).toBe(200);
  });

  it('holds the count to the scene', async () => {
    const { post, queries } = aShop();
    await post({ scene: 'small', count: 10 });
    await post({ scene: 'small' });
    expect(queries.map((query) => query.slateSize)).toEqual([10, 5]);
    await expect(post({ scene: 'small', count: 11 })).rejects.toMatchObject({
      problems: [{ path: 'count', value: '11', expected: 'integer 1..10 in this scene' }],
    });
  });

  it('refuses a body that is no object', async () => {
    for (const json of [null, [], 'home', 5]) {
      await expect(aShop().post(json)).rejects.toMatchObject({ code: 'REC_INVALID_REQUEST', problems: [{ path: '' }] });
    }
  });
});

describe('GET /v1/recommend/{scene}', () => {
  it('reads the same query from the URL', async () => {
    const { get, queries } = aShop();
    await get(
      '/v1/recommend/product_detail',
      'user_id=u%201&item_id=p1,p2&item_id=p%2C3&count=7&exclude=x&category=a+%3E+b&min_price=1.5&max_price=2&device=mobile&explain=true&personalization=off',
    );
    expect(queries[0]).toMatchObject({
      sceneName: 'product_detail',
      shopperKey: 'u:u 1',
      contextItemIds: ['p1', 'p2', 'p,3'],
      excludeItemIds: ['x'],
      filter: { category: 'a > b', minPrice: 1.5, maxPrice: 2 },
      slateSize: 7,
      notPersonalized: 'request_off',
      isExplained: true,
      device: 'mobile',
    });
  });

  it('takes parameters without a value as absent', async () => {
    const { get, queries } = aShop();
    await get('/v1/recommend/home', 'user_id=&session_id=&item_id=&count=');
    expect(queries[0]).toMatchObject({ contextItemIds: [], slateSize: 20 });
    expect(queries[0]!.shopperKey).toBeUndefined();
  });

  it('refuses unknown, repeated and unreadable parameters', async () => {
    const problemOf = async (query: string): Promise<unknown> =>
      aShop()
        .get('/v1/recommend/home', query)
        .then(
          () => 'accepted',
          (error: { problems: unknown[] }) => error.problems[0],
        );
    expect(await problemOf('limit=5')).toMatchObject({ path: 'limit', value: '"5"' });
    expect(await problemOf('user_id=a&user_id=b')).toMatchObject({ path: 'user_id', value: '2 values' });
    expect(await problemOf('count=many')).toMatchObject({ path: 'count', value: '"many"', expected: 'integer 1..100' });
    expect(await problemOf('count=1e1')).toMatchObject({ path: 'count', value: '"1e1"' });
    expect(await problemOf('explain=1')).toMatchObject({ path: 'explain', value: '"1"' });
    expect(await problemOf('user_id=%zz')).toMatchObject({ path: 'user_id' });
    expect(await problemOf('__proto__=1')).toMatchObject({ path: '__proto__' });
  });

  it('refuses an unknown scene', async () => {
    await expect(aShop().get('/v1/recommend/nowhere', '')).rejects.toMatchObject({ code: 'REC_UNKNOWN_SCENE' });
  });
});

describe('decodeAttributionToken', () => {
  it('reads anything that is not a token as none', () => {
    for (const text of ['', 'abc', '%%%', 'MQ', Buffer.from('2\na\nb\nc').toString('base64url')]) {
      expect(decodeAttributionToken(text), text).toBeUndefined();
    }
  });
});
