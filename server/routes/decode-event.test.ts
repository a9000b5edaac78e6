import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../../features/core/clock.ts';
import { decodeEvent, type EventWindow } from './decode-event.ts';

const NOW_MS = Date.UTC(2026, 0, 31, 12);
const window: EventWindow = { nowMs: NOW_MS, maxFutureSkewMs: 60_000, maxEventAgeMs: 365 * MS_PER_DAY };

const valid = {
  event_id: 'e1',
  event: 'purchase',
  timestamp: '2026-01-31T11:59:00.500Z',
  user_id: 'u1',
  session_id: 's1',
  items: [{ item_id: 'a', price: 2.5, quantity: 3, index: 0, discount: 0.5, coupon: 'TWO' }, { item_id: 'b' }],
  value: 10.5,
  discount: 1,
  coupon: 'MAY',
  currency: 'EUR',
  transaction_id: 't1',
  device: 'mobile',
  search_term: 'trail shoes',
  item_list_id: 'home',
  attribution_token: 'MQ',
};

function detailOf(raw: unknown): string {
  const decoded = decodeEvent(raw, window);
  if (decoded.isAccepted) throw new Error(`accepted ${JSON.stringify(raw)}`);
  return decoded.detail;
}

function atMsOf(timestamp: unknown): number {
  const decoded = decodeEvent({ ...valid, timestamp }, window);
  if (!decoded.isAccepted) throw new Error(decoded.detail);
  return decoded.event.atMs;
}

