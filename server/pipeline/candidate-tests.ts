import { FILTER_KINDS } from '../config/scene-config.ts';
import type { ItemMarks } from './item-marks.ts';

/** Why candidates were taken out; places of `CandidateSet.removedCounts`. */
export const REMOVAL_REASONS = [...FILTER_KINDS, 'query_filter', 'audience', 'quota'] as const;
export type RemovalReason = (typeof REMOVAL_REASONS)[number];

/** Says of a catalogue row whether it may be shown. */
export interface ItemPredicate {
  (itemIndex: number): boolean;
  /** The only rows it takes out, where it knows them: it need not be asked of others. Some may be there twice. */
  readonly takenOut?: readonly number[];
}

/** A filter made ready for one query. */
export interface CandidateTest {
  readonly reason: RemovalReason;
  readonly isKept: ItemPredicate;
}

/** Mark of rows some filter names; no place of a list is negative. */
const NAMED = -2;

/**
 * The filters of one query. Those that name the rows they take out are asked of these only, which {@link markNamed} tells from the others:
 * for most candidates there is little left to ask.
 */
export class CandidateTests {
  static readonly NONE: CandidateTests = new CandidateTests([]);

  private readonly all: readonly CandidateTest[];
  /** Those that may take out rows that no filter names. */
  private readonly open: readonly CandidateTest[];

  constructor(tests: readonly CandidateTest[]) {
    this.all = tests;
    this.open = tests.filter(({ isKept }) => isKept.takenOut === undefined);
  }

  /** Rows that filters name; one that several name counts as often. */
  get namedCount(): number {
    let count = 0;
    for (const { isKept } of this.all) count += isKept.takenOut?.length ?? 0;
    return count;
  }

  /** Marks the rows that filters name as {@link NAMED}. */
  markNamed(marks: ItemMarks): void {
    for (const { isKept } of this.all) {
      if (isKept.takenOut !== undefined) for (const item of isKept.takenOut) marks.mark(item, NAMED);
    }
  }

  /** The first reason against a row; undefined when it may be shown. */
  reasonAgainst(itemIndex: number): RemovalReason | undefined {
    return firstAgainst(itemIndex, this.all);
  }

  /** The same of a row that no filter names. */
  reasonAgainstUnnamed(itemIndex: number): RemovalReason | undefined {
    return firstAgainst(itemIndex, this.open);
  }
}

function firstAgainst(itemIndex: number, tests: readonly CandidateTest[]): RemovalReason | undefined {
  for (let t = 0; t < tests.length; t++) if (!tests[t]!.isKept(itemIndex)) return tests[t]!.reason;
  return undefined;
}
