/** Bases stay below this, so that base + position is an int32 for any list. */
const HIGHEST_BASE = 2 ** 30;
const GROWTH = 1.25;

/**
 * Remembers which items stand in one list and where, and forgets them all at once without touching them.
 *
 * Ownership: one list at a time; never hold it over an `await`, since the next query starts a list of its own.
 */
export class ItemMarks {
  private marks: Int32Array = new Int32Array(0);
  /** Marks below it belong to earlier lists. */
  private base = 1;
  private nextBase = 1;

  /** Starts an empty list of items 0 .. `itemCount` - 1. */
  begin(itemCount: number): void {
    if (this.marks.length < itemCount) {
      this.marks = new Int32Array(Math.ceil(itemCount * GROWTH));
      this.nextBase = 1;
    }
    if (this.nextBase >= HIGHEST_BASE) {
      this.marks.fill(0);
      this.nextBase = 1;
    }
    this.base = this.nextBase;
  }

  /** Brings the marks of items into the processor's cache, as `Catalogue.prefetch` does with their codes. */
  prefetch(items: Int32Array, count: number): number {
    const { marks } = this;
    let bits = 0;
    for (let i = 0; i < count; i++) bits |= marks[items[i]!]!;
    return bits;
  }

  /** Place of an item in the list; -1 when it is not there. */
  positionOf(item: number): number {
    const mark = this.marks[item]!;
    return mark >= this.base ? mark - this.base : -1;
  }

  /** @param position 0 .. length of the list - 1 */
  mark(item: number, position: number): void {
    const mark = this.base + position;
    this.marks[item] = mark;
    if (mark >= this.nextBase) this.nextBase = mark + 1;
  }
}
