import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../core/clock.ts';
import { asItemId } from '../core/ids.ts';
import { decayedValue } from '../transform/decay.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY, type ItemFacts, priceBandOf } from './apply-event.ts';
import type { EventItem, EventType, ShopEvent } from './event.ts';
import { type InterestSums, interestOf } from './interest-sums.ts';
import { EVENT_HASH_CAPACITY, emptyProfile, INTEREST_CAPACITY, type Profile } from './profile.ts';

const recordOf = ({ names, sums }: InterestSums): Record<string, number> =>
  Object.fromEntries(names.map((name, place) => [name, sums[place]!]));

const START_MS = 1_700_000_000_000;
const HALF_LIFE_MS = 14 * MS_PER_DAY;

const CATALOGUE: Readonly<Record<string, ItemFacts>> = {
  kettle: { category: 'home > kitchen', brand: 'Acme', price: 20 },
  spade: { category: 'garden', brand: 'Acme', price: 100 },
  mystery: {},
};
const facts = (itemId: string): ItemFacts | undefined => CATALOGUE[itemId];

let events = 0;

function anEvent(type: EventType, items: (string | EventItem)[], more: Partial<ShopEvent> = {}): ShopEvent {
  events += 1;
  return {
    eventId: `event-${events}`,
    type,
    atMs: START_MS,
    items: items.map((item) => (typeof item === 'string' ? { itemId: asItemId(item) } : item)),
    ...more,
  };
}

function apply(profile: Profile, ...all: ShopEvent[]): Profile {
  for (const event of all) applyEvent(profile, event, facts, DEFAULT_PROFILE_POLICY);
  return profile;
}

describe('applying an event', () => {
  it('notes when the shopper was seen first and last, and the device of the latest event', () => {
    const profile = apply(
      emptyProfile(),
      anEvent('search', [], { atMs: START_MS, device: 'mobile' }),
      anEvent('search', [], { atMs: START_MS + 50, device: 'desktop' }),
      anEvent('search', [], { atMs: START_MS - 50, device: 'tv' }),
      anEvent('search', [], { atMs: START_MS + 60 }),
    );
    expect(profile.firstSeenAtMs).toBe(START_MS - 50);
    expect(profile.lastSeenAtMs).toBe(START_MS + 60);
    expect(profile.device).toBe('desktop');
  });

  it('keeps the device named latest when events come late, and one too long for a name not at all', () => {
    const inOrder = [
      anEvent('search', [], { atMs: START_MS, device: 'mobile' }),
      anEvent('search', [], { atMs: START_MS + 1, device: 'desktop' }),
      anEvent('search', [], { atMs: START_MS + 2 }),
      anEvent('search', [], { atMs: START_MS + 3, device: 'x'.repeat(65) }),
    ];
    for (const all of [inOrder, inOrder.toReversed()]) {
      const profile = apply(emptyProfile(), ...all);
      expect([profile.device, profile.deviceAtMs]).toEqual(['desktop', START_MS + 1]);
    }
  });

  it('counts events by hour of the day in UTC, up to the last hour with any', () => {
    const at = (hour: number, day = 1): Partial<ShopEvent> => ({ atMs: Date.UTC(2026, 4, day, hour, 59) });
    const profile = apply(emptyProfile(), anEvent('search', [], at(2)), anEvent('search', [], at(0)));
    apply(profile, anEvent('view_item', ['kettle'], at(2, 9)));
    expect(profile.activeHours).toEqual([1, 0, 2]);
  });

  it('puts events of any type into visits', () => {
    const profile = apply(
      emptyProfile(),
      anEvent('search', []),
      anEvent('purchase', ['kettle'], { atMs: START_MS + 60_000 }),
    );
    expect(profile.visits).toEqual([{ startedAtMs: START_MS, lastAtMs: START_MS + 60_000, eventCount: 2 }]);
  });

  it('counts events by type', () => {
    const profile = apply(emptyProfile(), anEvent('view_item', ['kettle']), anEvent('view_item', ['kettle', 'spade']));
    apply(profile, anEvent('search', []));
    expect(profile.eventCounts).toEqual([0, 0, 2, 0, 0, 0, 0, 0, 0, 1]);
  });

  it('changes nothing, and says so, when it was applied before', () => {
    const profile = emptyProfile();
    const purchase = anEvent('purchase', ['kettle']);
    expect(applyEvent(profile, purchase, facts, DEFAULT_PROFILE_POLICY)).toBe(true);
    const before = structuredClone(profile);
    expect(applyEvent(profile, purchase, facts, DEFAULT_PROFILE_POLICY)).toBe(false);
    expect(profile).toEqual(before);
  });

  it('without a name is never taken for one that was applied before', () => {
    const profile = emptyProfile();
    const view = anEvent('view_item', ['kettle'], { eventId: '' });
    apply(profile, view, view);
    expect(profile.eventCounts[2]).toBe(2);
    expect(profile.recentEventHashes).toEqual([]);
  });

  it('remembers the names of the latest events only', () => {
    const profile = emptyProfile();
    const first = anEvent('search', []);
    apply(profile, first, ...Array.from({ length: EVENT_HASH_CAPACITY - 1 }, () => anEvent('search', [])));
    expect(applyEvent(profile, first, facts, DEFAULT_PROFILE_POLICY)).toBe(false);
    apply(profile, anEvent('search', []));
    expect(profile.recentEventHashes).toHaveLength(EVENT_HASH_CAPACITY);
    expect(applyEvent(profile, first, facts, DEFAULT_PROFILE_POLICY)).toBe(true);
  });
});

