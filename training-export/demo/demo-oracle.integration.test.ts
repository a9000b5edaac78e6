import { beforeAll, describe, expect, it } from 'vitest';
import { MS_PER_DAY, MS_PER_MINUTE } from '../../features/core/clock.ts';
import { EVENT_TYPE_INDEX } from '../../features/profile/event.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { createDemoOracle, type DemoOracle } from './demo-oracle.ts';
import { DEFAULT_DEMO_PARAMETERS } from './demo-parameters.ts';
import { generateDemoShop } from './generate-demo-shop.ts';

const { endAtMs } = DEFAULT_DEMO_PARAMETERS;

interface TestCase {
  readonly user: string;
  readonly item: number;
  /** Before the session in which the product is bought. */
  readonly beforeSessionMs: number;
  /** Just before the shopper first touches the product in that session. */
  readonly beforeTouchMs: number;
  readonly purchaseMs: number;
}

/** Purchases of the last tenth of the time. */
function testCases({ events, userIds }: Dataset): TestCase[] {
  const cases: TestCase[] = [];
  const sessionStart = new Map<number, number>();
  const firstTouch = new Map<string, number>();
  for (let row = 0; row < events.count; row++) {
    const session = events.session[row]!;
    const atMs = events.atMs[row]!;
    const touch = `${session} ${events.item[row]}`;
    if (!sessionStart.has(session)) sessionStart.set(session, atMs);
    if (events.type[row] !== EVENT_TYPE_INDEX.view_item_list && !firstTouch.has(touch)) firstTouch.set(touch, atMs);
    if (events.type[row] !== EVENT_TYPE_INDEX.purchase || atMs < endAtMs - 12 * MS_PER_DAY) continue;
    cases.push({
      user: userIds[events.user[row]!]!,
      item: events.item[row]!,
      beforeSessionMs: sessionStart.get(session)! - 2 * MS_PER_MINUTE,
      beforeTouchMs: firstTouch.get(touch)!,
      purchaseMs: atMs,
    });
  }
  return cases;
}

/** Purchases of the first four fifths of the time, by catalogue row. */
function popularity({ events, catalogue }: Dataset): Float64Array {
  const counts = new Float64Array(catalogue.size);
  for (let row = 0; row < events.count; row++) {
    const isEarly = events.atMs[row]! < endAtMs - 24 * MS_PER_DAY;
    if (isEarly && events.type[row] === EVENT_TYPE_INDEX.purchase) counts[events.item[row]!]! += 1;
  }
  return counts;
}

function isAmongBest(scores: Float64Array, item: number, count: number): boolean {
  let better = 0;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i]! > scores[item]! || (scores[i] === scores[item] && i < item)) better += 1;
  }
  return better < count;
}

describe('DemoOracle', () => {
  let dataset: Dataset;
  let oracle: DemoOracle;
  let cases: TestCase[];
  beforeAll(() => {
    dataset = generateDemoShop({ shopperCount: 1500 }).dataset;
    oracle = createDemoOracle(dataset.metadata.generator);
    cases = testCases(dataset);
  });

  it('gives probabilities that add up to one', () => {
    const scores = new Float64Array(dataset.catalogue.size);
    for (const { user, purchaseMs, beforeSessionMs } of cases.slice(0, 20)) {
      for (const atMs of [purchaseMs, beforeSessionMs]) {
        oracle.scoreAll(user, atMs, scores);
        expect(scores.every((score) => score >= 0)).toBe(true);
        expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 9);
      }
    }
  });

  it('gives one product the probability it gives it among all', () => {
    const { user, item, beforeSessionMs } = cases[0]!;
    const scores = new Float64Array(dataset.catalogue.size);
    oracle.scoreAll(user, beforeSessionMs, scores);
    expect(oracle.purchaseProbability(user, dataset.catalogue.itemIds[item]!, beforeSessionMs)).toBe(scores[item]);
  });

  it('is the same when rebuilt from the metadata', () => {
    const again = createDemoOracle(dataset.metadata.generator);
    const [first, second] = [new Float64Array(dataset.catalogue.size), new Float64Array(dataset.catalogue.size)];
    oracle.scoreAll('u10003', endAtMs, first);
    again.scoreAll('u10003', endAtMs, second);
    expect(second).toEqual(first);
  });

  it('finds the next purchase among its best hundred at least five times as often as popularity, knowing only the shopper', () => {
    const counts = popularity(dataset);
    const scores = new Float64Array(dataset.catalogue.size);
    let byOracle = 0;
    let byPopularity = 0;
    for (const { user, item, beforeSessionMs } of cases) {
      oracle.scoreAll(user, beforeSessionMs, scores);
      if (isAmongBest(scores, item, 100)) byOracle += 1;
      if (isAmongBest(counts, item, 100)) byPopularity += 1;
    }
    expect(cases.length).toBeGreaterThan(300);
    expect(byOracle).toBeGreaterThanOrEqual(5 * byPopularity);
  });

  it('is as sure as it is right: the probability of what is bought next is that of a draw from its own probabilities', () => {
    const scores = new Float64Array(dataset.catalogue.size);
    let surprise = 0;
    let expected = 0;
    for (const { user, item, beforeSessionMs } of cases) {
      oracle.scoreAll(user, beforeSessionMs, scores);
      surprise -= Math.log(Math.max(scores[item]!, 1e-12)) / cases.length;
      for (const p of scores) if (p > 0) expected -= (p * Math.log(p)) / cases.length;
    }
    expect(Math.abs(surprise - expected)).toBeLessThan(0.25);
  });

  it('knows more once the visit has begun, and most when the cart is full', () => {
    const scores = new Float64Array(dataset.catalogue.size);
    const hits = { beforeSessionMs: 0, beforeTouchMs: 0, purchaseMs: 0 };
    for (const testCase of cases) {
      for (const moment of ['beforeSessionMs', 'beforeTouchMs', 'purchaseMs'] as const) {
        oracle.scoreAll(testCase.user, testCase[moment], scores);
        if (isAmongBest(scores, testCase.item, 10)) hits[moment] += 1;
      }
    }
    expect(hits.beforeTouchMs).toBeGreaterThan(1.2 * hits.beforeSessionMs);
    expect(hits.purchaseMs).toBeGreaterThan(0.95 * cases.length);
  });

  it('refuses users and products the shop does not have', () => {
    expect(() => oracle.scoreAll('nobody', endAtMs, new Float64Array(3000))).toThrow('user "nobody"');
    expect(() => oracle.purchaseProbability('u10003', 'nothing', endAtMs)).toThrow('item "nothing"');
  });
});
