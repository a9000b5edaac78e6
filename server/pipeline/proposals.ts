/** Stands for "not found by similarity"; below every similarity (-1 .. 1), so that it never has to be told from NaN. */
export const NO_SIMILARITY = -2;

/**
 * What one source proposes for one query, strongest first.
 *
 * Ownership: the source's until its promise settles, then the pipeline's.
 */
export class Proposals {
  /** Catalogue rows; `count` are valid. */
  itemIndexes: Int32Array = new Int32Array(64);
  /** Per item, {@link NO_SIMILARITY} where the source knows none. */
  similarities: Float32Array = new Float32Array(64);
  count = 0;
  /** Most items the source may propose. */
  limit = 0;
  /** The source has answered. Otherwise it was late or failed: half-made proposals are not used. */
  isComplete = false;

  /** Empties it for a query. */
  open(limit: number): void {
    this.count = 0;
    this.limit = limit;
    this.isComplete = false;
    if (this.itemIndexes.length >= limit) return;
    this.itemIndexes = new Int32Array(limit);
    this.similarities = new Float32Array(limit);
  }

  get isFull(): boolean {
    return this.count >= this.limit;
  }

  /** Appends what fits of the first `count` items at once; none has a similarity when there are no similarities. */
  addAll(itemIndexes: Int32Array, count: number, similarities?: Float32Array): void {
    const start = this.count;
    const end = Math.min(start + count, this.limit);
    this.itemIndexes.set(itemIndexes.subarray(0, end - start), start);
    if (similarities === undefined) this.similarities.fill(NO_SIMILARITY, start, end);
    else this.similarities.set(similarities.subarray(0, end - start), start);
    this.count = end;
  }

  /** Appends an item; ignored when full. The same item twice counts once in the end, but takes two places here. */
  add(itemIndex: number, similarity: number = NO_SIMILARITY): void {
    if (this.count >= this.limit) return;
    this.itemIndexes[this.count] = itemIndex;
    this.similarities[this.count] = similarity;
    this.count++;
  }
}