describe('decodeEvent', () => {
  it('decodes every field that counts', () => {
    expect(decodeEvent(valid, window)).toEqual({
      isAccepted: true,
      event: {
        eventId: 'e1',
        type: 'purchase',
        atMs: NOW_MS - 59_500,
        receivedAtMs: NOW_MS,
        userId: 'u1',
        sessionId: 's1',
        items: [{ itemId: 'a', price: 2.5, quantity: 3, index: 0, discount: 0.5, coupon: 'TWO' }, { itemId: 'b' }],
        value: 10.5,
        device: 'mobile',
        discount: 1,
        coupon: 'MAY',
      },
      details: {
        currency: 'EUR',
        transactionId: 't1',
        searchTerm: 'trail shoes',
        itemListId: 'home',
        attributionToken: 'MQ',
      },
    });
  });

  it('takes an empty coupon for none', () => {
    const decoded = decodeEvent({ ...valid, coupon: '', items: [{ item_id: 'a', coupon: '' }] }, window);
    if (!decoded.isAccepted) throw new Error(decoded.detail);
    expect(decoded.event).not.toHaveProperty('coupon');
    expect(decoded.event.items).toEqual([{ itemId: 'a' }]);
  });

  it('reads the same moment in every accepted spelling', () => {
    const spellings = [
      NOW_MS,
      NOW_MS + 0.75,
      '2026-01-31T12:00:00Z',
      '2026-01-31T12:00Z',
      '2026-01-31t12:00:00.000z',
      '2026-01-31 12:00:00,000Z',
      '2026-01-31T12:00:00.000000000Z',
      '2026-01-31T13:00:00+01:00',
      '2026-01-31T06:30:00-0530',
    ];
    for (const spelling of spellings) expect(atMsOf(spelling), String(spelling)).toBe(NOW_MS);
  });

  it('refuses times without a zone, words, dates that do not exist and numbers as text', () => {
    for (const timestamp of [
      '2026-01-31T12:00:00',
      'yesterday',
      '2026-13-01T00:00:00Z',
      '2026-01-31',
      '1769860800000',
      '',
    ]) {
      expect(detailOf({ ...valid, timestamp }), timestamp).toMatch(
        /^timestamp: .* given, expected epoch milliseconds, or ISO 8601/,
      );
    }
  });

  it('accepts clocks that run a minute ahead and no more', () => {
    expect(atMsOf(NOW_MS + 60_000)).toBe(NOW_MS + 60_000);
    expect(detailOf({ ...valid, timestamp: NOW_MS + 60_001 })).toBe(
      `timestamp: ${NOW_MS + 60_001} given, expected at most 60000 ms ahead of the server clock (2026-01-31T12:00:00.000Z)`,
    );
    expect(detailOf({ ...valid, timestamp: 1e300 })).toContain('ahead of the server clock');
  });

  it('accepts a year of age and no more', () => {
    expect(atMsOf(NOW_MS - 365 * MS_PER_DAY)).toBe(NOW_MS - 365 * MS_PER_DAY);
    expect(detailOf({ ...valid, timestamp: NOW_MS - 365 * MS_PER_DAY - 1 })).toContain(
      'not before 2025-01-31T12:00:00.000Z',
    );
    expect(detailOf({ ...valid, timestamp: -1e300 })).toContain('not before');
  });

  it('suspects seconds where milliseconds are meant', () => {
    expect(detailOf({ ...valid, timestamp: NOW_MS / 1_000 })).toContain('is it in seconds?');
  });

  it('names the field, the value and what is expected', () => {
    const cases: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ event_id: undefined }, 'event_id: missing given, expected id of 1..256 characters without control characters'],
      [{ event_id: '' }, 'event_id: "" given, expected id of 1..256 characters without control characters'],
      [
        { user_id: 'x'.repeat(10_240) },
        `user_id: "${'x'.repeat(60)}"... (10240 characters) given, expected id of 1..256`,
      ],
      [{ user_id: 'a\u0000b' }, 'user_id: "a\\u0000b" given, expected id'],
      [{ user_id: '\ud800' }, 'user_id: "\\ud800" given, expected id'],
      [{ user_id: 5 }, 'user_id: 5 given, expected id'],
      [{ items: [{ item_id: 'a', price: Number.NaN }] }, 'items[0].price: NaN given, expected number 0..1000000000000'],
      [{ items: [{ item_id: 'a', price: -1 }] }, 'items[0].price: -1 given'],
      [{ items: [{ item_id: 'a', price: Number.POSITIVE_INFINITY }] }, 'items[0].price: Infinity given'],
      [{ items: [{ item_id: 'a', discount: -1 }] }, 'items[0].discount: -1 given'],
      [
        { items: [{ item_id: 'a', coupon: 'x'.repeat(129) }] },
        '(129 characters) given, expected string of at most 128',
      ],
      [{ discount: Number.NaN }, 'discount: NaN given, expected number 0..1000000000000'],
      [{ coupon: 7 }, 'coupon: 7 given'],
      [{ items: [{ item_id: 'a', price: '9.99' }] }, 'items[0].price: "9.99" given'],
      [
        { items: [{ item_id: 'a' }, { item_id: 'b', quantity: -2 }] },
        'items[1].quantity: -2 given, expected integer 1..1000000',
      ],
      [{ items: [{ item_id: 'a', quantity: 0 }] }, 'items[0].quantity: 0 given'],
      [{ items: [{ item_id: 'a', quantity: 1.5 }] }, 'items[0].quantity: 1.5 given'],
      [{ items: [{ item_id: 'a', index: -1 }] }, 'items[0].index: -1 given'],
      [{ items: [{}] }, 'items[0].item_id: missing given'],
      [
        { items: Array.from({ length: 201 }, () => ({ item_id: 'a' })) },
        'items: array of 201 given, expected array of at most 200 items',
      ],
      [{ items: [] }, 'items: none given, expected at least one for purchase'],
      [{ value: -1 }, 'value: -1 given'],
      [{ currency: 'euro' }, 'currency: "euro" given, expected three capital letters, as EUR'],
      [{ timestamp: null }, 'timestamp: null given, expected epoch milliseconds, or ISO 8601 date and time with zone'],
      [{ user_id: undefined, session_id: undefined }, 'user_id: missing, and so is session_id; expected at least one'],
      [{ event: 'dance' }, 'event: "dance" given, expected one of view_item_list, select_item'],
      [{ event: 'page_view' }, 'event: "page_view" says nothing about products and is not used; leave it out'],
      [{ colour: 'red' }, 'colour: "red" given, expected no such key'],
      [{ itmes: [] }, 'itmes: array of 0 given, expected no such key; did you mean items?'],
    ];
    for (const [fields, expected] of cases) expect(detailOf({ ...valid, ...fields })).toContain(expected);
  });

  it('refuses keys that would reach the prototype', () => {
    const raw: unknown = JSON.parse(`{"__proto__":{"user_id":"x"},${JSON.stringify(valid).slice(1)}`);
    expect(detailOf(raw)).toContain('__proto__: object given, expected no such key');
    expect(detailOf(JSON.parse(`{"constructor":1,${JSON.stringify(valid).slice(1)}`))).toContain(
      'constructor: 1 given',
    );
  });

  it('names several problems at once', () => {
    expect(
      detailOf({ ...valid, event: 'dance', timestamp: 'now', user_id: undefined, session_id: undefined }).split('; '),
    ).toHaveLength(4);
  });

  it('refuses what is not an object', () => {
    for (const raw of [null, undefined, 1, 'x', [], true])
      expect(detailOf(raw)).toMatch(/^event: .* given, expected object$/);
  });

  it('needs no products for a search, a checkout or a refund', () => {
    for (const event of ['search', 'begin_checkout', 'refund', 'view_item_list']) {
      expect(decodeEvent({ ...valid, event, items: undefined }, window).isAccepted, event).toBe(true);
    }
  });
});
