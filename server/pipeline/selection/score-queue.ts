/** Places fit into what a double has left beside the 32 bits of a score. */
const PLACES = 2 ** 21;

/**
 * Hands out the places of scores, highest score first, equal scores by lower place, and sorts no further than is asked for.
 *
 * Missing: NaN is never handed out.
 * Cost: O(count) to fill, O(log count) a place, no allocation. Score and place are one number that sorts by both, so a step down the heap
 * takes one comparison and none of its branches depends on chance, which is most of the time of a heap of places.
 * Ownership: one list at a time.
 */
export class ScoreQueue {
  /** A heap: every number is greater than its children at `2 i + 1` and `2 i + 2`. Behind the last is one that is less than all. */
  private keys: Float64Array = new Float64Array(257);
  /** Places left. */
  size = 0;

  /** Starts over with the first `count` scores, at most two million. */
  fill(scores: Float32Array, count: number): void {
    if (this.keys.length <= count) this.keys = new Float64Array(2 * count + 1);
    const { keys } = this;
    let size = 0;
    for (let place = 0; place < count; place++) {
      const score = scores[place]!;
      if (!Number.isNaN(score)) keys[size++] = orderedBits(score) * PLACES + (PLACES - 1 - place);
    }
    keys[size] = Number.NEGATIVE_INFINITY;
    for (let root = (size >>> 1) - 1; root >= 0; root--) sink(keys, root, size, keys[root]!);
    this.size = size;
  }

  /** The next place, which stays. Only while {@link size} is not 0. */
  get first(): number {
    const key = this.keys[0]!;
    return PLACES - 1 - (key - Math.floor(key / PLACES) * PLACES);
  }

  /** Takes out the next place. Only while {@link size} is not 0. */
  take(): number {
    const { keys, first } = this;
    const size = --this.size;
    const last = keys[size]!;
    keys[size] = Number.NEGATIVE_INFINITY;
    sink(keys, 0, size, last);
    return first;
  }
}

const FLOAT = new Float32Array(1);
const FLOAT_BITS = new Int32Array(FLOAT.buffer);

/** The bits of a float32 as an integer that is less for a lesser score. */
function orderedBits(score: number): number {
  // Adding 0 makes 0 of -0, which is its equal.
  FLOAT[0] = score + 0;
  const bits = FLOAT_BITS[0]!;
  // Below 0 the bits of the size count upwards from the lowest integer.
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/** Puts a number into the heap from `root` down, whose own is gone. */
function sink(keys: Float64Array, root: number, size: number, moving: number): void {
  let parent = root;
  for (let child = 2 * parent + 1; child < size; child = 2 * parent + 1) {
    // Adding the comparison, where `if` would be a branch that goes either way as often.
    child += Number(keys[child + 1]! > keys[child]!);
    const key = keys[child]!;
    if (key < moving) break;
    keys[parent] = key;
    parent = child;
  }
  keys[parent] = moving;
}
