import { describe, expect, it } from 'vitest';
import { MS_PER_HOUR, MS_PER_MINUTE } from '../core/clock.ts';
import type { ItemFacts } from './apply-event.ts';
import { deleteTag } from './consent.ts';
import { EVENT_TYPE_INDEX } from './event.ts';
import { interestSumsOf, setInterest } from './interest-sums.ts';
import { parseTags } from './parse-tags.ts';
import { emptyProfile, type Profile } from './profile.ts';
import { DEFAULT_SEGMENT_THRESHOLDS } from './segments.ts';
import { compileTagRule, TAG_RULE_KINDS } from './tag-rules/compile-tag-rule.ts';
import { evaluateTags } from './tags.ts';
import { aCustomer, daysBefore, NOW_MS } from './testing/a-customer.ts';

type Rule = Readonly<Record<string, string | number>>;

const FACTS: Readonly<Record<string, ItemFacts>> = {
  'formula-2': { category: 'Baby > Formula', brand: 'Acme', price: 20 },
  lamp: { category: 'Home > Light', brand: 'Bright', price: 80 },
};
const facts = (itemId: string): ItemFacts | undefined => FACTS[itemId];

/** Findings as [value, reason]; an empty list means that the tag does not hold. */
function findings(rule: Rule, profile: Profile, more: { facts?: typeof facts } = { facts }) {
  const compiled = compileTagRule(rule, DEFAULT_SEGMENT_THRESHOLDS);
  if ('problems' in compiled) throw new Error(compiled.problems.join('; '));
  return compiled.rule(profile, { nowMs: NOW_MS, ...more }).map(({ value, reason }) => [value, reason]);
}

function reasonOf(rule: Rule, profile: Profile): string | undefined {
  const [finding] = findings(rule, profile);
  return finding?.[1];
}

/** Last seen yesterday, 2026-05-30, after forty events. */
function aVisitor(): Profile {
  const profile = emptyProfile();
  profile.firstSeenAtMs = daysBefore(20);
  profile.lastSeenAtMs = daysBefore(1);
  profile.eventCounts[EVENT_TYPE_INDEX.view_item] = 40;
  return profile;
}

describe('every kind of rule', () => {
  /** The least each kind needs; fails when a kind is added without a case here. */
  const leastOf: Readonly<Record<string, Rule>> = {
    lifecycle: { stage: 'new' },
    rfm: { cell: 'best' },
    churn_risk: { min: 0 },
    purchases: { measure: 'pieces', min: 0 },
    attribute_equals: { attribute: 'tier', value: 'gold' },
    device_equals: { device: 'mobile' },
    event_count: { event: 'search', min: 1 },
    products_within_days: { event: 'view_item', days: 7, min: 1 },
    open_cart: { days: 14 },
    in_visit: { minEvents: 1 },
    active_hours: { fromHour: 0, toHour: 24, minShare: 0 },
    rhythm_due: { withinDays: 3_650 },
    top_interest: { by: 'brand', minShare: 0 },
    interest_in: { by: 'brand', key: 'Acme', minShare: 0 },
    price_level: { min: 0 },
    price_sensitivity: { min: 0 },
    promotion_sensitivity: { min: 0 },
  };

  it.each(Array.from(TAG_RULE_KINDS.keys()))('%s does not hold for a shopper nothing is known of', (kind) => {
    expect(findings({ kind, ...leastOf[kind] }, emptyProfile())).toEqual([]);
  });
});