describe('recent items', () => {
  it('stand newest first, each once with its latest time, whatever order they come in', () => {
    const profile = apply(
      emptyProfile(),
      anEvent('view_item', ['b'], { atMs: START_MS + 2 }),
      anEvent('view_item', ['a'], { atMs: START_MS + 1 }),
      anEvent('view_item', ['c'], { atMs: START_MS + 3 }),
      anEvent('view_item', ['a'], { atMs: START_MS + 4 }),
      anEvent('view_item', ['c'], { atMs: START_MS }),
    );
    expect(profile.recent.view_item).toEqual({
      itemIds: ['a', 'c', 'b'],
      atMs: [START_MS + 4, START_MS + 3, START_MS + 2],
    });
  });

  it('of one moment stand by id', () => {
    const profile = apply(emptyProfile(), anEvent('purchase', ['b', 'c', 'a']));
    expect(profile.recent.purchase.itemIds).toEqual(['a', 'b', 'c']);
  });

  it('are kept by type, for the types that have a list', () => {
    const profile = apply(
      emptyProfile(),
      anEvent('add_to_cart', ['a']),
      anEvent('select_item', ['b']),
      anEvent('view_item_list', ['c']),
    );
    const filled = Object.entries(profile.recent).filter(([, list]) => list.itemIds.length > 0);
    expect(filled).toEqual([['add_to_cart', { itemIds: ['a'], atMs: [START_MS] }]]);
  });

  it('push out the oldest beyond the bound, and an older one does not get in', () => {
    const profile = emptyProfile();
    for (let i = 0; i < 17; i++) apply(profile, anEvent('add_to_cart', [`item-${i}`], { atMs: START_MS + i }));
    const { itemIds } = profile.recent.add_to_cart;
    expect(itemIds).toHaveLength(16);
    expect(itemIds[0]).toBe('item-16');
    expect(itemIds.at(-1)).toBe('item-1');
    apply(profile, anEvent('add_to_cart', ['too-old'], { atMs: START_MS }));
    expect(profile.recent.add_to_cart.itemIds).toEqual(itemIds);
  });
});

