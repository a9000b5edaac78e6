import type { ShopperKey } from '../../features/core/ids.ts';
import type { CandidateSetPool } from './candidate-set.ts';
import type { Query, Slate } from './query.ts';
import type { Failure, SlateDraft } from './slate-draft.ts';
import type { StageTimings } from './stage-timings.ts';

/** How one slate came about. Valid during the call it is passed to. */
export interface ServedFacts {
  readonly stageTimings: StageTimings;
  /** Candidates that reached ranking. */
  readonly candidateCount: number;
  /** By place in REMOVAL_REASONS. */
  readonly removedCounts: Int32Array;
  readonly failures: readonly Failure[];
  /** Whose profile shaped the slate; undefined when none did. */
  readonly shapedBy: ShopperKey | undefined;
}

/** Told of a slate after it was sent: metrics and logs. */
export type OnServed = (slate: Slate, query: Query, facts: ServedFacts) => void;

/** Who is told of served slates, and of errors in telling. */
export interface ServedListeners {
  readonly onServed?: OnServed;
  readonly onServedFailure?: (error: unknown) => void;
}

/** Tells the listener once the reply is out, then gives the candidates back, unless late work may still write to them. */
export function reportServed(
  listeners: ServedListeners,
  slate: Slate,
  draft: SlateDraft,
  pool: Pick<CandidateSetPool, 'give'>,
): void {
  const { query, candidates, failures, shapedBy } = draft;
  setImmediate(() => {
    try {
      const { stageTimings, count: candidateCount, removedCounts } = candidates;
      listeners.onServed?.(slate, query, { stageTimings, candidateCount, removedCounts, failures, shapedBy });
    } catch (error) {
      listeners.onServedFailure?.(error);
    } finally {
      if (!draft.hasLateWork) pool.give(candidates);
    }
  });
}
