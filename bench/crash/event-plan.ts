import { EVENT_TYPES, type EventType } from '../../features/profile/event.ts';

/** How a shopper is known: by account, by visits alone, or by visits that log in. */
const KINDS = ['account', 'visitor', 'logs in'] as const;
type Kind = (typeof KINDS)[number];

/** Far below the 512 event ids a profile remembers: whatever is sent again is known. */
const EVENTS_PER_SHOPPER = 100;
const VISITS_PER_SHOPPER = 3;
/** The part of a visit before its log-in. */
const BEFORE_LOG_IN = 0.4;
const TYPES: readonly EventType[] = ['view_item', 'view_item_list', 'add_to_cart', 'purchase', 'search'];
const ITEM_COUNT = 200;

/** Who does what: events by number, made anew each time they are asked for, so that a million of them take no room. */
export class EventPlan {
  readonly eventCount: number;
  readonly shopperCount: number;
  private readonly startMs: number;

  /** @param startMs of the first event; each later one follows by a millisecond */
  constructor(eventCount: number, startMs: number) {
    this.eventCount = eventCount;
    this.shopperCount = Math.ceil(eventCount / EVENTS_PER_SHOPPER);
    this.startMs = startMs;
  }

  /** The event as `POST /v1/events` takes it. */
  wireEvent(number: number): Readonly<Record<string, unknown>> {
    const shopper = number % this.shopperCount;
    const place = Math.floor(number / this.shopperCount);
    const type = this.typeOf(number);
    return {
      event_id: String(number),
      event: type,
      timestamp: this.startMs + number,
      ...this.names(shopper, place),
      ...(type === 'purchase' ? { value: 1 } : {}),
      items: type === 'search' ? [] : [{ item_id: `item-${number % ITEM_COUNT}` }],
    };
  }

  kindOf(shopper: number): Kind {
    return KINDS[shopper % KINDS.length]!;
  }

  userId(shopper: number): string {
    return `user-${shopper}`;
  }

  sessionIds(shopper: number): string[] {
    return Array.from({ length: VISITS_PER_SHOPPER }, (_, visit) => `visit-${shopper}-${visit}`);
  }

  /** Events by type in the order of {@link EVENT_TYPES}: of the whole shopper, or of one visit. */
  expectedCounts(shopper: number, visit?: number): number[] {
    const counts = new Array<number>(EVENT_TYPES.length).fill(0);
    for (let number = shopper; number < this.eventCount; number += this.shopperCount) {
      const place = Math.floor(number / this.shopperCount);
      if (visit !== undefined && this.visitAt(place) !== visit) continue;
      counts[EVENT_TYPES.indexOf(this.typeOf(number))]! += 1;
    }
    return counts;
  }

  /** Whether a visit of a shopper who logs in has come to that. */
  hasLoggedIn(shopper: number, visit: number): boolean {
    for (let number = shopper; number < this.eventCount; number += this.shopperCount) {
      const place = Math.floor(number / this.shopperCount);
      if (this.visitAt(place) === visit && this.isWithBoth(place)) return true;
    }
    return false;
  }

  private names(shopper: number, place: number): Readonly<Record<string, string>> {
    const user = { user_id: this.userId(shopper) };
    const session = { session_id: this.sessionIds(shopper)[this.visitAt(place)]! };
    const kind = this.kindOf(shopper);
    if (kind === 'account') return user;
    if (kind === 'visitor') return session;
    return this.isWithBoth(place) ? { ...user, ...session } : session;
  }

  private visitAt(place: number): number {
    return Math.min(VISITS_PER_SHOPPER - 1, Math.floor((place * VISITS_PER_SHOPPER) / EVENTS_PER_SHOPPER));
  }

  /** From the log-in on two of three events name the account too. */
  private isWithBoth(place: number): boolean {
    const share = ((place * VISITS_PER_SHOPPER) / EVENTS_PER_SHOPPER) % 1;
    return share >= BEFORE_LOG_IN && place % 3 !== 0;
  }

  private typeOf(number: number): EventType {
    return TYPES[(number * 7 + Math.floor(number / this.shopperCount)) % TYPES.length]!;
  }
}
