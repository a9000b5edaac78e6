import { type ErrorCategory, VitrineError } from '../../../features/core/errors.ts';
import type { DegradationTier } from '../query.ts';
import type { SlateDraft } from '../slate-draft.ts';

/** Parts a slate can do without. */
export type FailingPart = 'profile' | 'retriever' | 'source' | 'ranker';

interface FailOpenRule {
  /** Lower bound of the rung; what the slate is made of in the end can put it lower still. */
  readonly tier: DegradationTier;
  /** By category of the failure; a category that is not here ends the query. */
  readonly reasons: Readonly<Partial<Record<ErrorCategory, string>>>;
}

/**
 * Which failures a slate survives, and how it is called then.
 *
 * Bugs, misconfiguration and broken artifacts are in no row, except a shopper's record that cannot be decoded: it is one shopper's, who
 * still gets a slate, and it is reported as the error it is.
 */
export const FAIL_OPEN: Readonly<Record<FailingPart, FailOpenRule>> = {
  profile: {
    tier: 'popularity',
    reasons: { dependency: 'store_unavailable', deadline: 'store_timeout', artifact: 'profile_unreadable' },
  },
  retriever: {
    tier: 'fewer_candidates',
    reasons: { dependency: 'retriever_failed', deadline: 'retriever_failed', overload: 'retriever_failed' },
  },
  source: {
    tier: 'fewer_candidates',
    reasons: { dependency: 'source_failed', deadline: 'source_failed', overload: 'source_failed' },
  },
  ranker: {
    tier: 'retrieval_order',
    reasons: { dependency: 'ranker_failed', deadline: 'ranker_failed', overload: 'ranker_failed' },
  },
};

/** Notes a failure the slate survives. Errors: throws `error` again when the table does not let it pass. */
export function surviveOrThrow(draft: SlateDraft, part: FailingPart, error: unknown): void {
  const rule = FAIL_OPEN[part];
  const reason = error instanceof VitrineError ? rule.reasons[error.category] : undefined;
  if (reason === undefined) throw error;
  draft.failures.push({ tier: rule.tier, reason, error });
  if (part !== 'profile' && error instanceof VitrineError && error.category === 'deadline') draft.hasLateWork = true;
}
