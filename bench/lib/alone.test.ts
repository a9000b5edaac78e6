import { describe, expect, it } from 'vitest';
import { sumOutcomes } from './alone.ts';
import { median } from './median.ts';

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 100])).toBe(3.5);
  });
});

describe('sumOutcomes', () => {
  it('adds counts and reasons up', () => {
    const none = { okCount: 0, non2xxCount: 0, degradedCount: 0, emptyCount: 0, rejectedCount: 0 };
    const sum = sumOutcomes([
      { ...none, sentCount: 5, okCount: 4, errorCount: 1, reasons: { closed: 1 } },
      { ...none, sentCount: 3, errorCount: 3, reasons: { closed: 2, timeout: 1 } },
    ]);
    expect(sum).toEqual({ ...none, sentCount: 8, okCount: 4, errorCount: 4, reasons: { closed: 3, timeout: 1 } });
  });
});
