import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MS_PER_DAY, systemClock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import { expectSameProfile, numberedFacts, profileOf } from '../../features/profile/testing/random-events.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import type { HttpServer } from '../http/http-server.ts';
import { openHttpServer } from '../http/open-http-server.ts';
import { createRouter } from '../http/router.ts';
import { createMetrics } from '../observability/metrics.ts';
import { vitrine } from '../proto/generated/events.js';
import { decodeEvent } from './decode-event.ts';
import type { EventBatchReply } from './event-schema.ts';
import { makeEventsRoute } from './events.ts';

const MAX_BODY_BYTES = 262_144;
const LIMITS = { maxBatchSize: 500, maxFutureSkewMs: 60_000, maxEventAgeMs: 365 * MS_PER_DAY, storeMs: 10_000 };

let folder: string;
let store: FeatureStore;
let server: HttpServer;
let url: string;
/** Statuses of all replies, as the server counts them. */
let statuses: number[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-events-http-'));
  store = await openFeatureStore({ kind: 'lmdb', path: folder, shop: 'test', profileTtlDays: 400 });
  statuses = [];
  const metrics = createMetrics({ hasProcessMetrics: false });
  const route = makeEventsRoute({
    store,
    factsLookup: numberedFacts,
    policy: DEFAULT_PROFILE_POLICY,
    clock: systemClock,
    isShopPersonalized: true,
    limits: LIMITS,
    onEvent: metrics.countEvent,
    onBatch: metrics.observeEventBatch,
  });
  const options = {
    handler: createRouter([route]).handler,
    maxBodyBytes: MAX_BODY_BYTES,
    requestTimeoutMs: 20_000,
    maxInFlight: 100,
    onOutcome: ({ status }: { readonly status: number }) => void statuses.push(status),
  };
  server = openHttpServer(options, () => {});
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${port}/v1/events`;
});

afterAll(async () => {
  await server.close(1_000);
  await store.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly json: EventBatchReply & { readonly code?: string; readonly detail?: string };
}

async function post(body: string | Uint8Array<ArrayBuffer>, contentType = 'application/json'): Promise<Answer> {
  const reply = await fetch(url, { method: 'POST', headers: { 'content-type': contentType }, body });
  return { status: reply.status, json: (await reply.json()) as Answer['json'] };
}

function send(...events: unknown[]): Promise<Answer> {
  return post(JSON.stringify({ events }));
}

let eventCount = 0;
function anEvent(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    event_id: `e${eventCount++}`,
    event: 'view_item',
    timestamp: Date.now() - 1_000,
    user_id: 'u1',
    items: [{ item_id: '1' }],
    ...fields,
  };
}

async function read(key: ShopperKey): Promise<Profile> {
  return (await store.readProfile(key, Deadline.after(10_000))) ?? emptyProfile();
}

async function loggedIds(): Promise<string[]> {
  const ids: string[] = [];
  for await (const { text } of store.readLog('events')) ids.push((JSON.parse(text) as { event_id: string }).event_id);
  return ids;
}

describe('bad input to POST /v1/events', () => {
  it.each<[string, () => Record<string, unknown>, RegExp]>([
    [
      'an unknown event type',
      () => anEvent({ event: 'dance' }),
      /^event: "dance" given, expected one of view_item_list/,
    ],
    ['no event id', () => anEvent({ event_id: undefined }), /^event_id: missing given/],
    [
      'an event id of 10 KB',
      () => anEvent({ event_id: 'x'.repeat(10_240) }),
      /^event_id: .*\(10240 characters\) given/,
    ],
    ['a user id of 10 KB', () => anEvent({ user_id: 'x'.repeat(10_240) }), /^user_id: .*\(10240 characters\) given/],
    ['an item id of 10 KB', () => anEvent({ items: [{ item_id: 'x'.repeat(10_240) }] }), /^items\[0\]\.item_id: /],
    ['a negative quantity', () => anEvent({ items: [{ item_id: '1', quantity: -1 }] }), /quantity: -1 given/],
    ['a negative price', () => anEvent({ items: [{ item_id: '1', price: -0.01 }] }), /price: -0.01 given/],
    ['neither user nor session', () => anEvent({ user_id: undefined }), /^user_id: missing, and so is session_id/],
    ['a time in the future', () => anEvent({ timestamp: Date.now() + 120_000 }), /ahead of the server clock/],
    ['an unknown field', () => anEvent({ colour: 'red' }), /^colour: "red" given, expected no such key/],
  ])('rejects %s, says why, and applies the others of the batch', async (_, bad, detail) => {
    const user = `with-${eventCount}`;
    const answer = await send(anEvent({ user_id: user }), bad(), anEvent({ user_id: user }));
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ accepted: 2, duplicates: 0, ignored: 0 });
    expect(answer.json.rejected).toEqual([
      { index: 1, code: 'REC_INVALID_REQUEST', detail: expect.stringMatching(detail) },
    ]);
    expect((await read(userKey(asUserId(user)))).eventCounts[2]).toBe(2);
  });

  it('rejects an event that would reach the prototype, and changes no object of the server', async () => {
    const poisoned = `{"__proto__":{"user_id":"evil","isAdmin":true},${JSON.stringify(anEvent()).slice(1)}`;
    const nested = JSON.stringify(anEvent({ items: [{ item_id: '1' }] })).replace(
      '{"item_id"',
      '{"__proto__":{"price":1},"item_id"',
    );
    const { json } = await post(`{"events":[${poisoned},${nested}]}`);
    expect(json.rejected.map(({ index, detail }) => [index, detail.includes('__proto__')])).toEqual([
      [0, true],
      [1, true],
    ]);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
    expect((await read(userKey(asUserId('evil')))).lastSeenAtMs).toBe(0);
    // As a name it is a name like any other.
    const names = { user_id: '__proto__', session_id: '__proto__', items: [{ item_id: '__proto__' }] };
    expect((await send(anEvent(names))).json.accepted).toBe(1);
    expect((await read(userKey(asUserId('__proto__')))).recent.view_item.itemIds).toEqual(['__proto__']);
  });

  it('rejects numbers that are not finite: too large for JSON, or in protobuf', async () => {
    const tooLarge = JSON.stringify(anEvent({ items: [{ item_id: '1', price: 7 }] })).replace(
      '"price":7',
      '"price":1e999',
    );
    const json = await post(`{"events":[${tooLarge}]}`);
    expect(json.json.rejected[0]!.detail).toContain('items[0].price: Infinity given');
    const events = [Number.NaN, Number.NEGATIVE_INFINITY].map((price) => anEvent({ items: [{ item_id: '1', price }] }));
    const body = vitrine.v1.EventBatch.encode({ events } as vitrine.v1.EventBatch.$Properties).finish();
    const protobuf = await post(new Uint8Array(body), 'application/x-protobuf');
    expect(protobuf.status).toBe(202);
    expect(protobuf.json.rejected.map(({ detail }) => detail.slice(0, 24))).toEqual([
      'items[0].price: NaN give',
      'items[0].price: -Infinit',
    ]);
  });

  it.each<[string, () => Promise<Answer>, number, string]>([
    ['a body of 10 MB', () => post(`{"events":["${'x'.repeat(10 * 2 ** 20)}"]}`), 413, 'REC_BODY_TOO_LARGE'],
    ['a body just above the limit', () => post(`"${'x'.repeat(MAX_BODY_BYTES)}"`), 413, 'REC_BODY_TOO_LARGE'],
    ['truncated JSON', () => post(JSON.stringify({ events: [anEvent()] }).slice(0, -3)), 400, 'REC_INVALID_JSON'],
    ['a price that is not JSON', () => post('{"events":[{"price": NaN}]}'), 400, 'REC_INVALID_JSON'],
    ['no body', () => post(''), 400, 'REC_INVALID_JSON'],
    ['text', () => post(JSON.stringify({ events: [anEvent()] }), 'text/plain'), 415, 'REC_UNSUPPORTED_MEDIA_TYPE'],
    ['a form', () => post('events=1', 'application/x-www-form-urlencoded'), 415, 'REC_UNSUPPORTED_MEDIA_TYPE'],
    [
      'truncated protobuf',
      () => post(Uint8Array.of(10, 9, 10, 1), 'application/x-protobuf'),
      400,
      'REC_INVALID_REQUEST',
    ],
    ['501 events', () => send(...Array.from({ length: 501 }, () => anEvent())), 400, 'REC_INVALID_REQUEST'],
    ['a list instead of a batch', () => post(JSON.stringify([anEvent()])), 400, 'REC_INVALID_REQUEST'],
    [
      'a key beside the events',
      () => post(JSON.stringify({ events: [anEvent()], shop: 1 })),
      400,
      'REC_INVALID_REQUEST',
    ],
  ])('refuses %s as a whole and applies nothing', async (_, request, status, code) => {
    const before = await loggedIds();
    const profile = await read(userKey(asUserId('u1')));
    const answer = await request();
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(await loggedIds()).toEqual(before);
    expect(await read(userKey(asUserId('u1')))).toEqual(profile);
  });
});

/** Valid, nearly valid and other values, for two accounts and two visits of one run. */
const someId = fc.constantFrom<unknown>('a', 'b', '', 7, null, 'x'.repeat(300), '\u0000');
const maybeSpoilt = fc.record(
  {
    event: fc.constantFrom<unknown>(
      'view_item',
      'add_to_cart',
      'purchase',
      'search',
      'view_item_list',
      'Product Added',
      'dance',
    ),
    timestamp: fc.constantFrom<unknown>(-1, -1_000, -60_000, -9_999, -7, -8, 999_999_999, 'yesterday'),
    user: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom<unknown>('a', 'b', undefined) },
      { weight: 1, arbitrary: someId },
    ),
    session: fc.constantFrom<unknown>(undefined, undefined, 's', 't'),
    items: fc.oneof(
      {
        weight: 9,
        arbitrary: fc.array(fc.record({ item_id: fc.constantFrom('1', '2', '3') }), { minLength: 1, maxLength: 3 }),
      },
      { weight: 1, arbitrary: fc.constantFrom<unknown>([], 'none', [{ item_id: '1', price: -1 }], [{}], undefined) },
    ),
    extra: fc.constantFrom<unknown>(...new Array<undefined>(9), { colour: 'red' }),
  },
  { requiredKeys: ['event', 'timestamp', 'user', 'session', 'items', 'extra'] },
);

describe('any batch sent to POST /v1/events', () => {
  it('is applied exactly as far as the reply says, whatever is in it', async () => {
    let runCount = 0;
    let acceptedCount = 0;
    let rejectedCount = 0;
    const batch = fc.array(fc.oneof({ weight: 8, arbitrary: maybeSpoilt }, { weight: 1, arbitrary: fc.jsonValue() }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(batch, async (drawn) => {
        const run = `r${runCount++}`;
        const nowMs = Date.now();
        const events = drawn.map((one, i) => wireEventOf(one, { run, nowMs, place: i }));
        const { status, json } = await post(JSON.stringify({ events }));
        expect(status).toBe(202);
        expect(json.accepted + json.duplicates + json.ignored + json.rejected.length).toBe(events.length);
        const rejected = new Set(json.rejected.map(({ index }) => index));
        const decoded = JSON.parse(JSON.stringify(events)) as unknown[];
        const accepted = decoded.flatMap((raw, index) => {
          const one = decodeEvent(raw, { nowMs, ...LIMITS });
          expect(one.isAccepted).toBe(!rejected.has(index));
          return one.isAccepted ? [one.event] : [];
        });
        acceptedCount += accepted.length;
        rejectedCount += rejected.size;
        await expectProfiles(run, accepted);
      }),
      { numRuns: 150 },
    );
    expect(Math.min(acceptedCount, rejectedCount)).toBeGreaterThan(150);
  });

  it('is refused or answered, never with a failure of ours, after bytes of it were changed or cut', async () => {
    statuses.length = 0;
    const bytes = Buffer.from(
      JSON.stringify({ events: [anEvent({ user_id: 'spoilt' }), anEvent({ user_id: 'spoilt' })] }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), async (at, byte, isCut) => {
        const place = at % bytes.length;
        const spoilt = isCut ? bytes.subarray(0, place) : Buffer.from(bytes.with(place, byte));
        const { status } = await post(new Uint8Array(spoilt));
        expect([202, 400]).toContain(status);
      }),
      { numRuns: 300 },
    );
    expect(statuses.filter((status) => status === 400).length).toBeGreaterThan(50);
  });
});

function wireEventOf(drawn: unknown, { run, nowMs, place }: { run: string; nowMs: number; place: number }): unknown {
  if (typeof drawn !== 'object' || drawn === null || !('extra' in drawn)) return drawn;
  const { event, timestamp, user, session, items, extra } = drawn as Record<string, unknown>;
  const named = (id: unknown): unknown =>
    typeof id === 'string' && id.length === 1 && id !== '\u0000' ? `${run}-${id}` : id;
  return {
    event_id: `${run}-${place}`,
    event,
    timestamp: typeof timestamp === 'number' ? nowMs + timestamp : timestamp,
    ...(user === undefined ? {} : { user_id: named(user) }),
    ...(session === undefined ? {} : { session_id: named(session) }),
    ...(items === undefined ? {} : { items }),
    ...(extra as object | undefined),
  };
}

type Accepted = Parameters<typeof profileOf>[0];

/** Every event once: all that a run's accounts and visits hold together is what was accepted. */
async function expectProfiles(run: string, accepted: Accepted): Promise<void> {
  const users = ['a', 'b'].map((id) => userKey(asUserId(`${run}-${id}`)));
  const sessions = ['s', 't'].map((id) => sessionKey(asSessionId(`${run}-${id}`)));
  const profiles = await Promise.all([...users, ...sessions].map(read));
  const total = emptyProfile().eventCounts.map((_, type) =>
    profiles.reduce((sum, profile) => sum + profile.eventCounts[type]!, 0),
  );
  expect(total).toEqual(profileOf(accepted).eventCounts);
  for (const [i, key] of users.entries()) {
    const own = accepted.filter(({ userId, sessionId }) => sessionId === undefined && userKey(userId!) === key);
    const hasVisits = accepted.some(({ userId, sessionId }) => sessionId !== undefined && userId !== undefined);
    if (!hasVisits) expectSameProfile(profiles[i]!, profileOf(own), 60);
  }
}

describe('a million distinct ids', () => {
  it('take no memory of the server', async () => {
    const batchCount = 250;
    const eventsPerBatch = 20;
    const itemsPerEvent = 200;
    const heapBytes: number[] = [];
    for (let batch = 0; batch < batchCount; batch++) {
      const nowMs = Date.now();
      const events = Array.from({ length: eventsPerBatch }, (_, event) => ({
        event_id: `m${batch}-${event}`,
        event: 'view_item_list',
        timestamp: nowMs,
        user_id: `mu${batch}-${event}`,
        session_id: `ms${batch}-${event}`,
        items: Array.from({ length: itemsPerEvent }, (_, item) => ({ item_id: `i${batch}x${event}x${item}` })),
      }));
      const { json } = await send(...events);
      expect(json).toMatchObject({ accepted: eventsPerBatch, rejected: [] });
      if (batch % 50 === 49) heapBytes.push(heapAfterCollection());
    }
    const idsBetween = 200 * eventsPerBatch * (itemsPerEvent + 3);
    const bytesPerId = (heapBytes.at(-1)! - heapBytes[0]!) / idsBetween;
    // Kept in any form an id would take some 50 bytes.
    expect(bytesPerId).toBeLessThan(2);
  });
});

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
