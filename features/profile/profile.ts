import { EVENT_TYPES, type EventType } from './event.ts';

/** Event types whose recent items the profile keeps, with how many of each. The order is part of the record: add at the end only. */
export const RECENT_LISTS = [
  { type: 'view_item', capacity: 32 },
  { type: 'add_to_cart', capacity: 16 },
  { type: 'remove_from_cart', capacity: 16 },
  { type: 'purchase', capacity: 32 },
  { type: 'add_to_wishlist', capacity: 16 },
] as const satisfies readonly { type: EventType; capacity: number }[];
export type RecentType = (typeof RECENT_LISTS)[number]['type'];

/** Products of one event type, newest first, each product once with its latest time. */
export interface RecentItems {
  itemIds: string[];
  /** Epoch milliseconds, descending, same length as `itemIds`. */
  atMs: number[];
}

/** What interests are counted by. The order is part of the record: add at the end only. */
export const INTEREST_KINDS = ['category', 'brand', 'priceBand'] as const;
export type InterestKind = (typeof INTEREST_KINDS)[number];

/** Most keys one interest kind keeps; the weakest goes first. */
export const INTEREST_CAPACITY = 24;

/** Most event names remembered for deduplication inside the record. */
export const EVENT_HASH_CAPACITY = 64;

export interface PurchaseStatistics {
  orderCount: number;
  itemCount: number;
  /** Sum of order values, in the shop's currency. */
  totalValue: number;
  /** Epoch milliseconds; 0 = never. */
  firstAtMs: number;
  lastAtMs: number;
}

/**
 * All that is known of one shopper, as one record that is read once per request.
 *
 * Numbers that reach features are held at the precision they are stored with (interests: float32), so that a profile read back
 * from a store gives the same feature values as the one training replays.
 */
export interface Profile {
  /** Epoch milliseconds of the first and last event; 0 = never. */
  firstSeenAtMs: number;
  lastSeenAtMs: number;
  recent: Record<RecentType, RecentItems>;
  /** Events by type, in the order of {@link EVENT_TYPES}. */
  eventCounts: number[];
  /** Moment the stored interest sums refer to, see features/transform/decay.ts; 0 = no interests yet. */
  interestLandmarkMs: number;
  /** Forward-decayed sums, float32. */
  interests: Record<InterestKind, Map<string, number>>;
  purchases: PurchaseStatistics;
  /** Last device seen; '' = unknown. */
  device: string;
  /** What the shop says of the shopper (users file, user routes): text or number kept as text. */
  attributes: Map<string, string>;
  /** Hashes of the latest event ids, newest last, at most {@link EVENT_HASH_CAPACITY}: an event applied twice changes nothing. */
  recentEventHashes: number[];
}

/** A shopper nothing is known of: the value of "missing". */
export function emptyProfile(): Profile {
  return {
    firstSeenAtMs: 0,
    lastSeenAtMs: 0,
    recent: {
      view_item: { itemIds: [], atMs: [] },
      add_to_cart: { itemIds: [], atMs: [] },
      remove_from_cart: { itemIds: [], atMs: [] },
      purchase: { itemIds: [], atMs: [] },
      add_to_wishlist: { itemIds: [], atMs: [] },
    },
    eventCounts: new Array<number>(EVENT_TYPES.length).fill(0),
    interestLandmarkMs: 0,
    interests: { category: new Map(), brand: new Map(), priceBand: new Map() },
    purchases: { orderCount: 0, itemCount: 0, totalValue: 0, firstAtMs: 0, lastAtMs: 0 },
    device: '',
    attributes: new Map(),
    recentEventHashes: [],
  };
}
