import { MS_PER_MINUTE } from '../core/clock.ts';
import { type Profile, VISIT_CAPACITY, type Visit } from './profile.ts';

/**
 * Time without an event that ends a visit.
 *
 * Source: the default session timeout of Google Analytics 4.
 */
export const VISIT_GAP_MS = 30 * MS_PER_MINUTE;

/**
 * Counts events that lie between two moments, as one event does or as another record's visit.
 *
 * Order: visits are what remains when all events are laid on a line and cut where nothing happens for {@link VISIT_GAP_MS}, so an event
 * that comes late joins, or joins together, what it belongs to. Only visits that were pushed out can't be joined any more.
 */
export function addToVisits(visits: Visit[], added: Visit): void {
  const latest = visits[0];
  // By far the most frequent case: the visit goes on.
  if (latest !== undefined && added.startedAtMs >= latest.startedAtMs && touch(latest, added)) {
    latest.lastAtMs = Math.max(latest.lastAtMs, added.lastAtMs);
    latest.eventCount += added.eventCount;
    return;
  }
  const joined = { ...added };
  let place = 0;
  while (place < visits.length) {
    const visit = visits[place]!;
    if (touch(visit, joined)) {
      joined.startedAtMs = Math.min(joined.startedAtMs, visit.startedAtMs);
      joined.lastAtMs = Math.max(joined.lastAtMs, visit.lastAtMs);
      joined.eventCount += visit.eventCount;
      visits.splice(place, 1);
    } else if (visit.startedAtMs > joined.lastAtMs) place++;
    else break;
  }
  visits.splice(place, 0, joined);
  if (visits.length > VISIT_CAPACITY) visits.pop();
}

function touch(a: Visit, b: Visit): boolean {
  return a.startedAtMs - b.lastAtMs < VISIT_GAP_MS && b.startedAtMs - a.lastAtMs < VISIT_GAP_MS;
}

/** The visit a shopper is in. Missing: undefined when the last event is {@link VISIT_GAP_MS} ago or longer. */
export function currentVisit(profile: Profile, nowMs: number): Visit | undefined {
  const latest = profile.visits[0];
  return latest !== undefined && nowMs - latest.lastAtMs < VISIT_GAP_MS ? latest : undefined;
}

/** Products viewed in the current visit, newest first; empty outside a visit. */
export function itemsViewedInVisit(profile: Profile, nowMs: number): string[] {
  const visit = currentVisit(profile, nowMs);
  if (visit === undefined) return [];
  const { itemIds, atMs } = profile.recent.view_item;
  return itemIds.filter((_, i) => atMs[i]! >= visit.startedAtMs);
}
