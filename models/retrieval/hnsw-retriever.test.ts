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

  describe('where many products share an embedding apart from all others', () => {
    const CROWD = 400;
    const { embeddings: others, itemCount, embeddingDim } = aClusteredCatalogue({ itemCount: 4_000, embeddingDim: 32 });
    const apart = Float32Array.from({ length: embeddingDim }, (_, i) => (i === 0 ? 1 : 0));
    const otherOf = (place: number): Float32Array =>
      others.subarray(place * embeddingDim, (place + 1) * embeddingDim).map((value, i) => (i === 0 ? 0 : value));
    // Item 0 is one of the others, items 1 to 400 are the crowd, which alone has the first dimension; then all others.
    const embeddings = new Float32Array((1 + CROWD + itemCount) * embeddingDim);
    for (let item = 0; item < 1 + CROWD + itemCount; item++) {
      const isOfCrowd = item >= 1 && item <= CROWD;
      embeddings.set(isOfCrowd ? apart : otherOf(Math.max(0, item - CROWD - 1)), item * embeddingDim);
    }
    /** Nearest to the crowd, and nearer to some others than to most. */
    const queries = Array.from({ length: 60 }, (_, q) => {
      const query = otherOf(q * 60);
      query[0] = 1.3 * Math.hypot(...query);
      return query;
    });
    const make = async (build: 'auto' | 'default'): Promise<HnswRetriever> => {
      const graph = { m: 6, efConstruction: 40, seed: 1, build };
      const built = await buildHnswGraph(embeddings, 1 + CROWD + itemCount, embeddingDim, graph);
      return new HnswRetriever(built, 50, { isScanAllowed: false });
    };

    it.each(['auto', 'default'] as const)('never misses them on the %s build', async (build) => {
      const retriever = await make(build);
      for (const query of queries) expect((await retriever.search(query, 1, 50)).itemIndexes[0]).toBe(1);
    });

    it('offers none that were removed, nor what takes their place in the graph', async () => {
      const retriever = await make('auto');
      for (let item = 1; item <= CROWD; item++) retriever.remove(item);
      const { itemIndexes } = await retriever.search(queries[0]!, 1, 50);
      for (const item of itemIndexes.subarray(0, 49)) expect(item === 0 || item > CROWD).toBe(true);
      // More than half of the nodes are left behind: the next to come takes the first of them, the crowd's, but lies elsewhere.
      for (let item = CROWD + 1; item < CROWD + 2_300; item++) retriever.remove(item);
      const elsewhere = otherOf(3_000).map((value, i) => value * (1 + 0.01 * (i % 2)));
      retriever.add(1, elsewhere);
      expect((await retriever.search(elsewhere, 1, 1)).itemIndexes[0]).toBe(1);
      expect((await retriever.search(apart, 1, 50)).itemIndexes).not.toContain(1);
    });
  });

  it('considers more for more, in proportion to what efSearch was measured at', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 4_000, embeddingDim: 32 });
    const { embeddings, itemCount, embeddingDim } = catalogue;
    const graph = await buildHnswGraph(embeddings, itemCount, embeddingDim, { m: 5, efConstruction: 20, seed: 1 });
    const overlapAt = (efSearchAtK: number, k: number): Promise<number> =>
      strictOverlap(new HnswRetriever(graph, 90, { efSearchAtK, isScanAllowed: false }), catalogue, k);
    // 90 candidates for 60: half as many again for 180 too, where 90 would be raised to no more than 180.
    expect(await overlapAt(60, 180)).toBeGreaterThan((await overlapAt(90, 180)) + 0.01);
    expect(await overlapAt(60, 40)).toBe(await overlapAt(90, 40));
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

