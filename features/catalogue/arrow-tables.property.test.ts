import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCatalogue, encodeCatalogue } from './arrow-tables.ts';
import { Catalogue, type ItemRecord } from './catalogue.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
/** Optional fields are absent rather than undefined, as in records from files. */
const record: fc.Arbitrary<ItemRecord> = fc.record(
  {
    itemId: text,
    title: text,
    category: text,
    brand: text,
    price: fc.double({ noNaN: true, min: -1e9, max: 1e9 }),
    currency: text,
    isAvailable: fc.boolean(),
    createdAtMs: fc.integer({ min: -8.64e15, max: 8.64e15 }),
    attributes: fc.dictionary(text, text, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
  },
  { requiredKeys: ['itemId', 'isAvailable'] },
);

describe('encodeCatalogue and decodeCatalogue', () => {
  it('give back any catalogue as it was', () => {
    fc.assert(
      fc.property(fc.uniqueArray(record, { selector: (one) => one.itemId, maxLength: 20 }), (records) => {
        const before = Catalogue.from(records);
        const after = decodeCatalogue(encodeCatalogue(before));
        expect(after.size).toBe(records.length);
        for (let row = 0; row < records.length; row++) expect(after.record(row)).toEqual(before.record(row));
      }),
      { numRuns: 200 },
    );
  });
});