describe('interests', () => {
  it('count a view as 1 and a cart as 4, halved every fourteen days', () => {
    const profile = apply(
      emptyProfile(),
      anEvent('view_item', ['kettle']),
      anEvent('add_to_cart', ['kettle'], { atMs: START_MS + HALF_LIFE_MS }),
    );
    // Stored relative to the first event: 1 + 4 * 2.
    expect(profile.interestLandmarkMs).toBe(START_MS);
    expect(interestOf(profile.interests.category, 'home > kitchen')).toBe(9);
    const nowMs = START_MS + HALF_LIFE_MS;
    // 1 halved once, plus 4.
    expect(decayedValue(9, nowMs, profile.interestLandmarkMs, HALF_LIFE_MS)).toBe(4.5);
  });

  it('are counted by category, brand and price band', () => {
    const { interests } = apply(emptyProfile(), anEvent('view_item', ['kettle', 'spade']));
    expect(recordOf(interests.category)).toEqual({ 'home > kitchen': 1, garden: 1 });
    expect(recordOf(interests.brand)).toEqual({ Acme: 2 });
    // 2 log2 20 = 8.64 and 2 log2 100 = 13.29.
    expect(recordOf(interests.priceBand)).toEqual({ 8: 1, 13: 1 });
  });

  it('take the price of the event before the one of the catalogue', () => {
    const { interests } = apply(
      emptyProfile(),
      anEvent('view_item', [{ itemId: asItemId('kettle'), price: 2 }]),
      anEvent('view_item', [{ itemId: asItemId('unknown'), price: 2 }]),
    );
    expect(recordOf(interests.priceBand)).toEqual({ 2: 2 });
  });

  it('count nothing for products without facts and for events that say little', () => {
    const { interests } = apply(
      emptyProfile(),
      anEvent('view_item', ['mystery', 'unknown']),
      anEvent('view_item_list', ['kettle']),
      anEvent('remove_from_cart', ['kettle']),
    );
    expect(interests.category.names.length + interests.brand.names.length + interests.priceBand.names.length).toBe(0);
  });

  it('are taken back by a refund, and never fall below nothing', () => {
    const profile = apply(emptyProfile(), anEvent('view_item', ['kettle']), anEvent('purchase', ['kettle']));
    expect(interestOf(profile.interests.brand, 'Acme')).toBe(7);
    apply(profile, anEvent('refund', ['kettle']));
    expect(interestOf(profile.interests.brand, 'Acme')).toBe(1);
    apply(profile, anEvent('refund', ['kettle']));
    expect(profile.interests.brand.names.length).toBe(0);
  });

  it('push out the weakest beyond the bound', () => {
    const byNumber = (itemId: string): ItemFacts => ({ category: itemId });
    const profile = emptyProfile();
    const view = (itemId: string, atMs: number): ShopEvent => anEvent('view_item', [itemId], { atMs });
    const viewAll = (...all: ShopEvent[]): void => {
      for (const event of all) applyEvent(profile, event, byNumber, DEFAULT_PROFILE_POLICY);
    };
    for (let i = 10; i < 10 + INTEREST_CAPACITY; i++) viewAll(view(`c${i}`, START_MS));
    viewAll(view('c10', START_MS), view('newer', START_MS + HALF_LIFE_MS));
    // All but c10 and the newcomer weigh 1; of equals the last by name goes.
    expect(profile.interests.category.names.length).toBe(INTEREST_CAPACITY);
    expect(interestOf(profile.interests.category, 'newer')).toBe(2);
    expect(interestOf(profile.interests.category, 'c10')).toBe(2);
    expect(profile.interests.category.names.includes('c33')).toBe(false);
    expect(profile.interests.category.names.includes('c32')).toBe(true);
  });

  it('move to a newer landmark before sums grow out of range, without a change of value', () => {
    const policy = { interestHalfLifeDays: 1 };
    const profile = emptyProfile();
    const viewAt = (days: number): void => {
      const event = anEvent('view_item', ['kettle'], { atMs: START_MS + days * MS_PER_DAY });
      applyEvent(profile, event, facts, policy);
    };
    viewAt(0);
    viewAt(59.5);
    expect(profile.interestLandmarkMs).toBe(START_MS);
    viewAt(60.5);
    // Sixty whole half-lives are moved: 1 * 2^-60 + 2^-0.5 + 2^0.5, kept as float32.
    expect(profile.interestLandmarkMs).toBe(START_MS + 60 * MS_PER_DAY);
    expect(interestOf(profile.interests.brand, 'Acme')).toBeCloseTo(Math.SQRT1_2 + Math.SQRT2, 6);
    viewAt(60.5 + 3_650);
    expect(interestOf(profile.interests.brand, 'Acme')).toBeCloseTo(Math.SQRT2, 6);
  });
});