describe('rules about who a shopper is', () => {
  it.each([
    ['new', 3, 0, 'first seen on 2026-05-28, 3 days ago'],
    ['growing', 20, 5, 'first seen on 2026-05-11, 20 days ago'],
    ['mature', 120, 1, 'first seen on 2026-01-31, last bought on 2026-05-30, 1 day ago'],
    ['sleeping', 120, 0, 'first seen on 2026-01-31, 120 days ago, and has not bought'],
    ['lost', 300, 200, 'first seen on 2025-08-04, last bought on 2025-11-12, 200 days ago'],
  ])('lifecycle %s: first seen %i and bought %i days ago', (stage, seen, bought, reason) => {
    const profile = aVisitor();
    profile.firstSeenAtMs = daysBefore(seen);
    if (bought > 0) profile.purchases.lastAtMs = daysBefore(bought);
    expect(reasonOf({ kind: 'lifecycle', stage }, profile)).toBe(reason);
    const other = stage === 'new' ? 'lost' : 'new';
    expect(reasonOf({ kind: 'lifecycle', stage: other }, profile)).toBeUndefined();
  });

  it('rfm says the three measures and their scores', () => {
    const profile = aCustomer(8, 10, 62.5);
    expect(reasonOf({ kind: 'rfm', cell: 'best' }, profile)).toBe(
      'last bought on 2026-05-21 (recency 3 of 3), 2.4 orders a month (frequency 2), 62.50 an order (monetary 2)',
    );
    expect(reasonOf({ kind: 'rfm', cell: 'dormant' }, profile)).toBeUndefined();
  });

  it('churn_risk holds within its limits and says the probability', () => {
    // One order 364 days = 52 weeks ago: 0.64171, see churn-risk.test.ts.
    const profile = aCustomer(1, 364);
    expect(reasonOf({ kind: 'churn_risk', min: 0.64 }, profile)).toBe(
      'last bought on 2025-06-01, 364 days ago, after 1 order since 2025-06-01: has stopped buying with a probability of 64 percent',
    );
    expect(reasonOf({ kind: 'churn_risk', min: 0.65 }, profile)).toBeUndefined();
    expect(reasonOf({ kind: 'churn_risk', min: 0, max: 0.64 }, profile)).toBeUndefined();
  });

  it.each([
    [{ measure: 'orders', min: 4, max: 4 }, '4 orders, last bought on 2026-05-21'],
    [{ measure: 'orders', min: 5 }, undefined],
    [{ measure: 'orders', max: 3 }, undefined],
    [{ measure: 'pieces', min: 8 }, 'bought 8 pieces, last bought on 2026-05-21'],
    [{ measure: 'total_value', min: 160 }, 'spent 160.00 in 4 orders, last bought on 2026-05-21'],
    [{ measure: 'total_value', min: 160.01 }, undefined],
    [{ measure: 'average_order_value', max: 40 }, '40.00 an order in 4 orders, last bought on 2026-05-21'],
  ])('purchases %j of four orders of 40', (rule, reason) => {
    expect(reasonOf({ kind: 'purchases', ...rule }, aCustomer(4, 10))).toBe(reason);
  });

  it('purchases can tell who has not bought', () => {
    const rule = { kind: 'purchases', measure: 'orders', max: 0 };
    expect(reasonOf(rule, aVisitor())).toBe('has not bought, last seen on 2026-05-30');
    expect(reasonOf(rule, aCustomer(1, 1))).toBeUndefined();
    expect(reasonOf({ kind: 'purchases', measure: 'total_value', max: 5 }, aVisitor())).toBeUndefined();
  });

  it('attribute_equals finds one of several values', () => {
    const profile = aVisitor();
    profile.attributes = new Map([['hobbies', 'chess|golf']]);
    const rule = { kind: 'attribute_equals', attribute: 'hobbies' };
    expect(reasonOf({ ...rule, value: 'golf' }, profile)).toBe('the shop states that hobbies is golf');
    expect(reasonOf({ ...rule, value: 'chess|golf' }, profile)).toBeUndefined();
  });

  it('device_equals says when the device was used', () => {
    const profile = aVisitor();
    Object.assign(profile, { device: 'mobile', deviceAtMs: daysBefore(3) });
    expect(reasonOf({ kind: 'device_equals', device: 'mobile' }, profile)).toBe('last used mobile on 2026-05-28');
    expect(reasonOf({ kind: 'device_equals', device: 'desktop' }, profile)).toBeUndefined();
  });
});

