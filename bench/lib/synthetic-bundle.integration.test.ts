import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { openServingModel, type ServingModel } from '../../models/bundle/serving-model.ts';
import { makeSyntheticBundle, type SyntheticBundle } from './synthetic-bundle.ts';
import { SYNTHETIC_AS_OF_MS, SyntheticShop } from './synthetic-shop.ts';

const SIZE = { itemCount: 300, seed: 5, embeddingDim: 16 };

describe('synthetic bundle', () => {
  let folder: string;
  let made: SyntheticBundle;
  let model: ServingModel;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-synthetic-'));
    made = await makeSyntheticBundle({ artifactsFolder: join(folder, 'a'), ...SIZE });
    model = await openServingModel(await openBundle(made.folder));
  });
  afterAll(async () => {
    await model?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('opens for serving with the size asked for and the reference number of fields', () => {
    expect(model.catalogue.size).toBe(300);
    expect(model.manifest.dimensions.embeddingDim).toBe(16);
    expect(model.schema.fields).toHaveLength(24);
    expect(made.annRecall).toBeGreaterThanOrEqual(0.98);
  });

  it('is the same for the same options', async () => {
    const again = await makeSyntheticBundle({ artifactsFolder: join(folder, 'b'), ...SIZE });
    const { manifest } = await openBundle(again.folder);
    expect(manifest.files).toEqual(model.manifest.files);
  });

  it('places shoppers near what they looked at, so that replies differ between shoppers', async () => {
    const { shop } = made;
    const { catalogue, extractor, userTower, retriever } = model;
    let foundShare = 0;
    let chance = 0;
    for (let shopper = 0; shopper < 20; shopper++) {
      const profile = shop.profile(shopper, SYNTHETIC_AS_OF_MS);
      const ids = new Int32Array(extractor.querySlotCount);
      extractor.writeQuery(profile, { nowMs: SYNTHETIC_AS_OF_MS, userId: '', device: '' }, ids);
      const embedding = await userTower.embed(ids.subarray(0, userTower.slotCount), 1);
      const found = (await retriever.search(embedding, 1, 10)).itemIndexes;
      const viewed = new Set(profile.recent.view_item.itemIds);
      foundShare += found.filter((item) => viewed.has(catalogue.itemIds[item]!)).length / found.length / 20;
      chance += viewed.size / catalogue.size / 20;
    }
    expect(foundShare).toBeGreaterThan(1.5 * chance);
  });

  it('fills a store with the shoppers and products the bundle knows', async () => {
    const store = await openFeatureStore({
      kind: 'lmdb',
      path: join(folder, 'store'),
      shop: 'demo',
      profileTtlDays: 90,
    });
    try {
      await made.shop.fillStore(store, 3);
      const profile = await store.readProfile(made.shop.shopperKey(2), Deadline.after(1_000));
      expect(profile?.recent.view_item.itemIds.length).toBeGreaterThanOrEqual(1);
      expect(profile?.recent.view_item.itemIds.every((itemId) => model.catalogue.indexOf(itemId) >= 0)).toBe(true);
      expect(await store.readProfile(made.shop.shopperKey(3), Deadline.after(1_000))).toBeUndefined();
      expect(await store.readItem('item-299', Deadline.after(1_000))).toEqual(made.shop.catalogue.record(299));
    } finally {
      await store.close();
    }
  });
});

describe('synthetic shop', () => {
  it('gives every shopper a history that ends before the moment asked for', () => {
    const shop = new SyntheticShop({ itemCount: 50, seed: 1 });
    for (let shopper = 0; shopper < 50; shopper++) {
      const profile = shop.profile(shopper, SYNTHETIC_AS_OF_MS);
      expect(profile.recent.view_item.itemIds.length).toBeGreaterThan(0);
      expect(profile.lastSeenAtMs).toBeLessThan(SYNTHETIC_AS_OF_MS);
    }
  });

  it('leaves no product as its own neighbour and orders neighbours by strength', () => {
    const { coView } = new SyntheticShop({ itemCount: 30, seed: 1, neighbourCount: 7 }).neighbours();
    for (let item = 0; item < 30; item++) {
      const [start, end] = [coView.offsets[item]!, coView.offsets[item + 1]!];
      expect(end - start).toBe(7);
      expect(coView.items.subarray(start, end)).not.toContain(item);
      expect([...coView.strengths.subarray(start, end)]).toEqual(
        [...coView.strengths.subarray(start, end)].sort((a, b) => b - a),
      );
    }
  });
});
