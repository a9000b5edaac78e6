import type { MaybePromise } from '../../features/core/maybe-promise.ts';
import type { CrossWriter } from '../../features/schema/cross-fields.ts';

/** The candidates of one query, as rankers read them. */
export interface RankRequest {
  /** Ids of user and context fields, shape `[querySlotCount]`. */
  readonly queryIds: Int32Array;
  /** Fills the cross slots of a candidate. */
  readonly cross: CrossWriter;
  /** Rows of the catalogue; may be longer than `count`. */
  readonly itemIndexes: Int32Array;
  /** Candidates. */
  readonly count: number;
}

/**
 * Gives each candidate the probability that the shopper takes it.
 *
 * Order: one probability per candidate, in the order given. Probabilities are 0..1, higher is better, as calibrated as the manifest's
 * metrics say. A product's fields count as they are when {@link rank} is called.
 * Errors: REC_RANKER_FAILED, thrown or as a rejection, when the model fails or a number is not within 0..1.
 */
export interface Ranker {
  /** `folded`: with `ranker.serving.onnx`; `plain`: with `ranker.onnx`. */
  readonly form: 'folded' | 'plain';
  /**
   * @returns shape `[count]`; the caller's own, since calls of several queries overlap
   * Ownership: the arrays of `request` must not change before the result is there; `cross` is called before `rank` returns.
   */
  rank(request: RankRequest): MaybePromise<Float32Array>;
}
