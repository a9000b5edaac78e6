import { describe, expect, it } from 'vitest';
import { Catalogue } from '../catalogue/catalogue.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../core/clock.ts';
import { EVENT_TYPE_INDEX } from '../profile/event.ts';
import { interestSumsOf } from '../profile/interest-sums.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import {
  CROSS_SIGNALS,
  categoryAtDepth,
  crossValueOf,
  ITEM_SIGNALS,
  QUERY_SIGNALS,
  SIGNALS_VERSION,
  type SignalContext,
} from './signals.ts';

/** A Wednesday, 15:30 in UTC. */
const NOW_MS = Date.UTC(2024, 4, 8, 15, 30);
const CONTEXT: SignalContext = { nowMs: NOW_MS, userId: 'u1', device: 'phone' };
const NOBODY: SignalContext = { nowMs: NOW_MS, userId: '', device: '' };

function aShopper(): Profile {
  const profile = emptyProfile();
  profile.firstSeenAtMs = NOW_MS - 10 * MS_PER_DAY;
  profile.lastSeenAtMs = NOW_MS - MS_PER_DAY / 2;
  profile.recent.view_item = { itemIds: ['shoe', 'hat'], atMs: [NOW_MS - 3 * MS_PER_HOUR, NOW_MS - 2 * MS_PER_DAY] };
  profile.recent.purchase = { itemIds: ['hat'], atMs: [NOW_MS - 36 * MS_PER_HOUR] };
  profile.eventCounts[EVENT_TYPE_INDEX.view_item] = 7;
  profile.interests.category = interestSumsOf([
    ['wear > hats', 1],
    ['wear > shoes', 6],
    ['garden', 1],
  ]);
  profile.interests.brand = interestSumsOf([
    ['beta', 2],
    ['acme', 2],
  ]);
  profile.interests.priceBand = interestSumsOf([['9', 4]]);
  profile.purchases = { orderCount: 2, itemCount: 3, totalValue: 75, firstAtMs: 1, lastAtMs: 2 };
  profile.device = 'desktop';
  profile.attributes = new Map([
    ['zip', '10115'],
    ['hobbies', 'chess|golf'],
    ['age', '42'],
    ['blank', ' '],
    ['word', 'many'],
  ]);
  return profile;
}

const CATALOGUE = Catalogue.from([
  {
    ...{ itemId: 'shoe', isAvailable: true, category: 'wear > shoes > running', brand: 'acme', price: 25 },
    ...{ createdAtMs: NOW_MS - 3 * MS_PER_DAY, attributes: { colour: 'red|blue|', heel: '2.5' } },
  },
  { itemId: 'hat', isAvailable: true, category: 'wear > hats', brand: 'beta', price: 9 },
  { itemId: 'bare', isAvailable: false },
  { itemId: 'boot', isAvailable: true, category: 'wear > shoes', attributes: { colour: '', heel: '' } },
]);
const [SHOE, HAT, BARE, BOOT] = [0, 1, 2, 3];

type Parameters = Readonly<Record<string, string | number>>;
const query = (name: string, parameters: Parameters = {}, profile = aShopper(), context = CONTEXT): unknown =>
  QUERY_SIGNALS[name]!.make(parameters)(profile, context);
const missing = (name: string, parameters: Parameters = {}): unknown => query(name, parameters, emptyProfile(), NOBODY);
const item = (name: string, index: number, parameters: Parameters = {}): unknown =>
  ITEM_SIGNALS[name]!.make(parameters)(CATALOGUE, index);
const cross = (name: string, index: number, parameters: Parameters = {}, profile = aShopper()): number =>
  crossValueOf(CROSS_SIGNALS[name]!.make(parameters)(profile, CONTEXT, CATALOGUE), index, CATALOGUE);

