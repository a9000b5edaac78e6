import { asItemId, asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import { applyEvent, type ProfilePolicy } from '../../features/profile/apply-event.ts';
import { setAttributes } from '../../features/profile/attributes.ts';
import { EVENT_TYPES, type EventItem, type ShopEvent } from '../../features/profile/event.ts';
import { rememberEventHash } from '../../features/profile/event-memory.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import { joinSession } from '../../features/profile/session-join.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { Dataset } from '../datasets/dataset.ts';

const SOME_COUPON = 'some';

/** One event about to be applied: rows `fromRow .. toRow - 1` of the dataset. */
export interface ReplayStep {
  readonly fromRow: number;
  readonly toRow: number;
  readonly atMs: number;
  /** {@link EVENT_TYPES} index. */
  readonly type: number;
  /** User row, or `userIds.length + session row` for a visitor without account; -1 when the source names neither. */
  readonly shopper: number;
  /** State before the event: what serving would have known. Changes after the visit; copy what must stay. */
  readonly profile: Profile;
  readonly context: SignalContext;
}

/** Who acted in an event row, numbered as in {@link ReplayStep.shopper}. */
export function shopperOf({ events, userIds }: Dataset, row: number): number {
  const user = events.user[row]!;
  if (user >= 0) return user;
  const session = events.session[row]!;
  return session >= 0 ? userIds.length + session : -1;
}

/**
 * Plays a dataset's events in order and keeps every shopper's profile as it was at each moment: with the function that serves online, so
 * that training sees what serving would have seen. A session joins the account it logs in to, as online.
 */
export class ProfileReplay {
  private readonly dataset: Dataset;
  private readonly policy: ProfilePolicy;
  private readonly profiles = new Map<number, Profile>();
  /** User row a session belongs to since its shopper logged in, by session row. */
  private readonly userOfSession = new Map<number, number>();
  private joinCount = 0;
  private nextRow = 0;

  constructor(dataset: Dataset, policy: ProfilePolicy) {
    this.dataset = dataset;
    this.policy = policy;
  }

  /** Row the next step begins at. */
  get row(): number {
    return this.nextRow;
  }

  /** Plays events up to row `endRow` (an event is never split); `visit` sees each before it is applied. */
  playTo(endRow: number, visit: (step: ReplayStep) => void = () => {}): void {
    const { events } = this.dataset;
    while (this.nextRow < endRow && this.nextRow < events.count) {
      const fromRow = this.nextRow;
      let toRow = fromRow + 1;
      while (toRow < events.count && events.eventNumber[toRow] === events.eventNumber[fromRow]) toRow++;
      const shopper = this.shopperAt(fromRow);
      const profile = this.profileOf(shopper);
      const atMs = events.atMs[fromRow]!;
      visit({
        fromRow,
        toRow,
        atMs,
        type: events.type[fromRow]!,
        shopper,
        profile,
        context: this.contextOf(shopper, atMs),
      });
      this.join(fromRow, profile);
      if (this.isNew(fromRow, profile))
        applyEvent(profile, this.eventOf(fromRow, toRow), this.dataset.catalogue.facts, this.policy);
      this.nextRow = toRow;
    }
  }

  /**
   * The current profile of a shopper; one with the shop's attributes only when nothing happened yet.
   *
   * Errors: REC_SENSITIVE_ATTRIBUTE, REC_INVALID_REQUEST for attributes that no server would take; `vitrine import` refuses them earlier.
   */
  profileOf(shopper: number): Profile {
    let profile = this.profiles.get(shopper);
    if (profile === undefined) {
      profile = emptyProfile();
      setAttributes(profile, this.dataset.userAttributes[shopper] ?? []);
      if (shopper >= 0) this.profiles.set(shopper, profile);
    }
    return profile;
  }

  contextOf(shopper: number, nowMs: number): SignalContext {
    return { nowMs, userId: this.dataset.userIds[shopper] ?? '', device: '' };
  }

  /** Numbers of all shoppers met so far, in the order they came. */
  shoppers(): readonly number[] {
    return [...this.profiles.keys()];
  }

  /** All shoppers met so far with the key their profile has in a store. */
  *entries(): Iterable<readonly [ShopperKey, Profile]> {
    const { userIds, events } = this.dataset;
    for (const [shopper, profile] of this.profiles) {
      const userId = userIds[shopper];
      const sessionId = events.sessionIds[shopper - userIds.length];
      if (userId !== undefined) yield [userKey(asUserId(userId)), profile];
      else if (sessionId !== undefined) yield [sessionKey(asSessionId(sessionId)), profile];
    }
  }

  /** Whose profile an event counts for: the account's when the session logged in before. */
  private shopperAt(row: number): number {
    const { user, session } = this.dataset.events;
    const account = user[row]! < 0 ? this.userOfSession.get(session[row]!) : undefined;
    return account ?? shopperOf(this.dataset, row);
  }

  /** An event that names account and session is a log-in: what the session did before becomes the account's, as it does online. */
  private join(row: number, account: Profile): void {
    const { user, session, sessionIds } = this.dataset.events;
    const [userRow, sessionRow] = [user[row]!, session[row]!];
    if (userRow < 0 || sessionRow < 0 || this.userOfSession.get(sessionRow) === userRow) return;
    this.userOfSession.set(sessionRow, userRow);
    const visitor = this.dataset.userIds.length + sessionRow;
    const content = this.profiles.get(visitor);
    this.profiles.delete(visitor);
    this.joinCount += 1;
    joinSession(account, { sessionId: sessionIds[sessionRow]!, joinId: this.joinCount }, content, this.policy);
  }

  /** Whether an event was not there before; remembers it where the source tells its id and when it came. */
  private isNew(row: number, profile: Profile): boolean {
    const { details } = this.dataset.events;
    const receivedAtMs = details?.receivedAtMs[row] ?? Number.NaN;
    const idHash = details?.idHash[row] ?? Number.NaN;
    if (Number.isNaN(receivedAtMs) || Number.isNaN(idHash)) return true;
    return rememberEventHash(profile, idHash, receivedAtMs);
  }

  private eventOf(fromRow: number, toRow: number): ShopEvent {
    const { events, catalogue } = this.dataset;
    const items: EventItem[] = [];
    for (let row = fromRow; row < toRow; row++) {
      const item = events.item[row]!;
      if (item < 0) continue;
      const price = events.price[row]!;
      items.push({
        itemId: asItemId(catalogue.itemIds[item]!),
        quantity: events.quantity[row]!,
        ...(Number.isNaN(price) ? {} : { price }),
      });
    }
    const value = events.value[fromRow]!;
    const { details } = events;
    const device = details?.deviceNames[details.device[fromRow]!];
    const isDiscounted = details?.isDiscounted.subarray(fromRow, toRow).includes(1);
    return {
      eventId: '',
      type: EVENT_TYPES[events.type[fromRow]!]!,
      atMs: events.atMs[fromRow]!,
      items,
      ...(Number.isNaN(value) ? {} : { value }),
      ...(device === undefined ? {} : { device }),
      // Profiles count that there was one, not which.
      ...(isDiscounted === true ? { coupon: SOME_COUPON } : {}),
    };
  }
}
