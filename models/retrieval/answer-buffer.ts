import type { RetrievalResult } from './retriever.ts';

/** Holds the answers of one retriever, so that a search allocates only when its shape is larger than any before it. */
export class AnswerBuffer {
  private itemIndexes: Int32Array = new Int32Array(0);
  private similarities: Float32Array = new Float32Array(0);
  private latest: RetrievalResult | undefined;

  /** An answer of the given shape with all places empty (-1 and NaN); the one before it is no longer valid. */
  open(queryCount: number, k: number): RetrievalResult {
    const length = queryCount * k;
    if (this.latest === undefined || this.latest.queryCount !== queryCount || this.latest.k !== k) {
      if (this.itemIndexes.length < length) {
        this.itemIndexes = new Int32Array(length);
        this.similarities = new Float32Array(length);
      }
      this.latest = {
        itemIndexes: this.itemIndexes.subarray(0, length),
        similarities: this.similarities.subarray(0, length),
        queryCount,
        k,
      };
    }
    this.latest.itemIndexes.fill(-1);
    this.latest.similarities.fill(Number.NaN);
    return this.latest;
  }
}
