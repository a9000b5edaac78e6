import { assertContract } from '../core/errors.ts';
import {
  booleanColumn,
  columnOf,
  decodeTable,
  dictionaryColumn,
  type EntryLists,
  encodeTable,
  entryListColumn,
  momentColumn,
  numberColumn,
  readBooleans,
  readEntryLists,
  readNumbers,
  readTexts,
  refuseTable,
  textColumn,
} from './arrow-columns.ts';
import { Catalogue, type ItemRecord } from './catalogue.ts';

const CATALOGUE = 'catalogue';
const NEIGHBOURS = 'neighbours';
const POPULARITY = 'popularity';
const ATTRIBUTE_PREFIX = 'attribute:';

type WritableRecord = { -readonly [Key in keyof ItemRecord]: ItemRecord[Key] };

/**
 * All products as an Arrow file, a row a product in catalogue order: `item_id, title, category, brand, price, currency, available,
 * created_at` and a column `attribute:<name>` for each further one.
 *
 * Missing: null. Moments are kept in whole milliseconds.
 */
export function encodeCatalogue(catalogue: Catalogue): Uint8Array {
  const { size } = catalogue;
  let dictionaryId = 0;
  const dictionary = (name: string, texts: readonly (string | undefined)[]) =>
    dictionaryColumn(name, texts, size, dictionaryId++);
  const columns = [
    textColumn('item_id', catalogue.itemIds),
    dictionary('title', catalogue.titles),
    dictionary('category', catalogue.categories),
    dictionary('brand', catalogue.brands),
    numberColumn('price', catalogue.priceColumn()),
    dictionary('currency', catalogue.currencies),
    booleanColumn('available', catalogue.availabilityFlags()),
    momentColumn('created_at', catalogue.createdAtMsColumn()),
  ];
  for (const [name, texts] of catalogue.attributes) columns.push(dictionary(ATTRIBUTE_PREFIX + name, texts));
  return encodeTable(columns, size);
}

/**
 * Reads what {@link encodeCatalogue} or another Arrow writer made; only `item_id` has to be there.
 *
 * Errors: REC_BUNDLE_INVALID when the bytes are no such table, or a product is missing its id or comes twice.
 * Cost: 3-5 s for 1 000 000 products with two further columns, most of it in the catalogue itself; blocks the event loop.
 */
export function decodeCatalogue(bytes: Uint8Array): Catalogue {
  const table = decodeTable(bytes, CATALOGUE);
  const read = <T>(name: string, reader: (column: NonNullable<ReturnType<typeof columnOf>>, of: () => string) => T) => {
    const column = columnOf(table, name);
    return column === undefined ? undefined : reader(column, () => `column ${name} of ${CATALOGUE}`);
  };
  const itemIds = read('item_id', readTexts) ?? refuseTable(CATALOGUE, 'has no column item_id');
  const titles = read('title', readTexts);
  const categories = read('category', readTexts);
  const brands = read('brand', readTexts);
  const prices = read('price', readNumbers);
  const currencies = read('currency', readTexts);
  const availability = read('available', readBooleans);
  const createdAtMs = read('created_at', readNumbers);
  const catalogue = new Catalogue();
  for (let row = 0; row < itemIds.length; row++) {
    const itemId = itemIds[row] ?? refuseTable(CATALOGUE, `has no item_id in row ${row}`);
    const record: WritableRecord = { itemId, isAvailable: availability === undefined || availability[row] === 1 };
    const title = titles?.[row];
    if (title !== undefined) record.title = title;
    const category = categories?.[row];
    if (category !== undefined) record.category = category;
    const brand = brands?.[row];
    if (brand !== undefined) record.brand = brand;
    const currency = currencies?.[row];
    if (currency !== undefined) record.currency = currency;
    const price = prices?.[row] ?? Number.NaN;
    if (!Number.isNaN(price)) record.price = price;
    const createdAt = createdAtMs?.[row] ?? Number.NaN;
    if (!Number.isNaN(createdAt)) record.createdAtMs = createdAt;
    if (catalogue.put(record) !== row) refuseTable(CATALOGUE, `has item_id ${itemId} twice, in row ${row} again`);
  }
  for (const { name } of table.schema.fields) {
    if (!name.startsWith(ATTRIBUTE_PREFIX)) continue;
    catalogue.attributes.set(name.slice(ATTRIBUTE_PREFIX.length), read(name, readTexts)!);
  }
  return catalogue;
}

