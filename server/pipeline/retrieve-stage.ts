import type { Deadline } from '../../features/core/deadline.ts';
import { attempt, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import type { SceneConfig, SourceKind } from '../config/scene-config.ts';
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

/**
 * Asks all sources of the plan at once; their proposals wait in the candidate set, by place in the plan.
 *
 * Sources are asked for more than their quota, since filters come after; the filter stage merges and trims.
 */
export function makeRetrieveStage(sources: Readonly<Record<SourceKind, Source>>, budgetMs: number): Stage {
  return {
    name: 'retrieve',
    run(draft) {
      const plan = planOf(draft.query.scene, draft.isProfileFailed);
      const deadline = draft.query.deadline.within(budgetMs);
      const pending: Promise<void>[] = [];
      for (const [place, { kind, quota }] of plan.entries()) {
        // What ends the query is a rejection, so that those asked before are not left without a reader.
        const asked = attempt(() => ask(draft, sources[kind], { quota, place, deadline }), rejection);
        if (asked instanceof Promise) pending.push(asked);
      }
      return pending.length === 0 ? undefined : Promise.all(pending).then(ignore);
    },
  };
}

/** The proposals are complete when the source answers in time. */
function ask(
  draft: SlateDraft,
  source: Source,
  { quota, place, deadline }: { quota: number; place: number; deadline: Deadline },
): MaybePromise<void> {
  const proposals = draft.candidates.proposalsOf(place);
  proposals.open(limitOf(draft, quota));
  return attempt(
    () =>
      whenThere(deadline.inTime(source.propose(draft, proposals, deadline), `source ${source.kind}`), () => {
        proposals.isComplete = true;
      }),
    (error) => surviveOrThrow(draft, source.kind === 'ann' ? 'retriever' : 'source', error),
  );
}

function ignore(): void {}

function rejection(error: unknown): Promise<never> {
  return Promise.reject(error);
}

/** Enough that the quota is full after filters in all but narrow cases; those are topped up. */
function limitOf({ query, profile, context }: SlateDraft, quota: number): number {
  const { brand, category, minPrice, maxPrice } = query.filter;
  const isNarrowed = brand !== undefined || category !== undefined || minPrice !== undefined || maxPrice !== undefined;
  const factor = Math.min(MAX_OVER_FETCH, (isNarrowed ? 2 : 1) / context.availableRatio);
  const known = query.excludeItemIds.length + query.contextItemIds.length + profile.recent.purchase.itemIds.length;
  return Math.min(MAX_PROPOSALS, Math.ceil(quota * factor) + known);
}
