import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { listBundles } from './list-bundles.ts';
import { openBundle } from './open-bundle.ts';
import { openServingModel } from './serving-model.ts';
import { TINY_ARTIFACTS, TINY_FOLDER, TINY_VERSION } from './testing/tiny-bundle.ts';

describe('the committed tiny bundle', () => {
  it('is the one bundle there', async () => {
    expect(await listBundles(TINY_ARTIFACTS)).toEqual([TINY_VERSION]);
    expect(await readdir(TINY_ARTIFACTS)).toEqual([TINY_VERSION]);
  });

  it('stays a few dozen kilobytes', async () => {
    const { files } = (await openBundle(TINY_FOLDER)).manifest;
    expect(files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThan(100_000);
  });

  it('opens, passes its golden cases and answers', async () => {
    const model = await openServingModel(await openBundle(TINY_FOLDER));
    expect(model).toMatchObject({ modelVersion: TINY_VERSION, policy: { interestHalfLifeDays: 14 } });
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
