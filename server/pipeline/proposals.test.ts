import { describe, expect, it } from 'vitest';
import { NO_SIMILARITY, Proposals } from './proposals.ts';

function contentOf({ itemIndexes, similarities, count }: Proposals): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, i) => [itemIndexes[i]!, similarities[i]!] as const);
}

describe('Proposals', () => {
  it('takes many items as one after another, up to its limit', () => {
    const items = Int32Array.of(7, 3, 9, 1);
    const similarities = Float32Array.of(0.5, 0.25, -1, 0.125);
    for (const limit of [0, 2, 3, 10]) {
      for (const count of [0, 2, 4]) {
        for (const known of [similarities, undefined]) {
          const [atOnce, singly] = [new Proposals(), new Proposals()];
          for (const proposals of [atOnce, singly]) {
            proposals.open(limit);
            proposals.add(5, 0.75);
          }
          atOnce.addAll(items, count, known);
          for (let i = 0; i < count; i++) singly.add(items[i]!, known?.[i]);
          expect(contentOf(atOnce)).toEqual(contentOf(singly));
        }
      }
    }
  });

  it('forgets at the next query what it had similarities of', () => {
    const proposals = new Proposals();
    proposals.open(3);
    proposals.addAll(Int32Array.of(1, 2), 2, Float32Array.of(0.5, 0.5));
    proposals.open(3);
    proposals.addAll(Int32Array.of(1, 2), 2);
    expect(contentOf(proposals)).toEqual([
      [1, NO_SIMILARITY],
      [2, NO_SIMILARITY],
    ]);
  });
});
