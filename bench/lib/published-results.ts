import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MemoryResult } from '../run-memory.ts';
import type { SweepResult } from '../run-sweep.ts';
import type { SyntheticResult } from '../run-synthetic.ts';
import type { GuardRecord } from './guard-record.ts';
import type { SweepName } from './sweeps.ts';

/** The committed results that documents state; those not recorded yet are missing. */
export interface PublishedResults {
  readonly reference?: SyntheticResult;
  readonly memory?: MemoryResult;
  readonly sweeps: Readonly<Partial<Record<SweepName, SweepResult>>>;
  readonly guard?: GuardRecord;
}

/** Names under which results are recorded, see `npm run bench:record`. */
export const REFERENCE_NAME = 'reference';
export const MEMORY_NAME = 'memory';
export const GUARD_NAME = 'guard-runs';
export const sweepFileName = (sweep: SweepName): string => `sweep-${sweep}`;
/** Sweeps that documents state. */
export const PUBLISHED_SWEEPS: readonly SweepName[] = [
  'scale',
  'candidates',
  'items',
  'fields',
  'connections',
  'store',
];

/** @param folder of results */
export function readPublished(folder: string): PublishedResults {
  const read = <T>(name: string): T | undefined => {
    const file = join(folder, `${name}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
  };
  const reference = read<SyntheticResult>(REFERENCE_NAME);
  const memory = read<MemoryResult>(MEMORY_NAME);
  const guard = read<GuardRecord>(GUARD_NAME);
  const sweeps = PUBLISHED_SWEEPS.flatMap((sweep) => {
    const result = read<SweepResult>(sweepFileName(sweep));
    return result === undefined ? [] : [[sweep, result] as const];
  });
  return {
    ...(reference === undefined ? {} : { reference }),
    ...(memory === undefined ? {} : { memory }),
    ...(guard === undefined ? {} : { guard }),
    sweeps: Object.fromEntries(sweeps),
  };
}
