import { describe, expect, it } from 'vitest';
import { hash32, hash53 } from './hash.ts';

// Computed by an independent implementation: FNV-1a over the UTF-16 bytes, low byte first, then the murmur3 finalizer.
const KNOWN = [
  ['', 2_872_998_923, 2_166_642_075_139_083],
  ['a', 2_448_022_055, 4_774_623_101_704_743],
  ['sku-1', 3_228_710_359, 5_467_195_948_807_639],
  ['käse', 3_583_675_737, 1_320_555_703_340_377],
  ['🧀', 1_130_677_802, 3_583_331_000_436_266],
] as const;

describe('hash', () => {
  it.each(KNOWN)('of %j never changes', (text, expected32, expected53) => {
    expect(hash32(text)).toBe(expected32);
    expect(hash53(text)).toBe(expected53);
  });

  it('spreads ids that differ in their last digits evenly over buckets', () => {
    const buckets = new Array<number>(64).fill(0);
    for (let i = 0; i < 64_000; i++) buckets[hash32(`item-${i}`) % 64]! += 1;
    // Mean 1 000, deviation 31; six deviations.
    for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(190);
  });

  it('of 53 bits has no collision among a hundred thousand event ids, and stays exact', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) seen.add(hash53(`evt-${i}`));
    expect(seen.size).toBe(100_000);
    expect(Array.from(seen).every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
  });
});
