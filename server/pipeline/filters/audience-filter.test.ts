import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../../../features/core/clock.ts';
import { deleteTag } from '../../../features/profile/consent.ts';
import { loadDefaultTags } from '../../../features/profile/default-tags.ts';
import type { Profile } from '../../../features/profile/profile.ts';
import type { AudienceConfig } from '../../config/scene-config.ts';
import { makeFilterStage } from '../filter-stage.ts';
import type { PipelineModel } from '../model-context.ts';
import { aModel } from '../testing/a-model.ts';
import { aDraft, aProfile, aScene, candidateIdsOf, NOW_MS } from '../testing/a-query.ts';
import { makeAudienceFilter } from './audience-filter.ts';
import { makeFilters } from './filters.ts';

const tags = loadDefaultTags();
const filter = makeAudienceFilter(tags);

const model = (): Promise<PipelineModel> =>
  aModel({
    items: [
      { itemId: 'wine', category: 'drinks > wine', brand: 'Vigna', attributes: { age: '18', club: 'a|b' } },
      { itemId: 'juice', category: 'drinks', brand: 'Vigna' },
      { itemId: 'drinking cup', category: 'drinks accessories', brand: 'Cup' },
      { itemId: 'voucher' },
    ],
  });

function goldMember(): Profile {
  const profile = aProfile();
  profile.attributes.set('tier', 'gold');
  return profile;
}

async function kept(audience: AudienceConfig, profile = aProfile(), shop?: PipelineModel): Promise<string[]> {
  const served = shop ?? (await model());
  const draft = aDraft(served, { scene: aScene({ audiences: [audience] }) }, profile);
  const isKept = filter.predicateFor(draft) ?? (() => true);
  return served.catalogue.itemIds.filter((_, item) => isKept(item));
}

const gold = (mode: AudienceConfig['mode'], items: AudienceConfig['items']): AudienceConfig => ({
  tags: ['customer', 'gold_member'],
  mode,
  items,
});

describe('audience filter', () => {
  it('shows products only to shoppers with one of the tags', async () => {
    const rule = gold('only', { categories: ['drinks'] });
    expect(await kept(rule)).toEqual(['drinking cup', 'voucher']);
    expect(await kept(rule, goldMember())).toEqual(['wine', 'juice', 'drinking cup', 'voucher']);
  });

  it('never shows products to shoppers with one of the tags', async () => {
    const rule = gold('never', { brands: ['Vigna', 'Cup'] });
    expect(await kept(rule, goldMember())).toEqual(['voucher']);
    expect(await kept(rule)).toHaveLength(4);
  });

  it('takes products by one of several values, and by all conditions together', async () => {
    expect(await kept(gold('only', { attributes: { club: ['b', 'c'] } }))).not.toContain('wine');
    expect(await kept(gold('only', { attributes: { club: ['c'] } }))).toContain('wine');
    expect(await kept(gold('only', { brands: ['Vigna'], categories: ['drinks > wine'] }))).toEqual([
      'juice',
      'drinking cup',
      'voucher',
    ]);
  });

  it('goes by segments too', async () => {
    const buyer = aProfile();
    buyer.firstSeenAtMs = NOW_MS - 200 * MS_PER_DAY;
    buyer.purchases = {
      orderCount: 1,
      itemCount: 1,
      totalValue: 10,
      firstAtMs: NOW_MS - 190 * MS_PER_DAY,
      lastAtMs: NOW_MS - 190 * MS_PER_DAY,
    };
    const rule: AudienceConfig = { segments: ['lost'], mode: 'only', items: { brands: ['Vigna'] } };
    expect(await kept(rule, buyer)).toHaveLength(4);
    expect(await kept({ ...rule, segments: ['dormant'] }, buyer)).toHaveLength(4);
    expect(await kept({ ...rule, segments: ['new', 'best'] }, buyer)).toHaveLength(2);
  });

  it('does not count a tag the shopper deleted', async () => {
    const profile = goldMember();
    deleteTag(profile, 'gold_member');
    expect(await kept(gold('only', { categories: ['drinks'] }), profile)).toEqual(['drinking cup', 'voucher']);
  });

  it('follows products that are added and products that change', async () => {
    const shop = await model();
    const rule = gold('only', { categories: ['drinks'] });
    expect(await kept(rule, aProfile(), shop)).toEqual(['drinking cup', 'voucher']);
    shop.catalogue.put({ itemId: 'gin', category: 'drinks > spirits', isAvailable: true });
    shop.catalogue.put({ itemId: 'wine', category: 'vinegar', isAvailable: true });
    expect(await kept(rule, aProfile(), shop)).toEqual(['wine', 'drinking cup', 'voucher']);
  });

  it('hides what may be meant for others while the shopper cannot be known', async () => {
    const draft = aDraft(await model(), {
      scene: aScene({ audiences: [gold('never', { brands: ['Vigna'] }), gold('only', { brands: ['Cup'] })] }),
    });
    draft.isProfileFailed = true;
    const isKept = filter.predicateFor(draft)!;
    expect([0, 1, 2, 3].map(isKept)).toEqual([false, false, false, true]);
  });

  it('has nothing to do in a scene without audiences, or when every rule lets the shopper see all', async () => {
    expect(filter.predicateFor(aDraft(await model()))).toBeUndefined();
    const scene = aScene({ audiences: [gold('never', { brands: ['Vigna'] })] });
    expect(filter.predicateFor(aDraft(await model(), { scene }))).toBeUndefined();
  });

  it('holds for what fills a short slate up, too', async () => {
    const scene = aScene({ audiences: [gold('only', { categories: ['drinks'] })], filters: ['availability'] });
    const draft = aDraft(await model(), { scene, slateSize: 4 });
    await makeFilterStage(makeFilters(tags)).run(draft);
    expect(candidateIdsOf(draft)).toEqual(['drinking cup', 'voucher']);
  });
});
