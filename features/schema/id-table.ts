/** Stands in a free cell; keys are row numbers of a catalogue or -1. */
const FREE = -2;

/**
 * Several tables of ids by key in one piece of memory, made once and asked for each candidate of a request, where `Map`s were half of the
 * time (bench: `--micro feature-rows`). Three of four cells are free, so that nearly every key is where it is looked for first.
 *
 * Keys are integers from -1 up.
 */
export class IdTables {
  /** Key, id, key, id, table after table; open addressing, each table at most a quarter full. Ownership: for reading only. */
  readonly cells: Int32Array;
  private size = 0;

  /** @param keyCounts keys of each table to come */
  constructor(keyCounts: readonly number[]) {
    let size = 0;
    for (const count of keyCounts) size += 2 * tableSize(count);
    this.cells = new Int32Array(size).fill(FREE);
  }

  /** Begins the next table. */
  add(keyCount: number, otherwise: number): IdTable {
    const table = new IdTable(this.cells, this.size, keyCount, otherwise);
    this.size += 2 * tableSize(keyCount);
    return table;
  }
}

/** Neighbouring keys are spread by the high bits of a product with 2^32 / golden ratio. */
function firstPlaceOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 16;
}

/** Cells of a table: a power of two, so that a place wraps around by a mask. */
function tableSize(keyCount: number): number {
  return 1 << (32 - Math.clz32(4 * keyCount));
}

/** One table of {@link IdTables}. */
export class IdTable {
  readonly keyCount: number;
  /** Id of all other keys. */
  readonly otherwise: number;
  /** Where the table begins in the cells. */
  readonly start: number;
  /** Cells less one, a power of two less one: a place wraps around by it. */
  readonly mask: number;
  private readonly cells: Int32Array;

  constructor(cells: Int32Array, start: number, keyCount: number, otherwise: number) {
    this.cells = cells;
    this.start = start;
    this.mask = tableSize(keyCount) - 1;
    this.keyCount = keyCount;
    this.otherwise = otherwise;
  }

  /** Ownership: for filling only; not more keys than the table was made for. */
  set(key: number, id: number): void {
    const { cells } = this;
    const place = this.placeOf(key);
    cells[place] = key;
    cells[place + 1] = id;
  }

  get(key: number): number {
    const { cells } = this;
    const place = this.placeOf(key);
    return cells[place] === key ? cells[place + 1]! : this.otherwise;
  }

  /**
   * Puts the id of each of `count` keys in its place. Whether a key has an id is a matter of chance for a processor, so it is no branch.
   */
  replaceAll(keys: Int32Array, count: number): void {
    const { cells, start, mask, otherwise } = this;
    for (let i = 0; i < count; i++) {
      const key = keys[i]!;
      let place = firstPlaceOf(key) & mask;
      let found = cells[start + 2 * place]!;
      // Its sign says whether they differ; that of `~(found + 1)` whether the cell is taken.
      let difference = found ^ key;
      while (((difference | -difference) & ~(found + 1)) < 0) {
        place = (place + 1) & mask;
        found = cells[start + 2 * place]!;
        difference = found ^ key;
      }
      const id = cells[start + 2 * place + 1]!;
      const isOther = (difference | -difference) >> 31;
      keys[i] = id ^ ((id ^ otherwise) & isOther);
    }
  }

  /** Where a key is, or would be put. */
  private placeOf(key: number): number {
    const { cells, start, mask } = this;
    let place = firstPlaceOf(key) & mask;
    while (cells[start + 2 * place] !== key && cells[start + 2 * place] !== FREE) place = (place + 1) & mask;
    return start + 2 * place;
  }
}
