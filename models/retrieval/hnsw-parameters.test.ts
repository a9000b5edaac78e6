import { describe, expect, it } from 'vitest';
import { chooseHnswParameters } from './hnsw-parameters.ts';
import { aClusteredCatalogue } from './testing/clustered-catalogue.ts';

describe('chooseHnswParameters', () => {
  it('takes the smallest efSearch tried that reaches the target', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 3_000, embeddingDim: 32 });
    const choice = await chooseHnswParameters({ ...catalogue, k: 20, targetRecall: 0.98, seed: 4 });
    expect(choice.isTargetReached).toBe(true);
    expect(choice.annRecallAtK).toMatchObject({ k: 20, queryCount: 50 });
    expect(choice.annRecallAtK.value).toBeGreaterThanOrEqual(0.98);
    const sameGraph = choice.tried.filter((trial) => trial.m === choice.m);
    for (const trial of sameGraph) {
      if (trial.efSearch < choice.efSearch) expect(trial.annRecall).toBeLessThan(0.98);
    }
    expect(sameGraph.at(-1)).toMatchObject({ efSearch: choice.efSearch, annRecall: choice.annRecallAtK.value });
  });

  it('makes the same choice for the same seed and input', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 1_500, embeddingDim: 24 });
    const options = { ...catalogue, k: 20, targetRecall: 0.999, seed: 4 };
    expect(await chooseHnswParameters(options)).toEqual(await chooseHnswParameters(options));
  });

  it('says when nothing reaches the target and gives the best there was', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 300 });
    const choice = await chooseHnswParameters({ ...catalogue, k: 10, targetRecall: 1.5, seed: 4 });
    expect(choice.isTargetReached).toBe(false);
    expect(choice.annRecallAtK.value).toBe(Math.max(...choice.tried.map((trial) => trial.annRecall)));
    expect(new Set(choice.tried.map((trial) => trial.m)).size).toBeGreaterThan(1);
  });

  it('is content with the first setting for an empty catalogue', async () => {
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
});