describe('signals of shopper and context', () => {
  it.each<[string, Parameters, unknown, unknown]>([
    ['user_id', {}, 'u1', undefined],
    ['user_attribute', { attribute: 'zip' }, '10115', undefined],
    ['user_attribute', { attribute: 'zip', prefixLength: 3 }, '101', undefined],
    ['user_attribute', { attribute: 'hobbies' }, ['chess', 'golf'], undefined],
    ['user_attribute_number', { attribute: 'age' }, 42, Number.NaN],
    ['recent_items', { event: 'view_item' }, ['shoe', 'hat'], []],
    ['recent_items', { event: 'purchase' }, ['hat'], []],
    ['top_interests', { by: 'category' }, ['wear > shoes', 'garden', 'wear > hats'], []],
    ['top_interests', { by: 'brand' }, ['acme', 'beta'], []],
    ['event_count', { event: 'view_item' }, 7, 0],
    ['event_count', { event: 'purchase' }, 0, 0],
    ['days_since_recent', { event: 'view_item' }, 0.125, Number.NaN],
    ['days_since_recent', { event: 'purchase' }, 1.5, Number.NaN],
    ['days_since_last_seen', {}, 0.5, Number.NaN],
    ['days_since_first_seen', {}, 10, Number.NaN],
    ['order_count', {}, 2, 0],
    ['average_order_value', {}, 37.5, Number.NaN],
  ])('%s %j is %j, and %j for a shopper nothing is known of', (name, parameters, expected, absent) => {
    expect(query(name, parameters)).toEqual(expected);
    expect(missing(name, parameters)).toEqual(absent);
  });

  it('device is that of the request, else the last one seen, else missing', () => {
    expect(query('device')).toBe('phone');
    expect(query('device', {}, aShopper(), NOBODY)).toBe('desktop');
    expect(missing('device')).toBeUndefined();
  });

  it('hour, weekday and month are those of UTC, Sunday and January being 0', () => {
    expect([query('hour'), query('weekday'), query('month')]).toEqual([15, 3, 4]);
  });

  it('an attribute that is no number is missing as a number', () => {
    for (const attribute of ['blank', 'word', 'none'])
      expect(query('user_attribute_number', { attribute })).toEqual(Number.NaN);
  });

  it('an event in the future of the request counts as now, not as negative days', () => {
    const early: SignalContext = { ...CONTEXT, nowMs: NOW_MS - 30 * MS_PER_DAY };
    expect(query('days_since_last_seen', {}, aShopper(), early)).toBe(0);
  });
});

describe('signals of products', () => {
  it.each<[string, Parameters, number, unknown, unknown]>([
    ['item_id', {}, SHOE, 'shoe', 'bare'],
    ['category', {}, SHOE, 'wear > shoes > running', undefined],
    ['category', { depth: 1 }, SHOE, 'wear', undefined],
    ['category', { depth: 2 }, SHOE, 'wear > shoes', undefined],
    ['category', { depth: 5 }, HAT, 'wear > hats', undefined],
    ['brand', {}, HAT, 'beta', undefined],
    ['price', {}, HAT, 9, Number.NaN],
    ['item_attribute', { attribute: 'colour' }, SHOE, ['red', 'blue'], undefined],
    ['item_attribute_number', { attribute: 'heel' }, SHOE, 2.5, Number.NaN],
    ['item_attribute_number', { attribute: 'unheard_of' }, SHOE, Number.NaN, Number.NaN],
  ])('%s %j of product %i is %j, and %j of one without it', (name, parameters, index, expected, absent) => {
    expect(item(name, index, parameters)).toEqual(expected);
    expect(item(name, BARE, parameters)).toEqual(absent);
  });

  it('an empty attribute is no number', () => {
    expect(item('item_attribute_number', BOOT, { attribute: 'heel' })).toEqual(Number.NaN);
  });

  it('categoryAtDepth keeps a path that is not as deep', () => {
    expect(categoryAtDepth('a > b > c', 1)).toBe('a');
    expect(categoryAtDepth('a > b > c', 3)).toBe('a > b > c');
    expect(categoryAtDepth('a', 1)).toBe('a');
  });
});

