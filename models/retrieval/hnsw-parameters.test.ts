import { describe, expect, it } from 'vitest';
import { chooseHnswParameters, type HnswTrial, servedK } from './hnsw-parameters.ts';
import { aClusteredCatalogue } from './testing/clustered-catalogue.ts';

/** The trial that was chosen. */
function chosenOf(
  tried: readonly HnswTrial[],
  { m, efConstruction }: { m: number; efConstruction: number },
): HnswTrial {
  return tried.findLast((trial) => trial.m === m && trial.efConstruction === efConstruction)!;
}

describe('chooseHnswParameters', () => {
  it('chooses what reaches the target, and says how well and how fast', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 3_000, embeddingDim: 32 });
    const choice = await chooseHnswParameters({ ...catalogue, k: 20, seed: 4 });
    expect(choice.isTargetReached).toBe(true);
    expect(choice.annRecallAtK).toMatchObject({ k: 20, queryCount: 50 });
    expect(choice.annRecallAtK.value).toBeGreaterThanOrEqual(0.98);
    expect(choice.searchUs).toBeGreaterThan(0);
    expect(chosenOf(choice.tried, choice)).toMatchObject({
      itemCount: 3_000,
      k: 20,
      efSearch: choice.efSearch,
      annRecall: choice.annRecallAtK.value,
    });
  });

  it('takes the smallest efSearch that reaches the target on a graph', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 3_000, embeddingDim: 32 });
    const options = { ...catalogue, k: 20, seed: 4, shape: { m: 6, efConstruction: 40 } };
    const { efSearch, annRecallAtK } = await chooseHnswParameters({ ...options, targetRecall: 0.99 });
    expect(efSearch).toBeGreaterThan(20);
    expect(annRecallAtK.value).toBeGreaterThanOrEqual(0.99);
    const easier = await chooseHnswParameters({ ...options, targetRecall: 0.9 });
    expect(easier.efSearch).toBeLessThan(efSearch);
    expect(easier.annRecallAtK.value).toBeLessThan(0.99);
  });

  it.each([2, 3, 7, 58, 107])('finds an efSearch for k = %i', async (k) => {
    const catalogue = aClusteredCatalogue({ itemCount: 1_500, embeddingDim: 24 });
    const shape = { m: 6, efConstruction: 40 };
    const choice = await chooseHnswParameters({ ...catalogue, k, targetRecall: 0.95, seed: 4, shape });
    expect(choice.isTargetReached).toBe(true);
    expect(choice.efSearch).toBeGreaterThanOrEqual(k);
  });

  it('goes to denser graphs where sparse ones need many candidates, and to sparser ones where few do', async () => {
    const hard = aClusteredCatalogue({ itemCount: 2_000, embeddingDim: 64, seed: 3 });
    const ofHard = await chooseHnswParameters({ ...hard, k: 10, targetRecall: 0.999, seed: 4 });
    expect(ofHard.tried[1]!.m).toBeGreaterThan(ofHard.tried[0]!.m);
    const easy = aClusteredCatalogue({ itemCount: 500, embeddingDim: 8 });
    const ofEasy = await chooseHnswParameters({ ...easy, k: 100, targetRecall: 0.9, seed: 4 });
    expect(ofEasy.tried[1]!.m).toBeLessThan(ofEasy.tried[0]!.m);
    expect(ofEasy.efSearch).toBe(100);
  });

  it('chooses the shape for a large catalogue on a sample and efSearch on all of it', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 1_500, embeddingDim: 8 });
    const choice = await chooseHnswParameters({ ...catalogue, k: 50, seed: 4, sampleSize: 600 });
    expect(choice.tried[0]).toMatchObject({ itemCount: 600, k: 32 });
    expect(choice.tried.filter(({ itemCount }) => itemCount === 1_500).length).toBeLessThanOrEqual(2);
    expect(chosenOf(choice.tried, choice)).toMatchObject({ itemCount: 1_500, k: 50, efSearch: choice.efSearch });
    expect(choice.isTargetReached).toBe(true);
  });

  it('makes the same choice for the same shape, seed and input but for the time it took', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 1_500, embeddingDim: 24 });
    const options = { ...catalogue, k: 20, targetRecall: 0.999, seed: 4, shape: { m: 12, efConstruction: 100 } };
    const { searchUs: _, ...first } = await chooseHnswParameters(options);
    expect(await chooseHnswParameters(options)).toMatchObject(first);
    expect(first.tried).toHaveLength(1);
  });

  it('says when nothing reaches the target and gives the best there was', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 300 });
    const choice = await chooseHnswParameters({ ...catalogue, k: 10, targetRecall: 1.5, seed: 4 });
    expect(choice.isTargetReached).toBe(false);
    expect(choice.annRecallAtK.value).toBe(Math.max(...choice.tried.map((trial) => trial.annRecall)));
    expect(new Set(choice.tried.map((trial) => trial.m)).size).toBeGreaterThan(1);
  });

  it('asks each half of many queries to reach the target', async () => {
    const { embeddings, itemCount, embeddingDim } = aClusteredCatalogue({ itemCount: 2_000, embeddingDim: 32 });
    // The first half of the queries are products themselves, which is easy; the second half lies between clusters.
    const easy = embeddings.subarray(0, 60 * embeddingDim);
    const hard = aClusteredCatalogue({ itemCount: 10, embeddingDim, queryCount: 60, seed: 99 }).queries;
    const shape = { m: 4, efConstruction: 20 };
    const options = { embeddings, itemCount, embeddingDim, k: 10, targetRecall: 0.95, seed: 4, shape };
    const efSearchOf = async (queries: Float32Array): Promise<number> =>
      (await chooseHnswParameters({ ...options, queries })).efSearch;
    const both = await efSearchOf(Float32Array.from([...easy, ...hard]));
    const harder = Math.max(await efSearchOf(easy), await efSearchOf(hard));
    expect(Math.abs(both - harder)).toBeLessThanOrEqual(Math.max(1, 0.04 * harder));
  });

  it('is content with one graph for an empty catalogue', async () => {
    const nothing = {
      embeddings: new Float32Array(0),
      itemCount: 0,
      embeddingDim: 4,
      queries: Float32Array.of(1, 0, 0, 0),
    };
    const choice = await chooseHnswParameters({ ...nothing, k: 10, seed: 4 });
    expect(choice).toMatchObject({ efSearch: 10, isTargetReached: true, annRecallAtK: { k: 10, value: 1 } });
    expect(choice.tried).toHaveLength(1);
  });

  it('chooses for a catalogue of one product', async () => {
    const one = { embeddings: Float32Array.of(1, 0), itemCount: 1, embeddingDim: 2, queries: Float32Array.of(0, 1) };
    expect(await chooseHnswParameters({ ...one, k: 1, seed: 4 })).toMatchObject({ efSearch: 1, isTargetReached: true });
  });
});

describe('servedK', () => {
  it('is the quota, and more in proportion where products are sold out, up to four times', () => {
    expect(servedK({ size: 10_000, availableCount: 10_000 })).toBe(200);
    expect(servedK({ size: 10_000, availableCount: 9_700 })).toBe(207);
    expect(servedK({ size: 10_000, availableCount: 9_700 }, 50)).toBe(52);
    expect(servedK({ size: 10_000, availableCount: 10 })).toBe(800);
    expect(servedK({ size: 10_000, availableCount: 0 })).toBe(800);
  });

  it('is no more than there are products', () => {
    expect(servedK({ size: 12, availableCount: 6 })).toBe(12);
    expect(servedK({ size: 0, availableCount: 0 })).toBe(0);
  });
});
