import {
  Bool,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  Schema,
  Table,
  TimestampSecond,
  tableFromIPC,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../core/errors.ts';
import { encodeTable, entryListColumn, numberColumn, textColumn } from './arrow-columns.ts';
import {
  decodeCatalogue,
  decodeNeighbours,
  decodePopularity,
  encodeCatalogue,
  encodeNeighbours,
  encodePopularity,
  type NeighbourTable,
} from './arrow-tables.ts';
import { Catalogue, type ItemRecord } from './catalogue.ts';

const FULL: ItemRecord = {
  itemId: 'shoe-1',
  title: 'Chaussure d’été',
  category: 'wear > shoes',
  brand: 'Ω',
  price: 0,
  currency: 'EUR',
  isAvailable: true,
  createdAtMs: 1_700_000_000_123,
  attributes: { color: 'red|blue', '': 'nameless' },
};
const BARE: ItemRecord = { itemId: '', isAvailable: false };
const OTHER: ItemRecord = { itemId: 'shoe-2', title: '', price: -1.5, isAvailable: true, attributes: { size: '42' } };

function recordsOf(catalogue: Catalogue): ItemRecord[] {
  return Array.from({ length: catalogue.size }, (_, row) => catalogue.record(row));
}

/** The message of the refusal, which has to be REC_BUNDLE_INVALID. */
function refusalOf(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'REC_BUNDLE_INVALID') return error.message;
    throw error;
  }
  return 'not refused';
}

describe('encodeCatalogue and decodeCatalogue', () => {
  it('keep every field of every product, and what is missing stays missing', () => {
    const catalogue = Catalogue.from([FULL, BARE, OTHER]);
    const decoded = decodeCatalogue(encodeCatalogue(catalogue));
    expect(recordsOf(decoded)).toEqual([FULL, BARE, OTHER]);
    expect([decoded.indexOf('shoe-2'), decoded.indexOf(''), decoded.indexOf('shoe-3')]).toEqual([2, 1, -1]);
  });

  it('keep an empty catalogue empty', () => {
    expect(decodeCatalogue(encodeCatalogue(new Catalogue())).size).toBe(0);
  });

  it('keep a catalogue without any optional field', () => {
    expect(recordsOf(decodeCatalogue(encodeCatalogue(Catalogue.from([BARE]))))).toEqual([BARE]);
  });

  it('leave a decoded catalogue ready for further products', () => {
    const decoded = decodeCatalogue(encodeCatalogue(Catalogue.from([FULL])));
    expect(decoded.put(OTHER)).toBe(1);
    expect(recordsOf(decoded)).toEqual([FULL, OTHER]);
  });

  it('write the same bytes each time', () => {
    const catalogue = Catalogue.from([FULL, BARE, OTHER]);
    expect(Buffer.from(encodeCatalogue(catalogue)).equals(encodeCatalogue(catalogue))).toBe(true);
  });

  it('write columns that other Arrow readers know by name and type', () => {
    const table = tableFromIPC(encodeCatalogue(Catalogue.from([FULL, BARE])));
    expect(table.schema.fields.map((field) => `${field.name}: ${field.type}`)).toEqual([
      'item_id: Utf8',
      'title: Dictionary<Int32, Utf8>',
      'category: Dictionary<Int32, Utf8>',
      'brand: Dictionary<Int32, Utf8>',
      'price: Float64',
      'currency: Dictionary<Int32, Utf8>',
      'available: Bool',
      'created_at: Timestamp<MILLISECOND>',
      'attribute:color: Dictionary<Int32, Utf8>',
      'attribute:: Dictionary<Int32, Utf8>',
    ]);
    expect(table.getChild('category')?.toJSON()).toEqual(['wear > shoes', null]);
  });

  it('read bytes at an odd place in memory', () => {
    const bytes = encodeCatalogue(Catalogue.from([FULL, OTHER]));
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(recordsOf(decodeCatalogue(shifted))).toEqual([FULL, OTHER]);
  });
});

