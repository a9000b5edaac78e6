import { Compile } from 'typebox/compile';
import type { ErrorCode } from '../../features/core/errors.ts';
import { asItemId, asSessionId, asUserId } from '../../features/core/ids.ts';
import { EVENT_TYPES, type EventItem, type EventType, type ShopEvent } from '../../features/profile/event.ts';
import { eventTypeOf, isUnusedEventName } from '../../features/profile/event-aliases.ts';
import type { EventDetails } from '../../features/profile/event-log-entry.ts';
import { previewOf, problemsOf } from '../config/schema-problems.ts';
import { eventSchema, TYPES_WITH_ITEMS, type WireEvent } from './event-schema.ts';

/** Which moments an event may have happened at. */
export interface EventWindow {
  /** Epoch milliseconds. */
  readonly nowMs: number;
  readonly maxFutureSkewMs: number;
  readonly maxEventAgeMs: number;
}

/** What becomes of one event of a batch. */
export type DecodedEvent =
  | { readonly isAccepted: true; readonly event: ShopEvent; readonly details: EventDetails }
  | { readonly isAccepted: false; readonly code: ErrorCode; readonly detail: string };

/** Reasons named in one rejection; the sender can ask again after mending these. */
const MAX_REASONS = 5;

const ISO_8601 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})$/;

const validator = Compile(eventSchema);

/** Checks and decodes one event from outside. Never throws, whatever the value. */
export function decodeEvent(raw: unknown, window: EventWindow): DecodedEvent {
  if (!validator.Check(raw)) {
    const problems = problemsOf(eventSchema, raw, { maxProblems: MAX_REASONS });
    return rejected(
      problems.map((p) => `${p.path === '' ? 'event' : p.path}: ${p.value} given, expected ${p.expected}`),
    );
  }
  const type = eventTypeOf(raw.event);
  const atMs = epochMsOf(raw.timestamp);
  const isAnonymous = raw.user_id === undefined && raw.session_id === undefined;
  const reasons = type === undefined ? [nameReason(raw.event)] : itemReasons(type, raw);
  reasons.push(...timeReasons(raw.timestamp, atMs, window));
  if (isAnonymous) reasons.push('user_id: missing, and so is session_id; expected at least one');
  if (reasons.length > 0 || type === undefined) return rejected(reasons);
  return { isAccepted: true, event: shopEventOf(raw, type, atMs, window.nowMs), details: detailsOf(raw) };
}

function rejected(reasons: readonly string[]): DecodedEvent {
  return { isAccepted: false, code: 'REC_INVALID_REQUEST', detail: reasons.join('; ') };
}

function nameReason(name: string): string {
  if (isUnusedEventName(name))
    return `event: ${previewOf(name)} says nothing about products and is not used; leave it out`;
  return `event: ${previewOf(name)} given, expected one of ${EVENT_TYPES.join(', ')}`;
}

function itemReasons(type: EventType, raw: WireEvent): string[] {
  const hasItems = raw.items !== undefined && raw.items.length > 0;
  return TYPES_WITH_ITEMS.has(type) && !hasItems ? [`items: none given, expected at least one for ${type}`] : [];
}

function timeReasons(given: WireEvent['timestamp'], atMs: number, window: EventWindow): string[] {
  const reason = (expected: string): string[] => [`timestamp: ${previewOf(given)} given, expected ${expected}`];
  if (!Number.isFinite(atMs))
    return reason('epoch milliseconds, or ISO 8601 date and time with zone, as 2026-01-31T12:00:00Z');
  if (atMs > window.nowMs + window.maxFutureSkewMs) {
    return reason(
      `at most ${window.maxFutureSkewMs} ms ahead of the server clock (${new Date(window.nowMs).toISOString()})`,
    );
  }
  const oldestMs = window.nowMs - window.maxEventAgeMs;
  if (atMs >= oldestMs) return [];
  const hint = typeof given === 'number' && given * 1_000 >= oldestMs && given > 0 ? '; is it in seconds?' : '';
  return reason(`epoch milliseconds not before ${new Date(Math.max(0, oldestMs)).toISOString()}${hint}`);
}

/** Missing: not-a-number when the text is no moment. */
function epochMsOf(timestamp: WireEvent['timestamp']): number {
  if (typeof timestamp === 'number') return Math.floor(timestamp);
  return ISO_8601.test(timestamp)
    ? Date.parse(timestamp.replace(' ', 'T').replace(',', '.').toUpperCase())
    : Number.NaN;
}

/** Properties as they are set one by one: this runs for every event, and spreading parts together takes several times as long. */
type Settable<T> = { -readonly [Key in keyof T]: T[Key] };

function shopEventOf(raw: WireEvent, type: EventType, atMs: number, receivedAtMs: number): ShopEvent {
  const items = raw.items === undefined ? [] : raw.items.map(eventItemOf);
  const event: Settable<ShopEvent> = { eventId: raw.event_id, type, atMs, receivedAtMs, items };
  if (raw.user_id !== undefined) event.userId = asUserId(raw.user_id);
  if (raw.session_id !== undefined) event.sessionId = asSessionId(raw.session_id);
  if (raw.value !== undefined) event.value = raw.value;
  if (raw.device !== undefined) event.device = raw.device;
  if (raw.discount !== undefined) event.discount = raw.discount;
  if (raw.coupon !== undefined && raw.coupon !== '') event.coupon = raw.coupon;
  return event;
}

function eventItemOf(raw: NonNullable<WireEvent['items']>[number]): EventItem {
  const item: Settable<EventItem> = { itemId: asItemId(raw.item_id) };
  if (raw.price !== undefined) item.price = raw.price;
  if (raw.quantity !== undefined) item.quantity = raw.quantity;
  if (raw.index !== undefined) item.index = raw.index;
  if (raw.discount !== undefined) item.discount = raw.discount;
  if (raw.coupon !== undefined && raw.coupon !== '') item.coupon = raw.coupon;
  return item;
}

function detailsOf(raw: WireEvent): EventDetails {
  const details: Settable<EventDetails> = {};
  if (raw.currency !== undefined) details.currency = raw.currency;
  if (raw.transaction_id !== undefined) details.transactionId = raw.transaction_id;
  if (raw.search_term !== undefined) details.searchTerm = raw.search_term;
  if (raw.item_list_id !== undefined) details.itemListId = raw.item_list_id;
  if (raw.attribution_token !== undefined) details.attributionToken = raw.attribution_token;
  return details;
}
