import { describe, expect, it } from 'vitest';
import { ExactRetriever } from './exact-retriever.ts';
import { buildHnswGraph, type HnswGraphOptions } from './hnsw-graph.ts';
import { HnswRetriever } from './hnsw-retriever.ts';
import { describeRetriever } from './retriever.contract.ts';
import { aClusteredCatalogue, type ClusteredCatalogue } from './testing/clustered-catalogue.ts';

const GRAPH: HnswGraphOptions = { m: 16, efConstruction: 200, seed: 1 };

async function makeRetriever(
  embeddings: Float32Array,
  itemCount: number,
  embeddingDim: number,
  efSearch = 100,
): Promise<HnswRetriever> {
  return new HnswRetriever(await buildHnswGraph(embeddings, itemCount, embeddingDim, GRAPH), efSearch);
}

async function itemsNearest(retriever: HnswRetriever, query: number[], k: number): Promise<number[]> {
  return Array.from((await retriever.search(Float32Array.from(query), 1, k)).itemIndexes);
}

/** Share of exact search's items that the retriever returns too; ties are not forgiven. */
async function strictOverlap(retriever: HnswRetriever, catalogue: ClusteredCatalogue, k: number): Promise<number> {
  const { embeddings, itemCount, embeddingDim, queries, queryCount } = catalogue;
  const exact = new ExactRetriever(embeddings, itemCount, embeddingDim);
  const expected = (await exact.search(queries, queryCount, k)).itemIndexes;
  const actual = (await retriever.search(queries, queryCount, k)).itemIndexes;
  let found = 0;
  for (let query = 0; query < queryCount; query++) {
    const items = new Set(expected.subarray(query * k, (query + 1) * k));
    for (const item of actual.subarray(query * k, (query + 1) * k)) if (items.has(item)) found++;
  }
  return found / (queryCount * k);
}

describeRetriever('HnswRetriever in memory', makeRetriever);

describe('HnswRetriever against exact search', () => {
  it('finds at least 97 percent of exact neighbours at k=100 on a seeded clustered catalogue', async () => {
    const catalogue = aClusteredCatalogue();
    const retriever = await makeRetriever(catalogue.embeddings, catalogue.itemCount, catalogue.embeddingDim);
    expect(await strictOverlap(retriever, catalogue, 100)).toBeGreaterThanOrEqual(0.97);
  });

  it('finds as many when every embedding is shared by fifty products', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 5_000, copiesOfEach: 50 });
    const retriever = await makeRetriever(catalogue.embeddings, catalogue.itemCount, catalogue.embeddingDim);
    expect(await strictOverlap(retriever, catalogue, 100)).toBeGreaterThanOrEqual(0.97);
  });

  it('finds all products when all share one embedding', async () => {
    const retriever = await makeRetriever(new Float32Array(300 * 4).fill(1), 300, 4);
    expect(await itemsNearest(retriever, [1, 1, 1, 1], 300)).toEqual(Array.from({ length: 300 }, (_, item) => item));
  });

  it('returns more than efSearch products when asked for more', async () => {
    const { embeddings, itemCount, embeddingDim } = aClusteredCatalogue({ itemCount: 400 });
    const retriever = await makeRetriever(embeddings, itemCount, embeddingDim, 1);
    const items = await itemsNearest(retriever, Array.from(embeddings.subarray(0, embeddingDim)), 300);
    expect(items.filter((item) => item >= 0)).toHaveLength(300);
  });
});

describe('HnswRetriever.add', () => {
  it('makes an item found from the next search on, past the capacity too', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1), 2, 2);
    for (let item = 2; item < 60; item++) retriever.add(item, Float32Array.of(-1, item));
    expect(retriever.itemCount).toBe(60);
    // Of the added the last points highest; item 1 points straight up.
    expect(await itemsNearest(retriever, [0, 1], 3)).toEqual([1, 59, 58]);
  });

  it('fills an empty catalogue', async () => {
    const retriever = await makeRetriever(new Float32Array(0), 0, 2);
    retriever.add(0, Float32Array.of(0, 2));
    expect(await itemsNearest(retriever, [0, 1], 2)).toEqual([0, -1]);
  });

  it('moves an item that is there already', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1, -1, 0), 3, 2);
    retriever.add(2, Float32Array.of(0.9, 0.1));
    expect(retriever.itemCount).toBe(3);
    expect(await itemsNearest(retriever, [1, 0], 3)).toEqual([0, 2, 1]);
  });

  it('puts an item with a known embedding beside its twins, in item order', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1, 1, 0), 3, 2);
    retriever.add(4, Float32Array.of(1, 0));
    retriever.add(3, Float32Array.of(1, 0));
    expect(await itemsNearest(retriever, [1, 0], 5)).toEqual([0, 2, 3, 4, 1]);
    expect(retriever.itemCount).toBe(5);
  });

  it('leaves the twins of a moved item where they were', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0), 4, 2);
    retriever.add(0, Float32Array.of(-1, 0));
    const result = await retriever.search(Float32Array.of(1, 0), 1, 4);
    expect(Array.from(result.itemIndexes)).toEqual([2, 3, 1, 0]);
    expect(Array.from(result.similarities)).toEqual([1, 1, 0, -1]);
  });

  it('moves a twin without touching the others', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0), 4, 2);
    retriever.add(2, Float32Array.of(-1, 0));
    expect(await itemsNearest(retriever, [1, 0], 4)).toEqual([0, 3, 1, 2]);
  });

  it('refuses an embedding of another size or not finite, and an index that is no row', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0), 1, 2);
    expect(() => retriever.add(1, Float32Array.of(1, 0, 0))).toThrow(/expected 1 items of 2/);
    expect(() => retriever.add(1, Float32Array.of(Number.NaN, 0))).toThrow(/not finite/);
    expect(() => retriever.add(-1, Float32Array.of(1, 0))).toThrow(/item index is -1/);
    expect(retriever.itemCount).toBe(1);
  });
});

describe('HnswRetriever', () => {
  it('refuses an efSearch that is not a positive integer', async () => {
    await expect(makeRetriever(Float32Array.of(1, 0), 1, 2, 0)).rejects.toThrow(/efSearch is 0/);
  });

  it('fails searches after it was closed, and closes twice without harm', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0), 1, 2);
    retriever.close();
    retriever.close();
    await expect(retriever.search(Float32Array.of(1, 0), 1, 1)).rejects.toMatchObject({ code: 'REC_RETRIEVER_FAILED' });
    expect(() => retriever.add(1, Float32Array.of(1, 0))).toThrow(/closed/);
  });
});

describe('buildHnswGraph', () => {
  it('names the option that is out of range', async () => {
    const build = (options: Partial<HnswGraphOptions>) =>
      buildHnswGraph(Float32Array.of(1, 0), 1, 2, { ...GRAPH, ...options });
    await expect(build({ m: 1 })).rejects.toThrow(/m is 1; expected an integer, 2-200/);
    await expect(build({ efConstruction: 0 })).rejects.toThrow(/efConstruction is 0/);
    await expect(build({ seed: -1 })).rejects.toThrow(/seed is -1/);
  });

  it('reports progress up to the last item', async () => {
    const { embeddings, itemCount, embeddingDim } = aClusteredCatalogue({ itemCount: 600 });
    const seen: number[] = [];
    const onProgress = (doneCount: number): void => void seen.push(doneCount);
    await buildHnswGraph(embeddings, itemCount, embeddingDim, { ...GRAPH, onProgress });
    expect(seen).toEqual([256, 512, 600]);
  });
});
