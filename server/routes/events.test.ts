import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, MS_PER_DAY } from '../../features/core/clock.ts';
import { VitrineError } from '../../features/core/errors.ts';
import type { ShopperKey } from '../../features/core/ids.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import type { HttpRequest } from '../http/http-server.ts';
import { aRequest } from '../http/testing/a-request.ts';
import type { EventBatchReply } from './event-schema.ts';
import { makeEventsRoute } from './events.ts';
import { MemoryProfileStore } from './testing/memory-profile-store.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const limits = { maxBatchSize: 500, maxFutureSkewMs: 60_000, maxEventAgeMs: 365 * MS_PER_DAY, storeMs: 1_000 };

let store: MemoryProfileStore;
let counted: string[];
let failures: unknown[];
let batchSizes: number[];

beforeEach(() => {
  store = new MemoryProfileStore();
  counted = [];
  failures = [];
  batchSizes = [];
});

async function send(
  json: unknown,
  options: { readonly isShopPersonalized?: boolean; readonly nowMs?: number } = {},
): Promise<{ status: number; body: EventBatchReply }> {
  return sendRequest(aRequest({ json }), options);
}

async function sendRequest(
  request: HttpRequest,
  { isShopPersonalized = true, nowMs = NOW_MS } = {},
): Promise<{ status: number; body: EventBatchReply }> {
  const route = makeEventsRoute({
    store,
    factsLookup: (itemId) => ({ category: `category of ${itemId}`, price: 8 }),
    policy: DEFAULT_PROFILE_POLICY,
    clock: new ManualClock(nowMs),
    isShopPersonalized,
    limits,
    onEvent: (type, result) => counted.push(`${type} ${result}`),
    onBatch: (eventCount) => batchSizes.push(eventCount),
    onFailure: (error) => failures.push(error),
  });
  const reply = await route.handle(request, {});
  return { status: reply.status, body: JSON.parse(reply.body as string) as EventBatchReply };
}

function anEvent(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    event_id: 'e1',
    event: 'view_item',
    timestamp: NOW_MS - 1_000,
    user_id: 'u1',
    items: [{ item_id: 'a' }],
    ...fields,
  };
}

function profileOf(key: string): Profile {
  return store.profiles.get(key as ShopperKey)!;
}

