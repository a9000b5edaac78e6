import { MS_PER_DAY } from '../core/clock.ts';
import { forwardWeight } from '../transform/decay.ts';
import { hash53 } from '../transform/hash.ts';
import { EVENT_TYPE_INDEX, type EventType, type ShopEvent } from './event.ts';
import {
  EVENT_HASH_CAPACITY,
  INTEREST_CAPACITY,
  INTEREST_KINDS,
  type InterestKind,
  type Profile,
  RECENT_LISTS,
  type RecentItems,
} from './profile.ts';

/** What the profile needs to know of a product to count interests. */
export interface ItemFacts {
  /** Full path, `a > b`. */
  readonly category?: string;
  readonly brand?: string;
  readonly price?: number;
}

/** Looks a product up; undefined when the catalogue does not have it. */
export type ItemFactsLookup = (itemId: string) => ItemFacts | undefined;

/** Numbers of the profile that are the shop's choice; part of the feature schema, so training and serving agree. */
export interface ProfilePolicy {
  /** Days after which an interest counts half. @defaultValue 14 */
  readonly interestHalfLifeDays: number;
}

export const DEFAULT_PROFILE_POLICY: ProfilePolicy = { interestHalfLifeDays: 14 };

/** How much each event says of a shopper's interest in what it touches; refund takes a purchase back. */
const INTEREST_WEIGHT: Readonly<Partial<Record<EventType, number>>> = {
  select_item: 1,
  view_item: 1,
  add_to_cart: 4,
  add_to_wishlist: 3,
  purchase: 6,
  refund: -6,
};

/** Doublings after which stored sums are moved to a newer landmark: far below float32's exponent range of 127. */
const REBASE_AFTER_HALF_LIVES = 60;

const RECENT_CAPACITY: ReadonlyMap<EventType, number> = new Map(RECENT_LISTS.map((list) => [list.type, list.capacity]));

/**
 * Brings one event into a profile: the same function online and when training replays history.
 *
 * Ownership: changes `profile` in place (a replay of millions of events would otherwise only copy). Returns false, and changes
 * nothing, when the event was applied before (same `eventId` among the latest {@link EVENT_HASH_CAPACITY}).
 * Order: recent lists, counts, purchase statistics and interests do not depend on the order of events, except where a bound evicts
 * and where a refund comes before its purchase (nothing falls below zero).
 */
export function applyEvent(profile: Profile, event: ShopEvent, facts: ItemFactsLookup, policy: ProfilePolicy): boolean {
  if (event.eventId !== '' && !rememberEvent(profile, event.eventId)) return false;
  if (profile.firstSeenAtMs === 0 || event.atMs < profile.firstSeenAtMs) profile.firstSeenAtMs = event.atMs;
  if (event.atMs >= profile.lastSeenAtMs) {
    profile.lastSeenAtMs = event.atMs;
    if (event.device !== undefined) profile.device = event.device;
  }
  profile.eventCounts[EVENT_TYPE_INDEX[event.type]]! += 1;
  const capacity = RECENT_CAPACITY.get(event.type);
  if (capacity !== undefined) {
    const recent = profile.recent[event.type as keyof Profile['recent']];
    for (const item of event.items) insertRecent(recent, item.itemId, event.atMs, capacity);
  }
  countInterests(profile, event, facts, policy.interestHalfLifeDays * MS_PER_DAY);
  if (event.type === 'purchase' || event.type === 'refund') countPurchase(profile, event, facts);
  return true;
}

function rememberEvent(profile: Profile, eventId: string): boolean {
  const hash = hash53(eventId);
  const hashes = profile.recentEventHashes;
  if (hashes.includes(hash)) return false;
  hashes.push(hash);
  if (hashes.length > EVENT_HASH_CAPACITY) hashes.shift();
  return true;
}

