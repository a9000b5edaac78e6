import { MS_PER_DAY } from '../core/clock.ts';
import type { Profile } from './profile.ts';

/** Where the segments are cut. A flat list of numbers, since a tags file and a feature schema name them one by one. */
export interface SegmentThresholds {
  /** Days since the last purchase up to which recency scores 3, and 2. */
  readonly recencyGoodDays: number;
  readonly recencyFairDays: number;
  /** Orders a month from which frequency scores 3, and 2. */
  readonly frequencyGoodPerMonth: number;
  readonly frequencyFairPerMonth: number;
  /** Mean value of an order from which monetary scores 3, and 2, in the shop's currency. */
  readonly monetaryGood: number;
  readonly monetaryFair: number;
  /** A customer of fewer days counts as one of so many, so that a first order is no monthly habit. */
  readonly shortestObservationDays: number;
  /** Score from which a dimension counts as high in the eight cells: 2 or 3. */
  readonly highScore: number;
  /** Days since first seen below which a shopper is new, then growing. */
  readonly newDays: number;
  readonly growingDays: number;
  /** Days without a purchase from which a shopper sleeps, then is lost. */
  readonly sleepingDays: number;
  readonly lostDays: number;
}

export const DEFAULT_SEGMENT_THRESHOLDS: SegmentThresholds = {
  recencyGoodDays: 30,
  recencyFairDays: 90,
  frequencyGoodPerMonth: 3,
  frequencyFairPerMonth: 1,
  monetaryGood: 200,
  monetaryFair: 50,
  shortestObservationDays: 90,
  highScore: 2,
  newDays: 7,
  growingDays: 90,
  sleepingDays: 90,
  lostDays: 180,
};

const DAYS_PER_MONTH = 30;

/** The eight cells by whether recency, frequency and monetary are high; the place in the list is these three as binary digits. */
export const RFM_CELLS = [
  'dormant',
  'slipping_big_spender',
  'slipping_regular',
  'slipping_best',
  'recent',
  'big_spender',
  'regular',
  'best',
] as const;
export type RfmCell = (typeof RFM_CELLS)[number];

/** A customer's place by recency, frequency and monetary value. */
export interface RfmSegment {
  readonly cell: RfmCell;
  /** 1..3, 3 is best. */
  readonly recencyScore: number;
  readonly frequencyScore: number;
  readonly monetaryScore: number;
  readonly recencyDays: number;
  readonly ordersPerMonth: number;
  /** In the shop's currency. */
  readonly averageOrderValue: number;
}

/**
 * Places a customer by when they bought last, how often they buy and how much an order is worth.
 *
 * Missing: undefined for a shopper who never bought.
 * Source: the three dimensions of Hughes, "Strategic Database Marketing"; monetary as mean value of an order, as in Fader, Hardie and
 * Lee, "RFM and CLV", Journal of Marketing Research 42 (2005), because the total would tell frequency a second time.
 */
export function rfmOf(profile: Profile, nowMs: number, thresholds: SegmentThresholds): RfmSegment | undefined {
  const { orderCount, totalValue, firstAtMs, lastAtMs } = profile.purchases;
  if (orderCount === 0) return undefined;
  const recencyDays = daysSince(lastAtMs, nowMs);
  const observedDays = Math.max(daysSince(firstAtMs, nowMs), thresholds.shortestObservationDays);
  const ordersPerMonth = (orderCount * DAYS_PER_MONTH) / observedDays;
  const averageOrderValue = totalValue / orderCount;
  const recencyScore = scoreOf(-recencyDays, -thresholds.recencyFairDays, -thresholds.recencyGoodDays);
  const frequencyScore = scoreOf(ordersPerMonth, thresholds.frequencyFairPerMonth, thresholds.frequencyGoodPerMonth);
  const monetaryScore = scoreOf(averageOrderValue, thresholds.monetaryFair, thresholds.monetaryGood);
  const isHigh = (score: number): number => (score >= thresholds.highScore ? 1 : 0);
  const cell = RFM_CELLS[4 * isHigh(recencyScore) + 2 * isHigh(frequencyScore) + isHigh(monetaryScore)]!;
  return { cell, recencyScore, frequencyScore, monetaryScore, recencyDays, ordersPerMonth, averageOrderValue };
}

function scoreOf(value: number, fair: number, good: number): number {
  if (value >= good) return 3;
  return value >= fair ? 2 : 1;
}

export const LIFECYCLE_STAGES = ['new', 'growing', 'mature', 'sleeping', 'lost'] as const;
export type LifecycleStage = (typeof LIFECYCLE_STAGES)[number];

/**
 * Tells how far a shopper's time with the shop has come: by days since first seen while young, by days without a purchase after.
 *
 * A shopper who never bought counts as without a purchase since first seen. Missing: undefined for a shopper never seen.
 */
export function lifecycleOf(
  profile: Profile,
  nowMs: number,
  thresholds: SegmentThresholds,
): LifecycleStage | undefined {
  if (profile.firstSeenAtMs === 0) return undefined;
  const knownDays = daysSince(profile.firstSeenAtMs, nowMs);
  if (knownDays < thresholds.newDays) return 'new';
  if (knownDays < thresholds.growingDays) return 'growing';
  const idleDays = daysSince(profile.purchases.lastAtMs || profile.firstSeenAtMs, nowMs);
  if (idleDays >= thresholds.lostDays) return 'lost';
  return idleDays >= thresholds.sleepingDays ? 'sleeping' : 'mature';
}

/** What is wrong with thresholds, one sentence each naming the key; empty when nothing is. */
export function thresholdProblems(thresholds: SegmentThresholds): string[] {
  const problems = Object.entries(thresholds)
    .filter(([, value]) => !(typeof value === 'number' && value >= 0 && Number.isFinite(value)))
    .map(([key, value]) => `${key} is ${JSON.stringify(value)}, expected a number from 0 up`);
  if (problems.length > 0) return problems;
  const ascending: [keyof SegmentThresholds, keyof SegmentThresholds][] = [
    ['recencyGoodDays', 'recencyFairDays'],
    ['frequencyFairPerMonth', 'frequencyGoodPerMonth'],
    ['monetaryFair', 'monetaryGood'],
    ['newDays', 'growingDays'],
    ['sleepingDays', 'lostDays'],
  ];
  for (const [low, high] of ascending) {
    if (thresholds[low] < thresholds[high]) continue;
    problems.push(`${low} is ${thresholds[low]}, expected below ${high}, which is ${thresholds[high]}`);
  }
  if (thresholds.highScore !== 2 && thresholds.highScore !== 3) {
    problems.push(`highScore is ${thresholds.highScore}, expected 2 or 3`);
  }
  if (thresholds.shortestObservationDays < 1) {
    problems.push(`shortestObservationDays is ${thresholds.shortestObservationDays}, expected at least 1`);
  }
  return problems;
}

/** Never negative: a moment in the future counts as now. */
function daysSince(atMs: number, nowMs: number): number {
  return Math.max(0, nowMs - atMs) / MS_PER_DAY;
}
