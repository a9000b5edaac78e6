import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auc, calibrationBins, calibrationError, groupedAuc, logLoss, RankingMetricsCounter } from './metrics.ts';

describe('logLoss', () => {
  it('is the mean of minus the log of what was given to the truth', () => {
    expect(logLoss([0.9, 0.2, 0.5], [1, 0, 1])).toBeCloseTo(-(Math.log(0.9) + Math.log(0.8) + Math.log(0.5)) / 3, 12);
  });

  it('keeps a sure mistake finite', () => {
    expect(logLoss([0, 1], [1, 0])).toBeCloseTo(-Math.log(1e-7), 6);
    expect(logLoss([0, 1], [0, 1])).toBeCloseTo(0, 6);
  });
});

describe('auc', () => {
  it('is the share of pairs in the right order', () => {
    // Taken 0.8, 0.4; not taken 0.6, 0.1, 0.3: of six pairs only 0.4 < 0.6 is wrong.
    expect(auc([0.8, 0.6, 0.4, 0.1, 0.3], [1, 0, 1, 0, 0])).toBeCloseTo(5 / 6, 12);
  });

  it('counts a tie as half', () => {
    // Pairs: (2, 2) half, (2, 1) one, (1, 2) none, (1, 1) half.
    expect(auc([2, 2, 1, 1], [1, 0, 1, 0])).toBe(0.5);
    // Pairs of taken 3, 2 with not taken 2, 2, 1: 1 1 1, 1/2 1/2 1.
    expect(auc([3, 2, 2, 2, 1], [1, 1, 0, 0, 0])).toBeCloseTo(5 / 6, 12);
    expect(auc([7, 7, 7], [1, 0, 0])).toBe(0.5);
  });

  it('is 1 for a perfect order and 0 for the opposite', () => {
    expect(auc([0.1, 0.2, 0.3], [0, 0, 1])).toBe(1);
    expect(auc([0.1, 0.2, 0.3], [1, 0, 0])).toBe(0);
  });

  it('is no number when all targets are equal', () => {
    for (const targets of [[], [1, 1], [0, 0]]) expect(auc([0.3, 0.4].slice(0, targets.length), targets)).toBeNaN();
  });

  it('is no number when a value is none', () => {
    expect(auc([0.1, Number.NaN, 0.3], [0, 1, 1])).toBeNaN();
  });

  it('is what counting all pairs gives', () => {
    const example = fc.record({ value: fc.integer({ min: 0, max: 5 }), target: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(fc.array(example, { maxLength: 30 }), (examples) => {
        let right = 0;
        let pairs = 0;
        for (const taken of examples.filter(({ target }) => target === 1)) {
          for (const other of examples.filter(({ target }) => target === 0)) {
            pairs++;
            right += taken.value > other.value ? 1 : taken.value === other.value ? 0.5 : 0;
          }
        }
        const value = auc(
          examples.map((one) => one.value),
          examples.map((one) => one.target),
        );
        if (pairs === 0) expect(value).toBeNaN();
        else expect(value).toBeCloseTo(right / pairs, 9);
      }),
    );
  });
});

describe('groupedAuc', () => {
  const values = Float32Array.of(0.9, 0.1, 0.2, 0.5, 0.4, 0.7, 0.6);
  const targets = Uint8Array.of(1, 0, 0, 1, 1, 0, 1);

  it('weighs the AUC of each group by its size and leaves groups of one target out', () => {
    // Three examples with AUC 1; two taken only; two with AUC 0.
    expect(groupedAuc(values, targets, Int32Array.of(0, 3, 5, 7))).toBeCloseTo((3 * 1 + 2 * 0) / 5, 12);
  });

  it('is no number when every group has one target', () => {
    expect(groupedAuc(values, targets, Int32Array.of(0, 1, 2))).toBeNaN();
  });
});

describe('calibration', () => {
  it('compares predicted and observed shares in bins of equal size, by rising probability', () => {
    const bins = calibrationBins([0.8, 0.1, 0.3, 0.6, 0.2, 0.9], [1, 0, 1, 1, 0, 0], 3);
    expect(bins.map(({ count, takenRatio }) => [count, takenRatio])).toEqual([
      [2, 0],
      [2, 1],
      [2, 0.5],
    ]);
    expect(bins[0]!.meanProbability).toBeCloseTo(0.15, 12);
    expect(bins[1]!.meanProbability).toBeCloseTo(0.45, 12);
    expect(bins[2]!.meanProbability).toBeCloseTo(0.85, 12);
    expect(calibrationError(bins)).toBeCloseTo((0.15 + 0.55 + 0.35) / 3, 12);
  });

  it('loses no example when bins do not divide evenly, and makes none empty', () => {
    const bins = calibrationBins([0.1, 0.2, 0.3], [0, 0, 1], 10);
    expect(bins.map(({ count }) => count)).toEqual([1, 1, 1]);
    const uneven = calibrationBins(
      Array.from({ length: 7 }, () => 0.5),
      [1, 0, 1, 0, 1, 0, 1],
      3,
    );
    expect(uneven.reduce((sum, { count }) => sum + count, 0)).toBe(7);
  });

  it('is perfect when shares are as predicted', () => {
    expect(calibrationError(calibrationBins([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 1], 1))).toBe(0);
  });
});

describe('RankingMetricsCounter', () => {
  it('gives recall, hit rate, reciprocal rank and NDCG of one list', () => {
    const counter = new RankingMetricsCounter(4);
    // Of targets 1, 2, 9 the list has 2 at place 2 and 1 at place 4; place 5 is beyond k.
    counter.add([5, 2, 6, 1, 9], new Set([1, 2, 9]));
    const gain = 1 / Math.log2(3) + 1 / Math.log2(5);
    const ideal = 1 + 1 / Math.log2(3) + 1 / Math.log2(4);
    const { ndcg, ...rest } = counter.result(10);
    expect(rest).toEqual({ k: 4, caseCount: 1, recall: 2 / 3, hitRate: 1, mrr: 0.5, coverage: 0.4 });
    expect(ndcg).toBeCloseTo(gain / ideal, 12);
  });

  it('averages over cases, those without a hit included', () => {
    const counter = new RankingMetricsCounter(2);
    counter.add([1, 2], new Set([1]));
    counter.add([1, 3], new Set([4]));
    counter.add([3, 1], new Set([1]));
    counter.add([], new Set([1]));
    const { recall, hitRate, mrr, ndcg, coverage, caseCount } = counter.result(6);
    expect([recall, hitRate, mrr, coverage, caseCount]).toEqual([0.5, 0.5, (1 + 0.5) / 4, 0.5, 4]);
    expect(ndcg).toBeCloseTo((1 + 1 / Math.log2(3)) / 4, 12);
  });

  it('calls a list ideal when it holds as many targets as fit', () => {
    const counter = new RankingMetricsCounter(2);
    counter.add([3, 1], new Set([1, 2, 3, 4]));
    expect(counter.result(4)).toMatchObject({ ndcg: 1, recall: 0.5 });
  });

  it('ends a list at -1', () => {
    const counter = new RankingMetricsCounter(3);
    counter.add([1, -1, 2], new Set([2]));
    expect(counter.result(4)).toMatchObject({ hitRate: 0, coverage: 0.25 });
  });
});
