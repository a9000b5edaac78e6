import { describe, expect, it } from 'vitest';
import { CandidateSet, CandidateSetPool, type MergeRules, sourceNumberOf } from './candidate-set.ts';
import { type CandidateTest, CandidateTests, REMOVAL_REASONS } from './candidate-tests.ts';
import { ItemMarks } from './item-marks.ts';
import { NO_SIMILARITY, Proposals } from './proposals.ts';

const ANN = sourceNumberOf('ann');
const POPULAR = sourceNumberOf('popular');

function proposed(items: readonly number[], similarities: readonly number[] = []): Proposals {
  const proposals = new Proposals();
  proposals.open(items.length);
  for (const [i, item] of items.entries()) proposals.add(item, similarities[i]);
  return proposals;
}

/** Merges proposals one after another under rules that leave room for all, but for those named. */
function merged(...sources: readonly (readonly [Proposals, Partial<MergeRules>])[]): CandidateSet {
  const set = new CandidateSet();
  const marks = new ItemMarks();
  set.openMarks(marks, CandidateTests.NONE, 10);
  for (const [proposals, rules] of sources)
    set.merge(proposals, marks, { source: ANN, quota: 1_000, filters: CandidateTests.NONE, maxCount: 100, ...rules });
  return set;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, item) => item);

function itemsOf(set: CandidateSet): number[] {
  return Array.from(set.itemIndexes.subarray(0, set.count));
}

function removed(set: CandidateSet): Record<string, number> {
  return Object.fromEntries(REMOVAL_REASONS.map((reason, i) => [reason, set.removedCounts[i]!]).filter(([, n]) => n));
}

const EVEN = { reason: 'availability', isKept: (item: number) => item % 2 === 0 } as const;
const NOT_4 = { reason: 'excluded', isKept: (item: number) => item !== 4 } as const;
const NOTHING = { reason: 'availability', isKept: () => false } as const;

describe('CandidateSet', () => {
  it('keeps each item once, with the source that proposed it first', () => {
    const set = merged([proposed([4, 2, 4]), { source: POPULAR }], [proposed([2, 9], [0.5, 0.25]), { source: ANN }]);
    expect(itemsOf(set)).toEqual([4, 2, 9]);
    expect(Array.from(set.sources.subarray(0, 3))).toEqual([POPULAR, POPULAR, ANN]);
  });

  it('learns the similarity of an item another source proposed before', () => {
    const set = merged([proposed([4, 2]), { source: POPULAR }], [proposed([2], [0.5]), { source: ANN }]);
    expect(Array.from(set.similarities.subarray(0, 2))).toEqual([NO_SIMILARITY, 0.5]);
  });

  it('learns similarities after it is full, too, and keeps those it has', () => {
    const late = proposed([7, 5, 4, 2], [0.9, 0.8, 0.7, 0.6]);
    const set = merged(
      [proposed([2], [0.1]), { maxCount: 3 }],
      [proposed([3, 4, 5]), { source: POPULAR, filters: new CandidateTests([EVEN]), maxCount: 2 }],
      [late, { maxCount: 2 }],
    );
    expect(itemsOf(set)).toEqual([2, 4]);
    expect(Array.from(set.similarities.subarray(0, 2))).toEqual([Math.fround(0.1), Math.fround(0.7)]);
  });

  it('takes out what filters do not keep and counts it by the first reason', () => {
    const set = merged([proposed(upTo(6)), { filters: new CandidateTests([EVEN, NOT_4, EVEN]) }]);
    expect(itemsOf(set)).toEqual([0, 2]);
    expect(removed(set)).toEqual({ availability: 3, excluded: 1 });
  });

  it('is empty when nothing may stay, and stays so', () => {
    const set = merged(
      [proposed(upTo(3)), { filters: new CandidateTests([NOTHING]) }],
      [proposed(upTo(3)), { source: POPULAR }],
    );
    expect(set.count).toBe(0);
    expect(removed(set)).toEqual({ availability: 3 });
  });

  it('cuts each source down to its quota and the whole to its limit, last sources first', () => {
    const set = merged(
      [proposed([0, 1, 2], [0.5, 0.5, 0.5]), { quota: 2, maxCount: 4 }],
      [proposed([3, 4, 5]), { source: POPULAR, quota: 3, maxCount: 4 }],
    );
    expect(itemsOf(set)).toEqual([0, 1, 3, 4]);
    expect(removed(set)).toEqual({ quota: 2 });
  });

  it('gives the place of what a filter takes out to the next of the same source', () => {
    const set = merged([proposed(upTo(6)), { quota: 2, filters: new CandidateTests([EVEN]) }]);
    expect(itemsOf(set)).toEqual([0, 2]);
    expect(removed(set)).toEqual({ availability: 1, quota: 3 });
  });

  it('does not let a later source bring in what was beyond the quota of an earlier one', () => {
    const set = merged([proposed([0, 1, 2]), { quota: 1 }], [proposed([1, 3]), { source: POPULAR }]);
    expect(itemsOf(set)).toEqual([0, 3]);
    expect(removed(set)).toEqual({ quota: 2 });
  });

  it('asks no filter about what is beyond its limit', () => {
    const asked: number[] = [];
    const noting: CandidateTest = { reason: 'availability', isKept: (item) => asked.push(item) > 0 };
    const rules = { filters: new CandidateTests([noting]), maxCount: 2 };
    const set = merged([proposed(upTo(4)), rules], [proposed([7, 8, 1]), { ...rules, source: POPULAR }]);
    expect(itemsOf(set)).toEqual([0, 1]);
    expect(asked).toEqual([0, 1]);
    expect(removed(set)).toEqual({ quota: 5 });
  });

  it('grows past its first size without losing anything', () => {
    const set = new CandidateSet();
    for (let item = 0; item < 1_000; item++) set.add(item, ANN, NO_SIMILARITY);
    expect(itemsOf(set)).toEqual(upTo(1_000));
    expect(set.scores.length).toBeGreaterThanOrEqual(1_000);
    expect(set.order.length).toBeGreaterThanOrEqual(1_000);
  });
});

describe('CandidateSetPool', () => {
  it('lends a set to one query at a time and hands it out empty again', () => {
    const pool = new CandidateSetPool();
    const [a, b] = [pool.take(), pool.take()];
    expect(a).not.toBe(b);
    a.add(3, ANN, 0.5);
    a.removedCounts[0] = 1;
    a.proposalsOf(1).isComplete = true;
    a.stageTimings[2] = 1;
    a.slateCount = 2;
    pool.give(a);
    const again = pool.take();
    expect(again).toBe(a);
    expect([again.count, again.slateCount]).toEqual([0, 0]);
    expect(again.removedCounts.every((count) => count === 0)).toBe(true);
    expect(again.stageTimings.every((time) => time === 0)).toBe(true);
    expect(again.proposalsOf(1).isComplete).toBe(false);
  });

  it('keeps a bounded number of sets', () => {
    const pool = new CandidateSetPool();
    for (let i = 0; i < 1_000; i++) pool.give(new CandidateSet());
    expect(pool.freeCount).toBeLessThanOrEqual(64);
  });
});
