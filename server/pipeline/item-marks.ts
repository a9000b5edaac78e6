/** Says "not in the list". */
export const NOT_MARKED = -1;

/** No item has this number. */
const FREE = -1;
const FIRST_SLOT_COUNT = 512;
/** Multiplying by it spreads neighbouring numbers over the table. Source: Knuth, The Art of Computer Programming, 3, 6.4. */
const SPREAD = 0x9e3779b1;

/**
 * Remembers which items stand in one list and where: a table of a few kB that stays in the processor's cache, where a look at a column as
 * long as the catalogue misses it once an item.
 *
 * Cost: a multiplication and mostly one look, growing with the list alone.
 * Ownership: one list at a time; never hold it over an `await`, since the next query starts a list of its own.
 */
export class ItemMarks {
  /** Shape `[slots, 2]`: an item and its position. The slots of a list are a power of two, at least twice its length. */
  private slots: Int32Array = new Int32Array(2 * FIRST_SLOT_COUNT);
  private slotMask = FIRST_SLOT_COUNT - 1;
  private hashShift = Math.clz32(FIRST_SLOT_COUNT - 1);
  private count = 0;

  constructor() {
    this.slots.fill(FREE);
  }

  /** Starts an empty list. @param expectedCount items it may come to have: more are taken as well, at the cost of moving all */
  begin(expectedCount: number): void {
    this.setSlotCount(slotCountOf(expectedCount));
  }

  /** Place of an item in the list; {@link NOT_MARKED} when it is not there. */
  positionOf(item: number): number {
    const { slots } = this;
    const at = this.slotOf(item);
    return slots[at] === item ? slots[at + 1]! : NOT_MARKED;
  }

  /** Puts an item into the list, or at another place of it. */
  mark(item: number, position: number): void {
    const at = this.slotOf(item);
    if (this.slots[at] === item) this.slots[at + 1] = position;
    else this.take(at, item, position);
  }

  /** Puts an item into the list unless it is there. Returns the place it had, else {@link NOT_MARKED}. */
  enter(item: number, position: number): number {
    const at = this.slotOf(item);
    if (this.slots[at] === item) return this.slots[at + 1]!;
    this.take(at, item, position);
    return NOT_MARKED;
  }

  /** Where the item is, or the free slot where it would be. */
  private slotOf(item: number): number {
    const { slots, slotMask } = this;
    let slot = Math.imul(item, SPREAD) >>> this.hashShift;
    while (slots[2 * slot] !== item && slots[2 * slot] !== FREE) slot = (slot + 1) & slotMask;
    return 2 * slot;
  }

  private take(at: number, item: number, position: number): void {
    this.slots[at] = item;
    this.slots[at + 1] = position;
    this.count++;
    if (2 * this.count > this.slotMask) this.grow();
  }

  private grow(): void {
    const marked = this.slots.slice(0, 2 * (this.slotMask + 1));
    this.setSlotCount(2 * (this.slotMask + 1));
    for (let at = 0; at < marked.length; at += 2) if (marked[at] !== FREE) this.mark(marked[at]!, marked[at + 1]!);
  }

  private setSlotCount(slotCount: number): void {
    if (this.slots.length < 2 * slotCount) this.slots = new Int32Array(2 * slotCount);
    this.slotMask = slotCount - 1;
    this.hashShift = Math.clz32(slotCount - 1);
    this.count = 0;
    // Before the first look and in order, so that the processor fetches ahead.
    this.slots.fill(FREE, 0, 2 * slotCount);
  }
}

/** A power of two that is at most half full with as many items. */
function slotCountOf(itemCount: number): number {
  let slotCount = FIRST_SLOT_COUNT;
  while (slotCount < 2 * (itemCount + 1)) slotCount *= 2;
  return slotCount;
}