describe('rules about what a shopper does', () => {
  it('event_count counts all there ever were', () => {
    const rule = { kind: 'event_count', event: 'view_item' };
    expect(reasonOf({ ...rule, min: 40 }, aVisitor())).toBe('40 events of type view_item, last seen on 2026-05-30');
    expect(reasonOf({ ...rule, min: 41 }, aVisitor())).toBeUndefined();
  });

  it('products_within_days counts products and names the last', () => {
    const profile = aVisitor();
    profile.recent.view_item = {
      itemIds: ['lamp', 'rug', 'pot'],
      atMs: [daysBefore(1), daysBefore(7), daysBefore(7.01)],
    };
    const rule = { kind: 'products_within_days', event: 'view_item', days: 7 };
    expect(reasonOf({ ...rule, min: 2 }, profile)).toBe('viewed 2 products since 2026-05-24, last lamp on 2026-05-30');
    expect(reasonOf({ ...rule, min: 3 }, profile)).toBeUndefined();
  });

  it('open_cart names the latest product neither bought nor taken out', () => {
    const profile = aVisitor();
    profile.recent.add_to_cart = {
      itemIds: ['bought', 'removed', 'lamp', 'old'],
      atMs: [daysBefore(1), daysBefore(2), daysBefore(3), daysBefore(15)],
    };
    profile.recent.purchase = { itemIds: ['bought', 'lamp'], atMs: [daysBefore(1), daysBefore(4)] };
    profile.recent.remove_from_cart = { itemIds: ['removed'], atMs: [daysBefore(1.5)] };
    expect(reasonOf({ kind: 'open_cart', days: 14 }, profile)).toBe(
      'put lamp in the cart on 2026-05-28 and has neither bought it nor taken it out',
    );
    expect(reasonOf({ kind: 'open_cart', days: 2.5 }, profile)).toBeUndefined();
  });

  it('in_visit says when the visit began', () => {
    const profile = aVisitor();
    profile.visits = [{ startedAtMs: NOW_MS - MS_PER_HOUR, lastAtMs: NOW_MS - MS_PER_MINUTE, eventCount: 3 }];
    const rule = { kind: 'in_visit', minEvents: 3 };
    expect(reasonOf(rule, profile)).toBe('3 events in the visit that began on 2026-05-31 at 11:00 UTC');
    expect(reasonOf({ ...rule, minEvents: 4 }, profile)).toBeUndefined();
    profile.visits[0]!.lastAtMs = NOW_MS - 30 * MS_PER_MINUTE;
    expect(reasonOf(rule, profile)).toBeUndefined();
  });

  it('active_hours counts from one hour up to another, over midnight and in another time zone', () => {
    const profile = aVisitor();
    // Four events at 1 o'clock, six at 20 o'clock, both UTC.
    profile.activeHours = [0, 4, ...new Array<number>(18).fill(0), 6];
    const rule = { kind: 'active_hours', minShare: 0.6, minEvents: 10 };
    expect(reasonOf({ ...rule, fromHour: 20, toHour: 21 }, profile)).toBe(
      "60 percent of 10 events between 20 and 21 o'clock, last seen on 2026-05-30",
    );
    expect(reasonOf({ ...rule, fromHour: 18, toHour: 20 }, profile)).toBeUndefined();
    expect(reasonOf({ ...rule, fromHour: 20, toHour: 2 }, profile)).toContain('100 percent');
    expect(reasonOf({ ...rule, fromHour: 20, toHour: 1 }, profile)).toContain('60 percent');
    // Two hours east: 22 o'clock and 3 o'clock; seven hours west: 13 o'clock and 18 o'clock of the day before.
    expect(reasonOf({ ...rule, fromHour: 22, toHour: 23, utcOffsetHours: 2 }, profile)).toContain('60 percent');
    expect(reasonOf({ ...rule, fromHour: 13, toHour: 19, utcOffsetHours: -7 }, profile)).toContain('100 percent');
    expect(reasonOf({ ...rule, fromHour: 0, toHour: 24, minEvents: 11 }, profile)).toBeUndefined();
  });

  it('rhythm_due names the categories due, soonest first, each with its day', () => {
    const profile = aVisitor();
    const bought = (category: string, purchaseCount: number, firstDays: number, lastDays: number) => ({
      category,
      purchaseCount,
      firstAtMs: daysBefore(firstDays),
      lastAtMs: daysBefore(lastDays),
    });
    profile.rhythms = [
      // Every 20 days, due in 15.
      bought('Home > Filter', 3, 45, 5),
      // Every 28 days, due today.
      bought('Baby > Formula', 4, 112, 28),
      // Every 10 days, overdue by 20.
      bought('Pets > Food', 3, 50, 30),
      // Every 10 days, overdue by 31.
      bought('Garden > Seeds', 3, 61, 41),
      // Two purchases only.
      bought('Home > Light', 2, 60, 30),
      // A name that says too much.
      bought('Health > Medication', 4, 112, 28),
    ];
    const rule = { kind: 'rhythm_due', withinDays: 7, maxOverdueDays: 30, minPurchases: 3, most: 5 };
    expect(findings(rule, profile)).toEqual([
      ['Pets > Food', 'bought Pets > Food on 2026-05-01, every 10 days on average, next due on 2026-05-11'],
      ['Baby > Formula', 'bought Baby > Formula on 2026-05-03, every 28 days on average, next due on 2026-05-31'],
    ]);
    expect(findings({ ...rule, most: 1 }, profile)).toHaveLength(1);
    expect(findings({ ...rule, withinDays: 15 }, profile).map(([value]) => value)).toContain('Home > Filter');
  });
});

