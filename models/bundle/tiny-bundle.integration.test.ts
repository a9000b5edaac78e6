import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { listBundles } from './list-bundles.ts';
import { openBundle } from './open-bundle.ts';
import { openServingModel } from './serving-model.ts';
import { FOLDED_FOLDER, FOLDED_VERSION, TINY_ARTIFACTS, TINY_FOLDER, TINY_VERSION } from './testing/tiny-bundle.ts';

describe('the committed tiny bundles', () => {
  it('are the bundles there', async () => {
    expect(await listBundles(TINY_ARTIFACTS)).toEqual([TINY_VERSION, FOLDED_VERSION]);
    expect((await readdir(TINY_ARTIFACTS)).sort()).toEqual([TINY_VERSION, FOLDED_VERSION]);
  });

  it.each([TINY_FOLDER, FOLDED_FOLDER])('stay a few dozen kilobytes each', async (folder) => {
    const { files } = (await openBundle(folder)).manifest;
    expect(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThan(100_000);
  });

  it.each([
    [TINY_FOLDER, TINY_VERSION, 'plain'],
    [FOLDED_FOLDER, FOLDED_VERSION, 'folded'],
  ])('open, pass their golden cases and answer', async (folder, modelVersion, form) => {
    const model = await openServingModel(await openBundle(folder), { hnswBuild: 'default' });
    expect(model.ranker.form).toBe(form);
    expect(model.userTower.form).toBe('split');
    expect(model).toMatchObject({ modelVersion, policy: { interestHalfLifeDays: 14 } });
    const { catalogue, extractor, itemTower, retriever, popularity, neighbours } = model;
    expect(catalogue.size).toBe(12);
    expect(catalogue.record(5)).toMatchObject({ itemId: 'item-5', category: 'kind > kind 1', price: 10 });
    const embeddings = await itemTower.embed(extractor.itemRows.subarray(0, 12 * extractor.itemSlotCount), 12);
    expect(Math.hypot(...embeddings.subarray(0, 4))).toBeCloseTo(1, 5);
    const found = await retriever.search(embeddings, 12, 1);
    expect(Array.from(found.itemIndexes)).toEqual(Array.from({ length: 12 }, (_, item) => item));
    expect(popularity.overall.itemIndexes.length).toBeGreaterThan(0);
    expect(neighbours.coView.offsets).toHaveLength(13);
    await model.close();
  });
});
