const NONE = -1;
/** Numbers of one entry: two hashes, the number of the id and one that keeps entries within a line of the cache. */
const WIDTH = 4;
const FIRST_CAPACITY = 16;

/** Ids looked up together: as many as a profile has of a kind. Looking up never waits, so all indexes use these in turn. */
const BATCH = 32;
const lowHashes = new Int32Array(BATCH);
const highHashes = new Int32Array(BATCH);

/**
 * Numbers of ids, found without touching the ids: an entry is the id's 64-bit hash and its number, side by side. A `Map` of 100 000 texts
 * follows several pointers a lookup, each a miss of the processor's cache.
 *
 * Exact for the ids that were added; any other id is taken for one of them with a chance of their count in 2^64.
 * Cost: 32 to 64 bytes an id.
 */
export class IdIndex {
  /** `[hash, hash, number, -]` by place, open addressing, at most half full. */
  private entries: Int32Array = emptyEntries(FIRST_CAPACITY);
  private mask = FIRST_CAPACITY - 1;
  private count = 0;
  /** Ids whose hash another one had before them: none, with any luck. */
  private readonly others = new Map<string, number>();
  private readonly hashMask: number;

  /** @param hashMask bits of each half of the hash that count: tests take few, so that ids share theirs */
  constructor(hashMask = -1) {
    this.hashMask = hashMask;
  }

  /** Number of an id; -1 when none was added. */
  get(id: string): number {
    const low = lowHash(id) & this.hashMask;
    const number = this.find(low, highHash & this.hashMask);
    return number === NONE || this.others.size === 0 ? number : (this.others.get(id) ?? number);
  }

  /**
   * Numbers of many ids, as {@link get} gives them: `numbers[start + i]` for `ids[i]`, the first `count` of them.
   *
   * Hashes first, then one look at each first place and nothing else, so that the processor waits for all of them together and not for
   * one after the other: with cold caches that is most of the time of a look.
   */
  getAll(ids: readonly string[], count: number, numbers: Int32Array, start = 0): void {
    for (let from = 0; from < count; from += BATCH) {
      const size = Math.min(BATCH, count - from);
      const { entries, mask, hashMask } = this;
      for (let i = 0; i < size; i++) {
        lowHashes[i] = lowHash(ids[from + i]!) & hashMask;
        highHashes[i] = highHash & hashMask;
      }
      let bits = 0;
      for (let i = 0; i < size; i++) bits |= entries[(lowHashes[i]! & mask) * WIDTH]!;
      // Written over at once, and there so that the loop is not left out as useless.
      numbers[start + from] = bits;
      for (let i = 0; i < size; i++) {
        const number = this.find(lowHashes[i]!, highHashes[i]!);
        const isShared = number !== NONE && this.others.size > 0;
        numbers[start + from + i] = isShared ? (this.others.get(ids[from + i]!) ?? number) : number;
      }
    }
  }

  /** Adds an id that was not added before. @param number from 0 up */
  add(id: string, number: number): void {
    if ((this.count + 1) * 2 > this.mask + 1) this.grow();
    const low = lowHash(id) & this.hashMask;
    if (this.put(low, highHash & this.hashMask, number)) this.count++;
    else this.others.set(id, number);
  }

  /** Number of the first id with this hash; -1 when there is none. */
  private find(low: number, high: number): number {
    const { entries, mask } = this;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const at = place * WIDTH;
      const number = entries[at + 2]!;
      if (number === NONE || (entries[at] === low && entries[at + 1] === high)) return number;
    }
  }

  /** False: an id with this hash is there. */
  private put(low: number, high: number, number: number): boolean {
    const { entries, mask } = this;
    for (let place = low & mask; ; place = (place + 1) & mask) {
      const at = place * WIDTH;
      if (entries[at + 2] === NONE) {
        entries[at] = low;
        entries[at + 1] = high;
        entries[at + 2] = number;
        return true;
      }
      if (entries[at] === low && entries[at + 1] === high) return false;
    }
  }

  private grow(): void {
    const old = this.entries;
    const capacity = (this.mask + 1) * 2;
    this.entries = emptyEntries(capacity);
    this.mask = capacity - 1;
    for (let at = 0; at < old.length; at += WIDTH) {
      if (old[at + 2] !== NONE) this.put(old[at]!, old[at + 1]!, old[at + 2]!);
    }
  }
}

function emptyEntries(capacity: number): Int32Array {
  return new Int32Array(capacity * WIDTH).fill(NONE);
}

/** The other half of what {@link lowHash} computed last: one pass makes both, and returns no object. */
let highHash = 0;

/**
 * Half of the 64-bit hash of a text; the other is in {@link highHash}.
 *
 * Source: FNV-1a (Fowler, Noll, Vo) over code units beside a multiplication by 2^32 / golden ratio with the high bits folded back, each
 * spread by the murmur3 finalizer.
 */
function lowHash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x2545f491;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high + unit, 0x9e3779b1);
    high ^= high >>> 15;
  }
  highHash = spread(high ^ text.length);
  return spread(low);
}

function spread(hash: number): number {
  let bits = hash ^ (hash >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
