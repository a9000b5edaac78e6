import type { SceneConfig } from '../config/scene-config.ts';
import { sourceNumberOf } from './candidate-set.ts';
import { type CandidateTest, CandidateTests, type RemovalReason } from './candidate-tests.ts';
import { topUp } from './fallback/top-up.ts';
import { planOf } from './retrieve-stage.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { CandidateFilter, Stage } from './stage.ts';

/** Filters of every query, whatever the scene says: these are promises to the shop and to the caller. */
const ALWAYS = ['availability', 'excluded', 'query_filter', 'audience'] as const;

/**
 * Merges what the sources propose without what must not be shown, each source up to its quota, and fills up from the rest of the shop when
 * too few are left. The first source to propose an item is the one named. Nothing gets into a slate past these filters, on no rung of the
 * fallback ladder.
 */
export function makeFilterStage(filters: readonly CandidateFilter[]): Stage {
  const byReason = new Map(filters.map((filter) => [filter.reason, filter]));
  const byScene = new WeakMap<SceneConfig, readonly CandidateFilter[]>();
  const filtersOf = (scene: SceneConfig): readonly CandidateFilter[] => {
    let known = byScene.get(scene);
    if (known === undefined) {
      const reasons = new Set<RemovalReason>([...scene.filters, ...ALWAYS]);
      known = [...reasons].map((reason) => byReason.get(reason)).filter((filter) => filter !== undefined);
      byScene.set(scene, known);
    }
    return known;
  };
  return {
    name: 'filter',
    run(draft) {
      draft.filters = new CandidateTests(testsOf(draft, filtersOf(draft.query.scene)));
      mergeProposals(draft);
      topUp(draft);
    },
  };
}

/** The filters this query gives something to do. */
function testsOf(draft: SlateDraft, filters: readonly CandidateFilter[]): readonly CandidateTest[] {
  const tests: CandidateTest[] = [];
  for (const filter of filters) {
    const isKept = filter.predicateFor(draft);
    if (isKept !== undefined) tests.push({ reason: filter.reason, isKept });
  }
  return tests;
}

function mergeProposals({ candidates, context, filters, isProfileFailed, query }: SlateDraft): void {
  const { marks } = context;
  const { maxCandidates: maxCount } = query.scene;
  const plan = planOf(query.scene, isProfileFailed);
  candidates.openMarks(marks, filters, maxCount);
  for (let place = 0; place < plan.length; place++) {
    const { kind, quota } = plan[place]!;
    const proposals = candidates.proposalsOf(place);
    if (!proposals.isComplete) continue;
    context.model.catalogue.fetchStates(proposals.itemIndexes, Math.min(proposals.count, maxCount - candidates.count));
    candidates.merge(proposals, marks, { source: sourceNumberOf(kind), quota, filters, maxCount });
  }
}
