import type { Catalogue } from '../../../features/catalogue/catalogue.ts';
import { MS_PER_DAY } from '../../../features/core/clock.ts';
import { priceBandRange } from '../../../features/profile/apply-event.ts';
import { churnRiskOf } from '../../../features/profile/churn-risk.ts';
import { refusalOf } from '../../../features/profile/consent.ts';
import { EVENT_TYPES } from '../../../features/profile/event.ts';
import { type InterestSums, interestShares } from '../../../features/profile/interest-sums.ts';
import {
  type CategoryRhythm,
  type Profile,
  RECENT_LISTS,
  type RecentItems,
} from '../../../features/profile/profile.ts';
import { encodeProfile, REVISION_BYTES } from '../../../features/profile/profile-codec.ts';
import { meanIntervalMs, nextDueAtMs } from '../../../features/profile/rhythm.ts';
import { lifecycleOf, rfmOf } from '../../../features/profile/segments.ts';
import { evaluateTags, type TagSet } from '../../../features/profile/tags.ts';
import type { ShopperProfileReply, ShopperReply } from './shopper-schema.ts';

/** What the readable forms of a profile are made with. */
export interface ProfileView {
  readonly nowMs: number;
  readonly tagSet: TagSet;
  /** Titles and facts of products; those that are gone have none. */
  readonly catalogue: Pick<Catalogue, 'indexOf' | 'titles' | 'facts'>;
  readonly isShopPersonalized: boolean;
}

/** Any revision: only the length counts. */
const SOME_REVISION = new Uint8Array(REVISION_BYTES);

/** What a shopper and the shop stated: attributes, consent, opt-out, deleted tags. */
export function statedOf(
  profile: Profile,
  { isShopPersonalized }: Pick<ProfileView, 'isShopPersonalized'>,
): Omit<ShopperReply, 'user_id' | 'session_id'> {
  const { consent, optOut } = profile;
  const reason = isShopPersonalized ? refusalOf(profile) : 'shop_off';
  return {
    // Unlike assignments, this keeps an attribute named `__proto__`.
    attributes: Object.fromEntries(profile.attributes),
    consent: { state: consent.state, ...sayingOf(consent) },
    personalization: {
      state: optOut.isOptedOut ? 'off' : 'on',
      ...sayingOf(optOut),
      applied: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    },
    deleted_tags: [...profile.deletedTags],
    ...(profile.erasedAtMs === 0 ? {} : { erased_at: isoOf(profile.erasedAtMs) }),
  };
}

/** All that is known of a shopper and all that follows from it, readable. */
export function profileReplyOf(
  profile: Profile,
  view: ProfileView,
): Omit<ShopperProfileReply, 'user_id' | 'session_id'> {
  const { nowMs, tagSet, catalogue } = view;
  const lifecycle = lifecycleOf(profile, nowMs, tagSet.thresholds);
  return {
    size_bytes: encodeProfile(profile, SOME_REVISION).length,
    ...optional('first_seen', momentOf(profile.firstSeenAtMs)),
    ...optional('last_seen', momentOf(profile.lastSeenAtMs)),
    ...optional('device', deviceOf(profile)),
    event_counts: Object.fromEntries(
      EVENT_TYPES.map((type, place) => [type, profile.eventCounts[place]!] as const).filter(([, times]) => times > 0),
    ),
    recent_items: Object.fromEntries(
      RECENT_LISTS.map(({ type }) => [type, recentItemsOf(profile.recent[type], catalogue)]),
    ) as ShopperProfileReply['recent_items'],
    interests: interestsOf(profile),
    purchases: purchasesOf(profile),
    repurchase: profile.rhythms.map((rhythm) => repurchaseOf(rhythm, nowMs)),
    visits: profile.visits.map(({ startedAtMs, lastAtMs, eventCount }) => ({
      started: isoOf(startedAtMs),
      last_event: isoOf(lastAtMs),
      events: eventCount,
    })),
    active_hours: profile.activeHours.map((events, hour) => ({ hour, events })).filter(({ events }) => events > 0),
    segments: { ...optional('rfm', rfmReplyOf(profile, view)), ...optional('lifecycle', lifecycle) },
    ...optional('churn_risk', churnRiskReplyOf(profile, nowMs)),
    tags: evaluateTags(profile, tagSet, { nowMs, facts: catalogue.facts }),
    remembered_events: profile.recentEventHashes.length,
    joined_sessions: profile.joinedSessions.map(({ sessionId }) => sessionId),
    ...statedOf(profile, view),
  };
}