describe('decodeCatalogue', () => {
  it('reads a stream of several batches with plain text, whole numbers and seconds', () => {
    const part = (ids: string[], prices: (bigint | null)[], moments: (number | null)[]) =>
      new Table({
        item_id: vectorFromArray(ids, new Utf8()),
        title: vectorFromArray(ids, new Utf8()),
        price: vectorFromArray(prices, new Int64()),
        created_at: vectorFromArray(moments, new TimestampSecond()),
      });
    const first = part(['a', 'b'], [5n, null], [7_000, null]);
    const bytes = tableToIPC(first.concat(part(['c'], [6n], [9_000])), 'stream');
    expect(recordsOf(decodeCatalogue(bytes))).toEqual([
      { itemId: 'a', title: 'a', price: 5, createdAtMs: 7_000, isAvailable: true },
      { itemId: 'b', title: 'b', isAvailable: true },
      { itemId: 'c', title: 'c', price: 6, createdAtMs: 9_000, isAvailable: true },
    ]);
  });

  it('takes a product of unstated availability as available', () => {
    const table = new Table({
      item_id: vectorFromArray(['a', 'b', 'c'], new Dictionary(new Utf8(), new Int32())),
      available: vectorFromArray([false, null, true], new Bool()),
    });
    const decoded = decodeCatalogue(tableToIPC(table));
    expect(recordsOf(decoded).map((record) => record.isAvailable)).toEqual([false, true, true]);
  });

  it('refuses a table without item ids', () => {
    const bytes = encodeTable([textColumn('id', ['a'])], 1);
    expect(refusalOf(() => decodeCatalogue(bytes))).toContain('catalogue has no column item_id');
  });

  it('refuses a missing or repeated item id, naming the row', () => {
    const missing = encodeTable([textColumn('item_id', ['a', undefined])], 2);
    expect(refusalOf(() => decodeCatalogue(missing))).toContain('has no item_id in row 1');
    const repeated = encodeTable([textColumn('item_id', ['a', 'b', 'a'])], 3);
    expect(refusalOf(() => decodeCatalogue(repeated))).toContain('has item_id a twice, in row 2');
  });

  it('refuses a column of another type, naming it', () => {
    const numbers = numberColumn('title', Float64Array.of(1));
    expect(refusalOf(() => decodeCatalogue(encodeTable([textColumn('item_id', ['a']), numbers], 1)))).toContain(
      'column title of catalogue is Float64; expected text',
    );
    const text = textColumn('price', ['1']);
    expect(refusalOf(() => decodeCatalogue(encodeTable([textColumn('item_id', ['a']), text], 1)))).toContain(
      'column price of catalogue is Utf8; expected numbers',
    );
    const claim = textColumn('available', ['yes']);
    expect(refusalOf(() => decodeCatalogue(encodeTable([textColumn('item_id', ['a']), claim], 1)))).toContain(
      'column available of catalogue is Utf8; expected true or false',
    );
  });

  it('refuses bytes that are no Arrow file', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(64), Buffer.from('{"items":[]}'), Buffer.alloc(999, 0xff)]) {
      expect(refusalOf(() => decodeCatalogue(bytes))).toContain('catalogue');
    }
  });

  it('refuses a file cut off at any length', () => {
    const bytes = encodeCatalogue(Catalogue.from([FULL, BARE, OTHER]));
    for (let length = 0; length < bytes.length; length++) {
      expect(refusalOf(() => decodeCatalogue(bytes.slice(0, length)))).not.toBe('not refused');
    }
  });

  it('refuses a code that its dictionary does not have', () => {
    const codes = vectorFromArray(['x'], new Dictionary(new Utf8(), new Int32()));
    (codes.data[0]!.values as Int32Array)[0] = 3;
    const table = new Table({ item_id: vectorFromArray(['a'], new Utf8()), brand: codes });
    expect(refusalOf(() => decodeCatalogue(tableToIPC(table)))).toContain('column brand of catalogue has a code');
  });

  it('refuses text whose offsets run backwards', () => {
    const ids = textColumn('item_id', ['ab', 'cd']);
    ids.data.valueOffsets[1] = 9;
    expect(refusalOf(() => decodeCatalogue(encodeTable([ids], 2)))).toContain('cut off');
  });
});