describe('HnswRetriever under change', () => {
  it('takes a removed item out of every answer, and finds as many others', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0.9, 0.1, 0, 1, -1, 0), 4, 2);
    expect(retriever.remove(0)).toBe(true);
    expect(await itemsNearest(retriever, [1, 0], 3)).toEqual([1, 2, 3]);
    expect([retriever.itemCount, retriever.tombstoneCount, retriever.tombstoneRatio]).toEqual([3, 1, 0.25]);
    expect(retriever.remove(0)).toBe(false);
    expect(retriever.remove(77)).toBe(false);
    expect(retriever.has(0)).toBe(false);
  });

  it('keeps the twins of a removed item, without a tombstone', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0), 4, 2);
    retriever.remove(0);
    retriever.remove(3);
    expect(await itemsNearest(retriever, [1, 0], 4)).toEqual([2, 1, -1, -1]);
    expect(retriever.tombstoneCount).toBe(0);
    retriever.remove(2);
    expect(retriever.tombstoneCount).toBe(1);
    expect(await itemsNearest(retriever, [1, 0], 2)).toEqual([1, -1]);
  });

  it('gives back what was removed, on its old node when nothing moved', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1), 2, 2);
    retriever.remove(0);
    retriever.add(0, Float32Array.of(1, 0));
    expect(await itemsNearest(retriever, [1, 0], 2)).toEqual([0, 1]);
    expect(retriever.tombstoneCount).toBe(0);
  });

  it('answers empty when everything is gone, and fills again', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1), 2, 2);
    for (const item of [0, 1]) retriever.remove(item);
    expect(await itemsNearest(retriever, [1, 0], 2)).toEqual([-1, -1]);
    expect(retriever.tombstoneRatio).toBe(1);
    retriever.add(5, Float32Array.of(0.6, 0.8));
    expect(await itemsNearest(retriever, [1, 0], 2)).toEqual([5, -1]);
  });

  it('does not wear the graph out when an item moves to and fro, or does not move', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 300 });
    const { embeddings, embeddingDim } = catalogue;
    const retriever = await makeRetriever(embeddings, 300, embeddingDim);
    const [here, there] = [embeddings.slice(0, embeddingDim), embeddings.slice(embeddingDim, 2 * embeddingDim)];
    for (let i = 0; i < 100; i++) {
      retriever.add(0, here);
      expect(retriever.tombstoneCount).toBe(0);
      retriever.add(0, there);
      expect(retriever.tombstoneCount).toBe(1);
    }
    expect((await itemsNearest(retriever, Array.from(there), 2)).sort()).toEqual([0, 1]);
  });

  it('keeps its memory bounded under endless moves, and finds almost all all the same', async () => {
    const shop = aClusteredCatalogue({ itemCount: 400 });
    const moved = aClusteredCatalogue({ itemCount: 4_000, seed: 12 });
    const { embeddingDim } = shop;
    const retriever = await makeRetriever(shop.embeddings, 400, embeddingDim);
    for (let i = 0; i < 4_000; i++) {
      retriever.add(i % 400, moved.embeddings.subarray(i * embeddingDim, (i + 1) * embeddingDim));
    }
    expect(retriever.itemCount).toBe(400);
    expect(retriever.tombstoneRatio).toBeLessThanOrEqual(0.51);
    const embeddings = moved.embeddings.subarray(3_600 * embeddingDim);
    const { queries, queryCount } = moved;
    const overlap = await strictOverlap(
      retriever,
      { embeddings, itemCount: 400, embeddingDim, queries, queryCount },
      50,
    );
    expect(overlap).toBeGreaterThanOrEqual(0.95);
  });

  it('finds at least 97 percent of exact neighbours after a third is removed and a third has moved', async () => {
    const { embeddings, itemCount, embeddingDim, queries, queryCount } = aClusteredCatalogue({ itemCount: 3_000 });
    const moves = aClusteredCatalogue({ itemCount: 1_000, seed: 11 }).embeddings;
    const retriever = await makeRetriever(embeddings, itemCount, embeddingDim);
    const now = embeddings.slice();
    for (let item = 0; item < 1_000; item++) retriever.remove(item);
    for (let i = 0; i < 1_000; i++) {
      const embedding = moves.subarray(i * embeddingDim, (i + 1) * embeddingDim);
      retriever.add(1_000 + i, embedding);
      now.set(embedding, (1_000 + i) * embeddingDim);
    }
    const exact = new ExactRetriever(now.subarray(1_000 * embeddingDim), 2_000, embeddingDim);
    const expected = (await exact.search(queries, queryCount, 100)).itemIndexes;
    const actual = (await retriever.search(queries, queryCount, 100)).itemIndexes;
    let found = 0;
    for (let query = 0; query < queryCount; query++) {
      const items = new Set(expected.subarray(query * 100, (query + 1) * 100));
      for (const item of actual.subarray(query * 100, (query + 1) * 100)) {
        expect(item).toBeGreaterThanOrEqual(1_000);
        if (items.has(item - 1_000)) found++;
      }
    }
    expect(found / (queryCount * 100)).toBeGreaterThanOrEqual(0.97);
  });

  it('looks further when deleted items crowd around the query', async () => {
    const embeddings = Float32Array.from({ length: 2 * 400 }, (_, i) => {
      const angle = ((i >> 1) * Math.PI) / 400;
      return i % 2 === 0 ? Math.cos(angle) : Math.sin(angle);
    });
    const retriever = await makeRetriever(embeddings, 400, 2);
    for (let item = 0; item < 40; item++) retriever.remove(item);
    // One in ten is a tombstone, but the nearest forty all are.
    expect(await itemsNearest(retriever, [1, 0], 10)).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  });

  it('tells who follows of every change, until they stop', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1), 2, 2);
    const seen: number[] = [];
    const unfollow = retriever.followChanges((item) => seen.push(item));
    retriever.add(2, Float32Array.of(0.6, 0.8));
    retriever.add(2, Float32Array.of(0.6, 0.8));
    retriever.remove(0);
    retriever.remove(0);
    expect(() => retriever.followChanges(() => {})).toThrow(/one at a time/);
    unfollow();
    retriever.remove(1);
    expect(seen).toEqual([2, 0]);
  });

  it('goes on with the graph of another, which is used up', async () => {
    const retriever = await makeRetriever(Float32Array.of(1, 0, 0, 1), 2, 2);
    const graph = await buildHnswGraph(Float32Array.of(0, 1, 1, 0), 2, 2, GRAPH);
    const other = new HnswRetriever({ ...graph, items: Int32Array.of(9, 4) }, 7);
    retriever.takeOver(other);
    expect(await itemsNearest(retriever, [1, 0], 3)).toEqual([4, 9, -1]);
    expect([retriever.itemCount, retriever.efSearch]).toEqual([2, 100]);
    await expect(async () => other.search(Float32Array.of(1, 0), 1, 1)).rejects.toThrow(/closed/);
    retriever.add(0, Float32Array.of(0, 1));
    expect(await itemsNearest(retriever, [0, 1], 3)).toEqual([0, 9, 4]);
    expect(Array.from(retriever.items())).toEqual([0, 4, 9]);
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
    await expect(async () => retriever.search(Float32Array.of(1, 0), 1, 1)).rejects.toMatchObject({
      code: 'REC_RETRIEVER_FAILED',
    });
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
