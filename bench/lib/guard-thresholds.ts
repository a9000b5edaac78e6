import { readFileSync } from 'node:fs';
import { VitrineError } from '../../features/core/errors.ts';

/** What the guard holds a build to: numbers of one run divided by each other, never an absolute time. */
export const GUARD_RATIOS = {
  serviceToFloor: 'a request over HTTP / the bare calls it cannot do without',
  javascriptToFloor: 'time of a request outside native calls / the bare calls',
  foldedToPlain: 'ranking as served / ranking with the plain graph',
  capacityToPlain: 'full slates per second of processor time / those of the plain service',
} as const;
export type GuardRatio = keyof typeof GUARD_RATIOS;

export const GUARD_RATIO_NAMES = Object.keys(GUARD_RATIOS) as readonly GuardRatio[];

/** One of the two: a ratio is better when lower, or when higher. */
export interface Threshold {
  readonly atMost?: number;
  readonly atLeast?: number;
}
export type Thresholds = Readonly<Record<GuardRatio, Threshold>>;

/** The committed thresholds; what justifies them is in bench/results/guard-runs.json. */
export function readThresholds(): Thresholds {
  const text = readFileSync(new URL('../guard-thresholds.json', import.meta.url), 'utf8');
  const thresholds = JSON.parse(text) as Partial<Record<string, Threshold>>;
  for (const name of GUARD_RATIO_NAMES) {
    const { atMost, atLeast } = thresholds[name] ?? {};
    if (typeof atMost === 'number' ? atLeast === undefined : typeof atLeast === 'number') continue;
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `guard-thresholds.json: ${name} is ${JSON.stringify(thresholds[name])}, expected atMost or atLeast`,
    );
  }
  return thresholds as Thresholds;
}

/** Whether a ratio passes; no number does not. */
export function isWithin(ratio: number, { atMost, atLeast }: Threshold): boolean {
  // Written so that it holds for NaN, too.
  return atMost === undefined ? ratio >= (atLeast ?? Number.NaN) : ratio <= atMost;
}

export function describeThreshold({ atMost, atLeast }: Threshold): string {
  return atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
}
