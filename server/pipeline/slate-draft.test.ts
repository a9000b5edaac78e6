import { describe, expect, it } from 'vitest';
import { asSessionId, sessionKey } from '../../features/core/ids.ts';
import { emptyProfile } from '../../features/profile/profile.ts';
import { aModel } from './testing/a-model.ts';
import { ANNA, aDraft, aProfile } from './testing/a-query.ts';

const model = () => aModel({ items: [{ itemId: 'boot' }, { itemId: 'lamp' }] });

describe('SlateDraft', () => {
  it('tells the models the account of the shopper, and only that', async () => {
    const shop = await model();
    const userIdOf = (query: Parameters<typeof aDraft>[1]) => aDraft(shop, query).signalContext.userId;
    expect(userIdOf({ shopperKey: ANNA })).toBe('anna');
    expect(userIdOf({ shopperKey: sessionKey(asSessionId('visit')) })).toBe('');
    expect(userIdOf({})).toBe('');
    expect(userIdOf({ shopperKey: ANNA, notPersonalized: 'request_off' })).toBe('');
  });

  it('forgets who the shopper is when they refuse to be known', async () => {
    const draft = aDraft(await model(), { shopperKey: ANNA });
    draft.know(ANNA, emptyProfile());
    expect(draft.shapedBy).toBeUndefined();
    draft.know(ANNA, { ...aProfile({ view_item: ['boot'] }), lastSeenAtMs: 1 });
    expect(draft.shapedBy).toBe(ANNA);
    draft.refuse('opted_out');
    expect(draft.signalContext.userId).toBe('');
    expect(draft.hasInteractions).toBe(false);
    expect(draft.shapedBy).toBeUndefined();
    expect(draft.notPersonalized).toBe('opted_out');
  });

  it('leaves out products of the page that the shop does not have', async () => {
    expect(aDraft(await model(), { contextItemIds: ['gone', 'lamp'] }).contextItems).toEqual([1]);
  });

  it('counts any recent event on a product as an interaction', async () => {
    const shop = await model();
    expect(aDraft(shop).hasInteractions).toBe(false);
    expect(aDraft(shop, {}, aProfile({ add_to_wishlist: ['boot'] })).hasInteractions).toBe(true);
  });
});
