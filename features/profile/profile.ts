import { EVENT_TYPES, type EventType } from './event.ts';
import type { InterestSums } from './interest-sums.ts';

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

/** Longest category or brand a profile counts, in UTF-16 code units; events of products with longer ones count without it. */
export const MAX_KEY_LENGTH = 256;

/** Longest kind of device a profile keeps, in UTF-16 code units. */
export const MAX_DEVICE_LENGTH = 64;

/** Most event names remembered for deduplication inside the record: a whole batch of 500 can be sent again. */
export const EVENT_HASH_CAPACITY = 512;

/** Hours an event name is remembered after it came: what queues, apps and web hooks try again for. */
export const EVENT_MEMORY_HOURS = 72;

/** Latest visits kept: an event that comes later than three visits after its own no longer joins it. */
export const VISIT_CAPACITY = 4;

/** Most categories whose purchase rhythm is kept; the one bought longest ago goes first. */
export const RHYTHM_CAPACITY = 16;

/** Most joined sessions an account remembers, the oldest goes first. */
export const JOINED_SESSION_CAPACITY = 16;

/** Most names of deleted tags; a tags file may declare fewer than these. */
export const DELETED_TAG_CAPACITY = 128;

/** Longest name of a tag. */
export const MAX_TAG_NAME_LENGTH = 48;

/** Most attributes a shop may keep of a shopper, and the longest names and values, in UTF-16 code units. */
export const MAX_ATTRIBUTES = 32;
export const MAX_ATTRIBUTE_NAME_LENGTH = 64;
export const MAX_ATTRIBUTE_VALUE_LENGTH = 256;

/** Longest text that says where a consent or an opt-out came from, in UTF-16 code units. */
export const MAX_SOURCE_LENGTH = 64;

export interface PurchaseStatistics {
  orderCount: number;
  itemCount: number;
  /** Sum of order values, in the shop's currency. */
  totalValue: number;
  /** Epoch milliseconds; 0 = never. */
  firstAtMs: number;
  lastAtMs: number;
}

/** Events with less than half an hour between one and the next. */
export interface Visit {
  /** Epoch milliseconds of the first and last event. */
  startedAtMs: number;
  lastAtMs: number;
  eventCount: number;
}

/** When a shopper buys from one category. */
export interface CategoryRhythm {
  /** Full path, `a > b`. */
  category: string;
  /** Orders with at least one product of the category. */
  purchaseCount: number;
  /** Epoch milliseconds of the first and last of them. */
  firstAtMs: number;
  lastAtMs: number;
}

/** The order is part of the record: add at the end only. */
export const CONSENT_STATES = ['unknown', 'granted', 'denied'] as const;
export type ConsentState = (typeof CONSENT_STATES)[number];

/** What a shopper said about the use of their data; replaced as a whole. */
export interface Consent {
  readonly state: ConsentState;
  /** Epoch milliseconds; 0 = never asked. */
  readonly atMs: number;
  /** Where it was said, as the shop names it, e.g. `cookie-banner`. */
  readonly source: string;
}

/** Whether a shopper switched personalisation off; replaced as a whole. */
export interface OptOut {
  readonly isOptedOut: boolean;
  /** Epoch milliseconds; 0 = never said. */
  readonly atMs: number;
  readonly source: string;
}

/** A session that belongs to an account since the shopper logged in. */
export interface JoinedSession {
  readonly sessionId: string;
  /** 40 random bits that name this joining, so that what the session knew is brought over once. */
  readonly joinId: number;
}

/** The account a session belongs to; see {@link JoinedSession}. */
export interface JoinedTo {
  readonly userId: string;
  readonly joinId: number;
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
  interests: Record<InterestKind, InterestSums>;
  purchases: PurchaseStatistics;
  /** Orders with a discount or a coupon, on the order or on any of its products. */
  discountedOrderCount: number;
  /** Last device seen; '' = unknown. */
  device: string;
  /** Epoch milliseconds of the event that named the device; 0 = unknown. */
  deviceAtMs: number;
  /** What the shop says of the shopper (users file, user routes): text or number kept as text. */
  attributes: Map<string, string>;
  /** 40-bit hashes of the latest event ids in order of arrival: an event applied twice changes nothing. See event-memory.ts. */
  recentEventHashes: number[];
  /** Hour since the epoch at which each of them came, ascending, same length; 0 = not told. */
  recentEventHours: number[];
  /** Newest first, at most {@link VISIT_CAPACITY}; visits do not touch. */
  visits: Visit[];
  /** Events by hour of the day in UTC, up to the last hour that has any. */
  activeHours: number[];
  /** Latest purchase first, at most {@link RHYTHM_CAPACITY}. */
  rhythms: CategoryRhythm[];
  consent: Consent;
  optOut: OptOut;
  /** Names of tags the shopper does not want to have, sorted. */
  deletedTags: string[];
  /** Epoch milliseconds up to which everything was erased and events are refused; 0 = never erased. */
  erasedAtMs: number;
  /** Of an account: sessions that joined it, oldest first, at most {@link JOINED_SESSION_CAPACITY}. */
  joinedSessions: JoinedSession[];
  /** Of a session: the account it belongs to now; what comes in for the session goes there. */
  joinedTo: JoinedTo | undefined;
}

/** Never asked. */
export const UNKNOWN_CONSENT: Consent = Object.freeze({ state: 'unknown', atMs: 0, source: '' });

/** Never switched off. */
export const NOT_OPTED_OUT: OptOut = Object.freeze({ isOptedOut: false, atMs: 0, source: '' });

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
    interests: {
      category: { names: [], sums: [] },
      brand: { names: [], sums: [] },
      priceBand: { names: [], sums: [] },
    },
    purchases: { orderCount: 0, itemCount: 0, totalValue: 0, firstAtMs: 0, lastAtMs: 0 },
    discountedOrderCount: 0,
    device: '',
    deviceAtMs: 0,
    attributes: new Map(),
    recentEventHashes: [],
    recentEventHours: [],
    visits: [],
    activeHours: [],
    rhythms: [],
    consent: UNKNOWN_CONSENT,
    optOut: NOT_OPTED_OUT,
    deletedTags: [],
    erasedAtMs: 0,
    joinedSessions: [],
    joinedTo: undefined,
  };
}
