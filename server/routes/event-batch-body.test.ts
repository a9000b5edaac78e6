import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, MS_PER_DAY } from '../../features/core/clock.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import type { HttpReply, HttpRequest } from '../http/http-server.ts';
import { aRequest } from '../http/testing/a-request.ts';
import { vitrine } from '../proto/generated/events.js';
import { eventsOfBody } from './event-batch-body.ts';
import { makeEventsRoute } from './events.ts';
import { MemoryProfileStore } from './testing/memory-profile-store.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const { EventBatch } = vitrine.v1;

function protobufRequest(body: Uint8Array): HttpRequest {
  return aRequest({ body, headers: { 'content-type': 'application/x-protobuf' } });
}

async function sendTo(store: MemoryProfileStore, request: HttpRequest): Promise<HttpReply> {
  const route = makeEventsRoute({
    store,
    factsLookup: () => undefined,
    policy: DEFAULT_PROFILE_POLICY,
    clock: new ManualClock(NOW_MS),
    isShopPersonalized: true,
    limits: { maxBatchSize: 500, maxFutureSkewMs: 60_000, maxEventAgeMs: 365 * MS_PER_DAY, storeMs: 1_000 },
  });
  return route.handle(request, {});
}

/** The number of a joining is random. */
function comparable({ profiles }: MemoryProfileStore): unknown[] {
  return Array.from(profiles, ([key, { joinedTo, joinedSessions, ...rest }]) => [
    key,
    { ...rest, joinedTo: joinedTo?.userId, joinedSessions: joinedSessions.map(({ sessionId }) => sessionId) },
  ]);
}

const id = fc.oneof(fc.constantFrom('a', 'b', ''), fc.string({ unit: 'grapheme', maxLength: 300 }));
const amount = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ noNaN: true, noDefaultInfinity: true }));
const whole = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer());

