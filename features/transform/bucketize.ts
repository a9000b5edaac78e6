/**
 * Index of the bucket `value` falls in: 0 below the first boundary, `boundaries.length` at or above the last.
 *
 * @param boundaries ascending; a value equal to a boundary belongs to the bucket above it
 * Cost: O(log boundaries).
 */
export function bucketize(value: number, boundaries: ArrayLike<number>): number {
  let low = 0;
  let high = boundaries.length;
  // Ages and counts mostly lie at or above the last: no steps whose outcome a processor has to guess.
  if (high > 0 && value >= boundaries[high - 1]!) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value < boundaries[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Boundaries that split `values` into up to `bucketCount` buckets of about equal size; equal neighbours collapse, so fewer may come back.
 *
 * Missing: not-a-number values are left out.
 */
export function quantileBoundaries(values: Iterable<number>, bucketCount: number): number[] {
  const sorted = Float64Array.from(Array.from(values).filter((v) => Number.isFinite(v))).sort();
  const boundaries: number[] = [];
  if (sorted.length === 0) return boundaries;
  for (let i = 1; i < bucketCount; i++) {
    const boundary = sorted[Math.floor((i * sorted.length) / bucketCount)]!;
    if (boundary > sorted[0]! && boundary !== boundaries.at(-1)) boundaries.push(boundary);
  }
  return boundaries;
}