/** Products seen or bought together with each product. */
export interface NeighbourTable {
  readonly kind: 'co_view' | 'co_purchase';
  /** Shape `[itemCount + 1]`: the neighbours of catalogue row i are entries `offsets[i]` to `offsets[i + 1]`. */
  readonly offsets: Int32Array;
  /** Catalogue rows, strongest first. */
  readonly items: Int32Array;
  /** Higher is stronger; comparable within one table. */
  readonly strengths: Float32Array;
}

/** Both neighbour tables of a bundle. */
export interface Neighbours {
  readonly coView: NeighbourTable;
  readonly coPurchase: NeighbourTable;
}

/**
 * Both neighbour tables as one Arrow file, a row a product, each table a column of lists of (item, strength).
 *
 * Errors: REC_INTERNAL when the tables do not have the same rows, name rows that do not exist, or are not ordered by strength.
 */
export function encodeNeighbours(neighbours: Neighbours): Uint8Array {
  const rowCount = neighbours.coView.offsets.length - 1;
  const columns = [neighbours.coView, neighbours.coPurchase].map(({ kind, offsets, items, strengths }) => {
    const lists = { offsets, items, weights: strengths };
    assertContract(offsets.length - 1 === rowCount, `neighbours ${kind} have another number of rows`);
    assertListsAreSound(lists, rowCount, `neighbours ${kind}`);
    return entryListColumn(kind, lists, 'strength');
  });
  return encodeTable(columns, rowCount);
}

/**
 * Reads what {@link encodeNeighbours} made.
 *
 * Errors: REC_BUNDLE_INVALID when the bytes are no such table, it has other than `itemCount` rows, names rows that do not exist, or is
 * not ordered. Ownership: the result is views of `bytes`, which must not change.
 */
export function decodeNeighbours(bytes: Uint8Array, itemCount: number): Neighbours {
  const table = decodeTable(bytes, NEIGHBOURS);
  if (table.numRows !== itemCount)
    refuseTable(NEIGHBOURS, `have ${table.numRows} rows; the catalogue has ${itemCount}`);
  const read = (kind: NeighbourTable['kind']): NeighbourTable => {
    const of = () => `column ${kind} of ${NEIGHBOURS}`;
    const column = columnOf(table, kind) ?? refuseTable(NEIGHBOURS, `have no column ${kind}`);
    const lists = readEntryLists(column, of);
    const fault = findListFault(lists, itemCount);
    if (fault !== undefined) refuseTable(of(), fault);
    return { kind, offsets: lists.offsets, items: lists.items, strengths: lists.weights };
  };
  return { coView: read('co_view'), coPurchase: read('co_purchase') };
}

/** Products by how much they are wanted. */
export interface PopularityTable {
  /** Catalogue rows, most wanted first; products nobody wanted are left out. */
  readonly itemIndexes: Int32Array;
  /** Above 0; higher is more wanted. */
  readonly weights: Float32Array;
}

/** Popularity in the whole shop and below each category path. */
export interface Popularity {
  readonly overall: PopularityTable;
  readonly byCategory: ReadonlyMap<string, PopularityTable>;
}

/**
 * Popularity as an Arrow file: a row a category with a list of (item, weight); the row without category is the whole shop.
 *
 * Errors: REC_INTERNAL when a table has weights that are not above 0 or not ordered, or negative rows.
 */