/** Puts a product at its place by time; equal times keep the smaller id first, so the list does not depend on arrival order. */
function insertRecent(recent: RecentItems, itemId: string, atMs: number, capacity: number): void {
  const { itemIds, atMs: times } = recent;
  const known = itemIds.indexOf(itemId);
  if (known >= 0) {
    if (times[known]! >= atMs) return;
    itemIds.splice(known, 1);
    times.splice(known, 1);
  }
  let place = 0;
  while (place < times.length && (times[place]! > atMs || (times[place] === atMs && itemIds[place]! < itemId))) place++;
  if (place >= capacity) return;
  itemIds.splice(place, 0, itemId);
  times.splice(place, 0, atMs);
  if (itemIds.length > capacity) {
    itemIds.pop();
    times.pop();
  }
}

function countInterests(profile: Profile, event: ShopEvent, facts: ItemFactsLookup, halfLifeMs: number): void {
  const weight = INTEREST_WEIGHT[event.type];
  if (weight === undefined) return;
  if (profile.interestLandmarkMs === 0) profile.interestLandmarkMs = event.atMs;
  else rebaseInterests(profile, event.atMs, halfLifeMs);
  const amount = forwardWeight(weight, event.atMs, profile.interestLandmarkMs, halfLifeMs);
  for (const item of event.items) {
    const known = facts(item.itemId);
    const price = item.price ?? known?.price;
    if (known?.category !== undefined) addInterest(profile.interests.category, known.category, amount);
    if (known?.brand !== undefined) addInterest(profile.interests.brand, known.brand, amount);
    if (price !== undefined) addInterest(profile.interests.priceBand, priceBandOf(price), amount);
  }
}

function addInterest(sums: Map<string, number>, key: string, amount: number): void {
  const next = Math.fround((sums.get(key) ?? 0) + amount);
  if (next <= 0) {
    sums.delete(key);
    return;
  }
  sums.set(key, next);
  if (sums.size <= INTEREST_CAPACITY) return;
  let weakestKey = key;
  let weakest = next;
  for (const [candidate, value] of sums) {
    if (value < weakest || (value === weakest && candidate > weakestKey)) {
      weakest = value;
      weakestKey = candidate;
    }
  }
  sums.delete(weakestKey);
}

/** Moves the landmark by whole half-lives: a power of two, so no sum loses precision. */
function rebaseInterests(profile: Profile, atMs: number, halfLifeMs: number): void {
  const halfLives = Math.floor((atMs - profile.interestLandmarkMs) / halfLifeMs);
  if (halfLives < REBASE_AFTER_HALF_LIVES) return;
  const factor = 2 ** -halfLives;
  for (const kind of INTEREST_KINDS as readonly InterestKind[]) {
    const sums = profile.interests[kind];
    for (const [key, value] of sums) {
      const moved = Math.fround(value * factor);
      if (moved > 0) sums.set(key, moved);
      else sums.delete(key);
    }
  }
  profile.interestLandmarkMs += halfLives * halfLifeMs;
}

function countPurchase(profile: Profile, event: ShopEvent, facts: ItemFactsLookup): void {
  const statistics = profile.purchases;
  const sign = event.type === 'refund' ? -1 : 1;
  let pieces = 0;
  let itemValue = 0;
  for (const item of event.items) {
    const quantity = item.quantity ?? 1;
    pieces += quantity;
    itemValue += quantity * (item.price ?? facts(item.itemId)?.price ?? 0);
  }
  statistics.itemCount = Math.max(0, statistics.itemCount + sign * pieces);
  statistics.totalValue = Math.max(0, statistics.totalValue + sign * (event.value ?? itemValue));
  if (sign < 0) return;
  statistics.orderCount += 1;
  if (statistics.firstAtMs === 0 || event.atMs < statistics.firstAtMs) statistics.firstAtMs = event.atMs;
  if (event.atMs > statistics.lastAtMs) statistics.lastAtMs = event.atMs;
}

/** Name of the price band a price falls in: half-octaves, so bands are about 41 percent wide in any currency. */
export function priceBandOf(price: number): string {
  return price > 0 ? String(Math.floor(2 * Math.log2(price))) : 'free';
}