describe('rules about what a shopper likes', () => {
  /** Interests of 6, 3 and 1 in categories, 2 and 2 in brands. */
  function anAdmirer(): Profile {
    const profile = aVisitor();
    profile.interests.category = interestSumsOf([
      ['Home > Light', 3],
      ['Baby > Formula', 6],
      ['Baby > Toys', 1],
    ]);
    profile.interests.brand = interestSumsOf([
      ['Bright', 2],
      ['Acme', 2],
    ]);
    profile.recent.view_item = { itemIds: ['lamp', 'formula-2'], atMs: [daysBefore(1), daysBefore(2)] };
    profile.recent.add_to_cart = { itemIds: ['formula-2'], atMs: [daysBefore(5)] };
    return profile;
  }
  const top = { kind: 'top_interest', by: 'category', minShare: 0.3, most: 3 };

  it('top_interest names the strongest with a share, and the most telling deed', () => {
    const profile = anAdmirer();
    expect(findings(top, profile)).toEqual([
      ['Baby > Formula', 'put Baby > Formula in the cart on 2026-05-26; 60 percent of their interest'],
      ['Home > Light', 'viewed Home > Light on 2026-05-30; 30 percent of their interest'],
    ]);
    profile.rhythms = [
      { category: 'Baby > Formula', purchaseCount: 1, firstAtMs: daysBefore(28), lastAtMs: daysBefore(28) },
    ];
    expect(reasonOf(top, profile)).toBe('bought Baby > Formula on 2026-05-03; 60 percent of their interest');
  });

  it('top_interest by brand says equal ones by name', () => {
    const byBrand = { ...top, by: 'brand', minShare: 0.5 };
    expect(findings(byBrand, anAdmirer()).map(([value]) => value)).toEqual(['Acme', 'Bright']);
  });

  it('top_interest without knowledge of products says when the shopper was seen', () => {
    expect(findings({ ...top, most: 1 }, anAdmirer(), {})).toEqual([
      ['Baby > Formula', 'showed interest in Baby > Formula, last seen on 2026-05-30; 60 percent of their interest'],
    ]);
  });

  it('top_interest does not hold after few events or a long absence', () => {
    const profile = anAdmirer();
    expect(findings({ ...top, minEvents: 41 }, profile)).toEqual([]);
    expect(findings({ ...top, withinDays: 0.5 }, profile)).toEqual([]);
  });

  it('top_interest passes over names that say too much of a person', () => {
    const profile = anAdmirer();
    setInterest(profile.interests.category, 'Health > Pregnancy tests', 10);
    expect(findings({ ...top, minShare: 0.1, most: 1 }, profile).map(([value]) => value)).toEqual(['Baby > Formula']);
  });

  it('interest_in takes a category with all below it', () => {
    const rule = { kind: 'interest_in', by: 'category', key: 'Baby', minShare: 0.7 };
    expect(findings(rule, anAdmirer())).toEqual([
      ['Baby', 'put Baby in the cart on 2026-05-26; 70 percent of their interest'],
    ]);
    expect(findings({ ...rule, minShare: 0.71 }, anAdmirer())).toEqual([]);
    expect(findings({ ...rule, key: 'Bab', minShare: 0 }, anAdmirer())).toEqual([]);
    expect(findings({ ...rule, by: 'brand', key: 'Acme', minShare: 0.5 }, anAdmirer())).toHaveLength(1);
  });

  /** Looks at bands 8 and 10 alike: mean 2^((8.5 / 2 + 10.5 / 2) / 2) = 2^4.75 = 26.91. */
  function aLooker(paidPerPiece: number): Profile {
    const profile = aCustomer(2, 10, 2 * paidPerPiece);
    profile.interests.priceBand = interestSumsOf([
      ['8', 5],
      ['10', 5],
      ['free', 90],
    ]);
    return profile;
  }

  it('price_level goes by the price of what interests the shopper', () => {
    const reason = 'looks at products of about 26.91, last seen on 2026-05-30';
    expect(reasonOf({ kind: 'price_level', min: 26.9 }, aLooker(5))).toBe(reason);
    expect(reasonOf({ kind: 'price_level', min: 20, max: 27 }, aLooker(5))).toBe(reason);
    expect(reasonOf({ kind: 'price_level', min: 27 }, aLooker(5))).toBeUndefined();
    expect(reasonOf({ kind: 'price_level', max: 26.9 }, aLooker(5))).toBeUndefined();
  });

  it('price_sensitivity compares what is paid with what is looked at', () => {
    // 1 - 20 / 26.91 = 0.257.
    const rule = { kind: 'price_sensitivity', minOrders: 2 };
    expect(reasonOf({ ...rule, min: 0.25 }, aLooker(20))).toBe(
      'pays 20.00 a piece and looks at products of about 26.91, last bought on 2026-05-21',
    );
    expect(reasonOf({ ...rule, min: 0.26 }, aLooker(20))).toBeUndefined();
    expect(reasonOf({ ...rule, min: 0.01 }, aLooker(30))).toBeUndefined();
    expect(reasonOf({ ...rule, min: 0.25, minOrders: 3 }, aLooker(20))).toBeUndefined();
    expect(reasonOf({ ...rule, min: 0 }, aCustomer(2, 10))).toBeUndefined();
  });

  it('promotion_sensitivity is the share of orders with a discount', () => {
    const profile = { ...aCustomer(4, 10), discountedOrderCount: 3 };
    const rule = { kind: 'promotion_sensitivity', minOrders: 4 };
    expect(reasonOf({ ...rule, min: 0.75 }, profile)).toBe('3 of 4 orders with a discount, last bought on 2026-05-21');
    expect(reasonOf({ ...rule, min: 0.76 }, profile)).toBeUndefined();
    expect(reasonOf({ ...rule, min: 0.75, minOrders: 5 }, profile)).toBeUndefined();
  });
});

