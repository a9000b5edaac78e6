import { describe, expect, it } from 'vitest';
import type { RetrievalResult, Retriever } from './retriever.ts';
import { aClusteredCatalogue } from './testing/clustered-catalogue.ts';

/** Makes a retriever over `embeddings`, shape `[itemCount, embeddingDim]`. */
export type RetrieverFactory = (
  embeddings: Float32Array,
  itemCount: number,
  embeddingDim: number,
) => Promise<Retriever>;

/** Directions in the plane: right, up, left, and (0.6, 0.8). */
const PLANE = Float32Array.of(1, 0, 0, 1, -1, 0, 0.6, 0.8);
const RIGHT = Float32Array.of(1, 0);

/** Items of one query's answer, without the empty places. */
function itemsOf(result: RetrievalResult, query = 0): number[] {
  return Array.from(result.itemIndexes.subarray(query * result.k, (query + 1) * result.k)).filter((item) => item >= 0);
}

/** What every retriever keeps, whatever it searches with. */
export function describeRetriever(name: string, make: RetrieverFactory): void {
  describe(`${name} as a retriever`, () => {
    it('returns inner products of the embeddings, highest first', async () => {
      const result = await (await make(PLANE, 4, 2)).search(RIGHT, 1, 4);
      expect(Array.from(result.itemIndexes)).toEqual([0, 3, 1, 2]);
      const expected = [1, 0.6, 0, -1];
      for (const [i, similarity] of result.similarities.entries()) expect(similarity).toBeCloseTo(expected[i]!, 6);
    });

    it('states its size', async () => {
      const retriever = await make(PLANE, 4, 2);
      expect(retriever.itemCount).toBe(4);
      expect(retriever.embeddingDim).toBe(2);
      expect(retriever.description).toContain('4 items of 2 dimensions');
    });

    it('marks the places past the catalogue with -1 and NaN when k exceeds it', async () => {
      const result = await (await make(PLANE, 4, 2)).search(RIGHT, 1, 6);
      expect(Array.from(result.itemIndexes)).toEqual([0, 3, 1, 2, -1, -1]);
      expect(Array.from(result.similarities.subarray(4))).toEqual([Number.NaN, Number.NaN]);
      expect(result.k).toBe(6);
    });

    it('returns empty places only from an empty catalogue', async () => {
      const result = await (await make(new Float32Array(0), 0, 2)).search(RIGHT, 1, 2);
      expect(Array.from(result.itemIndexes)).toEqual([-1, -1]);
      expect(Array.from(result.similarities)).toEqual([Number.NaN, Number.NaN]);
    });

    it('finds the one product of a catalogue of one', async () => {
      const result = await (await make(Float32Array.of(0, 1), 1, 2)).search(RIGHT, 1, 1);
      expect(Array.from(result.itemIndexes)).toEqual([0]);
      expect(result.similarities[0]).toBeCloseTo(0, 6);
    });

    it('answers several queries in their order', async () => {
      const queries = Float32Array.of(1, 0, 0, 1, -1, 0);
      const result = await (await make(PLANE, 4, 2)).search(queries, 3, 2);
      expect(result.queryCount).toBe(3);
      expect([itemsOf(result, 0), itemsOf(result, 1), itemsOf(result, 2)]).toEqual([
        [0, 3],
        [1, 3],
        [2, 1],
      ]);
    });

    it('answers no queries with an empty result', async () => {
      const result = await (await make(PLANE, 4, 2)).search(new Float32Array(0), 0, 3);
      expect(result.itemIndexes).toHaveLength(0);
    });

    it('puts products with equal embeddings in item order', async () => {
      const embeddings = Float32Array.of(0, 1, 1, 0, 0, 1, 1, 0, 1, 0);
      const result = await (await make(embeddings, 5, 2)).search(RIGHT, 1, 5);
      expect(Array.from(result.itemIndexes)).toEqual([1, 3, 4, 0, 2]);
    });

    it('puts different products of equal similarity in item order', async () => {
      const embeddings = Float32Array.of(0.6, -0.8, 1, 0, 0.6, 0.8, 0.6, -0.8);
      const result = await (await make(embeddings, 4, 2)).search(RIGHT, 1, 4);
      expect(Array.from(result.itemIndexes)).toEqual([1, 0, 2, 3]);
    });

    it('treats embeddings and queries of any length as directions, and leaves the arrays as they were', async () => {
      const embeddings = Float32Array.of(3, 0, 0, 0.1);
      const query = Float32Array.of(30, 40);
      const result = await (await make(embeddings, 2, 2)).search(query, 1, 2);
      expect(Array.from(result.itemIndexes)).toEqual([1, 0]);
      expect(result.similarities[0]).toBeCloseTo(0.8, 6);
      expect(result.similarities[1]).toBeCloseTo(0.6, 6);
      expect(Array.from(query)).toEqual([30, 40]);
      expect(embeddings[0]).toBe(3);
    });

    it('refuses a query that is not finite or has no direction', async () => {
      const retriever = await make(PLANE, 4, 2);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        await expect(async () => retriever.search(Float32Array.of(1, bad), 1, 2)).rejects.toMatchObject({
          code: 'REC_RETRIEVER_FAILED',
        });
      }
      await expect(async () => retriever.search(Float32Array.of(0, 0), 1, 2)).rejects.toThrow(/query 0 is all zeros/);
    });

    it('refuses queries of another dimension and a k below one', async () => {
      const retriever = await make(PLANE, 4, 2);
      await expect(async () => retriever.search(Float32Array.of(1, 0, 0), 1, 2)).rejects.toThrow(
        /expected 1 queries of 2/,
      );
      await expect(async () => retriever.search(RIGHT, 1, 0)).rejects.toThrow(/k is 0/);
      await expect(async () => retriever.search(RIGHT, 1, 1.5)).rejects.toMatchObject({ code: 'REC_RETRIEVER_FAILED' });
    });

    it('refuses product embeddings that are not finite, naming the item', async () => {
      await expect(make(Float32Array.of(1, 0, Number.NaN, 1), 2, 2)).rejects.toThrow(/item embedding 1/);
    });

    it('forgets earlier answers when a later search has another shape', async () => {
      const retriever = await make(PLANE, 4, 2);
      await retriever.search(Float32Array.of(1, 0, 0, 1), 2, 4);
      expect(itemsOf(await retriever.search(RIGHT, 1, 1))).toEqual([0]);
      const wide = await retriever.search(RIGHT, 1, 9);
      expect(itemsOf(wide)).toEqual([0, 3, 1, 2]);
      expect(wide.itemIndexes).toHaveLength(9);
    });

    it('gives the same answer to the same query', async () => {
      const { embeddings, itemCount, embeddingDim, queries } = aClusteredCatalogue({ itemCount: 500, queryCount: 5 });
      const retriever = await make(embeddings, itemCount, embeddingDim);
      const first = Array.from((await retriever.search(queries, 5, 20)).itemIndexes);
      expect(Array.from((await retriever.search(queries, 5, 20)).itemIndexes)).toEqual(first);
    });

    it('returns no product twice and similarities that never rise', async () => {
      const catalogue = aClusteredCatalogue({ itemCount: 600, copiesOfEach: 3, queryCount: 10 });
      const retriever = await make(catalogue.embeddings, catalogue.itemCount, catalogue.embeddingDim);
      const result = await retriever.search(catalogue.queries, 10, 100);
      for (let query = 0; query < 10; query++) {
        const items = itemsOf(result, query);
        expect(new Set(items).size).toBe(100);
        for (let i = 1; i < 100; i++) {
          const at = query * 100 + i;
          const isTie = result.similarities[at - 1] === result.similarities[at];
          if (isTie) expect(items[i - 1]).toBeLessThan(items[i]!);
          else expect(result.similarities[at - 1]).toBeGreaterThan(result.similarities[at]!);
        }
      }
    });
  });
}
