import { MS_PER_DAY } from '../../core/clock.ts';
import type { ItemFactsLookup } from '../apply-event.ts';
import type { InterestKind, Profile, RecentType } from '../profile.ts';

/** What a shopper did with a product, most telling first. */
const DEEDS: readonly (readonly [RecentType, (what: string) => string])[] = [
  ['purchase', (what) => `bought ${what}`],
  ['add_to_cart', (what) => `put ${what} in the cart`],
  ['add_to_wishlist', (what) => `put ${what} on the wish list`],
  ['view_item', (what) => `viewed ${what}`],
];

/** The day of a moment in UTC, as 2026-05-03. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

export function daysAgo(atMs: number, nowMs: number): string {
  const days = Math.floor(Math.max(0, nowMs - atMs) / MS_PER_DAY);
  if (days === 0) return 'less than a day ago';
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} percent`;
}

/** A number of things: `1 order`, `3 orders`. */
export function counted(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}

/** What a shopper did with the products of a type of event: `viewed 3 products`. */
export function deedOf(type: RecentType, what: string): string {
  if (type === 'remove_from_cart') return `took ${what} out of the cart`;
  return DEEDS.find(([deed]) => deed === type)![1](what);
}

/** Whether a category path is another or lies below it. */
export function isWithin(category: string, path: string): boolean {
  return category === path || category.startsWith(`${path} > `);
}

/**
 * What a shopper did that shows an interest, with its day: the most telling deed, the latest of its kind.
 *
 * Missing: without `facts` only purchases of a category can be told; then it is when the shopper was seen last.
 */
export function interestEvidence(
  profile: Profile,
  kind: Exclude<InterestKind, 'priceBand'>,
  key: string,
  facts: ItemFactsLookup | undefined,
): string {
  const isMeant = (name: string | undefined): boolean =>
    name !== undefined && (kind === 'category' ? isWithin(name, key) : name === key);
  const bought = kind === 'category' ? profile.rhythms.find(({ category }) => isMeant(category)) : undefined;
  if (bought !== undefined) return `bought ${key} on ${dayOf(bought.lastAtMs)}`;
  if (facts !== undefined) {
    for (const [type, words] of DEEDS) {
      const { itemIds, atMs } = profile.recent[type];
      const place = itemIds.findIndex((itemId) => isMeant(facts(itemId)?.[kind]));
      if (place >= 0) return `${words(key)} on ${dayOf(atMs[place]!)}`;
    }
  }
  return `showed interest in ${key}, last seen on ${dayOf(profile.lastSeenAtMs)}`;
}
