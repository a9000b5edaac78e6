import { MS_PER_DAY } from '../core/clock.ts';
import { forwardWeight } from '../transform/decay.ts';
import { dropWeakest, insertRecent, noteDevice, type ProfilePolicy, rebaseInterests } from './apply-event.ts';
import { mergeEventMemory } from './event-memory.ts';
import { interestOf, setInterest } from './interest-sums.ts';
import { INTEREST_CAPACITY, INTEREST_KINDS, MAX_ATTRIBUTES, type Profile, RECENT_LISTS } from './profile.ts';
import { addToRhythms } from './rhythm.ts';
import { addToVisits } from './visits.ts';

/**
 * Brings what a visitor did before log-in into their account; called once per session, see session-join.ts.
 *
 * Ownership: changes `account` in place, leaves `session` alone.
 * Order: the account becomes what it would be had all events been its own from the start, in any order; limits as for `applyEvent`.
 * Attributes of the account win. An event that was sent to both records counts twice.
 */
export function mergeProfiles(account: Profile, session: Profile, policy: ProfilePolicy): void {
  mergeInterests(account, session, policy.interestHalfLifeDays * MS_PER_DAY);
  account.firstSeenAtMs = earlier(account.firstSeenAtMs, session.firstSeenAtMs);
  account.lastSeenAtMs = Math.max(account.lastSeenAtMs, session.lastSeenAtMs);
  if (session.device !== '') noteDevice(account, session.device, session.deviceAtMs);
  mergeLists(account, session);
  mergePurchases(account, session);
  mergeEventMemory(account, session);
  for (const [name, value] of session.attributes) {
    const { attributes } = account;
    if (!attributes.has(name) && attributes.size < MAX_ATTRIBUTES) attributes.set(name, value);
  }
}

function mergeLists(account: Profile, session: Profile): void {
  for (const { type, capacity } of RECENT_LISTS) {
    const { itemIds, atMs } = session.recent[type];
    for (const [i, itemId] of itemIds.entries()) insertRecent(account.recent[type], itemId, atMs[i]!, capacity);
  }
  addCounts(account.eventCounts, session.eventCounts);
  addCounts(account.activeHours, session.activeHours);
  for (const visit of session.visits) addToVisits(account.visits, visit);
}

function mergePurchases(account: Profile, session: Profile): void {
  const into = account.purchases;
  const from = session.purchases;
  into.orderCount += from.orderCount;
  into.itemCount += from.itemCount;
  into.totalValue += from.totalValue;
  into.firstAtMs = earlier(into.firstAtMs, from.firstAtMs);
  into.lastAtMs = Math.max(into.lastAtMs, from.lastAtMs);
  account.discountedOrderCount += session.discountedOrderCount;
  for (const rhythm of session.rhythms) addToRhythms(account.rhythms, rhythm);
}

function mergeInterests(account: Profile, session: Profile, halfLifeMs: number): void {
  if (session.interestLandmarkMs === 0) return;
  if (account.interestLandmarkMs === 0) account.interestLandmarkMs = session.interestLandmarkMs;
  // As if the session's last event were applied: sums of both then fit float32 relative to the account's landmark.
  rebaseInterests(account, session.lastSeenAtMs, halfLifeMs);
  const factor = forwardWeight(1, session.interestLandmarkMs, account.interestLandmarkMs, halfLifeMs);
  for (const kind of INTEREST_KINDS) {
    const interests = account.interests[kind];
    const { names, sums } = session.interests[kind];
    for (const [place, name] of names.entries()) {
      const next = Math.fround((interestOf(interests, name) ?? 0) + sums[place]! * factor);
      if (next > 0) setInterest(interests, name, next);
    }
    while (interests.names.length > INTEREST_CAPACITY) dropWeakest(interests);
  }
}

function addCounts(into: number[], from: readonly number[]): void {
  while (into.length < from.length) into.push(0);
  for (const [place, count] of from.entries()) into[place]! += count;
}

/** Of two moments of which 0 means never. */
function earlier(a: number, b: number): number {
  if (a === 0 || b === 0) return Math.max(a, b);
  return Math.min(a, b);
}
