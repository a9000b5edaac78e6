import { churnRiskOf } from '../churn-risk.ts';
import type { Profile, PurchaseStatistics } from '../profile.ts';
import { LIFECYCLE_STAGES, type LifecycleStage, lifecycleOf, RFM_CELLS, rfmOf } from '../segments.ts';
import {
  choice,
  holds,
  LARGEST_AMOUNT,
  NO_FINDING,
  OPTIONAL_AMOUNT,
  OPTIONAL_SHARE,
  type RuleKind,
  type RuleParameters,
  SHARE,
  type TagRule,
  TEXT,
} from './tag-rule.ts';
import { counted, dayOf, daysAgo, percent } from './tag-words.ts';

/** Rules about who a shopper is to the shop: stage, segment, worth, and what the shop states. */
export const CUSTOMER_RULES: Readonly<Record<string, RuleKind>> = {
  lifecycle: {
    parameters: { stage: choice(LIFECYCLE_STAGES) },
    make: (parameters, thresholds) => {
      const stage = parameters.text('stage') as LifecycleStage;
      return (profile, { nowMs }) =>
        lifecycleOf(profile, nowMs, thresholds) === stage ? holds(lifecycleReason(profile, stage, nowMs)) : NO_FINDING;
    },
  },
  rfm: {
    parameters: { cell: choice(RFM_CELLS) },
    make: (parameters, thresholds) => {
      const cell = parameters.text('cell');
      return (profile, { nowMs }) => {
        const rfm = rfmOf(profile, nowMs, thresholds);
        if (rfm?.cell !== cell) return NO_FINDING;
        const last = `last bought on ${dayOf(profile.purchases.lastAtMs)} (recency ${rfm.recencyScore} of 3)`;
        const often = `${rfm.ordersPerMonth.toFixed(1)} orders a month (frequency ${rfm.frequencyScore})`;
        return holds(`${last}, ${often}, ${rfm.averageOrderValue.toFixed(2)} an order (monetary ${rfm.monetaryScore})`);
      };
    },
  },
  churn_risk: {
    parameters: { min: SHARE, max: OPTIONAL_SHARE },
    make: (parameters) => {
      const [min, max = 1] = [parameters.number('min'), parameters.optionalNumber('max')];
      return (profile, { nowMs }) => {
        const risk = churnRiskOf(profile, nowMs);
        if (!(risk >= min && risk <= max)) return NO_FINDING;
        const { orderCount, firstAtMs, lastAtMs } = profile.purchases;
        const last = `last bought on ${dayOf(lastAtMs)}, ${daysAgo(lastAtMs, nowMs)}`;
        const since = `after ${counted(orderCount, 'order')} since ${dayOf(firstAtMs)}`;
        return holds(`${last}, ${since}: has stopped buying with a probability of ${percent(risk)}`);
      };
    },
  },
  purchases: {
    parameters: {
      measure: choice(['orders', 'pieces', 'total_value', 'average_order_value']),
      min: OPTIONAL_AMOUNT,
      max: OPTIONAL_AMOUNT,
    },
    oneOf: ['min', 'max'],
    make: makePurchases,
  },
  attribute_equals: {
    parameters: { attribute: TEXT, value: TEXT },
    make: (parameters) => {
      const [attribute, value] = [parameters.text('attribute'), parameters.text('value')];
      return (profile) =>
        profile.attributes.get(attribute)?.split('|').includes(value)
          ? holds(`the shop states that ${attribute} is ${value}`)
          : NO_FINDING;
    },
  },
  device_equals: {
    parameters: { device: TEXT },
    make: (parameters) => {
      const device = parameters.text('device');
      return (profile) =>
        profile.device === device
          ? holds(`last used ${device} on ${dayOf(profile.deviceAtMs || profile.lastSeenAtMs)}`)
          : NO_FINDING;
    },
  },
};

function lifecycleReason(profile: Profile, stage: LifecycleStage, nowMs: number): string {
  const seen = `first seen on ${dayOf(profile.firstSeenAtMs)}`;
  const { lastAtMs } = profile.purchases;
  if (stage === 'new' || stage === 'growing') return `${seen}, ${daysAgo(profile.firstSeenAtMs, nowMs)}`;
  if (lastAtMs === 0) return `${seen}, ${daysAgo(profile.firstSeenAtMs, nowMs)}, and has not bought`;
  return `${seen}, last bought on ${dayOf(lastAtMs)}, ${daysAgo(lastAtMs, nowMs)}`;
}

/** What a customer's purchases can be measured by, and how that is said. */
const MEASURES: Readonly<Record<string, (statistics: PurchaseStatistics) => readonly [value: number, words: string]>> =
  {
    orders: ({ orderCount }) => [orderCount, counted(orderCount, 'order')],
    pieces: ({ itemCount }) => [itemCount, `bought ${counted(Math.round(100 * itemCount) / 100, 'piece')}`],
    total_value: ({ totalValue, orderCount }) => [
      totalValue,
      `spent ${totalValue.toFixed(2)} in ${counted(orderCount, 'order')}`,
    ],
    average_order_value: ({ totalValue, orderCount }) => {
      const average = totalValue / orderCount;
      return [average, `${average.toFixed(2)} an order in ${counted(orderCount, 'order')}`];
    },
  };

function makePurchases(parameters: RuleParameters): TagRule {
  const measure = parameters.text('measure');
  const [min = 0, max = LARGEST_AMOUNT] = [parameters.optionalNumber('min'), parameters.optionalNumber('max')];
  return ({ purchases, lastSeenAtMs }) => {
    if (purchases.orderCount === 0) {
      const hasCome = lastSeenAtMs > 0 && measure === 'orders' && min === 0;
      return hasCome ? holds(`has not bought, last seen on ${dayOf(lastSeenAtMs)}`) : NO_FINDING;
    }
    const [value, words] = MEASURES[measure]!(purchases);
    return value >= min && value <= max ? holds(`${words}, last bought on ${dayOf(purchases.lastAtMs)}`) : NO_FINDING;
  };
}