describe('signals of shopper and product together', () => {
  it('hours_since_item_event counts from the latest such event of that product', () => {
    expect(cross('hours_since_item_event', SHOE, { event: 'view_item' })).toBe(3);
    expect(cross('hours_since_item_event', HAT, { event: 'view_item' })).toBe(48);
    expect(cross('hours_since_item_event', HAT, { event: 'purchase' })).toBe(36);
  });

  it('hours_since_item_event is missing for a product without such an event', () => {
    expect(cross('hours_since_item_event', SHOE, { event: 'purchase' })).toBeNaN();
    expect(cross('hours_since_item_event', SHOE, { event: 'view_item' }, emptyProfile())).toBeNaN();
  });

  it('hours_since_item_event leaves products the catalogue does not have out', () => {
    const profile = emptyProfile();
    profile.recent.view_item = { itemIds: ['gone', 'shoe'], atMs: [NOW_MS, NOW_MS - MS_PER_HOUR] };
    expect(cross('hours_since_item_event', SHOE, { event: 'view_item' }, profile)).toBe(1);
    expect(cross('hours_since_item_event', BARE, { event: 'view_item' }, profile)).toBeNaN();
  });

  it('interest_share is the share of all interest, 0 for what the shopper showed none in', () => {
    expect(cross('interest_share', HAT, { by: 'category' })).toBe(1 / 8);
    expect(cross('interest_share', BOOT, { by: 'category' })).toBe(6 / 8);
    expect(cross('interest_share', SHOE, { by: 'category' })).toBe(0);
    expect(cross('interest_share', SHOE, { by: 'brand' })).toBe(0.5);
    // floor(2 log2 25) = 9, floor(2 log2 9) = 6.
    expect(cross('interest_share', SHOE, { by: 'priceBand' })).toBe(1);
    expect(cross('interest_share', HAT, { by: 'priceBand' })).toBe(0);
    expect(cross('interest_share', BARE, { by: 'brand' })).toBe(0);
  });

  it('interest_share is missing for a shopper without interests', () => {
    for (const by of ['category', 'brand', 'priceBand'])
      expect(cross('interest_share', HAT, { by }, emptyProfile())).toBeNaN();
  });

  it('item_age_days counts from the creation of the product', () => {
    expect(cross('item_age_days', SHOE)).toBe(3);
    expect(cross('item_age_days', HAT)).toBeNaN();
  });
});