describe('purchase statistics', () => {
  it('count orders, pieces and value', () => {
    const profile = apply(
      emptyProfile(),
      anEvent('purchase', [{ itemId: asItemId('kettle'), quantity: 2 }, 'spade'], { atMs: START_MS + 5 }),
      anEvent('purchase', [{ itemId: asItemId('unknown'), price: 0.5, quantity: 1.5 }], { atMs: START_MS }),
      anEvent('purchase', ['spade'], { value: 70, atMs: START_MS + 9 }),
    );
    expect(profile.purchases).toEqual({
      orderCount: 3,
      // 2 + 1, then 1.5, then 1.
      itemCount: 5.5,
      // 2 * 20 + 100, then 1.5 * 0.5, then the stated total.
      totalValue: 210.75,
      firstAtMs: START_MS,
      lastAtMs: START_MS + 9,
    });
  });

  it('give back pieces and value with a refund, but keep that there was an order', () => {
    const profile = apply(emptyProfile(), anEvent('purchase', ['kettle', 'spade']), anEvent('refund', ['spade']));
    expect(profile.purchases).toMatchObject({ orderCount: 1, itemCount: 1, totalValue: 20, lastAtMs: START_MS });
    apply(profile, anEvent('refund', ['kettle', 'spade']));
    expect(profile.purchases).toMatchObject({ orderCount: 1, itemCount: 0, totalValue: 0 });
  });
});

describe('orders', () => {
  it.each<[string, number, Partial<ShopEvent>, Partial<EventItem>]>([
    ['a discount on the order', 1, { discount: 5 }, {}],
    ['a coupon on the order', 1, { coupon: 'MAY' }, {}],
    ['a discount on a product', 1, {}, { discount: 0.5 }],
    ['a coupon on a product', 1, {}, { coupon: 'MAY' }],
    ['all of them', 1, { discount: 5, coupon: 'MAY' }, { discount: 0.5, coupon: 'MAY' }],
    ['a discount of nothing and an empty coupon', 0, { discount: 0, coupon: '' }, { discount: 0, coupon: '' }],
    ['none', 0, {}, {}],
  ])('with %s count as %i with a discount', (_, expected, ofOrder, ofItem) => {
    const item = { itemId: asItemId('kettle'), ...ofItem };
    const profile = apply(emptyProfile(), anEvent('purchase', [item, 'spade'], ofOrder));
    expect(profile.discountedOrderCount).toBe(expected);
    expect(profile.purchases.orderCount).toBe(1);
    // A discount is known of; the value stays what the event says it is.
    expect(profile.purchases.totalValue).toBe(120);
  });

  it('alone count: a cart with a coupon and a refund do not', () => {
    const profile = apply(
      emptyProfile(),
      anEvent('add_to_cart', ['kettle'], { coupon: 'MAY' }),
      anEvent('refund', ['kettle'], { coupon: 'MAY' }),
    );
    expect(profile.discountedOrderCount).toBe(0);
    expect(profile.rhythms).toEqual([]);
  });

  it('count once for each category among their products', () => {
    const more = (itemId: string): ItemFacts | undefined =>
      itemId === 'pot' ? { category: 'home > kitchen' } : facts(itemId);
    const profile = emptyProfile();
    const order = (items: string[], atMs: number): boolean =>
      applyEvent(profile, anEvent('purchase', items, { atMs }), more, DEFAULT_PROFILE_POLICY);
    order(['kettle', 'pot', 'spade', 'mystery', 'unknown'], START_MS + 5);
    order(['pot'], START_MS);
    expect(profile.rhythms).toEqual([
      { category: 'garden', purchaseCount: 1, firstAtMs: START_MS + 5, lastAtMs: START_MS + 5 },
      { category: 'home > kitchen', purchaseCount: 2, firstAtMs: START_MS, lastAtMs: START_MS + 5 },
    ]);
  });
});

describe('names too long for the record', () => {
  it('are left out: item ids, categories and brands', () => {
    const long = 'x'.repeat(257);
    const profile = emptyProfile();
    const longFacts = (): ItemFacts => ({ category: long, brand: long, price: 2 });
    applyEvent(profile, anEvent('purchase', [long]), longFacts, DEFAULT_PROFILE_POLICY);
    expect(profile.recent.purchase.itemIds).toEqual([]);
    expect(profile.rhythms).toEqual([]);
    expect(Object.values(profile.interests).map(({ names }) => names)).toEqual([[], [], ['2']]);
    expect(profile.purchases).toMatchObject({ orderCount: 1, totalValue: 2 });
  });
});

describe('price band', () => {
  it.each([
    [1, '0'],
    [1.5, '1'],
    [2, '2'],
    [0.5, '-2'],
    [100, '13'],
    [0, 'free'],
    [-3, 'free'],
  ])('of %d is %s: half-octaves from 1', (price, band) => {
    expect(priceBandOf(price)).toBe(band);
  });
});