/** Events of any worth, in the fields both forms have. */
const anyEvent = fc.record(
  {
    event_id: id,
    event: fc.oneof(fc.constantFrom('view_item', 'purchase', 'Product Added', 'search', 'page_view'), fc.string()),
    timestamp: fc.oneof(fc.integer({ min: NOW_MS - 1_000, max: NOW_MS }), fc.maxSafeInteger()),
    user_id: id,
    session_id: id,
    items: fc.array(
      fc.record(
        { item_id: id, price: amount, quantity: whole, index: whole, discount: amount, coupon: id },
        { requiredKeys: [] },
      ),
      { maxLength: 3 },
    ),
    value: amount,
    currency: fc.constantFrom('EUR', 'euro'),
    transaction_id: id,
    device: id,
    discount: amount,
    coupon: id,
    search_term: id,
    item_list_id: id,
    attribution_token: id,
  },
  { requiredKeys: [] },
);
const plausible = fc.record({
  event_id: fc.integer().map(String),
  event: fc.constantFrom('view_item', 'add_to_cart', 'purchase'),
  timestamp: fc.integer({ min: NOW_MS - 1_000, max: NOW_MS }),
  user_id: fc.constantFrom('u1', 'u2'),
  items: fc.array(
    fc.record({ item_id: fc.constantFrom('a', 'b'), price: fc.double({ min: 0, max: 9, noNaN: true }) }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
});

describe('a protobuf batch', () => {
  it('is answered and stored as the same batch in JSON', async () => {
    let acceptedCount = 0;
    const batches = fc.array(fc.oneof(anyEvent, plausible), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(batches, async (events) => {
        const [inJson, inProtobuf] = [new MemoryProfileStore(), new MemoryProfileStore()];
        const expected = await sendTo(inJson, aRequest({ json: { events } }));
        const reply = await sendTo(inProtobuf, protobufRequest(EventBatch.encode({ events }).finish()));
        expect(reply).toEqual(expected);
        expect(comparable(inProtobuf)).toEqual(comparable(inJson));
        expect(inProtobuf.log).toEqual(inJson.log);
        acceptedCount += inJson.log.length;
      }),
      { numRuns: 300 },
    );
    expect(acceptedCount).toBeGreaterThan(100);
  });

  it('refuses numbers that are not finite, which JSON cannot even say', async () => {
    const event = { event_id: '1', event: 'view_item', timestamp: NOW_MS, user_id: 'u' };
    const events = [Number.NaN, Number.POSITIVE_INFINITY].map((price) => ({
      ...event,
      items: [{ item_id: 'a', price }],
    }));
    const reply = await sendTo(new MemoryProfileStore(), protobufRequest(EventBatch.encode({ events }).finish()));
    const { accepted, rejected } = JSON.parse(reply.body as string);
    expect(accepted).toBe(0);
    expect(rejected.map(({ detail }: { detail: string }) => detail)).toEqual([
      expect.stringContaining('items[0].price: NaN given'),
      expect.stringContaining('items[0].price: Infinity given'),
    ]);
  });

  it('keeps reading the committed batch, every field of it', () => {
    const text = readFileSync(new URL('../proto/fixtures/event-batch.hex', import.meta.url), 'utf8');
    const events = eventsOfBody(protobufRequest(Buffer.from(text.replaceAll(/\s/g, ''), 'hex')), 500);
    expect(events).toEqual([
      {
        event_id: 'e-1',
        event: 'purchase',
        timestamp: 1_769_860_740_500,
        user_id: 'käse ☃',
        session_id: 's1',
        items: [
          { item_id: 'a', price: 2.5, quantity: 3, index: 0, discount: 0.5, coupon: 'TWO' },
          { item_id: '__proto__' },
        ],
        value: 10.5,
        currency: 'EUR',
        transaction_id: 't1',
        device: 'mobile',
        discount: 1,
        coupon: 'MAY',
        search_term: 'trail shoes',
        item_list_id: 'home',
        attribution_token: 'MQ',
      },
      { event_id: 'e-2', event: 'search', timestamp: 1_769_860_740_501, session_id: 's2', items: [] },
      { items: [] },
    ]);
  });

  it('is refused as a whole when it is no whole message, and never throws anything else', () => {
    const whole = EventBatch.encode({ events: [{ event_id: '1', items: [{ item_id: 'a', price: 1 }] }] }).finish();
    for (let length = 1; length < whole.length; length++) {
      // A message may end after any whole field; the only field of a batch is its first event.
      expect(() => eventsOfBody(protobufRequest(whole.subarray(0, length)), 500)).toThrow(
        expect.objectContaining({
          code: 'REC_INVALID_REQUEST',
          message: expect.stringContaining('not a whole protobuf'),
        }),
      );
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          eventsOfBody(protobufRequest(bytes), 500);
        } catch (error) {
          expect(error).toBeInstanceOf(VitrineError);
          expect(error).toMatchObject({ code: 'REC_INVALID_REQUEST', category: 'client' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds at most as many events as a batch in JSON', () => {
    const body = EventBatch.encode({ events: new Array(501).fill({}) }).finish();
    expect(() => eventsOfBody(protobufRequest(body), 500)).toThrow('events: array of 501 given');
  });

  it('ignores fields of later versions', async () => {
    const event = { event_id: '1', event: 'search', timestamp: NOW_MS, user_id: 'u' };
    const known = EventBatch.encode({ events: [event] }).finish();
    // Field 200 of type bytes, twice: in the event (whose length grows by as much) and in the batch.
    const later = [0xc2, 0x0c, 1, 7];
    const grown = Uint8Array.from([known[0]!, known[1]! + later.length, ...known.subarray(2), ...later, ...later]);
    const reply = await sendTo(new MemoryProfileStore(), protobufRequest(grown));
    expect(JSON.parse(reply.body as string)).toMatchObject({ accepted: 1, rejected: [] });
  });
});

describe('the content type of a batch', () => {
  it('may have parameters and any case, and is named with those that are known when it is another', () => {
    const body = EventBatch.encode({ events: [{}] }).finish();
    const request = aRequest({ body, headers: { 'content-type': 'Application/X-Protobuf; charset=x' } });
    expect(eventsOfBody(request, 500)).toHaveLength(1);
    for (const type of ['text/plain', 'application/protobuf', '']) {
      expect(() => eventsOfBody(aRequest({ body, headers: { 'content-type': type } }), 500)).toThrow(
        expect.objectContaining({
          code: 'REC_UNSUPPORTED_MEDIA_TYPE',
          message: expect.stringContaining('expected application/json or application/x-protobuf'),
        }),
      );
    }
  });
});
