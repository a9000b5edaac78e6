import { describe, expect, it } from 'vitest';
import { interestSumsOf, setInterest } from '../../../features/profile/interest-sums.ts';
import { emptyProfile } from '../../../features/profile/profile.ts';
import type { PipelineModel } from '../model-context.ts';
import { aModel, type TestItem } from '../testing/a-model.ts';
import { aDraft, aProfile, proposalsOf } from '../testing/a-query.ts';
import { annSource, meanDirection } from './ann-source.ts';
import { categorySource } from './category-source.ts';
import { makeNeighboursSource } from './neighbours-source.ts';
import { popularSource } from './popular-source.ts';
import { recentlyViewedSource } from './recently-viewed-source.ts';

const ITEMS: readonly TestItem[] = [
  { itemId: 'boot', angle: 0, category: 'shoes > boots' },
  { itemId: 'runner', angle: 10, category: 'shoes > running' },
  { itemId: 'sandal', angle: 30, category: 'shoes' },
  { itemId: 'lamp', angle: 90, category: 'home' },
  { itemId: 'sofa', angle: 120, category: 'home' },
];

const model = (): Promise<PipelineModel> =>
  aModel({
    items: ITEMS,
    popular: ['lamp', 'runner', 'boot'],
    popularByCategory: { home: ['lamp', 'sofa'], shoes: ['runner', 'sandal', 'boot'] },
    coView: {
      boot: [
        ['runner', 8],
        ['sandal', 2],
      ],
      lamp: [['sofa', 5]],
    },
    coPurchase: { boot: [['sandal', 3]] },
  });

describe('ann source', () => {
  it('finds what lies near the mean of what the shopper viewed', async () => {
    // boot at 0 and sandal at 30 degrees: 15 degrees, from which runner (10) is nearest, then boot and sandal (15 away), then lamp.
    const draft = aDraft(await model(), {}, aProfile({ view_item: ['boot', 'sandal'] }));
    const found = await proposalsOf(annSource, draft, 4);
    expect(found[0]).toBe('runner');
    expect(found.slice(1, 3).sort()).toEqual(['boot', 'sandal']);
    expect(found[3]).toBe('lamp');
  });

  it('finds what lies near the product of the page for a shopper nothing is known of', async () => {
    const draft = aDraft(await model(), { contextItemIds: ['sofa', 'boot'] });
    expect(await proposalsOf(annSource, draft, 3)).toEqual(['sofa', 'lamp', 'sandal']);
  });

  it('goes half-way between page and shopper when it has both', async () => {
    // lamp at 90 and boot at 0 degrees: 45, from which sandal (30) is nearest, then runner (10).
    const draft = aDraft(await model(), { contextItemIds: ['lamp'] }, aProfile({ view_item: ['boot'] }));
    expect((await proposalsOf(annSource, draft, 2)).slice(0, 2)).toEqual(['sandal', 'runner']);
  });

  it('proposes nothing for an unknown shopper on a page about no product', async () => {
    expect(await proposalsOf(annSource, aDraft(await model(), {}, emptyProfile()))).toEqual([]);
    expect(await proposalsOf(annSource, aDraft(await model(), { contextItemIds: ['unknown'] }))).toEqual([]);
  });

  it('proposes the whole catalogue once when asked for more', async () => {
    const draft = aDraft(await model(), { contextItemIds: ['boot'] });
    expect((await proposalsOf(annSource, draft, 1_000)).sort()).toEqual(['boot', 'lamp', 'runner', 'sandal', 'sofa']);
  });

  it('answers each of two queries at the same time with its own', async () => {
    const shared = await model();
    const first = aDraft(shared, { contextItemIds: ['boot'] });
    const second = aDraft(shared, { contextItemIds: ['sofa'] });
    Object.assign(second, { context: first.context });
    await Promise.all([proposalsOf(annSource, first, 1), proposalsOf(annSource, second, 1)]);
    const [ofFirst, ofSecond] = await Promise.all([
      proposalsOf(annSource, first, 2),
      proposalsOf(annSource, second, 2),
    ]);
    expect(ofFirst).toEqual(['boot', 'runner']);
    expect(ofSecond).toEqual(['sofa', 'lamp']);
  });
});

