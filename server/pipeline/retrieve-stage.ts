import type { Deadline } from '../../features/core/deadline.ts';
import type { SceneConfig, SourceKind } from '../config/scene-config.ts';
import { SOURCE_NAMES, sourceNumberOf } from './candidate-set.ts';
import { surviveOrThrow } from './fallback/fail-open.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { Source, Stage } from './stage.ts';

/** A source and how many of its candidates may reach ranking. */
export interface PlannedSource {
  readonly kind: SourceKind;
  readonly quota: number;
}

/** Candidates a fallback source brings when the scene gives it no quota: several times the longest slate, so that the category cap has a choice. */
const FALLBACK_QUOTA = 400;
const MAX_OVER_FETCH = 4;
const MAX_PROPOSALS = 10_000;

/** What a query draws from: the scene's sources, or its fallback when the shopper could not be known. */
export function planOf(scene: SceneConfig, isProfileFailed: boolean): readonly PlannedSource[] {
  if (!isProfileFailed) return scene.sources;
  return scene.fallback.map((kind) => ({
    kind,
    quota: scene.sources.find((source) => source.kind === kind)?.quota ?? FALLBACK_QUOTA,
  }));
}

/** Quota of every source by its number. */
export function quotasOf(plan: readonly PlannedSource[]): Int32Array {
  const quotas = new Int32Array(SOURCE_NAMES.length);
  for (const { kind, quota } of plan) quotas[sourceNumberOf(kind)] = quota;
  return quotas;
}

/**
 * Asks all sources of the plan at once and merges their proposals: the first source to propose an item is the one named.
 *
 * Sources are asked for more than their quota, since filters come after; the filter stage trims.
 */
export function makeRetrieveStage(sources: Readonly<Record<SourceKind, Source>>, budgetMs: number): Stage {
  return {
    name: 'retrieve',
    async run(draft) {
      const plan = planOf(draft.query.scene, draft.isProfileFailed);
      const deadline = draft.query.deadline.within(budgetMs);
      const hasAnswered = new Array<boolean>(plan.length).fill(false);
      await Promise.all(
        plan.map(async ({ kind, quota }, place) => {
          hasAnswered[place] = await ask(draft, sources[kind], { quota, place, deadline });
        }),
      );
      mergeAll(draft, plan, hasAnswered);
    },
  };
}

/** Whether the source answered in time. */
async function ask(
  draft: SlateDraft,
  source: Source,
  { quota, place, deadline }: { quota: number; place: number; deadline: Deadline },
): Promise<boolean> {
  const proposals = draft.candidates.proposalsOf(place);
  proposals.open(limitOf(draft, quota));
  try {
    const pending = source.propose(draft, proposals, deadline);
    if (pending !== undefined) await deadline.race(pending, `source ${source.kind}`);
    return true;
  } catch (error) {
    surviveOrThrow(draft, source.kind === 'ann' ? 'retriever' : 'source', error);
    return false;
  }
}

function mergeAll(draft: SlateDraft, plan: readonly PlannedSource[], hasAnswered: readonly boolean[]): void {
  const { candidates, context } = draft;
  candidates.markAll(context.marks, context.model.catalogue.size);
  for (const [place, { kind }] of plan.entries()) {
    if (hasAnswered[place] === true)
      candidates.merge(candidates.proposalsOf(place), sourceNumberOf(kind), context.marks);
  }
}

/** Enough that the quota is full after filters in all but narrow cases; those are topped up. */
function limitOf({ query, profile, context }: SlateDraft, quota: number): number {
  const { brand, category, minPrice, maxPrice } = query.filter;
  const isNarrowed = brand !== undefined || category !== undefined || minPrice !== undefined || maxPrice !== undefined;
  const factor = Math.min(MAX_OVER_FETCH, (isNarrowed ? 2 : 1) / context.availableRatio);
  const known = query.excludeItemIds.length + query.contextItemIds.length + profile.recent.purchase.itemIds.length;
  return Math.min(MAX_PROPOSALS, Math.ceil(quota * factor) + known);
}