describe('signals derived from a shopper', () => {
  const daysAgo = (days: number): number => NOW_MS - days * MS_PER_DAY;
  /** Four orders of 60 within 84 days, every 28 days, the last 14 days ago; known for 100 days. */
  function aCustomer(): Profile {
    const profile = emptyProfile();
    profile.firstSeenAtMs = daysAgo(100);
    profile.lastSeenAtMs = daysAgo(1);
    profile.purchases = {
      ...{ orderCount: 4, itemCount: 4, totalValue: 240 },
      ...{ firstAtMs: daysAgo(98), lastAtMs: daysAgo(14) },
    };
    profile.rhythms = [
      { category: 'wear > hats', purchaseCount: 4, firstAtMs: daysAgo(98), lastAtMs: daysAgo(14) },
      { category: 'wear > shoes', purchaseCount: 2, firstAtMs: daysAgo(50), lastAtMs: daysAgo(30) },
      { category: 'gone', purchaseCount: 4, firstAtMs: daysAgo(98), lastAtMs: daysAgo(14) },
      { category: 'garden', purchaseCount: 1, firstAtMs: daysAgo(50), lastAtMs: daysAgo(50) },
    ];
    return profile;
  }
  const derived = (name: string, parameters: Parameters, profile = aCustomer()): unknown =>
    query(name, parameters, profile);

  it('segment is the cell or the stage, by thresholds of its own', () => {
    // 4 orders in 98 days are 1.2 a month, 60 an order, 14 days ago.
    expect(derived('segment', { by: 'rfm' })).toBe('best');
    expect(derived('segment', { by: 'rfm', monetaryFair: 61 })).toBe('regular');
    expect(derived('segment', { by: 'lifecycle' })).toBe('mature');
    expect(derived('segment', { by: 'lifecycle', sleepingDays: 14 })).toBe('sleeping');
    expect(missing('segment', { by: 'rfm' })).toBeUndefined();
    expect(missing('segment', { by: 'lifecycle' })).toBeUndefined();
  });

  it('tag is yes or its values while the rule in the schema holds', () => {
    const buyer = { name: 'buyer', kind: 'purchases', measure: 'orders', min: 4 };
    expect(derived('tag', buyer)).toEqual(['yes']);
    expect(derived('tag', { ...buyer, min: 5 })).toBeUndefined();
    const likes = { name: 'likes', kind: 'top_interest', by: 'category', minShare: 0.1, most: 2 };
    expect(query('tag', likes)).toEqual(['wear > shoes', 'garden']);
    expect(missing('tag', buyer)).toBeUndefined();
  });

  it('tag is missing when the shopper deleted the tag of that name', () => {
    const buyer = { name: 'buyer', kind: 'purchases', measure: 'orders', min: 4 };
    expect(derived('tag', buyer, { ...aCustomer(), deletedTags: ['buyer'] })).toBeUndefined();
    expect(derived('tag', buyer, { ...aCustomer(), deletedTags: ['other'] })).toEqual(['yes']);
  });

  it('churn_risk follows the formula, with parameters of the shop if it has any', () => {
    // 3 repeat orders in 12 weeks, 14 weeks gone: odds 1 / 4 * (16 / 14) ^ 4.
    const odds = (1 / 4) * (8 / 7) ** 4;
    expect(derived('churn_risk', { r: 1, alphaWeeks: 2, a: 1, b: 1 })).toBeCloseTo(odds / (1 + odds), 12);
    expect(derived('churn_risk', {})).toBeLessThan(0.3);
    expect(missing('churn_risk')).toBeNaN();
  });

  it('days_until_due counts to the next purchase of the category of the product, negative when overdue', () => {
    expect(cross('days_until_due', HAT, {}, aCustomer())).toBe(14);
    expect(cross('days_until_due', BOOT, {}, aCustomer())).toBe(-10);
    expect(cross('days_until_due', BOOT, { minPurchases: 3 }, aCustomer())).toBeNaN();
    expect(cross('days_until_due', BARE, {}, aCustomer())).toBeNaN();
    expect(cross('days_until_due', SHOE, {}, aCustomer())).toBeNaN();
    expect(cross('days_until_due', HAT, {}, emptyProfile())).toBeNaN();
  });

  it.each<[string, string, Parameters, string]>([
    ['segment without by', 'segment', {}, 'parameter "by" is undefined, expected one of rfm, lifecycle'],
    [
      'an unknown threshold',
      'segment',
      { by: 'rfm', recency: 3 },
      '"recency" is no parameter, expected one of by, rec',
    ],
    ['a threshold that is text', 'segment', { by: 'rfm', newDays: '3' }, '"newDays" is "3", expected a number from 0'],
    ['thresholds out of order', 'segment', { by: 'rfm', newDays: 99 }, 'newDays is 99, expected below growingDays'],
    ['a tag without a name', 'tag', { kind: 'churn_risk', min: 0.5 }, 'parameter "name" is undefined, expected a text'],
    ['a tag without a kind', 'tag', { name: 'x' }, 'tag "x": kind is missing, expected one of'],
    ['a bad rule', 'tag', { name: 'x', kind: 'churn_risk', min: 2 }, 'tag "x": min is 2, expected a number 0 to 1'],
    ['an unknown parameter', 'churn_risk', { q: 1 }, '"q" is no parameter, expected one of r, alphaWeeks, a, b'],
  ])('%s is refused', (_, name, parameters, message) => {
    const make = (): unknown => QUERY_SIGNALS[name]!.make(parameters);
    expect(make).toThrow(
      expect.objectContaining({ code: 'REC_INVALID_SCHEMA', message: expect.stringContaining(message) }),
    );
  });

  it('a tag about what must not be tagged is refused', () => {
    const parameters = { name: 'x', kind: 'attribute_equals', attribute: 'religion', value: 'any' };
    expect(() => QUERY_SIGNALS.tag!.make(parameters)).toThrow(
      expect.objectContaining({ code: 'REC_SENSITIVE_ATTRIBUTE' }),
    );
  });
});

describe('SIGNALS_VERSION', () => {
  it('is the one bundles in the field were made with', () => {
    expect(SIGNALS_VERSION).toBe(1);
  });
});
