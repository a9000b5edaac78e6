import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import type { ItemRecord } from '../../../features/catalogue/catalogue.ts';
import { decodeItem, encodeItem } from '../../../features/store/item-codec.ts';
import { problemsOf } from '../../config/schema-problems.ts';
import { decodeOperation, decodePatch, decodePut } from './decode-item.ts';
import { itemReplyOf } from './item-reply.ts';
import { itemPatchSchema, itemPutSchema, itemSchema } from './item-schema.ts';

const FULL = {
  title: 'Trail runner',
  category: 'shoes > running',
  brand: 'Northpeak',
  price: 89.9,
  currency: 'EUR',
  available: false,
  created_at: '2025-09-01T00:00:00Z',
  attributes: { colour: ['red', 'black'], drop_mm: 6, vegan: true, season: 'summer|autumn' },
};
const RECORD: ItemRecord = {
  itemId: 'shoe-42',
  title: 'Trail runner',
  category: 'shoes > running',
  brand: 'Northpeak',
  price: 89.9,
  currency: 'EUR',
  isAvailable: false,
  createdAtMs: Date.UTC(2025, 8, 1),
  attributes: { colour: 'red|black', drop_mm: '6', vegan: 'true', season: 'summer|autumn' },
};

const put = (body: unknown, id = 'shoe-42') => decodePut(id, body);
/** What is wrong, a line each. */
function refusal(decoded: ReturnType<typeof put | typeof decodePatch | typeof decodeOperation>): string[] {
  if (decoded.isValid) return [];
  return decoded.problems.map(({ path, value, expected }) => `${path}: ${value} given, expected ${expected}`);
}
function patched(current: ItemRecord, body: unknown): ItemRecord {
  const decoded = decodePatch(current.itemId, body);
  if (!decoded.isValid) throw new Error(refusal(decoded).join());
  return decoded.value(current);
}