describe('POST /v1/events', () => {
  it('answers 202 once the store has the events', async () => {
    const { status, body } = await send({ events: [anEvent()] });
    expect(status).toBe(202);
    expect(body).toEqual({ accepted: 1, duplicates: 0, ignored: 0, rejected: [] });
    expect(profileOf('u:u1').recent.view_item).toEqual({ itemIds: ['a'], atMs: [NOW_MS - 1_000] });
    expect(counted).toEqual(['view_item accepted']);
  });

  it('files events under the account when it is known, else under the visit', async () => {
    await send({
      events: [
        anEvent({ event_id: '1', user_id: 'u1' }),
        anEvent({ event_id: '2', user_id: undefined, session_id: 's1' }),
      ],
    });
    expect([...store.profiles.keys()].sort()).toEqual(['s:s1', 'u:u1']);
  });

  it('writes each shopper once per batch', async () => {
    await send({
      events: [
        anEvent({ event_id: '1', timestamp: NOW_MS - 1_000, device: 'mobile', items: [{ item_id: 'late' }] }),
        anEvent({ event_id: '2', timestamp: NOW_MS - 9_000, device: 'desktop', items: [{ item_id: 'early' }] }),
        anEvent({ event_id: '3', user_id: 'u2' }),
      ],
    });
    expect(store.writeCount).toBe(2);
    expect(profileOf('u:u1').recent.view_item.itemIds).toEqual(['late', 'early']);
    expect(profileOf('u:u1').device).toBe('mobile');
  });

  it('counts an event once, however often it is sent', async () => {
    const first = await send({ events: [anEvent(), anEvent()] });
    expect(first.body).toEqual({ accepted: 1, duplicates: 1, ignored: 0, rejected: [] });
    const second = await send({ events: [anEvent()] });
    expect(second.body).toEqual({ accepted: 0, duplicates: 1, ignored: 0, rejected: [] });
    expect(store.writeCount).toBe(1);
    expect(profileOf('u:u1').eventCounts[2]).toBe(1);
    expect(counted).toEqual(['view_item accepted', 'view_item duplicate', 'view_item duplicate']);
  });

  it('counts by the state that was written when another writer came first', async () => {
    await send({ events: [anEvent()] });
    store.overtakenStates = [profileOf('u:u1'), emptyProfile(), profileOf('u:u1')];
    store.profiles.clear();
    const { body } = await send({ events: [anEvent(), anEvent(), anEvent({ event_id: 'e2' })] });
    expect(body).toEqual({ accepted: 2, duplicates: 1, ignored: 0, rejected: [] });
  });

  it('lets the earliest of equal event ids in a batch count', async () => {
    const times = [5_000, 9_000, 1_000].map((agoMs) => NOW_MS - agoMs);
    const { body } = await send({ events: times.map((timestamp) => anEvent({ timestamp })) });
    expect(body).toMatchObject({ accepted: 1, duplicates: 2 });
    expect(profileOf('u:u1').recent.view_item.atMs).toEqual([NOW_MS - 9_000]);
  });

  it('keeps the good events of a batch with bad ones, and names each bad one by its place', async () => {
    const { status, body } = await send({
      events: [
        null,
        anEvent(),
        anEvent({ event: 'dance' }),
        7,
        anEvent({ event_id: 'e2' }),
        anEvent({ user_id: undefined }),
      ],
    });
    expect(status).toBe(202);
    expect(body.accepted).toBe(2);
    expect(body.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'REC_INVALID_REQUEST'],
      [2, 'REC_INVALID_REQUEST'],
      [3, 'REC_INVALID_REQUEST'],
      [5, 'REC_INVALID_REQUEST'],
    ]);
    expect(counted.filter((line) => line === 'undefined rejected')).toHaveLength(4);
  });

  it('understands the names of other trackers', async () => {
    await send({
      events: [anEvent({ event: 'Product Added' }), anEvent({ event_id: '2', event: 'purchase-complete' })],
    });
    expect(profileOf('u:u1').recent.add_to_cart.itemIds).toEqual(['a']);
    expect(profileOf('u:u1').purchases).toMatchObject({ orderCount: 1, totalValue: 8 });
  });

  it('accepts an empty batch', async () => {
    expect((await send({ events: [] })).body).toEqual({ accepted: 0, duplicates: 0, ignored: 0, rejected: [] });
  });

  it('accepts 500 events of 500 shoppers and refuses 501', async () => {
    const events = Array.from({ length: 500 }, (_, i) => anEvent({ event_id: `e${i}`, user_id: `u${i}` }));
    expect((await send({ events })).body.accepted).toBe(500);
    await expect(send({ events: [...events, anEvent()] })).rejects.toMatchObject({
      code: 'REC_INVALID_REQUEST',
      message: 'events: array of 501 given, expected array of at most 500 events',
    });
  });

  it('refuses a body that is not a batch, naming what is wrong', async () => {
    await expect(send([])).rejects.toThrow('body: array of 0 given, expected {"events": [...]}');
    await expect(send({})).rejects.toThrow('events: missing given');
    await expect(send({ events: {}, shop: 1 })).rejects.toMatchObject({
      problems: [expect.objectContaining({ path: 'shop' }), expect.objectContaining({ path: 'events' })],
    });
    expect(store.writeCount).toBe(0);
  });

  it('acknowledges nothing when the store is down', async () => {
    store.failures.set('*', new VitrineError('REC_STORE_UNAVAILABLE', 'down'));
    await expect(send({ events: [anEvent()] })).rejects.toMatchObject({ code: 'REC_STORE_UNAVAILABLE', status: 503 });
    expect(counted).toEqual([]);
  });

  it('acknowledges nothing when the store fails for one shopper of many', async () => {
    store.failures.set('u:u7', new VitrineError('REC_STORE_UNAVAILABLE', 'down'));
    const events = Array.from({ length: 40 }, (_, i) => anEvent({ event_id: `e${i}`, user_id: `u${i}` }));
    await expect(send({ events })).rejects.toMatchObject({ code: 'REC_STORE_UNAVAILABLE' });
    store.failures.clear();
    const again = await send({ events });
    expect(again.body.accepted + again.body.duplicates).toBe(40);
    expect(store.profiles.size).toBe(40);
    for (const profile of store.profiles.values()) expect(profile.eventCounts[2]).toBe(1);
  });

  it('asks for another try when the store is too slow', async () => {
    store.failures.set('*', new VitrineError('REC_DEADLINE_EXCEEDED', 'slow'));
    await expect(send({ events: [anEvent()] })).rejects.toMatchObject({
      code: 'REC_STORE_UNAVAILABLE',
      isRetryable: true,
    });
  });

  it('rejects the events of a shopper whose record cannot be read, and reports it', async () => {
    store.failures.set('u:broken', new VitrineError('REC_RECORD_INVALID', 'bad bytes of broken'));
    const { body } = await send({ events: [anEvent({ user_id: 'broken' }), anEvent()] });
    expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 0, code: 'REC_RECORD_INVALID' }] });
    expect(JSON.stringify(body)).not.toContain('bad bytes');
    expect(failures).toHaveLength(1);
  });

  it('logs every accepted event with all it said, with the time it came, in the write of its profile', async () => {
    const full = {
      event_id: 'e1',
      event: 'purchase',
      timestamp: NOW_MS - 1_000,
      user_id: 'u1',
      items: [{ item_id: 'a', price: 2.5, quantity: 3, index: 0, discount: 0.5, coupon: 'TWO' }, { item_id: 'b' }],
      value: 10.5,
      currency: 'EUR',
      transaction_id: 't1',
      device: 'mobile',
      discount: 1,
      coupon: 'MAY',
      search_term: 'trail shoes',
      item_list_id: 'home',
      attribution_token: 'MQ',
    };
    const bare = anEvent({ event_id: 'e2', event: 'Product Viewed', coupon: '' });
    await send({ events: [full, bare, full, anEvent({ event: 'dance' })] });
    const { coupon: _, ...logged } = bare;
    expect(store.log.map(({ shopper, entry }) => [shopper, entry])).toEqual([
      ['u:u1', { ...full, received_at: NOW_MS }],
      ['u:u1', { ...logged, event: 'view_item', received_at: NOW_MS }],
    ]);
    expect(profileOf('u:u1').discountedOrderCount).toBe(1);
    await send({ events: [full] });
    expect(store.log).toHaveLength(2);
  });

  it('remembers an event id from the hour it came, not from the hour it is of', async () => {
    const old = anEvent({ timestamp: NOW_MS - 300 * MS_PER_DAY });
    await send({ events: [old] });
    const again = await send({ events: [old] }, { nowMs: NOW_MS + 3 * MS_PER_DAY });
    expect(again.body).toMatchObject({ accepted: 0, duplicates: 1 });
  });

  it('leaves events of shoppers who refused personalisation, and says so', async () => {
    const optedOut = emptyProfile();
    optedOut.optOut = { isOptedOut: true, atMs: 1, source: 'settings' };
    const denied = emptyProfile();
    denied.consent = { state: 'denied', atMs: 1, source: 'banner' };
    store.profiles.set('u:out' as ShopperKey, structuredClone(optedOut));
    store.profiles.set('s:denied' as ShopperKey, structuredClone(denied));
    const { body } = await send({
      events: [
        anEvent({ user_id: 'out' }),
        anEvent({ user_id: undefined, session_id: 'denied' }),
        anEvent({ user_id: 'in' }),
      ],
    });
    expect(body).toEqual({ accepted: 1, duplicates: 0, ignored: 2, rejected: [] });
    expect(profileOf('u:out')).toEqual(optedOut);
    expect(profileOf('s:denied')).toEqual(denied);
    expect(store.log.map(({ shopper }) => shopper)).toEqual(['u:in']);
    expect(counted.filter((line) => line === 'view_item ignored')).toHaveLength(2);
  });

  it('checks and leaves every event while the shop is off', async () => {
    store.failures.set('*', new Error('the store was asked'));
    const { body } = await send({ events: [anEvent(), anEvent({ event: 'dance' })] }, { isShopPersonalized: false });
    expect(body).toMatchObject({ accepted: 0, duplicates: 0, ignored: 1, rejected: [{ index: 1 }] });
  });

  it('refuses what is not newer than the erasure of its shopper', async () => {
    const erased = { ...emptyProfile(), erasedAtMs: NOW_MS - 5_000 };
    store.profiles.set('u:u1' as ShopperKey, structuredClone(erased));
    const late = anEvent({ event_id: 'late', timestamp: NOW_MS - 5_000, session_id: 's1' });
    const { body } = await send({ events: [late] });
    expect(body).toEqual({
      accepted: 0,
      duplicates: 0,
      ignored: 0,
      rejected: [{ index: 0, code: 'REC_SHOPPER_ERASED', detail: expect.stringContaining('erasure') }],
    });
    expect(profileOf('u:u1')).toEqual(erased);
    const after = await send({ events: [late, anEvent({ timestamp: NOW_MS - 4_999 })] });
    expect(after.body).toMatchObject({ accepted: 1, rejected: [{ index: 0 }] });
    expect(profileOf('u:u1')).toMatchObject({ erasedAtMs: NOW_MS - 5_000, firstSeenAtMs: NOW_MS - 4_999 });
    expect(counted).toEqual(['view_item rejected', 'view_item rejected', 'view_item accepted']);
  });

  it('tells how large answered batches are', async () => {
    await send({ events: [anEvent(), anEvent({ event: 'dance' })] });
    store.failures.set('*', new VitrineError('REC_STORE_UNAVAILABLE', 'down'));
    await expect(send({ events: [anEvent({ event_id: 'e3' })] })).rejects.toThrow('down');
    expect(batchSizes).toEqual([2]);
  });

  it('lets bugs through as bugs', async () => {
    store.failures.set('*', new TypeError('x is undefined'));
    await expect(send({ events: [anEvent()] })).rejects.toThrow(TypeError);
  });
});
