import { describe, expect, it } from 'vitest';
import type { CandidateFilter } from '../stage.ts';
import { aModel } from '../testing/a-model.ts';
import { aDraft, aProfile } from '../testing/a-query.ts';
import { alreadyBoughtFilter } from './already-bought-filter.ts';
import { availabilityFilter } from './availability-filter.ts';
import { contextItemsFilter } from './context-items-filter.ts';
import { excludedFilter } from './excluded-filter.ts';
import { queryFilter } from './query-filter.ts';

const model = () =>
  aModel({
    items: [
      { itemId: 'boot', category: 'shoes > boots', brand: 'North', price: 100 },
      { itemId: 'runner', category: 'shoes > running', brand: 'South', price: 50 },
      { itemId: 'shoehorn', category: 'shoes accessories', brand: 'North', price: 5 },
      { itemId: 'voucher' },
      { itemId: 'sold', category: 'shoes', brand: 'North', price: 60, isAvailable: false },
    ],
  });

/** Ids that stay; undefined when the filter has nothing to do. */
async function kept(
  filter: CandidateFilter,
  query: Parameters<typeof aDraft>[1],
  profile = aProfile(),
): Promise<string[] | undefined> {
  const shop = await model();
  const isKept = filter.predicateFor(aDraft(shop, query, profile));
  return isKept === undefined ? undefined : shop.catalogue.itemIds.filter((_, item) => isKept(item));
}

describe('availability filter', () => {
  it('takes out what cannot be sold now', async () => {
    expect(await kept(availabilityFilter, {})).toEqual(['boot', 'runner', 'shoehorn', 'voucher']);
  });

  it('follows the catalogue as it changes', async () => {
    const shop = await model();
    const isKept = availabilityFilter.predicateFor(aDraft(shop))!;
    shop.catalogue.put({ itemId: 'boot', isAvailable: false });
    expect(isKept(0)).toBe(false);
  });
});

describe('excluded filter', () => {
  it('takes out what the caller names', async () => {
    expect(await kept(excludedFilter, { excludeItemIds: ['runner', 'no such item'] })).not.toContain('runner');
  });

  it('has nothing to do without a name the catalogue knows', async () => {
    expect(await kept(excludedFilter, { excludeItemIds: ['no such item'] })).toBeUndefined();
    expect(await kept(excludedFilter, {})).toBeUndefined();
  });
});

describe('context items filter', () => {
  it('takes out the products the page is about', async () => {
    const left = await kept(contextItemsFilter, { contextItemIds: ['boot', 'voucher'] });
    expect(left).toEqual(['runner', 'shoehorn', 'sold']);
  });
});

describe('already bought filter', () => {
  it('takes out what the shopper bought, and not what was only viewed', async () => {
    const profile = aProfile({ purchase: ['boot'], view_item: ['runner'] });
    expect(await kept(alreadyBoughtFilter, {}, profile)).toEqual(['runner', 'shoehorn', 'voucher', 'sold']);
  });
});

describe('query filter', () => {
  it('keeps a category and what lies below it, not one that only begins alike', async () => {
    expect(await kept(queryFilter, { filter: { category: 'shoes' } })).toEqual(['boot', 'runner', 'sold']);
    expect(await kept(queryFilter, { filter: { category: 'shoes > boots' } })).toEqual(['boot']);
  });

  it('keeps a brand, and nothing for a brand the shop does not have', async () => {
    expect(await kept(queryFilter, { filter: { brand: 'North' } })).toEqual(['boot', 'shoehorn', 'sold']);
    expect(await kept(queryFilter, { filter: { brand: 'West' } })).toEqual([]);
  });

  it('keeps prices from the lowest to the highest, both included', async () => {
    expect(await kept(queryFilter, { filter: { minPrice: 50, maxPrice: 60 } })).toEqual(['runner', 'sold']);
    expect(await kept(queryFilter, { filter: { maxPrice: 50 } })).toEqual(['runner', 'shoehorn']);
    expect(await kept(queryFilter, { filter: { minPrice: 0 } })).not.toContain('voucher');
  });

  it('keeps what meets all conditions at once', async () => {
    const filter = { category: 'shoes', brand: 'North', minPrice: 70 };
    expect(await kept(queryFilter, { filter })).toEqual(['boot']);
  });

  it('has nothing to do without a condition', async () => {
    expect(await kept(queryFilter, { filter: {} })).toBeUndefined();
  });
});
