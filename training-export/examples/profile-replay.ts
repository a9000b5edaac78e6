import { asItemId, asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import { applyEvent, type ProfilePolicy } from '../../features/profile/apply-event.ts';
import { EVENT_TYPES, type EventItem, type ShopEvent } from '../../features/profile/event.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { Dataset } from '../datasets/dataset.ts';

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
 * that training sees what serving would have seen.
 */
export class ProfileReplay {
  private readonly dataset: Dataset;
  private readonly policy: ProfilePolicy;
  private readonly profiles = new Map<number, Profile>();
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
      const shopper = shopperOf(this.dataset, fromRow);
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
      applyEvent(profile, this.eventOf(fromRow, toRow), this.dataset.catalogue.facts, this.policy);
      this.nextRow = toRow;
    }
  }

  /** The current profile of a shopper; one with the shop's attributes only when nothing happened yet. */
  profileOf(shopper: number): Profile {
    let profile = this.profiles.get(shopper);
    if (profile === undefined) {
      profile = emptyProfile();
      for (const [name, value] of this.dataset.userAttributes[shopper] ?? []) profile.attributes.set(name, value);
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
    return {
      eventId: '',
      type: EVENT_TYPES[events.type[fromRow]!]!,
      atMs: events.atMs[fromRow]!,
      items,
      ...(Number.isNaN(value) ? {} : { value }),
    };
  }
}
