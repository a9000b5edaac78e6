import { describe, expect, it } from 'vitest';
import { CandidateSet, CandidateSetPool, REMOVAL_REASONS, sourceNumberOf } from './candidate-set.ts';
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

function aSet(itemCount: number, source = ANN): CandidateSet {
  const set = new CandidateSet();
  for (let item = 0; item < itemCount; item++) set.add(item, source, NO_SIMILARITY);
  return set;
}

function itemsOf(set: CandidateSet): number[] {
  return Array.from(set.itemIndexes.subarray(0, set.count));
}

function removed(set: CandidateSet): Record<string, number> {
  return Object.fromEntries(REMOVAL_REASONS.map((reason, i) => [reason, set.removedCounts[i]!]).filter(([, n]) => n));
}

const EVEN = { reason: 'availability', isKept: (item: number) => item % 2 === 0 } as const;
const NOT_4 = { reason: 'excluded', isKept: (item: number) => item !== 4 } as const;
const NOTHING = { reason: 'availability', isKept: () => false } as const;
const ROOMY = (): Int32Array => new Int32Array(8).fill(1_000);

describe('CandidateSet', () => {
  it('keeps each item once, with the source that proposed it first', () => {
    const set = new CandidateSet();
    const marks = new ItemMarks();
    set.markAll(marks, 10);
    set.merge(proposed([4, 2, 4]), POPULAR, marks);
    set.merge(proposed([2, 9], [0.5, 0.25]), ANN, marks);
    expect(itemsOf(set)).toEqual([4, 2, 9]);
    expect(Array.from(set.sources.subarray(0, 3))).toEqual([POPULAR, POPULAR, ANN]);
  });

  it('learns the similarity of an item another source proposed before', () => {
    const set = new CandidateSet();
    const marks = new ItemMarks();
    set.markAll(marks, 10);
    set.merge(proposed([4, 2]), POPULAR, marks);
    set.merge(proposed([2], [0.5]), ANN, marks);
    expect(Array.from(set.similarities.subarray(0, 2))).toEqual([NO_SIMILARITY, 0.5]);
  });

  it('takes out in place, keeps the order and counts by the first reason', () => {
    const set = aSet(6);
    set.keep([EVEN, NOT_4, EVEN], ROOMY(), 100);
    expect(itemsOf(set)).toEqual([0, 2]);
    expect(removed(set)).toEqual({ availability: 3, excluded: 1 });
  });

  it('is empty when nothing may stay, and stays so', () => {
    const set = aSet(3);
    set.keep([NOTHING], ROOMY(), 100);
    set.keep([], ROOMY(), 100);
    expect(set.count).toBe(0);
    expect(removed(set)).toEqual({ availability: 3 });
  });

  it('cuts each source down to its quota and the whole to its limit, last sources first', () => {
    const set = new CandidateSet();
    for (const item of [0, 1, 2]) set.add(item, ANN, 0.5);
    for (const item of [3, 4, 5]) set.add(item, POPULAR, NO_SIMILARITY);
    const quotas = new Int32Array(8);
    quotas[ANN] = 2;
    quotas[POPULAR] = 3;
    set.keep([], quotas, 4);
    expect(itemsOf(set)).toEqual([0, 1, 3, 4]);
    expect(removed(set)).toEqual({ quota: 2 });
  });

  it('gives the place of what a filter takes out to the next of the same source', () => {
    const set = aSet(6);
    const quotas = new Int32Array(8);
    quotas[ANN] = 2;
    set.keep([EVEN], quotas, 100);
    expect(itemsOf(set)).toEqual([0, 2]);
    expect(removed(set)).toEqual({ availability: 1, quota: 3 });
  });

  it('grows past its first size without losing anything', () => {
    const set = aSet(1_000);
    expect(itemsOf(set)).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
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
    a.keep([NOTHING], ROOMY(), 100);
    a.stageTimings[2] = 1;
    a.slateCount = 2;
    pool.give(a);
    const again = pool.take();
    expect(again).toBe(a);
    expect([again.count, again.slateCount]).toEqual([0, 0]);
    expect(again.removedCounts.every((count) => count === 0)).toBe(true);
    expect(again.stageTimings.every((time) => time === 0)).toBe(true);
  });

  it('keeps a bounded number of sets', () => {
    const pool = new CandidateSetPool();
    for (let i = 0; i < 1_000; i++) pool.give(new CandidateSet());
    expect(pool.freeCount).toBeLessThanOrEqual(64);
  });
});
