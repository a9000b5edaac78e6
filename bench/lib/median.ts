/** Middle value; of an even number of values the mean of the two in the middle, to three digits. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : round3((sorted[middle - 1]! + sorted[middle]!) / 2);
}

/** To three digits after the point: what ratios are stated with. */
export function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
