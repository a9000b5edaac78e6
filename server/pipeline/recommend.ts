import type { TagSet } from '../../features/profile/tags.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { BudgetsConfig } from '../config/config-schema.ts';
import { answer } from './answer.ts';
import { CandidateSetPool } from './candidate-set.ts';
import { makeFilterStage } from './filter-stage.ts';
import { makeFilters } from './filters/filters.ts';
import { makeKnowStage } from './know-stage.ts';
import type { ModelContext } from './model-context.ts';
import type { Recommender } from './query.ts';
import { makeRankStage } from './rank-stage.ts';
import { makeRetrieveStage } from './retrieve-stage.ts';
import { makeSelectStage } from './select-stage.ts';
import { topNSelector } from './selection/top-n-selector.ts';
import { type OnServed, reportServed } from './served.ts';
import { SlateDraft } from './slate-draft.ts';
import { makeSources } from './sources/sources.ts';
import { runStage } from './stage.ts';

export interface RecommenderParts {
  readonly store: Pick<FeatureStore, 'readProfile'>;
  /** The model that serves; asked once per query, which then sees one model from start to end. */
  readonly modelContext: () => ModelContext;
  readonly budgets: Pick<BudgetsConfig, 'storeMs' | 'retrievalMs' | 'rankMs'>;
  /** Tags the audiences of scenes go by. */
  readonly tagSet: TagSet;
  /** Called after each reply. */
  readonly onServed?: OnServed;
  /** Told what {@link onServed} throws, which never reaches the reply. */
  readonly onServedFailure?: (error: unknown) => void;
}

/** Makes what answers queries: from a query to a slate, step by step. */
export function createRecommender(parts: RecommenderParts): Recommender {
  const { store, budgets } = parts;
  const stages = [
    makeKnowStage(store, budgets.storeMs), // what is known of the shopper
    makeRetrieveStage(makeSources(), budgets.retrievalMs), // what could be shown
    makeFilterStage(makeFilters(parts.tagSet)), // what must not be shown goes, quotas hold, gaps are filled
    makeRankStage(budgets.rankMs), // how probable each is for this shopper, now
    makeSelectStage(topNSelector), // which of them, in which order
  ];
  const pool = new CandidateSetPool();

  return {
    async recommend(query) {
      const draft = new SlateDraft(query, parts.modelContext(), pool.take());
      for (const stage of stages) {
        const running = runStage(stage, draft);
        // Most have ended by now: awaiting those, too, would be a turn of the queue each.
        if (running instanceof Promise) await running;
      }
      const answered = answer(draft); // what is sent, with reasons if asked for
      const slate = answered instanceof Promise ? await answered : answered;
      reportServed(parts, slate, draft, pool); // counted after the reply
      return slate;
    },
  };
}
