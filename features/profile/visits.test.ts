import { describe, expect, it } from 'vitest';
import { MS_PER_MINUTE } from '../core/clock.ts';
import { emptyProfile, VISIT_CAPACITY, type Visit } from './profile.ts';
import { addToVisits, currentVisit, itemsViewedInVisit, VISIT_GAP_MS } from './visits.ts';

const START_MS = 1_700_000_000_000;
const minutes = (count: number): number => START_MS + count * MS_PER_MINUTE;

/** Visits after events at so many minutes, as [first minute, last minute, events], newest first. */
function visitsOf(...atMinutes: number[]): [number, number, number][] {
  const visits: Visit[] = [];
  for (const minute of atMinutes) {
    addToVisits(visits, { startedAtMs: minutes(minute), lastAtMs: minutes(minute), eventCount: 1 });
  }
  const minuteOf = (atMs: number): number => (atMs - START_MS) / MS_PER_MINUTE;
  return visits.map((visit) => [minuteOf(visit.startedAtMs), minuteOf(visit.lastAtMs), visit.eventCount]);
}

describe('visits', () => {
  it('go on while less than half an hour passes between events', () => {
    expect(visitsOf(0, 29, 58)).toEqual([[0, 58, 3]]);
  });

  it('end after half an hour without an event', () => {
    expect(visitsOf(0, 10, 40)).toEqual([
      [40, 40, 1],
      [0, 10, 2],
    ]);
  });

  it('take in an event that comes late', () => {
    expect(visitsOf(0, 20, 100, 10, 90)).toEqual([
      [90, 100, 2],
      [0, 20, 3],
    ]);
  });

  it('become one when a late event fills the gap between them', () => {
    expect(visitsOf(0, 50, 120, 25)).toEqual([
      [120, 120, 1],
      [0, 50, 3],
    ]);
  });

  it('stand newest first when a whole visit comes late', () => {
    expect(visitsOf(0, 200, 100)).toEqual([
      [200, 200, 1],
      [100, 100, 1],
      [0, 0, 1],
    ]);
  });

  it('push out the oldest beyond the bound, and an older one does not get in', () => {
    const hours = Array.from({ length: VISIT_CAPACITY + 1 }, (_, i) => 60 * (i + 1));
    expect(visitsOf(...hours, 0).map(([start]) => start)).toEqual([300, 240, 180, 120]);
  });
});

describe('the current visit', () => {
  const profile = emptyProfile();
  profile.visits = [{ startedAtMs: minutes(0), lastAtMs: minutes(20), eventCount: 5 }];
  profile.recent.view_item = {
    itemIds: ['new', 'first', 'before'],
    atMs: [minutes(20), minutes(0), minutes(0) - 1],
  };

  it('is the latest one until half an hour after its last event', () => {
    expect(currentVisit(profile, minutes(20) + VISIT_GAP_MS - 1)).toEqual(profile.visits[0]);
    expect(currentVisit(profile, minutes(20) + VISIT_GAP_MS)).toBeUndefined();
    expect(currentVisit(emptyProfile(), START_MS)).toBeUndefined();
  });

  it('tells the products viewed since it began', () => {
    expect(itemsViewedInVisit(profile, minutes(21))).toEqual(['new', 'first']);
    expect(itemsViewedInVisit(profile, minutes(51))).toEqual([]);
  });
});
