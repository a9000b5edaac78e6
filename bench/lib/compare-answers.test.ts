import { describe, expect, it } from 'vitest';
import { disagreementOf } from './compare-answers.ts';

describe('disagreementOf', () => {
  it('lets pass what a wider search at the rim explains, and nothing more', () => {
    const alike = { requestCount: 20, sharedRatio: 0.97, maxScoreDifference: 1e-6 };
    expect(disagreementOf(alike)).toBeUndefined();
    expect(disagreementOf({ ...alike, sharedRatio: 0.9 })).toContain('90.0 % of the items are the same');
    expect(disagreementOf({ ...alike, maxScoreDifference: 0.01 })).toContain('scores differ by up to 0.01');
    expect(disagreementOf({ ...alike, sharedRatio: Number.NaN })).toBeDefined();
  });
});
