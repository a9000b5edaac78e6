import { describe, expect, it } from 'vitest';
import { NO_SIMILARITY } from '../proposals.ts';
import { aModel, type TestItem } from '../testing/a-model.ts';
import { aDraft, aScene, slateIdsOf } from '../testing/a-query.ts';
import { topNSelector } from './top-n-selector.ts';

/** Chooses from the items, given with their scores in catalogue order. */
async function chosen(
  scored: readonly (TestItem & { readonly score: number })[],
  { slateSize, maxPerCategory = 0 }: { slateSize: number; maxPerCategory?: number },
): Promise<string[]> {
  const draft = aDraft(await aModel({ items: scored.map(({ score: _, ...item }) => item) }), {
    scene: aScene({ maxPerCategory }),
    slateSize,
  });
  for (const [item, { score }] of scored.entries()) {
    draft.candidates.add(item, 0, NO_SIMILARITY);
    draft.candidates.scores[item] = score;
  }
  topNSelector.select(draft);
  return slateIdsOf(draft);
}

const shoe = (itemId: string, score: number) => ({ itemId, score, category: 'shoes' });
const lamp = (itemId: string, score: number) => ({ itemId, score, category: 'lamps' });

describe('top-n selector', () => {
  it('orders by score', async () => {
    expect(await chosen([shoe('a', 0.1), shoe('b', 0.3), shoe('c', 0.2)], { slateSize: 2 })).toEqual(['b', 'c']);
  });

  it('settles ties by item id, at the end of the slate too', async () => {
    const candidates = [shoe('d', 0.5), shoe('b', 0.5), shoe('c', 0.9), shoe('a', 0.5)];
    expect(await chosen(candidates, { slateSize: 3 })).toEqual(['c', 'a', 'b']);
  });

  it('takes no more of a category than the cap while others are left', async () => {
    const candidates = [shoe('s1', 0.9), shoe('s2', 0.8), shoe('s3', 0.7), lamp('l1', 0.2), lamp('l2', 0.1)];
    expect(await chosen(candidates, { slateSize: 3, maxPerCategory: 2 })).toEqual(['s1', 's2', 'l1']);
  });

  it('fills up past the cap, best first, rather than leave places empty', async () => {
    const candidates = [shoe('s1', 0.9), shoe('s2', 0.8), shoe('s3', 0.7), shoe('s4', 0.6), lamp('l1', 0.1)];
    expect(await chosen(candidates, { slateSize: 4, maxPerCategory: 1 })).toEqual(['s1', 'l1', 's2', 's3']);
  });

  it('looks beyond the first candidates when the cap passes all of them over', async () => {
    const shoes = Array.from({ length: 30 }, (_, i) => shoe(`s${String(i).padStart(2, '0')}`, 0.9 - i / 100));
    const slate = await chosen([...shoes, lamp('l1', 0.02), lamp('l2', 0.01)], { slateSize: 3, maxPerCategory: 1 });
    expect(slate).toEqual(['s00', 'l1', 's01']);
  });

  it('does not cap products without a category', async () => {
    const candidates = [
      { itemId: 'x', score: 0.9 },
      { itemId: 'y', score: 0.8 },
      { itemId: 'z', score: 0.7 },
    ];
    expect(await chosen(candidates, { slateSize: 3, maxPerCategory: 1 })).toEqual(['x', 'y', 'z']);
  });

  it('gives an empty slate of no candidates and a slate of one of one', async () => {
    expect(await chosen([], { slateSize: 5 })).toEqual([]);
    expect(await chosen([shoe('a', 0.1)], { slateSize: 5, maxPerCategory: 1 })).toEqual(['a']);
  });
});
