import type { ItemId, SessionId, UserId } from '../core/ids.ts';

/**
 * What shoppers do, in the names of GA4 e-commerce events. The order is part of the profile record: add at the end only.
 *
 * Source: GA4 recommended events for online sales.
 */
export const EVENT_TYPES = [
  'view_item_list',
  'select_item',
  'view_item',
  'add_to_cart',
  'remove_from_cart',
  'begin_checkout',
  'purchase',
  'refund',
  'add_to_wishlist',
  'search',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Position of each event type in {@link EVENT_TYPES}. */
export const EVENT_TYPE_INDEX: Readonly<Record<EventType, number>> = Object.fromEntries(
  EVENT_TYPES.map((type, index) => [type, index]),
) as Record<EventType, number>;

export function isEventType(name: string): name is EventType {
  return Object.hasOwn(EVENT_TYPE_INDEX, name);
}

/** One product an event speaks of. */
export interface EventItem {
  readonly itemId: ItemId;
  /** Price of one piece, in the shop's currency. */
  readonly price?: number;
  /** Pieces; 1 when absent. */
  readonly quantity?: number;
  /** 0-based place in the list it was shown in. */
  readonly index?: number;
  /** Taken off the price of one piece, in the shop's currency. */
  readonly discount?: number;
  /** Code of a coupon used for this product. */
  readonly coupon?: string;
}

/** One thing a shopper did, decoded and validated: the input of the profile, online and in training alike. */
export interface ShopEvent {
  /** Names the event for deduplication; empty when the source has none (files). */
  readonly eventId: string;
  readonly type: EventType;
  readonly atMs: number;
  /** Epoch milliseconds at which the server took it in; absent in files. Decides how long `eventId` is remembered, nothing else. */
  readonly receivedAtMs?: number;
  readonly userId?: UserId;
  readonly sessionId?: SessionId;
  readonly items: readonly EventItem[];
  /** Total of the event (an order's value), in the shop's currency. */
  readonly value?: number;
  readonly device?: string;
  /** Taken off the order as a whole, in the shop's currency. */
  readonly discount?: number;
  /** Code of a coupon used for the order. */
  readonly coupon?: string;
}
