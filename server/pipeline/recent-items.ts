import type { Catalogue } from '../../features/catalogue/catalogue.ts';
import type { Profile, RecentType } from '../../features/profile/profile.ts';

/** What shows interest in a product. */
const INTEREST_TYPES: readonly RecentType[] = ['view_item', 'add_to_cart', 'purchase', 'add_to_wishlist'];

/** Catalogue rows of the products a shopper was last interested in, newest first, each once; ties by item id. */
export function recentItemsOf(profile: Profile, catalogue: Catalogue, limit: number): number[] {
  const entries: { itemId: string; atMs: number }[] = [];
  for (const type of INTEREST_TYPES) {
    const { itemIds, atMs } = profile.recent[type];
    for (let i = 0; i < itemIds.length && i < limit; i++) entries.push({ itemId: itemIds[i]!, atMs: atMs[i]! });
  }
  entries.sort((a, b) => b.atMs - a.atMs || (a.itemId < b.itemId ? -1 : a.itemId > b.itemId ? 1 : 0));
  const items: number[] = [];
  for (const { itemId } of entries) {
    if (items.length === limit) break;
    const item = catalogue.indexOf(itemId);
    if (item >= 0 && !items.includes(item)) items.push(item);
  }
  return items;
}