function deviceOf({ device, deviceAtMs }: Profile): ShopperProfileReply['device'] {
  return device === '' ? undefined : { name: device, ...optional('at', momentOf(deviceAtMs)) };
}

function recentItemsOf({ itemIds, atMs }: RecentItems, catalogue: ProfileView['catalogue']) {
  return itemIds.map((itemId, place) => {
    const row = catalogue.indexOf(itemId);
    return {
      item_id: itemId,
      ...optional('title', row < 0 ? undefined : catalogue.titles[row]),
      at: isoOf(atMs[place]!),
    };
  });
}

function interestsOf({ interests }: Profile): ShopperProfileReply['interests'] {
  return {
    categories: sharesOf(interests.category),
    brands: sharesOf(interests.brand),
    price_bands: sharesOf(interests.priceBand).map(({ name, share }) => {
      const [from, to] = priceBandRange(name);
      return { from, to, share };
    }),
  };
}

/** Largest share first, equal ones by name. */
function sharesOf(interests: InterestSums): { name: string; share: number }[] {
  return interestShares(interests)
    .map(([name, share]) => ({ name, share }))
    .sort((a, b) => b.share - a.share || (a.name < b.name ? -1 : 1));
}

function purchasesOf({ purchases, discountedOrderCount }: Profile): ShopperProfileReply['purchases'] {
  return {
    orders: purchases.orderCount,
    discounted_orders: discountedOrderCount,
    pieces: purchases.itemCount,
    total_value: purchases.totalValue,
    ...optional('first_order', momentOf(purchases.firstAtMs)),
    ...optional('last_order', momentOf(purchases.lastAtMs)),
  };
}

function repurchaseOf(rhythm: CategoryRhythm, nowMs: number): ShopperProfileReply['repurchase'][number] {
  const intervalMs = meanIntervalMs(rhythm);
  const dueAtMs = nextDueAtMs(rhythm);
  const due = Number.isNaN(intervalMs)
    ? {}
    : {
        mean_interval_days: intervalMs / MS_PER_DAY,
        due_at: isoOf(dueAtMs),
        due_in_days: (dueAtMs - nowMs) / MS_PER_DAY,
      };
  return {
    category: rhythm.category,
    orders: rhythm.purchaseCount,
    first_order: isoOf(rhythm.firstAtMs),
    last_order: isoOf(rhythm.lastAtMs),
    ...due,
  };
}

function rfmReplyOf(profile: Profile, { nowMs, tagSet }: ProfileView): ShopperProfileReply['segments']['rfm'] {
  const rfm = rfmOf(profile, nowMs, tagSet.thresholds);
  if (rfm === undefined) return undefined;
  return {
    cell: rfm.cell,
    recency_score: rfm.recencyScore,
    frequency_score: rfm.frequencyScore,
    monetary_score: rfm.monetaryScore,
    recency_days: rfm.recencyDays,
    orders_per_month: rfm.ordersPerMonth,
    average_order_value: rfm.averageOrderValue,
  };
}

function churnRiskReplyOf(profile: Profile, nowMs: number): ShopperProfileReply['churn_risk'] {
  const { orderCount, firstAtMs, lastAtMs } = profile.purchases;
  const risk = churnRiskOf(profile, nowMs);
  if (Number.isNaN(risk)) return undefined;
  const daysSince = (atMs: number): number => Math.max(0, nowMs - atMs) / MS_PER_DAY;
  return {
    risk,
    orders: orderCount,
    days_since_first_order: daysSince(firstAtMs),
    days_since_last_order: daysSince(lastAtMs),
    ...(orderCount < 2 ? {} : { mean_days_between_orders: (lastAtMs - firstAtMs) / (orderCount - 1) / MS_PER_DAY }),
  };
}

function sayingOf({ atMs, source }: { readonly atMs: number; readonly source: string }) {
  return atMs === 0 ? {} : { at: isoOf(atMs), source };
}

/** Missing: undefined for 0. */
function momentOf(atMs: number): string | undefined {
  return atMs === 0 ? undefined : isoOf(atMs);
}

/** ISO 8601 in UTC. */
export function isoOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** An object with the value under its name; an empty one when there is no value. */
function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: Value });
}
