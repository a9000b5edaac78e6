import { MS_PER_DAY, MS_PER_HOUR } from '../core/clock.ts';
import { MAX_ID_LENGTH } from '../core/ids.ts';
import { forwardWeight } from '../transform/decay.ts';
import { EVENT_TYPE_INDEX, type EventType, type ShopEvent } from './event.ts';
import { rememberEvent } from './event-memory.ts';
import { deleteInterestAt, type InterestSums } from './interest-sums.ts';
import {
  INTEREST_CAPACITY,
  INTEREST_KINDS,
  type InterestKind,
  MAX_DEVICE_LENGTH,
  MAX_KEY_LENGTH,
  type Profile,
  RECENT_LISTS,
  type RecentItems,
} from './profile.ts';
import { addToRhythms } from './rhythm.ts';
import { addToVisits } from './visits.ts';

/** What the profile needs to know of a product to count interests. */
export interface ItemFacts {
  /** Full path, `a > b`. */
  readonly category?: string | undefined;
  readonly brand?: string | undefined;
  readonly price?: number | undefined;
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

const HOURS_PER_DAY = 24;

const RECENT_CAPACITY: ReadonlyMap<EventType, number> = new Map(RECENT_LISTS.map((list) => [list.type, list.capacity]));

/**
 * Brings one event into a profile: the same function online and when training replays history.
 *
 * Ownership: changes `profile` in place (a replay of millions of events would otherwise only copy). Returns false, and changes
 * nothing, when the event was applied before, see {@link rememberEvent} for how long that is known; events without an id are never
 * taken for one another.
 * Order: events that come late or out of order give the same profile as in order, except where a bound evicts, and where a refund
 * comes before its purchase (nothing falls below zero). Interests are float32 sums: equal to rounding. The memory of event ids
 * holds the same ids, by arrival.
 */
export function applyEvent(profile: Profile, event: ShopEvent, facts: ItemFactsLookup, policy: ProfilePolicy): boolean {
  const { type, atMs } = event;
  if (event.eventId !== '' && !rememberEvent(profile, event.eventId, event.receivedAtMs)) return false;
  if (profile.firstSeenAtMs === 0 || atMs < profile.firstSeenAtMs) profile.firstSeenAtMs = atMs;
  if (atMs > profile.lastSeenAtMs) profile.lastSeenAtMs = atMs;
  if (event.device !== undefined) noteDevice(profile, event.device, atMs);
  profile.eventCounts[EVENT_TYPE_INDEX[type]]! += 1;
  addToVisits(profile.visits, { startedAtMs: atMs, lastAtMs: atMs, eventCount: 1 });
  countActiveHour(profile.activeHours, atMs);
  const capacity = RECENT_CAPACITY.get(type);
  if (capacity !== undefined) {
    const recent = profile.recent[type as keyof Profile['recent']];
    for (const item of event.items) insertRecent(recent, item.itemId, atMs, capacity);
  }
  countInterests(profile, event, facts, policy.interestHalfLifeDays * MS_PER_DAY);
  if (type === 'purchase' || type === 'refund') countPurchase(profile, event, facts);
  if (type === 'purchase') countOrder(profile, event, facts);
  return true;
}

/** The device named latest stays; of two named at one moment the later by name, so that order of arrival has no say. */
export function noteDevice(profile: Profile, device: string, atMs: number): void {
  if (device.length > MAX_DEVICE_LENGTH) return;
  if (atMs < profile.deviceAtMs || (atMs === profile.deviceAtMs && device < profile.device)) return;
  profile.device = device;
  profile.deviceAtMs = atMs;
}

function countActiveHour(hours: number[], atMs: number): void {
  const hour = Math.floor(atMs / MS_PER_HOUR) % HOURS_PER_DAY;
  while (hours.length <= hour) hours.push(0);
  hours[hour]! += 1;
}

/** Puts a product at its place by time; equal times keep the smaller id first, so the list does not depend on arrival order. */
export function insertRecent(recent: RecentItems, itemId: string, atMs: number, capacity: number): void {
  if (itemId.length > MAX_ID_LENGTH) return;
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

function addInterest(interests: InterestSums, name: string, amount: number): void {
  if (name.length > MAX_KEY_LENGTH) return;
  const { names, sums } = interests;
  const place = names.indexOf(name);
  const next = Math.fround((place < 0 ? 0 : sums[place]!) + amount);
  if (next <= 0) {
    if (place >= 0) deleteInterestAt(interests, place);
  } else if (place >= 0) sums[place] = next;
  else {
    names.push(name);
    sums.push(next);
    if (names.length > INTEREST_CAPACITY) dropWeakest(interests);
  }
}

/** Takes the weakest name out; of equals the last by name. */
export function dropWeakest(interests: InterestSums): void {
  const { names, sums } = interests;
  let weakest = 0;
  for (let place = 1; place < names.length; place++) {
    const isWeaker = sums[place]! < sums[weakest]!;
    if (isWeaker || (sums[place] === sums[weakest] && names[place]! > names[weakest]!)) weakest = place;
  }
  deleteInterestAt(interests, weakest);
}

/** Moves the landmark by whole half-lives: a power of two, so no sum loses precision. */
export function rebaseInterests(profile: Profile, atMs: number, halfLifeMs: number): void {
  const halfLives = Math.floor((atMs - profile.interestLandmarkMs) / halfLifeMs);
  if (halfLives < REBASE_AFTER_HALF_LIVES) return;
  const factor = 2 ** -halfLives;
  for (const kind of INTEREST_KINDS as readonly InterestKind[]) {
    const interests = profile.interests[kind];
    const { names, sums } = interests;
    interests.sums = sums.map((sum) => Math.fround(sum * factor));
    if (interests.sums.some((sum) => !(sum > 0))) {
      interests.names = names.filter((_, place) => interests.sums[place]! > 0);
      interests.sums = interests.sums.filter((sum) => sum > 0);
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
}

function countOrder(profile: Profile, event: ShopEvent, facts: ItemFactsLookup): void {
  const { purchases } = profile;
  const { atMs } = event;
  purchases.orderCount += 1;
  if (purchases.firstAtMs === 0 || atMs < purchases.firstAtMs) purchases.firstAtMs = atMs;
  if (atMs > purchases.lastAtMs) purchases.lastAtMs = atMs;
  if (isDiscounted(event)) profile.discountedOrderCount += 1;
  const counted = new Set<string>();
  for (const { itemId } of event.items) {
    const category = facts(itemId)?.category;
    if (category === undefined || category.length > MAX_KEY_LENGTH || counted.has(category)) continue;
    counted.add(category);
    addToRhythms(profile.rhythms, { category, purchaseCount: 1, firstAtMs: atMs, lastAtMs: atMs });
  }
}

function isDiscounted({ discount, coupon, items }: ShopEvent): boolean {
  return takesOff(discount, coupon) || items.some((item) => takesOff(item.discount, item.coupon));
}

function takesOff(discount: number | undefined, coupon: string | undefined): boolean {
  return (discount !== undefined && discount > 0) || (coupon !== undefined && coupon !== '');
}

/** Name of the price band a price falls in: half-octaves, so bands are about 41 percent wide in any currency. */
export function priceBandOf(price: number): string {
  return price > 0 ? String(Math.floor(2 * Math.log2(price))) : 'free';
}

/** Lowest price of a band of {@link priceBandOf}, and where the next one begins. */
export function priceBandRange(priceBand: string): readonly [from: number, to: number] {
  if (priceBand === 'free') return [0, 0];
  const place = Number(priceBand);
  return [2 ** (place / 2), 2 ** ((place + 1) / 2)];
}