export function encodePopularity(popularity: Popularity): Uint8Array {
  const categories = [undefined, ...popularity.byCategory.keys()];
  const tables = [popularity.overall, ...popularity.byCategory.values()];
  const entryCount = tables.reduce((sum, table) => sum + table.itemIndexes.length, 0);
  const lists = {
    offsets: new Int32Array(tables.length + 1),
    items: new Int32Array(entryCount),
    weights: new Float32Array(entryCount),
  };
  let at = 0;
  for (const [row, { itemIndexes, weights }] of tables.entries()) {
    assertContract(itemIndexes.length === weights.length, `popularity of ${categories[row] ?? 'the shop'} has gaps`);
    lists.items.set(itemIndexes, at);
    lists.weights.set(weights, at);
    at += itemIndexes.length;
    lists.offsets[row + 1] = at;
  }
  assertListsAreSound(lists, Number.POSITIVE_INFINITY, POPULARITY);
  assertContract(
    lists.weights.every((weight) => weight > 0),
    'popularity lists a product that nobody wanted',
  );
  return encodeTable([textColumn('category', categories), entryListColumn('items', lists, 'weight')], tables.length);
}

/**
 * Reads what {@link encodePopularity} made.
 *
 * Errors: REC_BUNDLE_INVALID when the bytes are no such table, the row of the whole shop is missing, a table names rows past `itemCount`
 * or is not ordered. Ownership: the result is views of `bytes`, which must not change.
 */
export function decodePopularity(bytes: Uint8Array, itemCount: number): Popularity {
  const table = decodeTable(bytes, POPULARITY);
  const of = (name: string) => () => `column ${name} of ${POPULARITY}`;
  const column = (name: string) => columnOf(table, name) ?? refuseTable(POPULARITY, `has no column ${name}`);
  const categories = readTexts(column('category'), of('category'));
  const lists = readEntryLists(column('items'), of('items'));
  const fault =
    findListFault(lists, itemCount) ?? (lists.weights.every((w) => w > 0) ? undefined : 'has a weight of 0');
  if (fault !== undefined) refuseTable(of('items')(), fault);
  let overall: PopularityTable | undefined;
  const byCategory = new Map<string, PopularityTable>();
  for (const [row, category] of categories.entries()) {
    const [start, end] = [lists.offsets[row]!, lists.offsets[row + 1]!];
    const one = { itemIndexes: lists.items.subarray(start, end), weights: lists.weights.subarray(start, end) };
    const isRepeated = category === undefined ? overall !== undefined : byCategory.has(category);
    if (isRepeated) refuseTable(POPULARITY, `has category ${category ?? '(none)'} twice`);
    if (category === undefined) overall = one;
    else byCategory.set(category, one);
  }
  return { overall: overall ?? refuseTable(POPULARITY, 'has no row for the whole shop'), byCategory };
}

/** What is wrong with lists of (item, weight); undefined when nothing is. */
function findListFault({ offsets, items, weights }: EntryLists, itemCount: number): string | undefined {
  for (let row = 0; row + 1 < offsets.length; row++) {
    const start = offsets[row]!;
    const end = offsets[row + 1]!;
    for (let i = start; i < end; i++) {
      if (items[i]! < 0 || items[i]! >= itemCount)
        return `names product row ${items[i]} in row ${row}; expected 0-${itemCount - 1}`;
      if (!Number.isFinite(weights[i]!)) return `has a weight that is not finite in row ${row}`;
      if (i > start && weights[i]! > weights[i - 1]!) return `is not ordered by weight in row ${row}`;
    }
  }
  return undefined;
}

function assertListsAreSound(lists: EntryLists, itemCount: number, what: string): void {
  const { offsets, items, weights } = lists;
  const isWhole = offsets[0] === 0 && offsets.at(-1) === items.length && items.length === weights.length;
  assertContract(isWhole && offsets.every((offset, i) => i === 0 || offset >= offsets[i - 1]!), `${what} have gaps`);
  const fault = findListFault(lists, itemCount);
  assertContract(fault === undefined, `${what}: column ${fault}`);
}
