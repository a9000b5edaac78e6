import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../core/clock.ts';
import { churnRiskOf, DEFAULT_CHURN_PARAMETERS } from './churn-risk.ts';
import { emptyProfile, type Profile } from './profile.ts';

const FIRST_MS = 1_700_000_000_000;
const weeks = (count: number): number => FIRST_MS + count * 7 * MS_PER_DAY;

function aBuyer(orderCount: number, lastWeek: number): Profile {
  const profile = emptyProfile();
  profile.purchases = {
    orderCount,
    itemCount: orderCount,
    totalValue: 1,
    firstAtMs: FIRST_MS,
    lastAtMs: weeks(lastWeek),
  };
  return profile;
}

describe('churn risk', () => {
  it('follows the formula', () => {
    // With r = 1, alpha = 2, a = b = 1, one repeat order in week 4 and ten weeks gone: odds 1 / 2 * (12 / 6) ^ 2 = 2.
    const risk = churnRiskOf(aBuyer(2, 4), weeks(10), { r: 1, alphaWeeks: 2, a: 1, b: 1 });
    expect(risk).toBeCloseTo(2 / 3, 12);
  });

  it.each([
    // Computed apart from this code. Right after a first order it is the chance never to come back: a / (a + b).
    [1, 0, 0, 0.891 / 2.505],
    [2, 4, 10, 0.40858],
    [1, 0, 52, 0.64171],
    [5, 16, 20, 0.25152],
    [5, 16, 52, 0.92571],
  ])(
    'of %i orders, the last in week %i, is in week %i as published estimates have it',
    (orders, last, now, expected) => {
      expect(churnRiskOf(aBuyer(orders, last), weeks(now))).toBeCloseTo(expected, 4);
    },
  );

  it('rises while nothing is bought', () => {
    const risks = [20, 24, 30, 60, 200].map((week) => churnRiskOf(aBuyer(6, 20), weeks(week)));
    expect(risks).toEqual(risks.toSorted((a, b) => a - b));
    expect(new Set(risks).size).toBe(5);
  });

  it('of a pause is higher for who buys every week than for who buys every two months', () => {
    const pause = 12;
    const weekly = churnRiskOf(aBuyer(17, 16), weeks(16 + pause));
    const rarely = churnRiskOf(aBuyer(3, 16), weeks(16 + pause));
    expect(weekly).toBeGreaterThan(0.95);
    expect(rarely).toBeLessThan(0.6);
  });

  it('stays a probability for any number of orders and any pause', () => {
    for (const [orders, now] of [
      [1, 100_000],
      [1_000_000, 20],
      [1_000_000, 100_000],
    ] as const) {
      const risk = churnRiskOf(aBuyer(orders, 16), weeks(now));
      expect(risk).toBeGreaterThanOrEqual(0);
      expect(risk).toBeLessThanOrEqual(1);
    }
  });

  it('counts a moment before the last order as that of the order', () => {
    expect(churnRiskOf(aBuyer(3, 16), weeks(3))).toBe(churnRiskOf(aBuyer(3, 16), weeks(16)));
  });

  it('is missing for a shopper who never bought', () => {
    expect(churnRiskOf(emptyProfile(), weeks(1), DEFAULT_CHURN_PARAMETERS)).toBeNaN();
  });
});
