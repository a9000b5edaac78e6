import { MS_PER_DAY } from '../core/clock.ts';
import type { Profile } from './profile.ts';

/** How a shop's customers buy and stop buying, as numbers of the MBG/NBD model. */
export interface ChurnParameters {
  /** Shape of the spread of buying rates among customers. */
  readonly r: number;
  /** Scale of it, in weeks. */
  readonly alphaWeeks: number;
  /** Spread of the chance to stop after a purchase. */
  readonly a: number;
  readonly b: number;
}

/**
 * Fitted to the CDNOW customers, a music shop online; a shop with many months of orders does better with its own.
 *
 * Source: estimates of the MBG/NBD model for the CDNOW sample as published with the BTYDplus package.
 */
export const DEFAULT_CHURN_PARAMETERS: ChurnParameters = { r: 0.525, alphaWeeks: 6.183, a: 0.891, b: 1.614 };

const MS_PER_WEEK = 7 * MS_PER_DAY;

/**
 * Probability that a customer has stopped buying: time since the last purchase, measured by the customer's own rhythm.
 *
 * With x repeat orders, tx weeks from the first order to the last and T weeks from the first to now:
 * `1 - 1 / (1 + a / (b + x) * ((alpha + T) / (alpha + tx)) ^ (r + x))`. The more orders a customer has placed in a given time, the
 * sooner a pause of the same length means something.
 *
 * Units: 0..1, higher is worse. Missing: NaN for a shopper who never bought.
 * Source: P(alive) of the MBG/NBD model: Batislam, Denizel, Filiztekin, International Journal of Research in Marketing 24 (2007).
 */
export function churnRiskOf(
  profile: Profile,
  nowMs: number,
  parameters: ChurnParameters = DEFAULT_CHURN_PARAMETERS,
): number {
  const { orderCount, firstAtMs, lastAtMs } = profile.purchases;
  if (orderCount === 0) return Number.NaN;
  const { r, alphaWeeks, a, b } = parameters;
  const repeatCount = orderCount - 1;
  const lastWeek = (lastAtMs - firstAtMs) / MS_PER_WEEK;
  const nowWeek = Math.max(lastWeek, (nowMs - firstAtMs) / MS_PER_WEEK);
  const odds = (a / (b + repeatCount)) * ((alphaWeeks + nowWeek) / (alphaWeeks + lastWeek)) ** (r + repeatCount);
  return 1 - 1 / (1 + odds);
}
