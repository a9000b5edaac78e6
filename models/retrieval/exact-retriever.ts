import { selectTopK } from '../../features/transform/top-k.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import type { RetrievalResult, Retriever } from './retriever.ts';
import { checkEmbeddingShape, checkSearchShape, copyUnitEmbedding } from './unit-embedding.ts';

/**
 * Finds nearest products by comparing a query with every one of them: the oracle for approximate search.
 *
 * Cost: O(itemCount * embeddingDim) per query, about 0.15 ms a thousand products of 64 dimensions; blocks the event loop.
 */
export class ExactRetriever implements Retriever {
  readonly embeddingDim: number;
  readonly itemCount: number;
  readonly description: string;
  private readonly embeddings: Float32Array;
  private readonly query: Float32Array;
  private readonly similarities: Float32Array;
  private readonly answers = new AnswerBuffer();

  /**
   * @param embeddings shape `[itemCount, embeddingDim]`, row-major; copied and normalised
   * Errors: REC_RETRIEVER_FAILED for a wrong shape, a number that is not finite or a row of zeros.
   */
  constructor(embeddings: Float32Array, itemCount: number, embeddingDim: number) {
    checkEmbeddingShape(embeddings, itemCount, embeddingDim);
    this.embeddingDim = embeddingDim;
    this.itemCount = itemCount;
    this.description = `exact search over ${itemCount} items of ${embeddingDim} dimensions`;
    this.embeddings = new Float32Array(embeddings.length);
    for (let item = 0; item < itemCount; item++) {
      const row = this.embeddings.subarray(item * embeddingDim, (item + 1) * embeddingDim);
      copyUnitEmbedding(embeddings, item, row, 'item embedding');
    }
    this.query = new Float32Array(embeddingDim);
    this.similarities = new Float32Array(itemCount);
  }

  search(queries: Float32Array, queryCount: number, k: number): RetrievalResult {
    checkSearchShape(queries, queryCount, k, this.embeddingDim);
    const answer = this.answers.open(queryCount, k);
    for (let q = 0; q < queryCount; q++) {
      copyUnitEmbedding(queries, q, this.query, 'query');
      this.compareWithAll();
      const row = answer.itemIndexes.subarray(q * k, (q + 1) * k);
      const found = selectTopK(this.similarities, this.itemCount, k, row);
      for (let i = 0; i < found; i++) answer.similarities[q * k + i] = this.similarities[row[i]!]!;
    }
    return answer;
  }

  private compareWithAll(): void {
    const { embeddings, query, similarities, embeddingDim } = this;
    for (let item = 0, at = 0; item < similarities.length; item++) {
      let sum = 0;
      for (let i = 0; i < embeddingDim; i++) sum += embeddings[at++]! * query[i]!;
      similarities[item] = sum;
    }
  }
}
