import { VitrineError } from '../../features/core/errors.ts';
import { attempt, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import type { CandidateSet } from './candidate-set.ts';
import { surviveOrThrow } from './fallback/fail-open.ts';
import { scoreInRetrievalOrder } from './fallback/retrieval-order.ts';
import type { SlateDraft } from './slate-draft.ts';
import type { Stage } from './stage.ts';

/** Scores every candidate with the probability that the shopper takes it; keeps retrieval order when there is no ranking. */
export function makeRankStage(budgetMs: number): Stage {
  return {
    name: 'rank',
    run(draft) {
      if (draft.candidates.count === 0) return;
      if (draft.isProfileFailed) return scoreInRetrievalOrder(draft.candidates);
      return attempt(
        () => scoreByProbability(draft, budgetMs),
        (error) => {
          surviveOrThrow(draft, 'ranker', error);
          scoreInRetrievalOrder(draft.candidates);
        },
      );
    },
  };
}

function scoreByProbability(draft: SlateDraft, budgetMs: number): MaybePromise<void> {
  const { candidates, query, context } = draft;
  const { ranker, extractor } = context.model;
  const { count, itemIndexes } = candidates;
  // Under overload the time is gone before ranking begins: leaving it out is what lets the queue get shorter.
  if (query.deadline.isPast()) throw new VitrineError('REC_DEADLINE_EXCEEDED', 'ranking could not begin in time');
  const deadline = query.deadline.within(budgetMs);
  const queryIds = draft.queryIds();
  const cross = extractor.prepareCross(draft.profile, draft.signalContext);
  const work = ranker.rank({ queryIds, cross, itemIndexes, count });
  return whenThere(deadline.inTime(work, 'ranking'), (probabilities) => takeProbabilities(candidates, probabilities));
}

/** Errors: REC_RANKER_FAILED, so that no number a comparator cannot order gets into the scores. */
function takeProbabilities({ count, scores }: CandidateSet, probabilities: Float32Array): void {
  for (let i = 0; i < count; i++) {
    const probability = probabilities[i];
    if (probability === undefined || !Number.isFinite(probability)) {
      throw new VitrineError('REC_RANKER_FAILED', `the ranker answered ${probability} for candidate ${i} of ${count}`);
    }
    scores[i] = probability;
  }
}