describe('meanDirection', () => {
  it('has length 1 and lies half-way', () => {
    const mean = meanDirection(Float32Array.of(1, 0), Float32Array.of(0, 1));
    expect(mean[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(mean[1]).toBeCloseTo(Math.SQRT1_2, 6);
  });

  it('is the first of two opposite directions', () => {
    expect([...meanDirection(Float32Array.of(1, 0), Float32Array.of(-1, 0))]).toEqual([1, 0]);
  });
});

describe('popular source', () => {
  it('proposes what is wanted most in the shop', async () => {
    expect(await proposalsOf(popularSource, aDraft(await model()))).toEqual(['lamp', 'runner', 'boot']);
    expect(await proposalsOf(popularSource, aDraft(await model()), 2)).toEqual(['lamp', 'runner']);
  });

  it('keeps to the category asked for', async () => {
    const draft = aDraft(await model(), { filter: { category: 'shoes' } });
    expect(await proposalsOf(popularSource, draft)).toEqual(['runner', 'sandal', 'boot']);
  });

  it('falls back to the whole shop for a category nothing is known of', async () => {
    const draft = aDraft(await model(), { filter: { category: 'toys' } });
    expect(await proposalsOf(popularSource, draft)).toEqual(['lamp', 'runner', 'boot']);
  });
});

describe('neighbours source', () => {
  it('adds up how strongly each product goes with those of the page, list by list', async () => {
    // boot: seen with runner 8/8 and sandal 2/8, bought with sandal 3/3: sandal 1.25, runner 1.
    const draft = aDraft(await model(), { contextItemIds: ['boot'] });
    expect(await proposalsOf(makeNeighboursSource(), draft)).toEqual(['sandal', 'runner']);
  });

  it('counts the second product of the page half', async () => {
    // lamp: sofa 1; then half of boot's sandal 1.25 and runner 1.
    const draft = aDraft(await model(), { contextItemIds: ['lamp', 'boot'] });
    expect(await proposalsOf(makeNeighboursSource(), draft)).toEqual(['sofa', 'sandal', 'runner']);
  });

  it('goes by what the shopper did last when the page is about no product', async () => {
    const profile = aProfile({ purchase: ['lamp'] });
    expect(await proposalsOf(makeNeighboursSource(), aDraft(await model(), {}, profile))).toEqual(['sofa']);
  });

  it('proposes nothing without a product to go by', async () => {
    expect(await proposalsOf(makeNeighboursSource(), aDraft(await model()))).toEqual([]);
  });

  it('knows no neighbours of a product added after training', async () => {
    const live = await model();
    live.catalogue.put({ itemId: 'new', isAvailable: true });
    expect(await proposalsOf(makeNeighboursSource(), aDraft(live, { contextItemIds: ['new'] }))).toEqual([]);
  });

  it('proposes no more than asked for, strongest first', async () => {
    const draft = aDraft(await model(), { contextItemIds: ['boot'] });
    expect(await proposalsOf(makeNeighboursSource(), draft, 1)).toEqual(['sandal']);
  });
});

describe('recently viewed source', () => {
  it('proposes what was viewed, newest first, as far as the shop still has it', async () => {
    const draft = aDraft(await model(), {}, aProfile({ view_item: ['sofa', 'gone', 'boot'] }));
    expect(await proposalsOf(recentlyViewedSource, draft)).toEqual(['sofa', 'boot']);
  });
});

describe('category source', () => {
  it('lets the categories a shopper likes take turns, strongest first', async () => {
    const profile = emptyProfile();
    profile.interests.category = interestSumsOf([
      ['home', 1],
      ['shoes', 3],
    ]);
    const draft = aDraft(await model(), {}, profile);
    expect(await proposalsOf(categorySource, draft)).toEqual(['runner', 'lamp', 'sandal', 'sofa', 'boot']);
  });

  it('goes by the category of the page before that of the shopper', async () => {
    const profile = emptyProfile();
    setInterest(profile.interests.category, 'shoes', 3);
    const draft = aDraft(await model(), { contextItemIds: ['sofa'] }, profile);
    expect(await proposalsOf(categorySource, draft)).toEqual(['lamp', 'sofa']);
  });

  it('proposes nothing when no category is known', async () => {
    expect(await proposalsOf(categorySource, aDraft(await model()))).toEqual([]);
  });
});
