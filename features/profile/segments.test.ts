import { describe, expect, it } from 'vitest';
import { emptyProfile, type Profile } from './profile.ts';
import {
  DEFAULT_SEGMENT_THRESHOLDS,
  lifecycleOf,
  RFM_CELLS,
  type RfmCell,
  rfmOf,
  type SegmentThresholds,
  thresholdProblems,
} from './segments.ts';
import { aCustomer, daysBefore, NOW_MS } from './testing/a-customer.ts';

const rfm = (profile: Profile, more: Partial<SegmentThresholds> = {}) =>
  rfmOf(profile, NOW_MS, { ...DEFAULT_SEGMENT_THRESHOLDS, ...more });

describe('segment by recency, frequency and monetary', () => {
  it('scores each dimension by two thresholds', () => {
    // 8 orders in 100 days are 2.4 a month.
    expect(rfm(aCustomer(8, 10, 60))).toEqual({
      cell: 'best',
      recencyScore: 3,
      frequencyScore: 2,
      monetaryScore: 2,
      recencyDays: 10,
      ordersPerMonth: 2.4,
      averageOrderValue: 60,
    });
  });

  it.each([
    [30, 3],
    [30.01, 2],
    [90, 2],
    [90.01, 1],
  ])('scores a last purchase %d days ago with %i', (days, score) => {
    expect(rfm(aCustomer(1, days))?.recencyScore).toBe(score);
  });

  it.each([
    // Of 100 days: 10 orders are 3 a month, 9 are 2.7, 4 are 1.2, 3 are 0.9.
    [10, 3],
    [9, 2],
    [4, 2],
    [3, 1],
  ])('scores %i orders in a hundred days with %i', (orders, score) => {
    expect(rfm(aCustomer(orders, 10))?.frequencyScore).toBe(score);
  });

  it.each([
    [200, 3],
    [199.99, 2],
    [50, 2],
    [49.99, 1],
  ])('scores orders of %d with %i', (value, score) => {
    expect(rfm(aCustomer(4, 10, value))?.monetaryScore).toBe(score);
  });

  it('does not take a first order for a habit: a customer counts as one of ninety days', () => {
    const profile = aCustomer(1, 2);
    profile.purchases.firstAtMs = daysBefore(2);
    expect(rfm(profile)?.ordersPerMonth).toBeCloseTo(1 / 3, 12);
    expect(rfm(profile, { shortestObservationDays: 1 })?.ordersPerMonth).toBe(15);
  });

  it.each<[RfmCell, number, number, number]>([
    ['best', 10, 8, 60],
    ['regular', 10, 8, 40],
    ['big_spender', 10, 2, 60],
    ['recent', 10, 2, 40],
    ['slipping_best', 95, 8, 60],
    ['slipping_regular', 95, 8, 40],
    ['slipping_big_spender', 95, 2, 60],
    ['dormant', 95, 2, 40],
  ])('is %s: bought %i days ago, %i orders of %i', (cell, days, orders, value) => {
    expect(rfm(aCustomer(orders, days, value))?.cell).toBe(cell);
  });

  it('has eight cells', () => {
    expect(new Set(RFM_CELLS).size).toBe(8);
  });

  it('can ask for the best score before it says high', () => {
    expect(rfm(aCustomer(8, 10, 60), { highScore: 3 })?.cell).toBe('recent');
    expect(rfm(aCustomer(10, 10, 200), { highScore: 3 })?.cell).toBe('best');
  });

  it('is missing for a shopper who never bought', () => {
    expect(rfm(emptyProfile())).toBeUndefined();
  });
});

describe('lifecycle stage', () => {
  const stage = (firstSeenDays: number, purchaseDays?: number) => {
    const profile = emptyProfile();
    profile.firstSeenAtMs = daysBefore(firstSeenDays);
    if (purchaseDays !== undefined) profile.purchases.lastAtMs = daysBefore(purchaseDays);
    return lifecycleOf(profile, NOW_MS, DEFAULT_SEGMENT_THRESHOLDS);
  };

  it.each([
    [0, undefined, 'new'],
    [6.99, undefined, 'new'],
    [7, undefined, 'growing'],
    [89.99, 80, 'growing'],
    [90, 89.99, 'mature'],
    [90, undefined, 'sleeping'],
    [400, 1, 'mature'],
    [400, 90, 'sleeping'],
    [400, 179.99, 'sleeping'],
    [400, 180, 'lost'],
    [179.99, undefined, 'sleeping'],
    [180, undefined, 'lost'],
  ])('of a shopper first seen %d days ago who bought %s days ago is %s', (seen, bought, expected) => {
    expect(stage(seen, bought)).toBe(expected);
  });

  it('of a shopper first seen in the future of the moment asked for is new', () => {
    expect(stage(-3)).toBe('new');
  });

  it('is missing for a shopper never seen', () => {
    expect(lifecycleOf(emptyProfile(), NOW_MS, DEFAULT_SEGMENT_THRESHOLDS)).toBeUndefined();
  });
});

describe('thresholds', () => {
  const problems = (more: object) => thresholdProblems({ ...DEFAULT_SEGMENT_THRESHOLDS, ...more });

  it('are fine as they come', () => {
    expect(problems({})).toEqual([]);
  });

  it.each([
    [{ newDays: '7' }, 'newDays is "7", expected a number from 0 up'],
    [{ newDays: -1 }, 'newDays is -1, expected a number from 0 up'],
    [{ recencyGoodDays: 90 }, 'recencyGoodDays is 90, expected below recencyFairDays, which is 90'],
    [{ frequencyFairPerMonth: 4 }, 'frequencyFairPerMonth is 4, expected below frequencyGoodPerMonth, which is 3'],
    [{ monetaryFair: 500 }, 'monetaryFair is 500, expected below monetaryGood, which is 200'],
    [{ lostDays: 90 }, 'sleepingDays is 90, expected below lostDays, which is 90'],
    [{ highScore: 1 }, 'highScore is 1, expected 2 or 3'],
    [{ shortestObservationDays: 0 }, 'shortestObservationDays is 0, expected at least 1'],
  ])('%j are refused', (more, problem) => {
    expect(problems(more)).toEqual([problem]);
  });
});
