import { MS_PER_DAY } from '../core/clock.ts';
import { type CategoryRhythm, RHYTHM_CAPACITY } from './profile.ts';

/** Orders that on average come faster than this are one shopping trip, not a rhythm. */
const SHORTEST_INTERVAL_MS = MS_PER_DAY;

/**
 * Counts purchases of one category, as one order does or as another record's rhythm.
 *
 * Order: by latest purchase, equal times by name; does not depend on the order of purchases, except for categories that were pushed out.
 */
export function addToRhythms(rhythms: CategoryRhythm[], added: CategoryRhythm): void {
  const joined = { ...added };
  const known = rhythms.findIndex(({ category }) => category === added.category);
  if (known >= 0) {
    const [before] = rhythms.splice(known, 1);
    joined.purchaseCount += before!.purchaseCount;
    joined.firstAtMs = Math.min(joined.firstAtMs, before!.firstAtMs);
    joined.lastAtMs = Math.max(joined.lastAtMs, before!.lastAtMs);
  }
  let place = 0;
  while (place < rhythms.length && standsBefore(rhythms[place]!, joined)) place++;
  rhythms.splice(place, 0, joined);
  if (rhythms.length > RHYTHM_CAPACITY) rhythms.pop();
}

function standsBefore(a: CategoryRhythm, b: CategoryRhythm): boolean {
  return a.lastAtMs > b.lastAtMs || (a.lastAtMs === b.lastAtMs && a.category < b.category);
}

/** Mean time between purchases of a category. Missing: NaN after one purchase, or when the mean is under a day. */
export function meanIntervalMs(rhythm: CategoryRhythm): number {
  const interval = (rhythm.lastAtMs - rhythm.firstAtMs) / (rhythm.purchaseCount - 1);
  return interval >= SHORTEST_INTERVAL_MS ? interval : Number.NaN;
}

/** When the next purchase of a category is due: one mean interval after the last. Missing: NaN, as {@link meanIntervalMs}. */
export function nextDueAtMs(rhythm: CategoryRhythm): number {
  return rhythm.lastAtMs + meanIntervalMs(rhythm);
}
