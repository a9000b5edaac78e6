import { IdIndex } from '../core/id-index.ts';
import { type ItemFacts, priceBandOf } from '../profile/apply-event.ts';

/** One product as files, routes and stores speak of it. */
export interface ItemRecord {
  readonly itemId: string;
  readonly title?: string;
  /** Path from the root, `a > b`. */
  readonly category?: string;
  readonly brand?: string;
  /** In the shop's currency; absent when unknown. */
  readonly price?: number;
  readonly currency?: string;
  /** Can be sold now. @defaultValue true */
  readonly isAvailable: boolean;
  /** Epoch milliseconds; absent when unknown. */
  readonly createdAtMs?: number;
  /** The shop took it out of its catalogue; it stays as a record so that no model brings it back. @defaultValue false */
  readonly isDeleted?: boolean;
  /** Further columns by schema; text or number kept as text, several values joined by `|`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

const GROWTH = 1.5;

/** Places of an item's numbers in {@link Catalogue.codes}; what is left of the stride is where {@link ITEM_NUMBERS} are. */
export const ITEM_CODE_STRIDE = 8;
export const ITEM_CODES = { category: 0, brand: 1, priceBand: 2 } as const;
/** Names one of them. */
export type NameCode = keyof typeof ITEM_CODES;

/** The same memory as float64: half as many places, of which the last ones are these. */
const ITEM_NUMBER_STRIDE = ITEM_CODE_STRIDE / 2;
export const ITEM_NUMBERS = { price: 2, createdAtMs: 3 } as const;

/** What a place of the state column can be. */
const STATE = { unavailable: 0, available: 1, deleted: 2 } as const;

/** What is left of a product the shop took out of its catalogue. */
export function deletedItem(itemId: string): ItemRecord {
  return { itemId, isAvailable: false, isDeleted: true };
}

/**
 * All products of the shop as columns: what filters and features read per candidate without an object per product.
 *
 * An item index is the row here, the label inside the nearest-neighbour index and the row of the item feature ids alike. Rows are
 * never removed or moved while a model version is loaded; a product that is gone is marked deleted and unavailable.
 *
 * Missing: price and moment of creation are NaN, text columns undefined.
 */
export class Catalogue {
  readonly itemIds: string[] = [];
  readonly titles: (string | undefined)[] = [];
  readonly categories: (string | undefined)[] = [];
  readonly brands: (string | undefined)[] = [];
  readonly currencies: (string | undefined)[] = [];
  readonly attributes: Map<string, (string | undefined)[]> = new Map();
  private readonly indexById = new IdIndex();
  /**
   * What ranking asks of each candidate, shape `[size, ITEM_CODE_STRIDE]`, row-major, may be longer: number of the distinct category, brand
   * and price band (see `priceBandOf`), -1 when missing, and two float64 in {@link numbers}. Together, because each look at another item
   * misses the processor's cache, and the second number of an item costs nothing after the first. Read only; may be another array after a
   * `put`.
   */
  codes: Int32Array = new Int32Array(0);
  private numbers: Float64Array = new Float64Array(0);
  /** One of {@link STATE} an item, may be longer. By itself: asked of every proposal, and so short that it stays in the cache. */
  private states: Uint8Array = new Uint8Array(0);
  /** Of no meaning: the loop of {@link fetchStates} would be left out if it gave nothing. */
  fetchedStates = 0;
  private countOfAvailable = 0;
  private countOfDeleted = 0;
  private readonly nameNumbers = {
    category: new NameNumbers(),
    brand: new NameNumbers(),
    priceBand: new NameNumbers(),
  } as const satisfies Record<NameCode, NameNumbers>;

  static from(records: Iterable<ItemRecord>): Catalogue {
    const catalogue = new Catalogue();
    for (const record of records) catalogue.put(record);
    return catalogue;
  }

  get size(): number {
    return this.itemIds.length;
  }

