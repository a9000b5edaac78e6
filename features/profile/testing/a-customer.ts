import { MS_PER_DAY } from '../../core/clock.ts';
import { emptyProfile, type Profile } from '../profile.ts';

/** Noon in UTC on a Sunday. */
export const NOW_MS = Date.UTC(2026, 4, 31, 12);

export const daysBefore = (days: number): number => NOW_MS - days * MS_PER_DAY;

/** A shopper known for 300 days, last seen yesterday, with so many orders of 40 from 100 days ago to so many days ago. */
export function aCustomer(orderCount: number, lastDaysAgo: number, orderValue = 40): Profile {
  const profile = emptyProfile();
  profile.firstSeenAtMs = daysBefore(300);
  profile.lastSeenAtMs = daysBefore(1);
  profile.purchases = {
    orderCount,
    itemCount: 2 * orderCount,
    totalValue: orderValue * orderCount,
    firstAtMs: daysBefore(Math.max(100, lastDaysAgo)),
    lastAtMs: daysBefore(lastDaysAgo),
  };
  return profile;
}