describe('encodeNeighbours and decodeNeighbours', () => {
  const coView: NeighbourTable = {
    kind: 'co_view',
    offsets: Int32Array.of(0, 2, 2, 3),
    items: Int32Array.of(1, 2, 0),
    strengths: Float32Array.of(0.5, 0.25, 4),
  };
  const coPurchase: NeighbourTable = {
    kind: 'co_purchase',
    offsets: Int32Array.of(0, 0, 0, 0),
    items: new Int32Array(0),
    strengths: new Float32Array(0),
  };

  it('keep both tables', () => {
    expect(decodeNeighbours(encodeNeighbours({ coView, coPurchase }), 3)).toEqual({ coView, coPurchase });
  });

  it('keep the tables of an empty catalogue', () => {
    const none = { offsets: Int32Array.of(0), items: new Int32Array(0), strengths: new Float32Array(0) };
    const empty = { coView: { kind: 'co_view', ...none }, coPurchase: { kind: 'co_purchase', ...none } } as const;
    expect(decodeNeighbours(encodeNeighbours(empty), 0)).toEqual(empty);
  });

  it('join several batches', () => {
    const whole = tableFromIPC(encodeNeighbours({ coView, coPurchase }));
    const bytes = tableToIPC(whole.concat(tableFromIPC(encodeNeighbours({ coView, coPurchase }))));
    expect(decodeNeighbours(bytes, 6).coView).toEqual({
      kind: 'co_view',
      offsets: Int32Array.of(0, 2, 2, 3, 5, 5, 6),
      items: Int32Array.of(1, 2, 0, 1, 2, 0),
      strengths: Float32Array.of(0.5, 0.25, 4, 0.5, 0.25, 4),
    });
  });

  it('refuse tables made for another catalogue', () => {
    const bytes = encodeNeighbours({ coView, coPurchase });
    expect(refusalOf(() => decodeNeighbours(bytes, 4))).toContain('neighbours have 3 rows; the catalogue has 4');
  });

  it('refuse to read lists that name no product or are not ordered', () => {
    const bytesOf = (items: number[], weights: number[]): Uint8Array => {
      const lists = {
        offsets: Int32Array.of(0, items.length),
        items: Int32Array.from(items),
        weights: Float32Array.from(weights),
      };
      const columns = [
        entryListColumn('co_view', lists, 'strength'),
        entryListColumn('co_purchase', lists, 'strength'),
      ];
      return encodeTable(columns, 1);
    };
    expect(refusalOf(() => decodeNeighbours(bytesOf([1], [1]), 1))).toContain(
      'column co_view of neighbours names product row 1 in row 0; expected 0-0',
    );
    expect(refusalOf(() => decodeNeighbours(bytesOf([-1], [1]), 1))).toContain('names product row -1');
    expect(refusalOf(() => decodeNeighbours(bytesOf([0, 0], [1, 2]), 1))).toContain('not ordered by weight in row 0');
    expect(refusalOf(() => decodeNeighbours(bytesOf([0], [Number.NaN]), 1))).toContain('not finite in row 0');
    expect(refusalOf(() => decodeNeighbours(bytesOf([0, 0], [2, 2]), 1))).toBe('not refused');
  });

  it('refuse to write such lists', () => {
    const wrong = { ...coView, items: Int32Array.of(1, 3, 0) };
    expect(() => encodeNeighbours({ coView: wrong, coPurchase })).toThrow(/names product row 3/);
    const short = { ...coPurchase, offsets: Int32Array.of(0, 0) };
    expect(() => encodeNeighbours({ coView, coPurchase: short })).toThrow(/another number of rows/);
    const gaps = { ...coView, offsets: Int32Array.of(0, 2, 2, 2) };
    expect(() => encodeNeighbours({ coView: gaps, coPurchase })).toThrow(/gaps/);
  });

  it('refuse a table without one of the kinds, and a column of another type', () => {
    const text = encodeTable([textColumn('co_view', ['a'])], 1);
    expect(refusalOf(() => decodeNeighbours(text, 1))).toContain('expected lists of (int32, float32)');
    const lists = { offsets: Int32Array.of(0, 0), items: new Int32Array(0), weights: new Float32Array(0) };
    const one = encodeTable([entryListColumn('co_view', lists, 'strength')], 1);
    expect(refusalOf(() => decodeNeighbours(one, 1))).toContain('have no column co_purchase');
  });

  it('refuse garbage', () => {
    expect(refusalOf(() => decodeNeighbours(Buffer.from('garbage'), 1))).toContain('neighbours');
  });
});

