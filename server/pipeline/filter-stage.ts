import type { SceneConfig } from '../config/scene-config.ts';
import type { CandidateTest, RemovalReason } from './candidate-set.ts';
import { topUp } from './fallback/top-up.ts';
import { planOf, quotasOf } from './retrieve-stage.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { CandidateFilter, Stage } from './stage.ts';

/** Filters of every query, whatever the scene says: these are promises to the shop and to the caller. */
const ALWAYS = ['availability', 'excluded', 'query_filter', 'audience'] as const;

/**
 * Takes out what must not be shown, cuts sources down to their quotas, and fills up from the rest of the shop when too few are left.
 * Nothing gets into a slate past these filters, on no rung of the fallback ladder.
 */
export function makeFilterStage(filters: readonly CandidateFilter[]): Stage {
  const byReason = new Map(filters.map((filter) => [filter.reason, filter]));
  return {
    name: 'filter',
    run(draft) {
      const { candidates, context, query } = draft;
      draft.filters = activeFiltersOf(draft, byReason);
      context.model.catalogue.prefetch(candidates.itemIndexes, candidates.count);
      const quotas = quotasOf(planOf(query.scene, draft.isProfileFailed));
      candidates.keep(draft.filters, quotas, query.scene.maxCandidates);
      topUp(draft);
    },
  };
}

function activeFiltersOf(
  draft: SlateDraft,
  filters: ReadonlyMap<RemovalReason, CandidateFilter>,
): readonly CandidateTest[] {
  const active: CandidateTest[] = [];
  for (const reason of reasonsOf(draft.query.scene)) {
    const isKept = filters.get(reason)?.predicateFor(draft);
    if (isKept !== undefined) active.push({ reason, isKept });
  }
  return active;
}

function reasonsOf(scene: SceneConfig): ReadonlySet<RemovalReason> {
  return new Set<RemovalReason>([...scene.filters, ...ALWAYS]);
}
