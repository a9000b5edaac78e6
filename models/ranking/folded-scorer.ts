import type { MaybePromise } from '../../features/core/maybe-promise.ts';
import type { RankRequest } from './ranker.ts';

/** A query ready for the model. */
export interface PreparedRanking {
  readonly count: number;
  /** Answers as {@link FoldedScorer.rank}. */
  readonly run: () => MaybePromise<Float32Array>;
}

/**
 * Computes what a folded ranker answers, over products that are folded already.
 *
 * Order, errors and ownership: as of `Ranker.rank`; a request has at least one candidate.
 */
export interface FoldedScorer {
  readonly engine: 'onnxruntime' | 'kernel';
  rank(request: RankRequest): MaybePromise<Float32Array>;
  /** Inputs of a request in memory of their own. */
  prepare(request: RankRequest): PreparedRanking;
  close(): Promise<void>;
}
