import { describe, expect, it } from 'vitest';
import { ExactRetriever } from './exact-retriever.ts';
import { describeRetriever } from './retriever.contract.ts';
import { aClusteredCatalogue } from './testing/clustered-catalogue.ts';

describeRetriever('ExactRetriever', async (embeddings, itemCount, embeddingDim) => {
  return new ExactRetriever(embeddings, itemCount, embeddingDim);
});

describe('ExactRetriever', () => {
  it('agrees with sorting every product by its float64 cosine', async () => {
    const { embeddings, itemCount, embeddingDim, queries } = aClusteredCatalogue({ itemCount: 300, queryCount: 1 });
    const cosines = Array.from({ length: itemCount }, (_, item) => {
      const row = Array.from(embeddings.subarray(item * embeddingDim, (item + 1) * embeddingDim));
      const dot = row.reduce((sum, value, i) => sum + value * queries[i]!, 0);
      return dot / Math.hypot(...row) / Math.hypot(...queries);
    });
    const sorted = [...cosines.keys()].sort((a, b) => cosines[b]! - cosines[a]!);
    const result = await new ExactRetriever(embeddings, itemCount, embeddingDim).search(queries, 1, 50);
    expect(Array.from(result.itemIndexes)).toEqual(sorted.slice(0, 50));
  });

  it('refuses embeddings that are not the stated number of rows', () => {
    expect(() => new ExactRetriever(new Float32Array(7), 2, 4)).toThrow(/7 numbers; expected 2 items of 4/);
  });
});