describe('encodePopularity and decodePopularity', () => {
  const overall = { itemIndexes: Int32Array.of(2, 0, 1), weights: Float32Array.of(9, 4, 0.5) };
  const shoes = { itemIndexes: Int32Array.of(0, 1), weights: Float32Array.of(4, 0.5) };

  it('keep the whole shop and each category', () => {
    const byCategory = new Map([
      ['wear > shoes', shoes],
      ['', { itemIndexes: new Int32Array(0), weights: new Float32Array(0) }],
    ]);
    expect(decodePopularity(encodePopularity({ overall, byCategory }), 3)).toEqual({ overall, byCategory });
  });

  it('keep a shop where nobody wanted anything', () => {
    const nothing = { itemIndexes: new Int32Array(0), weights: new Float32Array(0) };
    const popularity = { overall: nothing, byCategory: new Map() };
    expect(decodePopularity(encodePopularity(popularity), 0)).toEqual(popularity);
  });

  it('refuse rows past the catalogue', () => {
    const bytes = encodePopularity({ overall, byCategory: new Map() });
    expect(refusalOf(() => decodePopularity(bytes, 2))).toContain('names product row 2 in row 0; expected 0-1');
  });

  it('refuse to write weights that are not above zero or not ordered', () => {
    const write = (weights: number[]) => () =>
      encodePopularity({
        overall: { itemIndexes: Int32Array.of(0, 1), weights: Float32Array.from(weights) },
        byCategory: new Map(),
      });
    expect(write([1, 0])).toThrow(/nobody wanted/);
    expect(write([1, 2])).toThrow(/not ordered/);
    expect(write([1])).toThrow(/gaps/);
  });

  it('refuse a table without the whole shop, with a repeated category or a weight of zero', () => {
    const bytesOf = (categories: (string | undefined)[], weight: number): Uint8Array => {
      const rows = categories.length;
      const lists = {
        offsets: Int32Array.from({ length: rows + 1 }, (_, row) => row),
        items: new Int32Array(rows),
        weights: new Float32Array(rows).fill(weight),
      };
      return encodeTable([textColumn('category', categories), entryListColumn('items', lists, 'weight')], rows);
    };
    expect(refusalOf(() => decodePopularity(bytesOf(['a'], 1), 1))).toContain('no row for the whole shop');
    expect(refusalOf(() => decodePopularity(bytesOf([undefined, 'a', 'a'], 1), 1))).toContain('category a twice');
    expect(refusalOf(() => decodePopularity(bytesOf([undefined, undefined], 1), 1))).toContain('(none) twice');
    expect(refusalOf(() => decodePopularity(bytesOf([undefined], 0), 1))).toContain('has a weight of 0');
  });

  it('refuse garbage', () => {
    expect(refusalOf(() => decodePopularity(new Uint8Array(7), 1))).toContain('popularity');
  });
});

describe('encodeTable', () => {
  it('is read by the library with the schema it was given', () => {
    const table = tableFromIPC(encodeTable([numberColumn('n', Float64Array.of(1, Number.NaN))], 2));
    expect(table.schema.toString()).toBe(new Schema([new Field('n', new Float64(), true)]).toString());
    expect(table.getChild('n')?.toJSON()).toEqual([1, null]);
  });
});
