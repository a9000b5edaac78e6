import type { SeededRandom } from '../../features/core/seeded-random.ts';

/** Draws a position with probability in proportion to its weight; -1 when all weights are 0. */
export function drawIndex(weights: ArrayLike<number>, random: SeededRandom): number {
  let total = 0;
  for (let i = 0; i < weights.length; i++) total += weights[i]!;
  if (!(total > 0)) return -1;
  let left = random.next() * total;
  let last = -1;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i]! <= 0) continue;
    last = i;
    left -= weights[i]!;
    if (left < 0) return i;
  }
  // Rounding can leave a rest beyond the last weight.
  return last;
}

/**
 * Draws `count` different positions at most, likelier first.
 *
 * Source: Gumbel-top-k; the largest of log(weight) + Gumbel noise are a draw without replacement in proportion to the weights.
 */
export function drawSubset(logWeights: ArrayLike<number>, count: number, random: SeededRandom): number[] {
  const drawn: number[] = [];
  const keys: number[] = [];
  for (let i = 0; i < logWeights.length; i++) {
    if (logWeights[i] === Number.NEGATIVE_INFINITY) continue;
    const key = logWeights[i]! - Math.log(-Math.log(1 - random.next()));
    if (drawn.length === count && !(key > keys[count - 1]!)) continue;
    // Few are kept of many, so moving the kept ones down is cheaper than sorting all.
    let place = Math.min(drawn.length, count - 1);
    for (; place > 0 && key > keys[place - 1]!; place--) {
      keys[place] = keys[place - 1]!;
      drawn[place] = drawn[place - 1]!;
    }
    keys[place] = key;
    drawn[place] = i;
  }
  return drawn;
}

/**
 * Draws a count of independent rare things.
 *
 * Source: Knuth, The Art of Computer Programming 2, 3.4.1; fine for the small means used here.
 */
export function drawPoisson(mean: number, random: SeededRandom): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count += 1;
  return count;
}
