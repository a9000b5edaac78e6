import { VitrineError } from '../../features/core/errors.ts';
import { surviveOrThrow } from './fallback/fail-open.ts';
import { scoreInRetrievalOrder } from './fallback/retrieval-order.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { Stage } from './stage.ts';

/** Scores every candidate with the probability that the shopper takes it; keeps retrieval order when there is no ranking. */
export function makeRankStage(budgetMs: number): Stage {
  return {
    name: 'rank',
    async run(draft) {
      if (draft.candidates.count === 0) return;
      if (draft.isProfileFailed) {
        scoreInRetrievalOrder(draft.candidates);
        return;
      }
      try {
        await scoreByProbability(draft, budgetMs);
      } catch (error) {
        surviveOrThrow(draft, 'ranker', error);
        scoreInRetrievalOrder(draft.candidates);
      }
    },
  };
}

async function scoreByProbability(draft: SlateDraft, budgetMs: number): Promise<void> {
  const { candidates, query, context } = draft;
  const { ranker } = context.model;
  const { count } = candidates;
  writeFeatures(draft);
  const deadline = query.deadline.within(budgetMs);
  await context.rankerTurns.take(async () => {
    const probabilities = await deadline.race(ranker.rank(candidates.featureMatrix, count), 'ranking');
    for (let i = 0; i < count; i++) {
      const probability = probabilities[i];
      if (probability === undefined || !Number.isFinite(probability)) {
        throw new VitrineError(
          'REC_RANKER_FAILED',
          `the ranker answered ${probability} for candidate ${i} of ${count}`,
        );
      }
      candidates.scores[i] = probability;
    }
  });
}

/** One feature row per candidate, as of the query's moment. */
function writeFeatures(draft: SlateDraft): void {
  const { candidates, profile, signalContext, context } = draft;
  const { extractor } = context.model;
  const { slotCount } = extractor.layout;
  const queryIds = draft.queryIds();
  const cross = extractor.prepareCross(profile, signalContext);
  candidates.reserveFeatures(extractor.querySlotCount, candidates.count, slotCount);
  const row = { ids: candidates.featureMatrix, start: 0 };
  for (let i = 0; i < candidates.count; i++) {
    row.start = i * slotCount;
    extractor.writeCandidate(queryIds, cross, candidates.itemIndexes[i]!, row);
  }
}
