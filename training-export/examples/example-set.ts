/**
 * Training examples as columns: a query (one shopper at one moment) and the products judged in it stand together, so that what is the
 * same for all of them is stored once.
 */
export interface ExampleSet {
  readonly queryCount: number;
  readonly exampleCount: number;
  readonly querySlotCount: number;
  readonly crossSlotCount: number;
  /** User and context ids, shape `[queryCount, querySlotCount]`. */
  readonly queryRows: Int32Array;
  /** Examples of query q are `queryStarts[q] .. queryStarts[q + 1] - 1`; shape `[queryCount + 1]`. */
  readonly queryStarts: Int32Array;
  /** Moment of the event that decided each query, epoch ms, ascending. */
  readonly queryAtMs: Float64Array;
  /** Catalogue row per example. */
  readonly itemIndexes: Int32Array;
  /** Shape `[exampleCount, crossSlotCount]`. */
  readonly crossIds: Int32Array;
  /** 1 = taken, 0 = not. */
  readonly targets: Uint8Array;
}

/** Collects examples whose number is not known before. */
export class ExampleSetBuilder {
  private readonly querySlotCount: number;
  private readonly crossSlotCount: number;
  private queryRows: Int32Array;
  private crossIds: Int32Array;
  private readonly queryStarts: number[] = [0];
  private readonly queryAtMs: number[] = [];
  private readonly itemIndexes: number[] = [];
  private readonly targets: number[] = [];

  constructor(querySlotCount: number, crossSlotCount: number) {
    this.querySlotCount = querySlotCount;
    this.crossSlotCount = crossSlotCount;
    this.queryRows = new Int32Array(1024 * querySlotCount);
    this.crossIds = new Int32Array(4096 * crossSlotCount);
  }

  /** Room for the next query's ids: write `querySlotCount` ids at `start` of `ids`, then add its examples, then {@link endQuery}. */
  beginQuery(): { ids: Int32Array; start: number } {
    const start = this.queryAtMs.length * this.querySlotCount;
    if (start + this.querySlotCount > this.queryRows.length) this.queryRows = doubled(this.queryRows);
    return { ids: this.queryRows, start };
  }

  /** Adds an example; returns where its `crossSlotCount` cross ids are to be written. */
  addExample(itemIndex: number, target: 0 | 1): { ids: Int32Array; start: number } {
    const start = this.itemIndexes.length * this.crossSlotCount;
    if (start + this.crossSlotCount > this.crossIds.length) this.crossIds = doubled(this.crossIds);
    this.itemIndexes.push(itemIndex);
    this.targets.push(target);
    return { ids: this.crossIds, start };
  }

  endQuery(atMs: number): void {
    this.queryAtMs.push(atMs);
    this.queryStarts.push(this.itemIndexes.length);
  }

  get exampleCount(): number {
    return this.itemIndexes.length;
  }

  build(): ExampleSet {
    const queryCount = this.queryAtMs.length;
    const exampleCount = this.itemIndexes.length;
    return {
      queryCount,
      exampleCount,
      querySlotCount: this.querySlotCount,
      crossSlotCount: this.crossSlotCount,
      queryRows: this.queryRows.slice(0, queryCount * this.querySlotCount),
      queryStarts: Int32Array.from(this.queryStarts),
      queryAtMs: Float64Array.from(this.queryAtMs),
      itemIndexes: Int32Array.from(this.itemIndexes),
      crossIds: this.crossIds.slice(0, exampleCount * this.crossSlotCount),
      targets: Uint8Array.from(this.targets),
    };
  }
}

function doubled(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
