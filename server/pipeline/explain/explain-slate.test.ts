import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../../features/core/errors.ts';
import { interestSumsOf } from '../../../features/profile/interest-sums.ts';
import { emptyProfile, type Profile } from '../../../features/profile/profile.ts';
import { ModelContext, type PipelineModel } from '../model-context.ts';
import type { Query } from '../query.ts';
import { createRecommender } from '../recommend.ts';
import { aModel } from '../testing/a-model.ts';
import { ANNA, aProfile, aQuery, aScene, aStore, NO_TAGS } from '../testing/a-query.ts';

const shop = (): Promise<PipelineModel> =>
  aModel({
    items: [
      { itemId: 'boot', title: 'Winter boot', angle: 0, category: 'shoes > boots', brand: 'North' },
      { itemId: 'runner', title: 'Trail runner', angle: 10, category: 'shoes > running', brand: 'North' },
      { itemId: 'lamp', angle: 90, category: 'home', brand: 'South' },
      { itemId: 'vase', angle: 180 },
    ],
    popular: ['lamp', 'vase'],
    popularByCategory: { home: ['lamp'] },
    coView: { lamp: [['vase', 1]] },
    coPurchase: { lamp: [['boot', 1]] },
  });

/** Reasons by item id. */
async function reasons(query: Partial<Query>, profile?: Profile, model?: PipelineModel) {
  const context = new ModelContext(model ?? (await shop()));
  const recommender = createRecommender({
    store: aStore(profile === undefined ? {} : { [ANNA]: profile }),
    modelContext: () => context,
    tagSet: NO_TAGS,
    budgets: { storeMs: 50, retrievalMs: 50, rankMs: 50 },
  });
  const slate = await recommender.recommend(aQuery({ isExplained: true, shopperKey: ANNA, slateSize: 4, ...query }));
  return Object.fromEntries(slate.items.map((item) => [item.itemId, item.reasons]));
}

describe('explanations', () => {
  it('are given only when asked for', async () => {
    const asked = await reasons({});
    const notAsked = await reasons({ isExplained: false });
    expect(Object.values(asked).every((of) => of !== undefined && of.length > 0)).toBe(true);
    expect(Object.values(notAsked).every((of) => of === undefined)).toBe(true);
  });

  it('name the product an item is most similar to, and what the shopper did with it', async () => {
    const profile = aProfile({ view_item: ['boot'], purchase: ['vase'] });
    const of = await reasons({ scene: aScene({ sources: [{ kind: 'ann', quota: 4 }] }) }, profile);
    expect(of.runner).toEqual(['similar to Winter boot you viewed']);
    expect(of.boot).toEqual(['you were interested in it']);
    // 90 degrees from both: similar to neither.
    expect(of.lamp).toEqual(['fits what you have looked for']);
  });

  it('name the product of the page, by its id when it has no title', async () => {
    const scene = aScene({ sources: [{ kind: 'ann', quota: 4 }] });
    expect((await reasons({ scene, contextItemIds: ['boot'] })).runner).toEqual(['similar to Winter boot']);
  });

  it('say with which product an item is bought or seen', async () => {
    const scene = aScene({ sources: [{ kind: 'neighbours', quota: 4 }] });
    const of = await reasons({ scene, contextItemIds: ['lamp'], slateSize: 2 });
    expect(of).toEqual({ boot: ['often bought together with lamp'], vase: ['often seen together with lamp'] });
  });

  it('say where an item is popular', async () => {
    const scene = aScene({ sources: [{ kind: 'popular', quota: 4 }] });
    const of = await reasons({ scene, slateSize: 2 });
    expect(of).toEqual({ lamp: ['popular in home'], vase: ['popular in this shop'] });
  });

  it('say that an item fills up and nothing else speaks for it', async () => {
    expect((await reasons({ scene: aScene({ sources: [{ kind: 'popular', quota: 4 }] }) })).boot).toEqual([
      'available now',
    ]);
  });

  it('add what the shopper likes, from a good share of all interest', async () => {
    const profile = emptyProfile();
    profile.interests.category = interestSumsOf([
      ['shoes > running', 2],
      ['home', 8],
      ['shoes > boots', 0.5],
    ]);
    profile.interests.brand = interestSumsOf([
      ['North', 9],
      ['South', 1],
    ]);
    const of = await reasons({}, profile);
    expect(of.lamp).toEqual(['popular in home', 'you like home']);
    expect(of.boot).toEqual(['available now', 'you like North']);
    // 2 of 10.5 is less than a fifth.
    expect(of.runner).toEqual(['available now', 'you like North']);
  });

  it('do without similarity when the item tower fails', async () => {
    const model = await shop();
    const { slotCount, embeddingDim } = model.itemTower;
    const embed = () => Promise.reject(new VitrineError('REC_RETRIEVER_FAILED', 'broken for the test'));
    const scene = aScene({ sources: [{ kind: 'ann', quota: 4 }] });
    const of = await reasons({ scene }, aProfile({ view_item: ['boot'] }), {
      ...model,
      itemTower: { slotCount, embeddingDim, embed },
    });
    expect(of.runner).toEqual(['fits what you have looked for']);
  });
});