  /** Products that can be sold now. */
  get availableCount(): number {
    return this.countOfAvailable;
  }

  get deletedCount(): number {
    return this.countOfDeleted;
  }

  /** Row of a product; -1 when the catalogue does not have it. */
  indexOf(itemId: string): number {
    return this.indexById.get(itemId);
  }

  /** Rows of the first `count` of many products, as {@link indexOf} gives them, into the same places of `rows`. */
  indexesOf(itemIds: readonly string[], count: number, rows: Int32Array): void {
    this.indexById.getAll(itemIds, count, rows);
  }

  /**
   * Has the states of the first `count` products fetched together, before they are asked for one by one: between two questions lies more than a
   * processor looks ahead, and each would wait for its own.
   */
  fetchStates(indexes: Int32Array, count: number): void {
    const { states } = this;
    let bits = 0;
    for (let i = 0; i < count; i++) bits |= states[indexes[i]!]!;
    this.fetchedStates = bits;
  }

  isAvailable(index: number): boolean {
    return this.states[index] === STATE.available;
  }

  isDeleted(index: number): boolean {
    return this.states[index] === STATE.deleted;
  }

  /** Number of the item's category, brand or price band, -1 when missing. */
  codeOf(index: number, code: NameCode): number {
    return this.codes[index * ITEM_CODE_STRIDE + ITEM_CODES[code]]!;
  }

  /** In the shop's currency; NaN when unknown. */
  priceOf(index: number): number {
    return this.numbers[index * ITEM_NUMBER_STRIDE + ITEM_NUMBERS.price]!;
  }

  /** Epoch milliseconds; NaN when unknown. */
  createdAtMsOf(index: number): number {
    return this.numbers[index * ITEM_NUMBER_STRIDE + ITEM_NUMBERS.createdAtMs]!;
  }

  /** Copies for files, shape `[size]`: 1 for what can be sold now. */
  availabilityFlags(): Uint8Array {
    return Uint8Array.from({ length: this.size }, (_, index) => (this.isAvailable(index) ? 1 : 0));
  }

  priceColumn(): Float64Array {
    return Float64Array.from({ length: this.size }, (_, index) => this.priceOf(index));
  }

  createdAtMsColumn(): Float64Array {
    return Float64Array.from({ length: this.size }, (_, index) => this.createdAtMsOf(index));
  }

  /** Adds a product or replaces all its fields; returns its row. */
  put(record: ItemRecord): number {
    let index = this.indexOf(record.itemId);
    if (index < 0) {
      index = this.itemIds.length;
      this.itemIds.push(record.itemId);
      this.indexById.add(record.itemId, index);
      this.reserve(index + 1);
    }
    this.titles[index] = record.title;
    this.categories[index] = record.category;
    this.brands[index] = record.brand;
    this.currencies[index] = record.currency;
    const { numbers } = this;
    numbers[index * ITEM_NUMBER_STRIDE + ITEM_NUMBERS.price] = record.price ?? Number.NaN;
    numbers[index * ITEM_NUMBER_STRIDE + ITEM_NUMBERS.createdAtMs] = record.createdAtMs ?? Number.NaN;
    this.putCodes(index, record);
    for (const column of this.attributes.values()) column[index] = undefined;
    for (const [name, value] of Object.entries(record.attributes ?? {})) {
      let column = this.attributes.get(name);
      if (column === undefined) {
        column = [];
        this.attributes.set(name, column);
      }
      column[index] = value;
    }
    return index;
  }

