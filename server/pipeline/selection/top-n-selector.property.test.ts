import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../../features/catalogue/catalogue.ts';
import { CandidateSet } from '../candidate-set.ts';
import { NO_SIMILARITY } from '../proposals.ts';
import type { SlateDraft } from '../slate-draft.ts';
import { aQuery, aScene } from '../testing/a-query.ts';
import { topNSelector } from './top-n-selector.ts';

interface Candidate {
  readonly itemId: string;
  readonly category: string | undefined;
  readonly score: number;
}

const candidateLists = fc.uniqueArray(
  fc.record({
    itemId: fc.string({ minLength: 1, maxLength: 4 }),
    category: fc.constantFrom(undefined, 'a', 'b', 'c'),
    // Few values, so that ties are the rule.
    score: fc.constantFrom(0, 0.25, 0.5, 0.75, 1),
  }),
  { selector: ({ itemId }) => itemId, maxLength: 60 },
);

function slateOf(candidates: readonly Candidate[], slateSize: number, maxPerCategory: number): string[] {
  const catalogue = Catalogue.from(
    candidates.map(({ itemId, category }) => ({
      itemId,
      isAvailable: true,
      ...(category === undefined ? {} : { category }),
    })),
  );
  const set = new CandidateSet();
  for (const [item, { score }] of candidates.entries()) {
    set.add(item, 0, NO_SIMILARITY);
    set.scores[item] = score;
  }
  const query = aQuery({ scene: aScene({ maxPerCategory }), slateSize });
  topNSelector.select({ candidates: set, query, context: { model: { catalogue } } } as unknown as SlateDraft);
  const places = Array.from(set.slate.subarray(0, set.slateCount));
  return places.map((place) => candidates[set.itemIndexes[place]!]!.itemId);
}

/** The plain form: sort everything, take what the cap allows, then the rest. */
function oracle(candidates: readonly Candidate[], slateSize: number, maxPerCategory: number): string[] {
  const sorted = [...candidates].sort((a, b) => b.score - a.score || (a.itemId < b.itemId ? -1 : 1));
  const taken: Candidate[] = [];
  const reserve: Candidate[] = [];
  for (const candidate of sorted) {
    const sameCount = taken.filter(({ category }) => category === candidate.category).length;
    const isCapped = maxPerCategory > 0 && candidate.category !== undefined && sameCount >= maxPerCategory;
    (isCapped || taken.length >= slateSize ? reserve : taken).push(candidate);
  }
  return [...taken, ...reserve].slice(0, slateSize).map(({ itemId }) => itemId);
}

describe('top-n selector', () => {
  it('chooses what a full sort with a cap and a reserve chooses', () => {
    fc.assert(
      fc.property(
        candidateLists,
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 3 }),
        (candidates, size, cap) => {
          expect(slateOf(candidates, size, cap)).toEqual(oracle(candidates, size, cap));
        },
      ),
    );
  });

  it('gives the same slate whatever the order of the candidates', () => {
    fc.assert(
      fc.property(
        candidateLists,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 0, max: 2 }),
        (list, size, cap) => {
          expect(slateOf([...list].reverse(), size, cap)).toEqual(slateOf(list, size, cap));
        },
      ),
    );
  });

  it('is as long as asked whenever there are that many candidates, without repeating one', () => {
    fc.assert(
      fc.property(
        candidateLists,
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 0, max: 2 }),
        (list, size, cap) => {
          const slate = slateOf(list, size, cap);
          expect(slate).toHaveLength(Math.min(size, list.length));
          expect(new Set(slate).size).toBe(slate.length);
        },
      ),
    );
  });
});
