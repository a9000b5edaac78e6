/**
 * Picks the `k` highest of the first `count` scores without sorting the rest.
 *
 * Order: `out` gets their indexes, highest score first, equal scores by lower index.
 * Missing: NaN is never picked, so fewer than `k` may come back.
 * Cost: O(count log k), no allocation; `out` itself is the heap.
 * Ownership: places of `out` past the returned number are left as they were.
 *
 * @param out at least `min(k, count)` long; a shorter one lowers `k` to its length
 * @returns how many were picked
 */
export function selectTopK(scores: Float32Array | Float64Array, count: number, k: number, out: Int32Array): number {
  const limit = Math.min(k, count, out.length);
  if (limit <= 0) return 0;
  let size = 0;
  let next = 0;
  for (; next < count && size < limit; next++) {
    if (!Number.isNaN(scores[next])) out[size++] = next;
  }
  for (let root = (size >>> 1) - 1; root >= 0; root--) sinkWorst(scores, out, root, size);
  if (next < count) replaceWorse(scores, count, next, out, size);
  // The worst goes to the end of a heap that shrinks, which leaves the best in front.
  for (let end = size - 1; end > 0; end--) {
    const worst = out[0]!;
    out[0] = out[end]!;
    out[end] = worst;
    sinkWorst(scores, out, 0, end);
  }
  return size;
}

/** Runs over the scores the heap has not seen; those that beat its worst take the worst's place. */
function replaceWorse(
  scores: Float32Array | Float64Array,
  count: number,
  start: number,
  heap: Int32Array,
  size: number,
): void {
  let worstScore = scores[heap[0]!]!;
  for (let i = start; i < count; i++) {
    // An equal score has the higher index here and loses; NaN compares false.
    if (scores[i]! > worstScore) {
      heap[0] = i;
      sinkWorst(scores, heap, 0, size);
      worstScore = scores[heap[0]!]!;
    }
  }
}

/** Restores the heap below `root`: every parent is worse than its children, so the root is the worst of all. */
function sinkWorst(scores: Float32Array | Float64Array, heap: Int32Array, root: number, size: number): void {
  const moving = heap[root]!;
  const movingScore = scores[moving]!;
  let parent = root;
  for (let child = 2 * parent + 1; child < size; child = 2 * parent + 1) {
    let worst = heap[child]!;
    let worstScore = scores[worst]!;
    if (child + 1 < size) {
      const right = heap[child + 1]!;
      const rightScore = scores[right]!;
      if (rightScore < worstScore || (rightScore === worstScore && right > worst)) {
        child++;
        worst = right;
        worstScore = rightScore;
      }
    }
    if (worstScore > movingScore || (worstScore === movingScore && worst < moving)) break;
    heap[parent] = worst;
    parent = child;
  }
  heap[parent] = moving;
}
