import { describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import type { SceneConfig } from '../config/scene-config.ts';
import { REMOVAL_REASONS } from './candidate-tests.ts';
import { makeFilterStage } from './filter-stage.ts';
import { makeFilters } from './filters/filters.ts';
import { planOf } from './retrieve-stage.ts';
import type { SlateDraft } from './slate-draft.ts';
import { aModel } from './testing/a-model.ts';
import { aDraft, aProfile, aScene, candidateIdsOf, NO_TAGS } from './testing/a-query.ts';

const stage = makeFilterStage(makeFilters(NO_TAGS));
const popularPlace = 1;

const shop = (size: number) =>
  aModel({
    items: Array.from({ length: size }, (_, i) => ({ itemId: `i${i}`, isAvailable: i % 10 !== 9, price: i })),
    popular: ['i0', 'i1', 'i2', 'i3'],
  });

/** Proposes catalogue rows as the scene's second source does. */
function propose({ candidates }: SlateDraft, items: readonly number[]): void {
  const proposals = candidates.proposalsOf(popularPlace);
  proposals.open(items.length);
  for (const item of items) proposals.add(item);
  proposals.isComplete = true;
}

describe('filter stage', () => {
  it('counts what it takes out by reason', async () => {
    const query = { excludeItemIds: ['i1'], contextItemIds: ['i2'], filter: { maxPrice: 10 }, slateSize: 1 };
    const draft = aDraft(await shop(20), query, aProfile({ purchase: ['i3', 'i4'] }));
    propose(
      draft,
      Array.from({ length: 20 }, (_, item) => item),
    );
    await stage.run(draft);
    const { removedCounts } = draft.candidates;
    expect(Object.fromEntries(REMOVAL_REASONS.map((reason, i) => [reason, removedCounts[i]]))).toEqual({
      availability: 2,
      excluded: 1,
      context_items: 1,
      already_bought: 2,
      query_filter: 8,
      audience: 0,
      quota: 0,
    });
    expect(candidateIdsOf(draft)).toEqual(['i0', 'i5', 'i6', 'i7', 'i8', 'i10']);
  });

  it('loses no candidate that may be shown', async () => {
    const draft = aDraft(await shop(20));
    propose(draft, [5, 3, 9, 11]);
    await stage.run(draft);
    expect(candidateIdsOf(draft)).toEqual(['i5', 'i3', 'i11']);
  });

  it('fills up with what is popular before anything else, in one pass, without repeating an item', async () => {
    const draft = aDraft(await shop(20), { slateSize: 7, excludeItemIds: ['i1'] });
    propose(draft, [2]);
    await stage.run(draft);
    expect(candidateIdsOf(draft)).toEqual(['i2', 'i0', 'i3', 'i4', 'i5', 'i6', 'i7']);
  });

  it('finds the one product that may be shown at the end of a long catalogue', async () => {
    const draft = aDraft(await shop(9_000), { slateSize: 3, filter: { minPrice: 8_998 } });
    await stage.run(draft);
    expect(candidateIdsOf(draft)).toEqual(['i8998']);
  });

  it('stops looking through a long catalogue when the time of the query is over', async () => {
    const query = { slateSize: 3, filter: { minPrice: 8_998 }, deadline: new Deadline(0) };
    const draft = aDraft(await shop(9_000), query);
    await stage.run(draft);
    expect(candidateIdsOf(draft)).toEqual([]);
  });

  it('ranks no more candidates than the scene allows', async () => {
    const scene = aScene({ maxCandidates: 5, maxSlateSize: 5 });
    const draft = aDraft(await shop(20), { scene });
    propose(draft, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    await stage.run(draft);
    expect(candidateIdsOf(draft)).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
  });

  it('gives each scene its own filters, and those of every scene to all', async () => {
    const idsIn = async (filters: SceneConfig['filters']) => {
      const scene = aScene({ filters });
      const query = { scene, excludeItemIds: ['i1'], contextItemIds: ['i2'], slateSize: 1 };
      const draft = aDraft(await shop(20), query, aProfile({ purchase: ['i3'] }));
      propose(draft, [1, 2, 3, 4, 9]);
      await stage.run(draft);
      return candidateIdsOf(draft);
    };
    expect(await idsIn(['availability'])).toEqual(['i2', 'i3', 'i4']);
    expect(await idsIn(['availability', 'context_items'])).toEqual(['i3', 'i4']);
    expect(await idsIn(['availability', 'already_bought'])).toEqual(['i2', 'i4']);
  });
});

describe('planOf', () => {
  const scene = aScene({ sources: [{ kind: 'popular', quota: 7 }], fallback: ['neighbours', 'popular'] });

  it('is the sources of the scene', () => {
    expect(planOf(scene, false)).toEqual([{ kind: 'popular', quota: 7 }]);
  });

  it('is the fallback of the scene when the shopper could not be known', () => {
    expect(planOf(scene, true).map(({ kind }) => kind)).toEqual(['neighbours', 'popular']);
    expect(planOf(scene, true)[1]).toEqual({ kind: 'popular', quota: 7 });
  });
});
