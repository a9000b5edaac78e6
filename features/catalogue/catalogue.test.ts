import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Catalogue, deletedItem, type ItemRecord } from './catalogue.ts';

const KETTLE: ItemRecord = {
  itemId: 'kettle',
  title: 'Kettle',
  category: 'home > kitchen',
  brand: 'Acme',
  price: 20,
  currency: 'EUR',
  isAvailable: true,
  createdAtMs: 1_700_000_000_123,
  attributes: { colour: 'red', size: 'S|M' },
};
const BARE: ItemRecord = { itemId: 'bare', isAvailable: false };

describe('catalogue', () => {
  it('gives each product a row in the order they came, and none to others', () => {
    const catalogue = Catalogue.from([KETTLE, BARE]);
    expect(catalogue.size).toBe(2);
    expect(catalogue.indexOf('kettle')).toBe(0);
    expect(catalogue.indexOf('bare')).toBe(1);
    expect(catalogue.indexOf('unknown')).toBe(-1);
    expect(catalogue.indexOf('__proto__')).toBe(-1);
  });

  it('gives back what was put, absent fields absent', () => {
    const catalogue = Catalogue.from([KETTLE, BARE]);
    expect(catalogue.record(0)).toEqual(KETTLE);
    expect(catalogue.record(1)).toEqual(BARE);
  });

  it('gives back an attribute with a name JavaScript objects have', () => {
    const record: ItemRecord = { ...BARE, attributes: JSON.parse('{"__proto__":"x","constructor":"y"}') };
    const { attributes } = Catalogue.from([record]).record(0);
    expect(Object.entries(attributes ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });

  it('replaces all fields of a product that is put again, in the same row', () => {
    const catalogue = Catalogue.from([KETTLE, BARE]);
    expect(catalogue.put({ itemId: 'kettle', isAvailable: false, attributes: { size: 'L' } })).toBe(0);
    expect(catalogue.size).toBe(2);
    expect(catalogue.record(0)).toEqual({ itemId: 'kettle', isAvailable: false, attributes: { size: 'L' } });
    expect(catalogue.record(1)).toEqual(BARE);
  });

  it('says what can be sold; a row that does not exist cannot', () => {
    const catalogue = Catalogue.from([KETTLE, BARE]);
    expect([0, 1, 2, -1].map((index) => catalogue.isAvailable(index))).toEqual([true, false, false, false]);
  });

  it('keeps a deleted product in its row, unavailable whatever it says, until it is put again', () => {
    const catalogue = Catalogue.from([KETTLE, BARE]);
    catalogue.put({ itemId: 'kettle', isAvailable: true, isDeleted: true });
    expect([0, 1, 2].map((index) => catalogue.isDeleted(index))).toEqual([true, false, false]);
    expect(catalogue.isAvailable(0)).toBe(false);
    expect(catalogue.record(0)).toEqual(deletedItem('kettle'));
    catalogue.put(KETTLE);
    expect(catalogue.record(0)).toEqual(KETTLE);
  });

  it('keeps what can be sold, and what was deleted, while it grows', () => {
    const records = Array.from({ length: 100 }, (_, i) => ({ ...KETTLE, itemId: `i${i}`, isAvailable: i % 3 > 0 }));
    const catalogue = Catalogue.from(records);
    catalogue.put(deletedItem('i1'));
    for (let i = 100; i < 1_000; i++) catalogue.put({ ...BARE, itemId: `i${i}`, isAvailable: true });
    for (let i = 0; i < 1_000; i++) expect(catalogue.isAvailable(i)).toBe(i !== 1 && (i >= 100 || i % 3 > 0));
    expect([0, 1, 2].map((index) => catalogue.isDeleted(index))).toEqual([false, true, false]);
  });

  it('counts what can be sold and what was deleted', () => {
    const counts = (): number[] => [catalogue.size, catalogue.availableCount, catalogue.deletedCount];
    const catalogue = Catalogue.from([KETTLE, BARE]);
    expect(counts()).toEqual([2, Number(KETTLE.isAvailable) + Number(BARE.isAvailable), 0]);
    catalogue.put({ ...BARE, isAvailable: true });
    catalogue.put({ ...KETTLE, isAvailable: false });
    expect(counts()).toEqual([2, 1, 0]);
    catalogue.put(deletedItem(BARE.itemId));
    expect(counts()).toEqual([2, 0, 1]);
    catalogue.put(deletedItem(BARE.itemId));
    expect(counts()).toEqual([2, 0, 1]);
    catalogue.put({ ...BARE, isAvailable: true });
    expect(counts()).toEqual([2, 1, 0]);
  });

  it('holds missing numbers as not-a-number', () => {
    const catalogue = Catalogue.from([KETTLE, BARE]);
    expect(catalogue.priceOf(0)).toBe(20);
    expect(catalogue.priceOf(1)).toBeNaN();
    expect(catalogue.createdAtMsOf(1)).toBeNaN();
  });

  it('numbers categories by first appearance, -1 for none', () => {
    const item = (itemId: string, category?: string): ItemRecord => ({
      itemId,
      isAvailable: true,
      ...(category === undefined ? {} : { category }),
    });
    const catalogue = Catalogue.from([item('1', 'a'), item('2', 'b'), item('3'), item('4', 'a'), item('5', '')]);
    expect([0, 1, 2, 3, 4].map((index) => catalogue.codeOf(index, 'category'))).toEqual([0, 1, -1, 0, 2]);
  });

  it('tells the profile what it counts by', () => {
    const catalogue = Catalogue.from([KETTLE, BARE]);
    expect(catalogue.facts('kettle')).toEqual({ category: 'home > kitchen', brand: 'Acme', price: 20 });
    expect(catalogue.facts('bare')).toEqual({});
    expect(catalogue.facts('unknown')).toBeUndefined();
  });

  it('tells a price of nothing from an unknown price', () => {
    const catalogue = Catalogue.from([{ itemId: 'gift', price: 0, isAvailable: true }]);
    expect(catalogue.facts('gift')).toEqual({ price: 0 });
    expect(catalogue.record(0).price).toBe(0);
  });

  it('keeps what it held while it grows', () => {
    const records: ItemRecord[] = Array.from({ length: 1_000 }, (_, i) => ({
      itemId: `sku-${i}`,
      price: i,
      isAvailable: i % 3 === 0,
      ...(i % 2 === 0 ? { category: `c${i % 10}` } : {}),
      ...(i > 500 ? { attributes: { late: String(i) } } : {}),
    }));
    const catalogue = Catalogue.from(records);
    for (const [index, record] of records.entries()) expect(catalogue.record(index)).toEqual(record);
  });

  it('holds the last record of each product, for any sequence of puts', () => {
    const record: fc.Arbitrary<ItemRecord> = fc.record(
      {
        itemId: fc.constantFrom('a', 'b', 'c', 'd', '__proto__', ''),
        isAvailable: fc.boolean(),
        title: fc.string({ maxLength: 5 }),
        category: fc.constantFrom('x', 'y'),
        price: fc.double({ min: 0, max: 100, noNaN: true }),
        createdAtMs: fc.nat(),
        attributes: fc.dictionary(fc.constantFrom('p', 'q', 'r'), fc.string({ maxLength: 3 }), {
          minKeys: 1,
          noNullPrototype: true,
        }),
      },
      { requiredKeys: ['itemId', 'isAvailable'] },
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 30 }), (records) => {
        const catalogue = Catalogue.from(records);
        const last = new Map(records.map((one) => [one.itemId, one]));
        expect(catalogue.size).toBe(last.size);
        for (const [itemId, one] of last) expect(catalogue.record(catalogue.indexOf(itemId))).toEqual(one);
      }),
    );
  });
});
