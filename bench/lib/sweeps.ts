import { VitrineError } from '../../features/core/errors.ts';
import type { SyntheticRunOptions } from '../run-synthetic.ts';
import { STORE_KINDS } from './bench-store.ts';

/** One setting of a sweep: its name, and the options it changes. */
export interface SweepPoint {
  readonly label: string;
  readonly options: Partial<SyntheticRunOptions>;
}

interface Sweep {
  /** What varies, for the axis of a plot. */
  readonly title: string;
  readonly isLogarithmic: boolean;
  readonly defaults: readonly string[];
  readonly point: (text: string) => Partial<SyntheticRunOptions>;
}

const count = (name: 'items' | 'candidates' | 'fields' | 'connections') => (text: string) => {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return { [name]: value };
  throw new VitrineError('REC_INVALID_CONFIG', `--points: ${text} given, expected whole numbers above 0, as 50,100`);
};

const storeOf = (text: string): Partial<SyntheticRunOptions> => {
  const store = STORE_KINDS.find((kind) => kind === text);
  if (store !== undefined) return { store };
  throw new VitrineError('REC_INVALID_CONFIG', `--points: ${text} given, expected ${STORE_KINDS.join(' or ')}`);
};

/** `<products>/<candidates>` */
const scaleOf = (text: string): Partial<SyntheticRunOptions> => {
  const [items, candidates] = text.split('/');
  return { ...count('items')(items ?? ''), ...count('candidates')(candidates ?? '') };
};

/** What can be varied, all else as the flags say. */
export const SWEEPS = {
  candidates: {
    title: 'candidates ranked for each request',
    isLogarithmic: true,
    defaults: ['50', '100', '200', '500', '1000'],
    point: count('candidates'),
  },
  items: {
    title: 'products',
    isLogarithmic: true,
    defaults: ['10000', '30000', '100000', '300000', '1000000'],
    point: count('items'),
  },
  fields: {
    title: 'fields of the feature schema',
    isLogarithmic: false,
    defaults: ['8', '16', '24', '32', '48'],
    point: count('fields'),
  },
  connections: {
    title: 'connections',
    isLogarithmic: true,
    defaults: ['1', '2', '4', '8', '16', '32', '64'],
    point: count('connections'),
  },
  store: { title: 'store', isLogarithmic: false, defaults: [...STORE_KINDS], point: storeOf },
  scale: {
    title: 'products/candidates',
    isLogarithmic: false,
    defaults: ['100000/200', '1000000/500'],
    point: scaleOf,
  },
} as const satisfies Readonly<Record<string, Sweep>>;

export type SweepName = keyof typeof SWEEPS;
export const SWEEP_NAMES = Object.keys(SWEEPS) as readonly SweepName[];

/**
 * The settings of a sweep in order.
 *
 * Errors: REC_INVALID_CONFIG for a point the sweep does not know.
 *
 * @param points separated by commas; undefined for the sweep's own
 */
export function pointsOf(name: SweepName, points: string | undefined): readonly SweepPoint[] {
  const { defaults, point } = SWEEPS[name];
  return (points?.split(',') ?? defaults).map((text) => ({ label: text.trim(), options: point(text.trim()) }));
}
