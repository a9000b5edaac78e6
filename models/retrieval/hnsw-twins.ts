const NONE = -1;
const UNKNOWN = 0;
const NODE = 1;
const TWIN = 2;

/**
 * Finds items whose embeddings are the same bit for bit, as those of products the training never saw often are.
 *
 * Such twins fill each other's link lists and cut themselves off from the rest of the graph: with fifty twins of each of a hundred
 * embeddings, recall fell from 1.0 to 0.5-0.8. So only the first of them becomes a node.
 *
 * @param embeddings shape `[itemCount, embeddingDim]`, row-major
 * @returns shape `[itemCount]`: the lowest item with the same embedding, -1 for that item itself
 */
export function findTwins(embeddings: Float32Array, itemCount: number, embeddingDim: number): Int32Array {
  const words = new Int32Array(embeddings.buffer, embeddings.byteOffset, embeddings.length);
  const representatives = new Int32Array(itemCount).fill(NONE);
  const nextSameHash = new Int32Array(itemCount).fill(NONE);
  const firstByHash = new Map<number, number>();
  for (let item = 0; item < itemCount; item++) {
    const hash = hashWords(words, item * embeddingDim, embeddingDim);
    const first = firstByHash.get(hash) ?? NONE;
    let same = first;
    while (same !== NONE && !areWordsEqual(words, same * embeddingDim, item * embeddingDim, embeddingDim)) {
      same = nextSameHash[same]!;
    }
    representatives[item] = same;
    if (same === NONE) {
      nextSameHash[item] = first;
      firstByHash.set(hash, item);
    }
  }
  return representatives;
}

/** 32-bit hash of `length` words from `start`, to compare embeddings cheaply. */
export function hashWords(words: Int32Array, start: number, length: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < start + length; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x01000193);
    hash ^= hash >>> 15;
  }
  return hash | 0;
}

function areWordsEqual(words: Int32Array, startA: number, startB: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (words[startA + i] !== words[startB + i]) return false;
  return true;
}

/** Which items stand behind one node of the graph: a chain from the node's own item through its twins. */
export class TwinChains {
  private states: Uint8Array;
  private representatives: Int32Array;
  private nexts: Int32Array;
  private countOfItems = 0;

  /** @param representatives as {@link findTwins} returns them */
  constructor(representatives: Int32Array) {
    const itemCount = representatives.length;
    this.states = new Uint8Array(itemCount);
    this.representatives = new Int32Array(itemCount).fill(NONE);
    this.nexts = new Int32Array(itemCount).fill(NONE);
    this.countOfItems = itemCount;
    // Backwards, so that each chain ends up ascending although every twin goes in right behind its representative.
    for (let item = itemCount - 1; item >= 0; item--) {
      const representative = representatives[item]!;
      this.states[item] = representative === NONE ? NODE : TWIN;
      if (representative !== NONE) this.link(item, representative);
    }
  }

  get itemCount(): number {
    return this.countOfItems;
  }

  /** The item behind the same node that follows `item`; -1 at the end. */
  next(item: number): number {
    return this.nexts[item] ?? NONE;
  }

  isNode(item: number): boolean {
    return this.states[item] === NODE;
  }

  hasTwins(item: number): boolean {
    return this.isNode(item) && this.next(item) !== NONE;
  }

  /** Notes that `item` has a node of its own from now on, leaving the chain it was in. */
  becomeNode(item: number): void {
    this.leaveChain(item);
    this.states[item] = NODE;
  }

  /** Puts `item`, not a node, behind the node of `representative`. */
  becomeTwin(item: number, representative: number): void {
    this.leaveChain(item);
    this.states[item] = TWIN;
    this.link(item, representative);
  }

  /** Takes the twins of `item` away from it and puts them behind the first of them, which the caller makes a node; returns it. */
  promoteTwin(item: number): number {
    const promoted = this.nexts[item]!;
    this.nexts[item] = NONE;
    this.representatives[promoted] = NONE;
    this.states[promoted] = NODE;
    for (let twin = this.nexts[promoted]!; twin !== NONE; twin = this.nexts[twin]!)
      this.representatives[twin] = promoted;
    return promoted;
  }

  private leaveChain(item: number): void {
    this.reserve(item + 1);
    if (this.states[item] === UNKNOWN) this.countOfItems++;
    if (this.states[item] !== TWIN) return;
    let before = this.representatives[item]!;
    while (this.nexts[before] !== item) before = this.nexts[before]!;
    this.nexts[before] = this.nexts[item]!;
    this.nexts[item] = NONE;
    this.representatives[item] = NONE;
  }

  private link(item: number, representative: number): void {
    this.representatives[item] = representative;
    this.nexts[item] = this.nexts[representative]!;
    this.nexts[representative] = item;
  }

  private reserve(length: number): void {
    const current = this.states.length;
    if (length <= current) return;
    const capacity = Math.max(length, Math.ceil(current * 1.5));
    const states = new Uint8Array(capacity);
    states.set(this.states);
    this.states = states;
    const representatives = new Int32Array(capacity).fill(NONE);
    representatives.set(this.representatives);
    this.representatives = representatives;
    const nexts = new Int32Array(capacity).fill(NONE);
    nexts.set(this.nexts);
    this.nexts = nexts;
  }
}