describe('the tags of a shopper', () => {
  const TAGS = parseTags(
    JSON.stringify({
      format: 'vitrine-tags',
      formatVersion: 1,
      segments: { monetaryFair: 10, monetaryGood: 40 },
      tags: [
        { name: 'buyer', family: 'value', title: 'Buys', rule: { kind: 'purchases', measure: 'orders', min: 1 } },
        { name: 'best', family: 'value', title: 'Best', rule: { kind: 'rfm', cell: 'best' } },
        {
          name: 'likes',
          family: 'preference',
          title: 'Likes',
          rule: { kind: 'top_interest', by: 'brand', minShare: 0.1, most: 2, minEvents: 1 },
        },
        { name: 'visitor', family: 'basic', title: 'Looks', rule: { kind: 'purchases', measure: 'orders', max: 0 } },
      ],
    }),
    'tags.json',
  );
  function aShopper(): Profile {
    const profile = aCustomer(4, 10);
    profile.eventCounts[0] = 5;
    profile.interests.brand = interestSumsOf([
      ['Acme', 3],
      ['Bright', 1],
    ]);
    return profile;
  }
  const names = (profile: Profile): string[] => evaluateTags(profile, TAGS, { nowMs: NOW_MS }).map(({ name }) => name);

  it('come in the order of the file, with family, title, value and reason, by the thresholds of the file', () => {
    expect(evaluateTags(aShopper(), TAGS, { nowMs: NOW_MS })).toEqual([
      { name: 'buyer', family: 'value', title: 'Buys', reason: '4 orders, last bought on 2026-05-21' },
      {
        name: 'best',
        family: 'value',
        title: 'Best',
        reason:
          'last bought on 2026-05-21 (recency 3 of 3), 1.2 orders a month (frequency 2), 40.00 an order (monetary 3)',
      },
      {
        name: 'likes',
        family: 'preference',
        title: 'Likes',
        value: 'Acme',
        reason: 'showed interest in Acme, last seen on 2026-05-30; 75 percent of their interest',
      },
      {
        name: 'likes',
        family: 'preference',
        title: 'Likes',
        value: 'Bright',
        reason: 'showed interest in Bright, last seen on 2026-05-30; 25 percent of their interest',
      },
    ]);
  });

  it('leave out what the shopper deleted, whatever happens afterwards', () => {
    const profile = aShopper();
    deleteTag(profile, 'likes');
    expect(names(profile)).toEqual(['buyer', 'best']);
    setInterest(profile.interests.brand, 'Third', 50);
    expect(names(profile)).toEqual(['buyer', 'best']);
  });

  it('do not change the profile', () => {
    const profile = aShopper();
    names(profile);
    expect(profile).toEqual(aShopper());
  });
});
