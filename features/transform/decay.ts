/**
 * Counters that forget: each addition halves in weight every `halfLifeMs`.
 *
 * Kept as forward decay: an addition at time t is stored as `amount * 2^((t - landmark) / halfLife)`, so that sums do not depend
 * on the order in which events arrive, and nothing has to be rewritten as time passes.
 *
 * Source: Cormode, Shkapenyuk, Srivastava, Xu, "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009.
 */

/** Weight to store for an addition at `atMs`. */
export function forwardWeight(amount: number, atMs: number, landmarkMs: number, halfLifeMs: number): number {
  return amount * 2 ** ((atMs - landmarkMs) / halfLifeMs);
}

/** Value at `nowMs` of a stored sum. */
export function decayedValue(storedSum: number, nowMs: number, landmarkMs: number, halfLifeMs: number): number {
  return storedSum * 2 ** ((landmarkMs - nowMs) / halfLifeMs);
}
