import { MS_PER_DAY } from '../../core/clock.ts';
import { isSensitiveAttribute } from '../../schema/sensitive-attributes.ts';
import { type InterestSums, interestShares } from '../interest-sums.ts';
import type { Profile } from '../profile.ts';
import {
  choice,
  count,
  days,
  holds,
  LARGEST_AMOUNT,
  MOST_VALUES,
  NO_FINDING,
  OPTIONAL_AMOUNT,
  type RuleKind,
  type RuleParameters,
  SHARE,
  type TagFinding,
  type TagRule,
  TEXT,
} from './tag-rule.ts';
import { counted, dayOf, interestEvidence, isWithin, percent } from './tag-words.ts';

/** Rules about what a shopper likes: categories, brands, prices, promotions. */
export const PREFERENCE_RULES: Readonly<Record<string, RuleKind>> = {
  top_interest: {
    parameters: {
      by: choice(['category', 'brand']),
      minShare: SHARE,
      most: MOST_VALUES,
      minEvents: count(3),
      withinDays: days(180),
    },
    make: makeTopInterest,
  },
  interest_in: {
    parameters: { by: choice(['category', 'brand']), key: TEXT, minShare: SHARE, withinDays: days(180) },
    make: (parameters) => {
      const by = parameters.text('by') as 'category' | 'brand';
      const [key, minShare] = [parameters.text('key'), parameters.number('minShare')];
      const withinDays = parameters.number('withinDays');
      return (profile, { nowMs, facts }) => {
        const ofKey = sharesOf(profile.interests[by])
          .filter(([name]) => (by === 'category' ? isWithin(name, key) : name === key))
          .reduce((sum, [, value]) => sum + value, 0);
        if (ofKey === 0 || ofKey < minShare || isAway(profile, nowMs, withinDays)) return NO_FINDING;
        return [{ value: key, reason: interestReason(interestEvidence(profile, by, key, facts), ofKey) }];
      };
    },
  },
  price_level: {
    parameters: { min: OPTIONAL_AMOUNT, max: OPTIONAL_AMOUNT },
    oneOf: ['min', 'max'],
    make: (parameters) => {
      const [min = 0, max = LARGEST_AMOUNT] = [parameters.optionalNumber('min'), parameters.optionalNumber('max')];
      return (profile) => {
        const price = viewedPriceOf(profile);
        if (Number.isNaN(price) || price < min || price > max) return NO_FINDING;
        return holds(`looks at products of about ${price.toFixed(2)}, last seen on ${dayOf(profile.lastSeenAtMs)}`);
      };
    },
  },
  price_sensitivity: {
    parameters: { min: SHARE, minOrders: count(2) },
    make: (parameters) => {
      const [min, minOrders] = [parameters.number('min'), parameters.number('minOrders')];
      return (profile) => {
        const { orderCount, lastAtMs } = profile.purchases;
        if (orderCount < minOrders || !(priceSensitivityOf(profile) >= min)) return NO_FINDING;
        const [paid, viewed] = [paidPriceOf(profile).toFixed(2), viewedPriceOf(profile).toFixed(2)];
        return holds(
          `pays ${paid} a piece and looks at products of about ${viewed}, last bought on ${dayOf(lastAtMs)}`,
        );
      };
    },
  },
  promotion_sensitivity: {
    parameters: { min: SHARE, minOrders: count(2) },
    make: (parameters) => {
      const [min, minOrders] = [parameters.number('min'), parameters.number('minOrders')];
      return (profile) => {
        const { orderCount, lastAtMs } = profile.purchases;
        const { discountedOrderCount } = profile;
        if (orderCount < minOrders || discountedOrderCount / orderCount < min) return NO_FINDING;
        return holds(
          `${discountedOrderCount} of ${counted(orderCount, 'order')} with a discount, last bought on ${dayOf(lastAtMs)}`,
        );
      };
    },
  },
};

function makeTopInterest(parameters: RuleParameters): TagRule {
  const by = parameters.text('by') as 'category' | 'brand';
  const [minShare, most] = [parameters.number('minShare'), parameters.number('most')];
  const [minEvents, withinDays] = [parameters.number('minEvents'), parameters.number('withinDays')];
  return (profile, { nowMs, facts }) => {
    const eventCount = profile.eventCounts.reduce((sum, one) => sum + one, 0);
    if (eventCount < minEvents || isAway(profile, nowMs, withinDays)) return NO_FINDING;
    const findings: TagFinding[] = [];
    for (const [value, ofValue] of sharesOf(profile.interests[by])) {
      if (ofValue < minShare || findings.length === most) break;
      // What a category's name says of health or faith is not to be said of the shopper.
      if (isSensitiveAttribute(value)) continue;
      findings.push({ value, reason: interestReason(interestEvidence(profile, by, value, facts), ofValue) });
    }
    return findings;
  };
}

function interestReason(evidence: string, ofInterest: number): string {
  return `${evidence}; ${percent(ofInterest)} of their interest`;
}

/** Shares of all interest of one kind, largest first, equal ones by name. */
function sharesOf(interests: InterestSums): [string, number][] {
  return interestShares(interests).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function isAway(profile: Profile, nowMs: number, withinDays: number): boolean {
  return nowMs - profile.lastSeenAtMs > withinDays * MS_PER_DAY;
}

/** Typical price of what interests a shopper: the mean of price bands on their scale of ratios. Missing: NaN. */
export function viewedPriceOf(profile: Profile): number {
  let [weights, logarithms] = [0, 0];
  const { names, sums } = profile.interests.priceBand;
  for (const [place, band] of names.entries()) {
    if (band === 'free') continue;
    const sum = sums[place]!;
    weights += sum;
    // The middle of a half-octave, see priceBandOf.
    logarithms += sum * ((Number(band) + 0.5) / 2);
  }
  return weights === 0 ? Number.NaN : 2 ** (logarithms / weights);
}

function paidPriceOf(profile: Profile): number {
  const { itemCount, totalValue } = profile.purchases;
  return itemCount === 0 ? Number.NaN : totalValue / itemCount;
}

/**
 * How far below the products that interest them a shopper buys: 0 = at their price or above, 0.5 = at half of it.
 *
 * Missing: NaN without purchases or priced interests.
 */
export function priceSensitivityOf(profile: Profile): number {
  return Math.max(0, 1 - paidPriceOf(profile) / viewedPriceOf(profile));
}
