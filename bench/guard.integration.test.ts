import { describe, expect, it } from 'vitest';
import { type GuardSizes, runGuard } from './lib/guard-run.ts';
import { type GuardRatio, isWithin, readThresholds } from './lib/guard-thresholds.ts';
import type { SlowedKind } from './lib/slowed-build.ts';

const SIZES: GuardSizes = {
  items: 400,
  candidates: 200,
  warmUp: 200,
  rounds: 5,
  perRound: 15,
  rankerRounds: 10,
  capacityRounds: 1,
  secondsPerRound: 1,
};
const thresholds = readThresholds();

const runSlowed = (slowed: SlowedKind, ratios: readonly GuardRatio[]) =>
  runGuard({ sizes: SIZES, thresholds, ratios, slowed, onStep: () => {} });

describe('latency guard', () => {
  it.each<[SlowedKind, readonly GuardRatio[]]>([
    ['requests', ['serviceToFloor']],
    ['javascript', ['serviceToFloor', 'javascriptToFloor']],
    ['plain-graph', ['foldedToPlain']],
  ])('fails twice over when the build is slowed: %s', async (slowed, ratios) => {
    const { failed, attempts } = await runSlowed(slowed, ratios);
    expect(failed).toEqual(ratios);
    expect(attempts).toHaveLength(2);
    for (const { ratios: found, faults } of attempts) {
      expect(faults).toEqual([]);
      // Slow, and not merely without a measurement.
      for (const name of ratios) {
        expect(found[name]).toBeGreaterThan(0);
        expect(isWithin(found[name]!, thresholds[name])).toBe(false);
      }
    }
  });

  it('measures a ratio that did not pass once more, and those that passed not', async () => {
    const never = { ...thresholds, foldedToPlain: { atMost: 0 }, serviceToFloor: { atMost: 1_000 } };
    const ratios = ['serviceToFloor', 'foldedToPlain'] as const;
    const { failed, attempts } = await runGuard({ sizes: SIZES, thresholds: never, ratios, onStep: () => {} });
    expect(failed).toEqual(['foldedToPlain']);
    expect(attempts.map((attempt) => Object.keys(attempt.ratios))).toEqual([
      ['serviceToFloor', 'foldedToPlain'],
      ['foldedToPlain'],
    ]);
  });
});
