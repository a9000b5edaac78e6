import type { UserId } from '../core/ids.ts';
import type { EventItem, EventType, ShopEvent } from './event.ts';

/** What an event says beyond what the profile counts; kept in the log for training and for finding out what a slate led to. */
export interface EventDetails {
  readonly currency?: string;
  readonly transactionId?: string;
  readonly searchTerm?: string;
  readonly itemListId?: string;
  readonly attributionToken?: string;
}

/**
 * One accepted event as the event log keeps it: a JSON object in one line.
 *
 * A contract with every reader of the log: keys are added, never changed. Absent keys were not told. Units: epoch milliseconds, the
 * shop's currency, 0-based `index`.
 */
export interface EventLogEntry {
  readonly event_id: string;
  readonly event: EventType;
  /** When it happened. */
  readonly timestamp: number;
  /** When the server took it in. */
  readonly received_at?: number | undefined;
  /** Account whose profile it counted for, also where the event itself named the visit alone and the visitor had logged in. */
  readonly user_id?: string | undefined;
  readonly session_id?: string | undefined;
  readonly items: readonly LoggedItem[];
  readonly value?: number | undefined;
  readonly currency?: string | undefined;
  readonly transaction_id?: string | undefined;
  readonly device?: string | undefined;
  readonly discount?: number | undefined;
  readonly coupon?: string | undefined;
  readonly search_term?: string | undefined;
  readonly item_list_id?: string | undefined;
  readonly attribution_token?: string | undefined;
}

interface LoggedItem {
  readonly item_id: string;
  readonly price?: number | undefined;
  readonly quantity?: number | undefined;
  readonly index?: number | undefined;
  readonly discount?: number | undefined;
  readonly coupon?: string | undefined;
}

/** @param userId account the event counts for; undefined for a visitor who is not logged in */
export function eventLogText(event: ShopEvent, details: EventDetails, userId: UserId | undefined): string {
  // Keys whose value is undefined are left out by JSON.stringify.
  const entry: EventLogEntry = {
    event_id: event.eventId,
    event: event.type,
    timestamp: event.atMs,
    received_at: event.receivedAtMs,
    user_id: userId,
    session_id: event.sessionId,
    items: event.items.map(loggedItemOf),
    value: event.value,
    currency: details.currency,
    transaction_id: details.transactionId,
    device: event.device,
    discount: event.discount,
    coupon: event.coupon,
    search_term: details.searchTerm,
    item_list_id: details.itemListId,
    attribution_token: details.attributionToken,
  };
  return JSON.stringify(entry);
}

function loggedItemOf(item: EventItem): LoggedItem {
  return {
    item_id: item.itemId,
    price: item.price,
    quantity: item.quantity,
    index: item.index,
    discount: item.discount,
    coupon: item.coupon,
  };
}
