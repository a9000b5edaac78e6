import type { ItemFacts } from '../profile/apply-event.ts';

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
  /** Further columns by schema; text or number kept as text, several values joined by `|`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

const GROWTH = 1.5;

/**
 * All products of the shop as columns: what filters and features read per candidate without an object per product.
 *
 * An item index is the row here, the label inside the nearest-neighbour index and the row of the item feature ids alike. Rows are
 * never removed or moved while a model version is loaded; a product that is gone is unavailable.
 *
 * Missing: price and createdAtMs are NaN, text columns undefined.
 */
export class Catalogue {
  readonly itemIds: string[] = [];
  readonly titles: (string | undefined)[] = [];
  readonly categories: (string | undefined)[] = [];
  readonly brands: (string | undefined)[] = [];
  readonly currencies: (string | undefined)[] = [];
  readonly attributes: Map<string, (string | undefined)[]> = new Map();
  private readonly indexById = new Map<string, number>();
  /** Number of each distinct category, -1 when missing: what caps and diversity compare per candidate. */
  categoryNumbers: Int32Array = new Int32Array(0);
  prices: Float64Array = new Float64Array(0);
  createdAtMs: Float64Array = new Float64Array(0);
  /** 1 = can be sold now. */
  availability: Uint8Array = new Uint8Array(0);
  private readonly categoryNumberByName = new Map<string, number>();

  static from(records: Iterable<ItemRecord>): Catalogue {
    const catalogue = new Catalogue();
    for (const record of records) catalogue.put(record);
    return catalogue;
  }

  get size(): number {
    return this.itemIds.length;
  }

  /** Row of a product; -1 when the catalogue does not have it. */
  indexOf(itemId: string): number {
    return this.indexById.get(itemId) ?? -1;
  }

  isAvailable(index: number): boolean {
    return this.availability[index] === 1;
  }

  /** Adds a product or replaces all its fields; returns its row. */
  put(record: ItemRecord): number {
    let index = this.indexOf(record.itemId);
    if (index < 0) {
      index = this.itemIds.length;
      this.itemIds.push(record.itemId);
      this.indexById.set(record.itemId, index);
      this.reserve(index + 1);
    }
    this.titles[index] = record.title;
    this.categories[index] = record.category;
    this.brands[index] = record.brand;
    this.currencies[index] = record.currency;
    this.categoryNumbers[index] = this.categoryNumber(record.category);
    this.prices[index] = record.price ?? Number.NaN;
    this.createdAtMs[index] = record.createdAtMs ?? Number.NaN;
    this.availability[index] = record.isAvailable ? 1 : 0;
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

  record(index: number): ItemRecord {
    const attributes: Record<string, string> = {};
    for (const [name, column] of this.attributes) {
      const value = column[index];
      if (value !== undefined) attributes[name] = value;
    }
    const price = this.prices[index]!;
    const createdAtMs = this.createdAtMs[index]!;
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
      ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    };
  }

  /** What the profile counts interests by. */
  readonly facts = (itemId: string): ItemFacts | undefined => {
    const index = this.indexOf(itemId);
    if (index < 0) return undefined;
    const price = this.prices[index]!;
    const category = this.categories[index];
    const brand = this.brands[index];
    return {
      ...(category === undefined ? {} : { category }),
      ...(brand === undefined ? {} : { brand }),
      ...(Number.isNaN(price) ? {} : { price }),
    };
  };

  private categoryNumber(category: string | undefined): number {
    if (category === undefined) return -1;
    let number = this.categoryNumberByName.get(category);
    if (number === undefined) {
      number = this.categoryNumberByName.size;
      this.categoryNumberByName.set(category, number);
    }
    return number;
  }

  private reserve(count: number): void {
    if (count <= this.prices.length) return;
    const capacity = Math.max(16, count, Math.ceil(this.prices.length * GROWTH));
    const prices = new Float64Array(capacity);
    prices.set(this.prices);
    this.prices = prices;
    const createdAtMs = new Float64Array(capacity);
    createdAtMs.set(this.createdAtMs);
    this.createdAtMs = createdAtMs;
    const availability = new Uint8Array(capacity);
    availability.set(this.availability);
    this.availability = availability;
    const categoryNumbers = new Int32Array(capacity).fill(-1);
    categoryNumbers.set(this.categoryNumbers);
    this.categoryNumbers = categoryNumbers;
  }
}