describe('decodePut', () => {
  it('takes every field, and times and attributes in each of their forms', () => {
    expect(put(FULL)).toEqual({ isValid: true, value: RECORD });
    for (const created_at of ['2025-09-01', '2025-09-01T02:00:00+02:00', '2025-09-01 00:00Z', Date.UTC(2025, 8, 1)])
      expect(put({ ...FULL, created_at })).toEqual({ isValid: true, value: RECORD });
  });

  it('takes a product of which nothing is said as one that can be sold', () => {
    expect(put({})).toEqual({ isValid: true, value: { itemId: 'shoe-42', isAvailable: true } });
    expect(put({ item_id: 'shoe-42', attributes: {} })).toEqual({
      isValid: true,
      value: { itemId: 'shoe-42', isAvailable: true },
    });
  });

  it('does not care about attributes of shoppers that are sensitive: a product has no religion', () => {
    expect(put({ attributes: { religion: 'buddhist statue', health: 'vitamins' } }).isValid).toBe(true);
  });

  it('names field, value and remedy of each mistake', () => {
    const lines: readonly (readonly [unknown, string])[] = [
      [{ price: -1 }, 'price: -1 given, expected number 0..1000000000000'],
      [{ price: '12' }, 'price: "12" given, expected number 0..1000000000000'],
      [{ price: null }, 'price: null given, expected number 0..1000000000000'],
      [{ currency: 'eur' }, 'currency: "eur" given, expected three capital letters, as EUR'],
      [{ available: 'yes' }, 'available: "yes" given, expected boolean'],
      [{ title: '' }, 'title: "" given, expected text of 1..512 characters without control characters'],
      [{ item_id: 'shoe-43' }, 'item_id: "shoe-43" given, expected "shoe-42" as in the path, or left out'],
      [
        { avaliable: true },
        'avaliable: true given, expected no such key; did you mean available?; what else is known of a product goes under attributes',
      ],
      [
        { created_at: 1_700_000_000 },
        'created_at: 1700000000 given, expected epoch milliseconds, or an ISO 8601 date or time with zone, as 2026-01-31T12:00:00Z, before 2200; is it in seconds?',
      ],
      [
        { created_at: 'last week' },
        'created_at: "last week" given, expected epoch milliseconds, or an ISO 8601 date or time with zone, as 2026-01-31T12:00:00Z, before 2200',
      ],
      [
        { attributes: { colour: ['red|blue'] } },
        'attributes.colour: array of 1 given, expected text of 1..1024 characters, a number, true or false, or a list of 1..64 texts without |',
      ],
      [
        { attributes: { size: { eu: 42 } } },
        'attributes.size: object given, expected text of 1..1024 characters, a number, true or false, or a list of 1..64 texts without |',
      ],
      ['text', ': "text" given, expected object'],
      [[FULL], ': array of 1 given, expected object'],
      [null, ': null given, expected object'],
    ];
    for (const [body, line] of lines) expect(refusal(put(body))).toEqual([line]);
    expect(refusal(put({ colour: 'red' }))[0]).toMatch(
      /^colour: "red" given, expected no such key; known keys: .*; what else is known of a product goes under attributes$/,
    );
  });

  it('reports several mistakes at once', () => {
    expect(refusal(put({ price: -1, currency: 'euro', brand: 7 }))).toHaveLength(3);
  });

  it('bounds what one product may hold', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`a${i}`, 'x']));
    const long = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a${i}`, 'x'.repeat(1_000)]));
    for (const attributes of [many, long])
      expect(refusal(put({ attributes }))[0]).toContain('at most 64 attributes with 8192 characters in all');
    expect(refusal(put({ title: 'x'.repeat(513) }))).toHaveLength(1);
    expect(refusal(put({ attributes: { ['x'.repeat(65)]: 'y' } }))).toHaveLength(1);
    expect(refusal(put({ title: 'a\u0000b' }))).toHaveLength(1);
    expect(refusal(put({ brand: '\ud800' }))).toHaveLength(1);
  });
});

describe('decodePatch', () => {
  it('changes what is named and leaves the rest', () => {
    expect(patched(RECORD, { price: 79.9, available: true })).toEqual({ ...RECORD, price: 79.9, isAvailable: true });
    expect(patched(RECORD, {})).toEqual(RECORD);
    expect(patched({ itemId: 'a', isAvailable: false }, {})).toEqual({ itemId: 'a', isAvailable: false });
  });

  it('removes what is null', () => {
    const nothing = { title: null, category: null, brand: null, price: null, currency: null, created_at: null };
    expect(patched(RECORD, { ...nothing, attributes: null })).toEqual({ itemId: 'shoe-42', isAvailable: false });
    expect(patched(RECORD, { attributes: { colour: null, size: 42 } }).attributes).toEqual({
      ...{ drop_mm: '6', vegan: 'true', season: 'summer|autumn' },
      size: '42',
    });
    const last = patched({ itemId: 'a', isAvailable: true, attributes: { x: 'y' } }, { attributes: { x: null } });
    expect(last).toEqual({ itemId: 'a', isAvailable: true });
    expect(refusal(decodePatch('a', { available: null }))).toEqual(['available: null given, expected boolean']);
  });

  it('says that null is possible', () => {
    expect(refusal(decodePatch('a', { price: 'free' }))).toEqual([
      'price: "free" given, expected number 0..1000000000000 or null',
    ]);
  });
});

describe('decodeOperation', () => {
  it('takes each kind', () => {
    expect(decodeOperation({ op: 'put', item: { item_id: 'shoe-42', ...FULL } })).toEqual({
      isValid: true,
      value: { op: 'put', itemId: 'shoe-42', record: RECORD },
    });
    expect(decodeOperation({ op: 'delete', item: { item_id: 'a' } })).toEqual({
      isValid: true,
      value: { op: 'delete', itemId: 'a' },
    });
    const patch = decodeOperation({ op: 'patch', item: { item_id: 'a', price: 1 } });
    expect(patch).toMatchObject({ isValid: true, value: { op: 'patch', itemId: 'a' } });
  });

  it('says where an operation is wrong', () => {
    expect(refusal(decodeOperation({ op: 'upsert', item: {} }))).toEqual([
      'op: "upsert" given, expected "put", "patch" or "delete", with the product under "item"',
    ]);
    expect(refusal(decodeOperation(undefined))[0]).toMatch(/^op: missing given/);
    expect(refusal(decodeOperation({ op: 'put', item: { price: 1 } }))[0]).toMatch(/^item\.item_id: missing given/);
    expect(refusal(decodeOperation({ op: 'put', item_id: 'a' }))).toHaveLength(2);
    expect(refusal(decodeOperation({ op: 'put', item: { item_id: 'a', created_at: 'x' } }))[0]).toMatch(
      /^item\.created_at: "x"/,
    );
    expect(refusal(decodeOperation({ op: 'patch', item: { item_id: 'a', colour: 'red' } }))[0]).toMatch(
      /^item\.colour: .* goes under attributes$/,
    );
    expect(refusal(decodeOperation({ op: 'delete', item: { item_id: 'a', price: 1 } }))[0]).toMatch(
      /^item\.price: 1 given, expected no such key; known keys: item_id$/,
    );
  });
});

describe('decoding whatever comes in', () => {
  const body = fc.oneof(
    fc.jsonValue(),
    fc.record(
      Object.fromEntries(
        [
          'item_id',
          'title',
          'category',
          'brand',
          'price',
          'currency',
          'available',
          'created_at',
          'attributes',
          '__proto__',
        ].map((name) => [name, fc.oneof(fc.jsonValue(), fc.string(), fc.double(), fc.boolean())]),
      ),
      { requiredKeys: [] },
    ),
  );

  it('never throws, and what is accepted can be stored, read back and shown', () => {
    fc.assert(
      fc.property(body, (value) => {
        const decoded = put(value);
        expect(decoded.isValid || decoded.problems.length > 0).toBe(true);
        if (decoded.isValid) {
          expect(decodeItem(encodeItem(decoded.value))).toEqual(decoded.value);
          expect(problemsOf(itemSchema, itemReplyOf(decoded.value))).toEqual([]);
        }
        decodePatch('a', value);
        decodeOperation(value);
        decodeOperation({ op: 'put', item: value });
      }),
    );
  });

  it('refuses exactly what its schema refuses', () => {
    for (const schema of [itemPutSchema, itemPatchSchema]) {
      const validator = Compile(schema);
      fc.assert(fc.property(body, (value) => validator.Check(value) === (problemsOf(schema, value).length === 0)));
    }
  });
});
