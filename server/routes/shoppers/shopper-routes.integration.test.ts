import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Static } from 'typebox';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Catalogue } from '../../../features/catalogue/catalogue.ts';
import { ManualClock, MS_PER_DAY, MS_PER_MINUTE } from '../../../features/core/clock.ts';
import { Deadline } from '../../../features/core/deadline.ts';
import { asItemId, asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../../features/core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../../../features/profile/apply-event.ts';
import { loadDefaultTags } from '../../../features/profile/default-tags.ts';
import type { EventType } from '../../../features/profile/event.ts';
import { MAX_ATTRIBUTES, type Profile } from '../../../features/profile/profile.ts';
import type { FeatureStore } from '../../../features/store/feature-store.ts';
import { openFeatureStore } from '../../../features/store/open-feature-store.ts';
import { startRedisServer, type TestRedisServer } from '../../../features/store/testing/redis-server.ts';
import { problemsOf } from '../../config/schema-problems.ts';
import type { RouteMethod } from '../../http/router.ts';
import { createRouter } from '../../http/router.ts';
import { aRequest } from '../../http/testing/a-request.ts';
import { makeShopperRoutes } from './shopper-routes.ts';
import { type ErasureReceipt, erasureReceiptSchema, shopperProfileSchema, shopperSchema } from './shopper-schema.ts';

const NOW_MS = Date.UTC(2026, 4, 21, 12);
const catalogue = Catalogue.from([
  { itemId: 'milk-2', title: 'Milk 2', category: 'Baby > Formula', brand: 'Milla', price: 20, isAvailable: true },
  { itemId: 'milk-3', title: 'Milk 3', category: 'Baby > Formula', brand: 'Milla', price: 22, isAvailable: false },
  { itemId: 'lamp', category: 'Home', price: 90, isAvailable: true },
]);

let folder: string;
let redis: TestRedisServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-shoppers-'));
  redis = await startRedisServer();
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

describe.each(['lmdb', 'redis'] as const)('the routes about shoppers on %s', (kind) => {
  const clock = new ManualClock(NOW_MS);
  let store: FeatureStore;

  beforeAll(async () => {
    const common = { shop: 'test', profileTtlDays: 1 };
    store = await openFeatureStore(
      kind === 'lmdb'
        ? { kind, path: join(folder, 'store'), ...common }
        : { kind, mode: 'single', url: redis.url, commandTimeoutMs: 1_000, ...common },
    );
    await vi.waitFor(() => store.ping(Deadline.after(1_000)), { timeout: 10_000 });
  });
  afterAll(() => store.close());

  const routerOf = (isShopPersonalized = true) =>
    createRouter(
      makeShopperRoutes({
        store,
        tagSet: loadDefaultTags(),
        isTagName: (name) => ['top_category', 'customer'].includes(name),
        catalogue: () => catalogue,
        clock,
        isShopPersonalized,
        storeMs: 5_000,
        eraseMs: 10_000,
        profileTtlDays: 400,
      }),
    );

  async function call(method: RouteMethod, path: string, json?: unknown, router = routerOf()): Promise<Answer> {
    const reply = await router.handler(aRequest({ method, path, ...(json === undefined ? {} : { json }) }));
    expect(reply.status).toBe(200);
    return JSON.parse(reply.body as string) as Answer;
  }

  async function erased(path: string): Promise<ErasureReceipt> {
    return (await call('DELETE', path)) as unknown as ErasureReceipt;
  }

  const profileOf = (key: ShopperKey): Promise<Profile | undefined> => store.readProfile(key, Deadline.after(5_000));
  const edit = (key: ShopperKey, change: (profile: Profile) => void): Promise<void> =>
    store.updateProfile(
      key,
      (profile) => {
        change(profile);
        return 'write';
      },
      Deadline.after(5_000),
    );

  function did(profile: Profile, type: EventType, itemId: string, daysAgo: number): void {
    const event = {
      eventId: `${type}-${itemId}-${daysAgo}`,
      type,
      atMs: NOW_MS - daysAgo * MS_PER_DAY,
      items: [{ itemId: asItemId(itemId) }],
    };
    applyEvent(profile, event, catalogue.facts, DEFAULT_PROFILE_POLICY);
  }

  it('set, replace and take away attributes, and answer with all of them', async () => {
    const path = '/v1/users/attributes';
    const attributes = { tier: 'silver', zip: 10115, isMember: true, likes: ['shoes', 'lamps'] };
    expect((await call('PUT', path, { attributes })).attributes).toEqual({
      tier: 'silver',
      zip: '10115',
      isMember: 'true',
      likes: 'shoes|lamps',
    });
    const changed = await call('PUT', path, { attributes: { tier: 'gold', zip: null, isMember: '', likes: [] } });
    expect(changed).toMatchObject({ user_id: 'attributes', attributes: { tier: 'gold' } });
    expect((await call('GET', path)).attributes).toEqual({ tier: 'gold' });
    expect(Array.from((await profileOf(userKey(asUserId('attributes'))))!.attributes)).toEqual([['tier', 'gold']]);
  });

  it.each([
    [
      'a sensitive name',
      { attributes: { tier: 'gold', religion: 'any' } },
      'REC_SENSITIVE_ATTRIBUTE',
      /attribute "religion"/,
    ],
    [
      'a sensitive value',
      { attributes: { tier: 'gold', club: ['golf', 'politics'] } },
      'REC_SENSITIVE_ATTRIBUTE',
      /attribute "club"/,
    ],
    [
      'an object',
      { attributes: { tier: { is: 'gold' } } },
      'REC_INVALID_REQUEST',
      /attributes\.tier: object given, expected text/,
    ],
    [
      'a long value',
      { attributes: { tier: 'x'.repeat(257) } },
      'REC_INVALID_REQUEST',
      /attributes\.tier: .*expected text/,
    ],
    [
      'a long name',
      { attributes: { ['x'.repeat(65)]: 'y' } },
      'REC_INVALID_REQUEST',
      /has 65 characters, expected 1 to 64/,
    ],
    [
      'a separator within a value',
      { attributes: { likes: ['a|b'] } },
      'REC_INVALID_REQUEST',
      /attributes\.likes: "a\|b" given, expected .* without \|/,
    ],
    [
      'more attributes than a profile keeps',
      { attributes: Object.fromEntries(Array.from({ length: MAX_ATTRIBUTES + 1 }, (_, i) => [`a${i}`, 'x'])) },
      'REC_INVALID_REQUEST',
      /at most 32/,
    ],
    ['an unknown key', { attribute: {} }, 'REC_INVALID_REQUEST', /attributes/],
    ['a list', [], 'REC_INVALID_REQUEST', /body/],
  ])('refuse %s and keep none of the attributes', async (_, json, code, message) => {
    await expect(call('PUT', '/v1/users/refused', json)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(await profileOf(userKey(asUserId('refused')))).toBeUndefined();
  });

  it('keep an attribute called __proto__ like any other', async () => {
    await call('PUT', '/v1/users/proto', JSON.parse('{"attributes": {"__proto__": "x"}}'));
    const { attributes } = await call('GET', '/v1/users/proto');
    expect(Object.entries(attributes!)).toEqual([['__proto__', 'x']]);
  });

  it('keep consent and opt-out with time and source, and say whether lists are personalised', async () => {
    const path = '/v1/users/consent';
    const granted = await call('PUT', `${path}/consent`, { state: 'granted', source: 'cookie-banner' });
    expect(granted).toMatchObject({
      consent: { state: 'granted', at: '2026-05-21T12:00:00.000Z', source: 'cookie-banner' },
      personalization: { state: 'on', applied: true },
    });
    const off = await call('PUT', `${path}/consent`, { personalization: 'off', source: 'account-page' });
    expect(off.consent).toEqual(granted.consent);
    expect(off.personalization).toEqual({
      state: 'off',
      at: '2026-05-21T12:00:00.000Z',
      source: 'account-page',
      applied: false,
      reason: 'opted_out',
    });
    const denied = await call('PUT', `${path}/consent`, { personalization: 'on', state: 'denied', source: 'app' });
    expect(denied.personalization).toMatchObject({ state: 'on', applied: false, reason: 'consent_denied' });
    const again = await call('PUT', `${path}/consent`, { state: 'granted', source: 'app' });
    expect(again.personalization).toMatchObject({ state: 'on', applied: true });
    expect(await call('GET', path)).toEqual(again);
  });

  it('let the last statement count even when the clock of another server was ahead', async () => {
    await call('PUT', '/v1/users/skew/consent', { personalization: 'off', source: 'a' });
    clock.set(NOW_MS - MS_PER_MINUTE);
    const on = await call('PUT', '/v1/users/skew/consent', { personalization: 'on', source: 'b' });
    clock.set(NOW_MS);
    expect(on.personalization).toMatchObject({ state: 'on', source: 'b', applied: true });
  });

  it.each([
    [{ source: 'app' }, /state: missing given, expected state, personalization, or both/],
    [{ state: 'granted' }, /source: missing/],
    [{ state: 'maybe', source: 'app' }, /state: "maybe" given, expected one of "unknown", "granted", "denied"/],
    [{ personalization: true, source: 'app' }, /personalization: true given, expected one of "on", "off"/],
    [{ state: 'granted', source: 'x'.repeat(65) }, /source/],
    [{ state: 'granted', source: 'app', at: 5 }, /at: 5 given, expected no such key/],
  ])('refuse the consent %j', async (json, message) => {
    await expect(call('PUT', '/v1/users/refused/consent', json)).rejects.toMatchObject({
      code: 'REC_INVALID_REQUEST',
      message: expect.stringMatching(message),
    });
    expect(await profileOf(userKey(asUserId('refused')))).toBeUndefined();
  });

  it('store no attribute of who has opted out, and still take those there are away', async () => {
    const path = '/v1/users/silent';
    await call('PUT', path, { attributes: { tier: 'gold', zip: '1' } });
    await call('PUT', `${path}/consent`, { personalization: 'off', source: 'app' });
    await expect(call('PUT', path, { attributes: { tier: 'x', zip: null } })).rejects.toMatchObject({
      code: 'REC_PERSONALIZATION_OFF',
      status: 409,
    });
    expect((await call('PUT', path, { attributes: { zip: null } })).attributes).toEqual({ tier: 'gold' });
  });

  it('store no attribute in a shop that is off, and say so', async () => {
    const off = routerOf(false);
    await expect(call('PUT', '/v1/users/any', { attributes: { tier: 'x' } }, off)).rejects.toMatchObject({
      code: 'REC_PERSONALIZATION_OFF',
    });
    const stated = await call('PUT', '/v1/users/any/consent', { state: 'granted', source: 'app' }, off);
    expect(stated.personalization).toMatchObject({ state: 'on', applied: false, reason: 'shop_off' });
  });

  it('show all that is known, with the reason for each tag', async () => {
    await edit(userKey(asUserId('nora')), (profile) => {
      for (const daysAgo of [78, 48, 18]) did(profile, 'purchase', 'milk-2', daysAgo);
      did(profile, 'view_item', 'lamp', 1);
      did(profile, 'view_item', 'gone', 0);
    });
    const profile = await call('GET', '/v1/users/nora/profile');
    expect(problemsOf(shopperProfileSchema, profile)).toEqual([]);
    expect(profile).toMatchObject({
      user_id: 'nora',
      first_seen: '2026-03-04T12:00:00.000Z',
      last_seen: '2026-05-21T12:00:00.000Z',
      event_counts: { purchase: 3, view_item: 2 },
      recent_items: {
        view_item: [
          { item_id: 'gone', at: '2026-05-21T12:00:00.000Z' },
          { item_id: 'lamp', at: '2026-05-20T12:00:00.000Z' },
        ],
        purchase: [{ item_id: 'milk-2', title: 'Milk 2', at: '2026-05-03T12:00:00.000Z' }],
      },
      interests: { brands: [{ name: 'Milla', share: 1 }] },
      purchases: { orders: 3, pieces: 3, total_value: 60, last_order: '2026-05-03T12:00:00.000Z' },
      repurchase: [
        {
          category: 'Baby > Formula',
          orders: 3,
          mean_interval_days: 30,
          due_at: '2026-06-02T12:00:00.000Z',
          due_in_days: 12,
        },
      ],
      segments: {
        rfm: { cell: 'regular', recency_score: 3, frequency_score: 2, monetary_score: 1, average_order_value: 20 },
        lifecycle: 'growing',
      },
      churn_risk: { orders: 3, days_since_last_order: 18, days_since_first_order: 78, mean_days_between_orders: 30 },
      active_hours: [{ hour: 12, events: 5 }],
    });
    expect(profile.churn_risk!.risk).toBeGreaterThan(0);
    expect(profile.interests!.categories.map(({ name }) => name)).toEqual(['Baby > Formula', 'Home']);
    const [band] = profile.interests!.price_bands;
    expect(band!.from <= 20 && 20 < band!.to).toBe(true);
    expect(profile.tags!.find(({ name }) => name === 'top_category')).toEqual({
      name: 'top_category',
      family: 'preference',
      title: 'Favourite category',
      value: 'Baby > Formula',
      reason: expect.stringMatching(/^bought Baby > Formula on 2026-05-03; \d+ percent of their interest$/),
    });
    expect(profile.size_bytes).toBeGreaterThan(100);
    expect(profile.remembered_events).toBe(5);
  });

  it('take a tag away for good', async () => {
    const path = '/v1/users/tagged';
    await edit(userKey(asUserId('tagged')), (profile) => did(profile, 'purchase', 'milk-2', 3));
    const namesOf = async (): Promise<string[]> => (await call('GET', `${path}/profile`)).tags!.map(({ name }) => name);
    expect(await namesOf()).toContain('customer');
    expect((await call('DELETE', `${path}/tags/customer`)).deleted_tags).toEqual(['customer']);
    expect((await call('DELETE', `${path}/tags/customer`)).deleted_tags).toEqual(['customer']);
    await edit(userKey(asUserId('tagged')), (profile) => did(profile, 'purchase', 'milk-3', 0));
    expect(await namesOf()).not.toContain('customer');
    await expect(call('DELETE', `${path}/tags/custmer`)).rejects.toMatchObject({
      code: 'REC_UNKNOWN_TAG',
      message: 'tag: "custmer" given, expected the name of a declared tag, as GET .../profile lists them',
    });
  });

  it('know nothing of a stranger and of who was erased', async () => {
    for (const path of ['/v1/users/stranger', '/v1/users/stranger/profile', '/v1/sessions/stranger/profile']) {
      await expect(call('GET', path)).rejects.toMatchObject({ code: 'REC_UNKNOWN_SHOPPER', status: 404 });
    }
    await edit(userKey(asUserId('erased')), (profile) => {
      profile.erasedAtMs = NOW_MS - 5_000;
    });
    await expect(call('GET', '/v1/users/erased/profile')).rejects.toMatchObject({
      code: 'REC_UNKNOWN_SHOPPER',
      message: expect.stringContaining('erased at 2026-05-21T11:59:55.000Z'),
    });
    const back = await call('PUT', '/v1/users/erased', { attributes: { tier: 'gold' } });
    expect(back).toMatchObject({ attributes: { tier: 'gold' }, erased_at: '2026-05-21T11:59:55.000Z' });
  });

  it('are the same for a visitor who is not logged in', async () => {
    const path = '/v1/sessions/visit%201';
    await call('PUT', path, { attributes: { campaign: 'spring' } });
    await call('PUT', `${path}/consent`, { state: 'denied', source: 'cookie-banner' });
    await call('DELETE', `${path}/tags/top_category`);
    const shopper = await call('GET', path);
    expect(problemsOf(shopperSchema, shopper)).toEqual([]);
    expect(shopper).toMatchObject({
      session_id: 'visit 1',
      attributes: { campaign: 'spring' },
      consent: { state: 'denied' },
      deleted_tags: ['top_category'],
    });
    expect((await profileOf(sessionKey(asSessionId('visit 1'))))!.consent.state).toBe('denied');
    await expect(call('GET', '/v1/users/visit%201')).rejects.toMatchObject({ code: 'REC_UNKNOWN_SHOPPER' });
  });

  it('lead from a session that belongs to an account to the account', async () => {
    await edit(sessionKey(asSessionId('joined')), (profile) => {
      profile.joinedTo = { userId: 'olga', joinId: 1 };
    });
    await edit(userKey(asUserId('olga')), (profile) => did(profile, 'view_item', 'lamp', 1));
    const off = await call('PUT', '/v1/sessions/joined/consent', { personalization: 'off', source: 'app' });
    expect(off).toMatchObject({ session_id: 'joined', user_id: 'olga', personalization: { applied: false } });
    expect((await profileOf(userKey(asUserId('olga'))))!.optOut.isOptedOut).toBe(true);
    expect((await profileOf(sessionKey(asSessionId('joined'))))!.optOut.isOptedOut).toBe(false);
    expect((await call('GET', '/v1/sessions/joined/profile')).event_counts).toEqual({ view_item: 1 });
  });

  it('lose no statement to other writers of the same shopper', async () => {
    const key = userKey(asUserId('busy'));
    await Promise.all([
      ...Array.from({ length: 20 }, (_, i) => edit(key, (profile) => did(profile, 'view_item', `p${i}`, 0))),
      call('PUT', '/v1/users/busy', { attributes: { tier: 'gold' } }),
      call('PUT', '/v1/users/busy/consent', { state: 'granted', source: 'app' }),
      call('DELETE', '/v1/users/busy/tags/customer'),
    ]);
    const profile = (await profileOf(key))!;
    expect(profile.recent.view_item.itemIds).toHaveLength(20);
    expect(profile.consent.state).toBe('granted');
    expect(profile.deletedTags).toEqual(['customer']);
    expect(profile.attributes.get('tier')).toBe('gold');
  });

  /** Everything the store holds of a shopper, by kind. */
  async function tracesOf(key: ShopperKey): Promise<string[]> {
    const kinds: string[] = [];
    for await (const { kind: found } of store.findTraces(key)) kinds.push(found);
    return kinds.sort();
  }

  const acts = (key: ShopperKey, events: readonly Record<string, unknown>[], also = (_: Profile): void => {}) =>
    store.updateProfile(
      key,
      (profile) => {
        did(profile, 'view_item', 'lamp', 1);
        also(profile);
        return { log: events.map((event) => JSON.stringify(event)) };
      },
      Deadline.after(5_000),
    );

  it('erase a shopper with all that belongs to them, and give a receipt', async () => {
    const [key, visit] = [userKey(asUserId('paul')), sessionKey(asSessionId('paul-visit'))];
    await acts(visit, [{ event_id: 'e0', session_id: 'paul-visit' }], (profile) => {
      profile.joinedTo = { userId: 'paul', joinId: 3 };
    });
    const events = [
      { event_id: 'e1', user_id: 'paul' },
      { event_id: 'e2', user_id: 'paul', session_id: 'paul-visit' },
    ];
    await acts(key, events, (profile) => {
      profile.joinedSessions = [{ sessionId: 'paul-visit', joinId: 3 }];
    });
    await acts(userKey(asUserId('paula')), [{ event_id: 'e3', user_id: 'paula' }]);
    const slate = (shopper: ShopperKey | undefined) => ({ shopper, atMs: NOW_MS, text: '{"items":[]}' });
    await store.appendSlates([slate(key), slate(undefined), slate(userKey(asUserId('paula')))], Deadline.after(5_000));
    expect(await tracesOf(key)).toEqual(['event', 'event', 'profile', 'session', 'slate']);

    const receipt = await erased('/v1/users/paul');
    expect(problemsOf(erasureReceiptSchema, receipt)).toEqual([]);
    expect(receipt).toMatchObject({
      user_id: 'paul',
      erased_at: '2026-05-21T12:00:00.000Z',
      removed: { profiles: 1, sessions: 1, events: 3, slates: 1 },
      remains: [{ what: 'tombstone', until: '2027-06-25T12:00:00.000Z' }],
    });
    expect(receipt.out_of_reach.join()).toMatch(/backups.*export-events.*models trained before/s);
    expect(await tracesOf(key)).toEqual(['tombstone']);
    expect(await tracesOf(visit)).toEqual(['tombstone']);
    expect(await tracesOf(userKey(asUserId('paula')))).toEqual(['event', 'profile', 'slate']);
    await expect(call('GET', '/v1/users/paul')).rejects.toMatchObject({ code: 'REC_UNKNOWN_SHOPPER' });
    expect((await erased('/v1/users/paul')).removed).toEqual({ profiles: 0, sessions: 0, events: 0, slates: 0 });
  });

  it('erase up to the latest event, when the shopper had a clock that runs ahead', async () => {
    const key = userKey(asUserId('ahead'));
    await edit(key, (profile) => did(profile, 'view_item', 'lamp', -1));
    expect((await erased('/v1/users/ahead')).erased_at).toBe('2026-05-22T12:00:00.000Z');
    expect((await profileOf(key))!.erasedAtMs).toBe(NOW_MS + MS_PER_DAY);
  });

  it('erase a visitor, but send the shop to the account once the visitor has logged in', async () => {
    await acts(sessionKey(asSessionId('v7')), [{ event_id: 'e9', session_id: 'v7' }]);
    expect(await erased('/v1/sessions/v7')).toMatchObject({ session_id: 'v7', removed: { profiles: 1, events: 1 } });
    for (const [session, account] of [
      ['v8', 'rosa'],
      ['v9', 'gone'],
    ]) {
      await edit(sessionKey(asSessionId(session!)), (profile) => {
        profile.joinedTo = { userId: account!, joinId: 5 };
      });
    }
    await edit(userKey(asUserId('rosa')), (profile) => {
      profile.joinedSessions = [{ sessionId: 'v8', joinId: 5 }];
    });
    expect((await erased('/v1/sessions/v9')).removed.profiles).toBe(1);
    expect(await tracesOf(userKey(asUserId('gone')))).toEqual([]);
    await expect(erased('/v1/sessions/v8')).rejects.toMatchObject({
      code: 'REC_SESSION_JOINED',
      status: 409,
      message: expect.stringContaining('belongs to the account "rosa"'),
    });
  });

  it('erase what is told of a shopper before the time up to which events are refused', async () => {
    const path = '/v1/users/early';
    await edit(userKey(asUserId('early')), (profile) => did(profile, 'view_item', 'lamp', -1));
    await erased(path);
    await call('PUT', path, { attributes: { tier: 'gold' } });
    expect(await erased(path)).toMatchObject({ removed: { profiles: 1 }, erased_at: '2026-05-22T12:00:00.000Z' });
    expect(await tracesOf(userKey(asUserId('early')))).toEqual(['tombstone']);
  });

  it('erase against writers of the same shopper', async () => {
    const key = userKey(asUserId('contested'));
    const writers = Array.from({ length: 30 }, async (_, i) => {
      await acts(key, [{ event_id: `w${i}`, user_id: 'contested' }], (profile) => {
        if (profile.erasedAtMs >= NOW_MS) throw new Error('refused: erased');
      }).catch(() => {});
    });
    const [receipt] = await Promise.all([erased('/v1/users/contested'), ...writers]);
    expect(receipt.erased_at).toBe('2026-05-21T12:00:00.000Z');
    expect(await tracesOf(key)).toEqual(['tombstone']);
  });

  it.runIf(kind === 'redis')('erase a shopper whose record cannot be read', async () => {
    const key = userKey(asUserId('broken'));
    await acts(key, [{ event_id: 'b1', user_id: 'broken' }]);
    await redis.command('SET', 'v1:test:{u:broken}:p', 'nonsense');
    await expect(call('GET', '/v1/users/broken')).rejects.toMatchObject({ code: 'REC_RECORD_INVALID' });
    expect((await erased('/v1/users/broken')).removed).toMatchObject({ profiles: 1, events: 1 });
    expect(await tracesOf(key)).toEqual(['tombstone']);
  });

  it('refuse ids that cannot be any', async () => {
    for (const id of ['x'.repeat(257), 'a%00', '%ED%A0%80']) {
      await expect(call('GET', `/v1/users/${id}`)).rejects.toMatchObject({ code: 'REC_INVALID_REQUEST' });
    }
  });
});

type Answer = Partial<Static<typeof shopperProfileSchema>>;