  private putCodes(index: number, { category, brand, price, isAvailable, isDeleted = false }: ItemRecord): void {
    this.countOfAvailable -= this.isAvailable(index) ? 1 : 0;
    this.countOfDeleted -= this.isDeleted(index) ? 1 : 0;
    const { codes } = this;
    const at = index * ITEM_CODE_STRIDE;
    codes[at + ITEM_CODES.category] = this.nameNumbers.category.numberOf(category);
    codes[at + ITEM_CODES.brand] = this.nameNumbers.brand.numberOf(brand);
    const priceBand = price === undefined ? undefined : priceBandOf(price);
    codes[at + ITEM_CODES.priceBand] = this.nameNumbers.priceBand.numberOf(priceBand);
    this.states[index] = isDeleted ? STATE.deleted : isAvailable ? STATE.available : STATE.unavailable;
    this.countOfAvailable += this.isAvailable(index) ? 1 : 0;
    this.countOfDeleted += this.isDeleted(index) ? 1 : 0;
  }

  record(index: number): ItemRecord {
    const attributes: [string, string][] = [];
    for (const [name, column] of this.attributes) {
      const value = column[index];
      if (value !== undefined) attributes.push([name, value]);
    }
    const price = this.priceOf(index);
    const createdAtMs = this.createdAtMsOf(index);
    const title = this.titles[index];
    const category = this.categories[index];
    const brand = this.brands[index];
    const currency = this.currencies[index];
    return {
      itemId: this.itemIds[index]!,
      ...(title === undefined ? {} : { title }),
      ...(category === undefined ? {} : { category }),
      ...(brand === undefined ? {} : { brand }),
      ...(Number.isNaN(price) ? {} : { price }),
      ...(currency === undefined ? {} : { currency }),
      isAvailable: this.isAvailable(index),
      ...(Number.isNaN(createdAtMs) ? {} : { createdAtMs }),
      ...(this.isDeleted(index) ? { isDeleted: true } : {}),
      // Unlike an assignment, this keeps an attribute named `__proto__`.
      ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
    };
  }

  /** What the profile counts interests by. */
  readonly facts = (itemId: string): ItemFacts | undefined => {
    const index = this.indexOf(itemId);
    if (index < 0) return undefined;
    const price = this.priceOf(index);
    // One object, since each event of a product makes one.
    return {
      category: this.categories[index],
      brand: this.brands[index],
      price: Number.isNaN(price) ? undefined : price,
    };
  };

  /** Number of a category path, as in `codes`; -1 when no product has it. */
  categoryNumberOf(category: string): number {
    return this.nameNumbers.category.get(category);
  }

  /** Number of a brand, as in `codes`; -1 when no product has it. */
  brandNumberOf(brand: string): number {
    return this.nameNumbers.brand.get(brand);
  }

  /** Numbers of the first `count` of many categories, brands or price bands, into the same places of `numbers`; -1 as for one. */
  numbersOf(code: NameCode, names: readonly string[], count: number, numbers: Int32Array): void {
    this.nameNumbers[code].getAll(names, count, numbers);
  }

  private reserve(count: number): void {
    if (count * ITEM_CODE_STRIDE <= this.codes.length) return;
    const capacity = Math.max(16, count, Math.ceil((this.codes.length / ITEM_CODE_STRIDE) * GROWTH));
    const numbers = new Float64Array(capacity * ITEM_NUMBER_STRIDE);
    const codes = new Int32Array(numbers.buffer);
    codes.set(this.codes);
    const states = new Uint8Array(capacity);
    states.set(this.states);
    this.states = states;
    this.numbers = numbers;
    this.codes = codes;
  }
}

/** Numbers names as they come, from 0 up. */
class NameNumbers {
  private readonly index = new IdIndex();
  private count = 0;

  /** -1 when the name has none. */
  get(name: string): number {
    return this.index.get(name);
  }

  /** As {@link IdIndex.getAll}. */
  getAll(names: readonly string[], count: number, numbers: Int32Array): void {
    this.index.getAll(names, count, numbers);
  }

  /** Gives a name that has no number the next one; -1 for no name. */
  numberOf(name: string | undefined): number {
    if (name === undefined) return -1;
    const known = this.index.get(name);
    if (known >= 0) return known;
    this.index.add(name, this.count);
    return this.count++;
  }
}
