import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GUARD_SIZES } from './lib/guard-run.ts';

interface Runs {
  readonly sizes: object;
  readonly summary: { readonly count: number; readonly min: number; readonly median: number; readonly max: number };
  readonly runs: readonly { readonly ratio: number; readonly isClean: boolean }[];
}

const read = (path: string): unknown => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const { limit } = (read('./guard-thresholds.json') as { serviceToFloor: { limit: number } }).serviceToFloor;
const { sizes, summary, runs } = read('./results/guard-runs.json') as Runs;

describe('guard threshold', () => {
  it('rests on at least ten clean runs of the sizes the guard has', () => {
    expect(sizes).toEqual(GUARD_SIZES);
    expect(runs.length).toBeGreaterThanOrEqual(10);
    expect(summary.count).toBe(runs.length);
    expect(runs.every(({ isClean }) => isClean)).toBe(true);
  });

  it('leaves the noisiest of them a margin of a tenth to a quarter', () => {
    const highest = Math.max(...runs.map(({ ratio }) => ratio));
    expect(limit / highest).toBeGreaterThanOrEqual(1.1);
    expect(limit / highest).toBeLessThanOrEqual(1.25);
  });
});
