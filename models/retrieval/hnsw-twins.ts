const NONE = -1;

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
