import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../core/clock.ts';
import { type CategoryRhythm, RHYTHM_CAPACITY } from './profile.ts';
import { addToRhythms, meanIntervalMs, nextDueAtMs } from './rhythm.ts';

const START_MS = 1_700_000_000_000;
const day = (count: number): number => START_MS + count * MS_PER_DAY;

function rhythmsOf(...purchases: [category: string, onDay: number][]): CategoryRhythm[] {
  const rhythms: CategoryRhythm[] = [];
  for (const [category, onDay] of purchases) {
    addToRhythms(rhythms, { category, purchaseCount: 1, firstAtMs: day(onDay), lastAtMs: day(onDay) });
  }
  return rhythms;
}

describe('purchase rhythm', () => {
  it('counts purchases by category with the first and the last, in any order', () => {
    const expected = [
      { category: 'tea', purchaseCount: 1, firstAtMs: day(40), lastAtMs: day(40) },
      { category: 'milk', purchaseCount: 3, firstAtMs: day(0), lastAtMs: day(28) },
    ];
    expect(rhythmsOf(['milk', 0], ['milk', 14], ['milk', 28], ['tea', 40])).toEqual(expected);
    expect(rhythmsOf(['tea', 40], ['milk', 28], ['milk', 0], ['milk', 14])).toEqual(expected);
  });

  it('stands by name when two categories were bought together', () => {
    expect(rhythmsOf(['b', 1], ['a', 1]).map(({ category }) => category)).toEqual(['a', 'b']);
  });

  it('drops the category bought longest ago beyond the bound', () => {
    const purchases = Array.from({ length: RHYTHM_CAPACITY + 1 }, (_, i): [string, number] => [`c${i}`, i]);
    const kept = rhythmsOf(...purchases).map(({ category }) => category);
    expect(kept).toHaveLength(RHYTHM_CAPACITY);
    expect(kept[0]).toBe('c16');
    expect(kept.at(-1)).toBe('c1');
  });

  it('has its next purchase due one mean interval after the last', () => {
    // 28 days in two intervals make 14 days; 28 + 14 = 42.
    const [milk] = rhythmsOf(['milk', 0], ['milk', 20], ['milk', 28]);
    expect(meanIntervalMs(milk!)).toBe(14 * MS_PER_DAY);
    expect(nextDueAtMs(milk!)).toBe(day(42));
  });

  it('is none after one purchase, nor when purchases are less than a day apart on average', () => {
    const [once] = rhythmsOf(['milk', 0]);
    expect(nextDueAtMs(once!)).toBeNaN();
    const [sameDay] = rhythmsOf(['milk', 0], ['milk', 0.1], ['milk', 1.9]);
    expect(meanIntervalMs(sameDay!)).toBeNaN();
    const [daily] = rhythmsOf(['milk', 0], ['milk', 1]);
    expect(meanIntervalMs(daily!)).toBe(MS_PER_DAY);
  });
});
