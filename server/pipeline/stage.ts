import type { Deadline } from '../../features/core/deadline.ts';
import { afterwards, type MaybePromise } from '../../features/core/maybe-promise.ts';
import type { SourceKind } from '../config/scene-config.ts';
import type { ItemPredicate, RemovalReason } from './candidate-tests.ts';
import type { Proposals } from './proposals.ts';
import type { SlateDraft } from './slate-draft.ts';
import { addStageTime, type StageName } from './stage-timings.ts';

/**
 * One step from query to slate.
 *
 * Errors: what the failure policy lets a slate do without ends up in `draft.failures`; everything else is thrown.
 */
export interface Stage {
  readonly name: StageName;
  run(draft: SlateDraft): MaybePromise<void>;
}

/**
 * Proposes candidates.
 *
 * Order: strongest first, equal queries give equal proposals. Missing: a source with nothing to say proposes nothing; that is no failure.
 * Excludes: availability, exclusions, other sources: the pipeline sees to them.
 * Errors: category `dependency` or `deadline` costs its candidates only.
 */
export interface Source {
  readonly kind: SourceKind;
  propose(draft: SlateDraft, proposals: Proposals, deadline: Deadline): MaybePromise<void>;
}

/** Takes out what must not be shown. */
export interface CandidateFilter {
  readonly reason: RemovalReason;
  /** The test of one query's candidates; undefined when the query gives it nothing to do. */
  predicateFor(draft: SlateDraft): ItemPredicate | undefined;
}

/**
 * Chooses from the scored candidates and alone decides the order: writes places into `candidates.slate`, best first.
 *
 * Order: by score descending, ties by item id.
 */
export interface Selector {
  select(draft: SlateDraft): void;
}

/** Runs a step and records its time, however it ends. */
export function runStage(stage: Stage, draft: SlateDraft): MaybePromise<void> {
  const startedMs = performance.now();
  return afterwards(
    () => stage.run(draft),
    () => addStageTime(draft.candidates.stageTimings, stage.name, startedMs),
  );
}
