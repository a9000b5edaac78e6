import { MS_PER_DAY } from '../../core/clock.ts';
import { isSensitiveAttribute } from '../../schema/sensitive-attributes.ts';
import { EVENT_TYPE_INDEX, EVENT_TYPES, isEventType } from '../event.ts';
import { RECENT_LISTS, type RecentItems, type RecentType } from '../profile.ts';
import { meanIntervalMs, nextDueAtMs } from '../rhythm.ts';
import { currentVisit } from '../visits.ts';
import {
  choice,
  count,
  days,
  holds,
  MOST_VALUES,
  NO_FINDING,
  type RuleKind,
  type RuleParameters,
  SHARE,
  type TagRule,
} from './tag-rule.ts';
import { counted, dayOf, deedOf, percent } from './tag-words.ts';

const RECENT_TYPES = RECENT_LISTS.map(({ type }) => type);
const HOURS_PER_DAY = 24;

/** Rules about what a shopper does and when. */
export const BEHAVIOUR_RULES: Readonly<Record<string, RuleKind>> = {
  event_count: {
    parameters: { event: choice(EVENT_TYPES), min: count() },
    make: (parameters) => {
      const event = parameters.text('event');
      const index = isEventType(event) ? EVENT_TYPE_INDEX[event] : -1;
      const min = parameters.number('min');
      return (profile) => {
        const times = profile.eventCounts[index] ?? 0;
        if (times < min) return NO_FINDING;
        return holds(`${counted(times, 'event')} of type ${event}, last seen on ${dayOf(profile.lastSeenAtMs)}`);
      };
    },
  },
  products_within_days: {
    parameters: { event: choice(RECENT_TYPES), days: days(), min: count() },
    make: (parameters) => {
      const type = parameters.text('event') as RecentType;
      const [within, min] = [parameters.number('days'), parameters.number('min')];
      return (profile, { nowMs }) => {
        const { itemIds, atMs } = profile.recent[type];
        const since = nowMs - within * MS_PER_DAY;
        const recent = atMs.filter((one) => one >= since).length;
        if (recent < min) return NO_FINDING;
        const deed = deedOf(type, counted(recent, 'product'));
        return holds(`${deed} since ${dayOf(since)}, last ${itemIds[0]} on ${dayOf(atMs[0]!)}`);
      };
    },
  },
  open_cart: {
    parameters: { days: days() },
    make: (parameters) => {
      const within = parameters.number('days');
      return (profile, { nowMs }) => {
        const { add_to_cart: cart, remove_from_cart: removed, purchase } = profile.recent;
        const place = cart.itemIds.findIndex((itemId, i) => {
          const atMs = cart.atMs[i]!;
          return (
            atMs >= nowMs - within * MS_PER_DAY && !isLater(removed, itemId, atMs) && !isLater(purchase, itemId, atMs)
          );
        });
        if (place < 0) return NO_FINDING;
        const put = `put ${cart.itemIds[place]} in the cart on ${dayOf(cart.atMs[place]!)}`;
        return holds(`${put} and has neither bought it nor taken it out`);
      };
    },
  },
  in_visit: {
    parameters: { minEvents: count() },
    make: (parameters) => {
      const min = parameters.number('minEvents');
      return (profile, { nowMs }) => {
        const visit = currentVisit(profile, nowMs);
        if (visit === undefined || visit.eventCount < min) return NO_FINDING;
        const startedAt = new Date(visit.startedAtMs).toISOString().slice(11, 16);
        return holds(
          `${counted(visit.eventCount, 'event')} in the visit that began on ${dayOf(visit.startedAtMs)} at ${startedAt} UTC`,
        );
      };
    },
  },
  active_hours: {
    parameters: {
      fromHour: { type: 'number', min: 0, max: 23, isWhole: true },
      toHour: { type: 'number', min: 1, max: 24, isWhole: true },
      minShare: SHARE,
      minEvents: count(10),
      utcOffsetHours: { type: 'number', min: -12, max: 14, isWhole: true, defaultValue: 0 },
    },
    make: makeActiveHours,
  },
  rhythm_due: {
    parameters: {
      withinDays: days(),
      maxOverdueDays: days(30),
      minPurchases: count(3),
      most: MOST_VALUES,
    },
    make: makeRhythmDue,
  },
};

function makeActiveHours(parameters: RuleParameters): TagRule {
  const [from, to] = [parameters.number('fromHour'), parameters.number('toHour')];
  const [minShare, minEvents] = [parameters.number('minShare'), parameters.number('minEvents')];
  const offset = parameters.number('utcOffsetHours');
  const isMeant = (utcHour: number): boolean => {
    const hour = (utcHour + offset + HOURS_PER_DAY) % HOURS_PER_DAY;
    return from < to ? hour >= from && hour < to : hour >= from || hour < to;
  };
  return (profile) => {
    let [all, meant] = [0, 0];
    for (const [hour, events] of profile.activeHours.entries()) {
      all += events;
      if (isMeant(hour)) meant += events;
    }
    if (all < minEvents || meant / all < minShare) return NO_FINDING;
    const when = `between ${from} and ${to} o'clock`;
    return holds(
      `${percent(meant / all)} of ${counted(all, 'event')} ${when}, last seen on ${dayOf(profile.lastSeenAtMs)}`,
    );
  };
}

function makeRhythmDue(parameters: RuleParameters): TagRule {
  const [withinDays, maxOverdueDays] = [parameters.number('withinDays'), parameters.number('maxOverdueDays')];
  const [minPurchases, most] = [parameters.number('minPurchases'), parameters.number('most')];
  return (profile, { nowMs }) =>
    profile.rhythms
      .filter((rhythm) => {
        const inDays = (nextDueAtMs(rhythm) - nowMs) / MS_PER_DAY;
        const isDue = inDays <= withinDays && inDays >= -maxOverdueDays;
        return isDue && rhythm.purchaseCount >= minPurchases && !isSensitiveAttribute(rhythm.category);
      })
      .sort((a, b) => nextDueAtMs(a) - nextDueAtMs(b))
      .slice(0, most)
      .map((rhythm) => {
        const bought = `bought ${rhythm.category} on ${dayOf(rhythm.lastAtMs)}`;
        const every = counted(Math.round(meanIntervalMs(rhythm) / MS_PER_DAY), 'day');
        const reason = `${bought}, every ${every} on average, next due on ${dayOf(nextDueAtMs(rhythm))}`;
        return { value: rhythm.category, reason };
      });
}

function isLater(list: RecentItems, itemId: string, atMs: number): boolean {
  const place = list.itemIds.indexOf(itemId);
  return place >= 0 && list.atMs[place]! >= atMs;
}
