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
  /** Number of each distinct brand, -1 when missing. */
  brandNumbers: Int32Array = new Int32Array(0);
  /** Number of each distinct price band (see `priceBandOf`), -1 when missing. */
  priceBandNumbers: Int32Array = new Int32Array(0);
  prices: Float64Array = new Float64Array(0);
  createdAtMs: Float64Array = new Float64Array(0);
  /** 1 = can be sold now. */
  availability: Uint8Array = new Uint8Array(0);
  /** 1 = taken out of the catalogue. */
  deletions: Uint8Array = new Uint8Array(0);
  private countOfAvailable = 0;
  private countOfDeleted = 0;
  private readonly categoryNumberByName = new Map<string, number>();
  private readonly brandNumberByName = new Map<string, number>();
  private readonly priceBandNumberByName = new Map<string, number>();

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
    return this.indexById.get(itemId) ?? -1;
  }

  isAvailable(index: number): boolean {
    return this.availability[index] === 1;
  }

  isDeleted(index: number): boolean {
    return this.deletions[index] === 1;
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
    this.categoryNumbers[index] = numberOf(this.categoryNumberByName, record.category);
    this.brandNumbers[index] = numberOf(this.brandNumberByName, record.brand);
    const priceBand = record.price === undefined ? undefined : priceBandOf(record.price);
    this.priceBandNumbers[index] = numberOf(this.priceBandNumberByName, priceBand);
    this.prices[index] = record.price ?? Number.NaN;
    this.createdAtMs[index] = record.createdAtMs ?? Number.NaN;
    this.countOfAvailable -= this.availability[index]!;
    this.countOfDeleted -= this.deletions[index]!;
    this.deletions[index] = record.isDeleted === true ? 1 : 0;
    this.availability[index] = record.isAvailable && record.isDeleted !== true ? 1 : 0;
    this.countOfAvailable += this.availability[index]!;
    this.countOfDeleted += this.deletions[index]!;
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
    const attributes: [string, string][] = [];
    for (const [name, column] of this.attributes) {
      const value = column[index];
      if (value !== undefined) attributes.push([name, value]);
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
      ...(this.isDeleted(index) ? { isDeleted: true } : {}),
      // Unlike an assignment, this keeps an attribute named `__proto__`.
      ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) }),
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

  /** Number of a category path, as in `categoryNumbers`; -1 when no product has it. */
  categoryNumberOf(category: string): number {
    return this.categoryNumberByName.get(category) ?? -1;
  }

  /** Number of a brand, as in `brandNumbers`; -1 when no product has it. */
  brandNumberOf(brand: string): number {
    return this.brandNumberByName.get(brand) ?? -1;
  }

  /** Number of a price band, as in `priceBandNumbers`; -1 when no product has it. */
  priceBandNumberOf(priceBand: string): number {
    return this.priceBandNumberByName.get(priceBand) ?? -1;
  }

  private reserve(count: number): void {
    if (count <= this.prices.length) return;
    const capacity = Math.max(16, count, Math.ceil(this.prices.length * GROWTH));
    this.prices = grown(this.prices, new Float64Array(capacity));
    this.createdAtMs = grown(this.createdAtMs, new Float64Array(capacity));
    this.availability = grown(this.availability, new Uint8Array(capacity));
    this.deletions = grown(this.deletions, new Uint8Array(capacity));
    this.categoryNumbers = grown(this.categoryNumbers, new Int32Array(capacity));
    this.brandNumbers = grown(this.brandNumbers, new Int32Array(capacity));
    this.priceBandNumbers = grown(this.priceBandNumbers, new Int32Array(capacity));
  }
}

function grown<T extends Float64Array | Uint8Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

function numberOf(numbers: Map<string, number>, name: string | undefined): number {
  if (name === undefined) return -1;
  let number = numbers.get(name);
  if (number === undefined) {
    number = numbers.size;
    numbers.set(name, number);
  }
  return number;
}
