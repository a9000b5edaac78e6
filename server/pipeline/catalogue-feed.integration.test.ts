import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deletedItem, type ItemRecord } from '../../features/catalogue/catalogue.ts';
import { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { createMetrics } from '../observability/metrics.ts';
import { CatalogueFeed, type CatalogueFeedParts } from './catalogue-feed.ts';
import { ModelContext } from './model-context.ts';
import { aGrowingModel, aQuietLog } from './testing/a-growing-model.ts';

const LOADER = new URL('../../features/store/testing/typescript-loader.mjs', import.meta.url).href;
const BOOT: ItemRecord = { itemId: 'boot', price: 100, category: 'shoes', isAvailable: true };
const LAMP: ItemRecord = { itemId: 'lamp', price: 20, category: 'home', isAvailable: true };

let folder: string;
let storeCount = 0;
/** Another process, as far as the feed can tell: it writes through a connection of its own. */
let writer: FeatureStore;
let store: FeatureStore;
let model: Awaited<ReturnType<typeof aGrowingModel>>;
const feeds: CatalogueFeed[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-feed-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  const path = join(folder, `store-${storeCount++}`);
  const open = () => openFeatureStore({ kind: 'lmdb', path, shop: 'test', profileTtlDays: 1 });
  [writer, store] = [await open(), await open()];
  model = await aGrowingModel({
    items: [
      { ...BOOT, angle: 0 },
      { ...LAMP, angle: 90 },
    ],
  });
});
afterEach(async () => {
  await Promise.all(feeds.splice(0).map((feed) => feed.stop()));
  await Promise.all([writer.close(), store.close()]);
});

function aFeed(parts: Partial<CatalogueFeedParts> = {}) {
  const { lines, logger } = aQuietLog();
  const metrics = createMetrics({ hasProcessMetrics: false });
  const rebuild = { execArgv: ['--import', LOADER], lockFile: join(folder, 'rebuild.lock') };
  const feed = new CatalogueFeed({
    ...{ context: new ModelContext(model), index: model.retriever, store, logger, metrics, rebuild, pollMs: 10 },
    ...parts,
  });
  feeds.push(feed);
  return { feed, lines, text: async () => (await metrics.render()).text };
}

const soon = () => Deadline.after(5_000);
const isAvailable = (item: number) => model.catalogue.isAvailable(item);
const unavailable = () => new VitrineError('REC_STORE_UNAVAILABLE', 'down');

/** A store that fails while `state.isDown`. */
function aFlakyStore() {
  const state = { isDown: false, reads: 0 };
  const flaky: CatalogueFeedParts['store'] = {
    readAllItems: () => store.readAllItems(),
    itemChangesPosition: async (deadline) => {
      if (state.isDown) throw unavailable();
      return store.itemChangesPosition(deadline);
    },
    readItemChanges: async (position, deadline) => {
      state.reads++;
      if (state.isDown) throw unavailable();
      return store.readItemChanges(position, deadline);
    },
  };
  return { state, flaky };
}

describe('CatalogueFeed', () => {
  it("has the store's products before it has started", async () => {
    await writer.writeItems([
      { ...BOOT, isAvailable: false },
      deletedItem('lamp'),
      { itemId: 'new', isAvailable: true },
    ]);
    const { feed, lines } = aFeed();
    expect(feed.isCurrent).toBe(false);
    await feed.start();
    expect(feed.isCurrent).toBe(true);
    expect([isAvailable(0), isAvailable(1), isAvailable(2)]).toEqual([false, false, true]);
    expect(lines).toMatchObject([{ level: 'info', fields: { added: 1, changed: 1, deleted: 1, unchanged: 0 } }]);
  });

  it('follows what others change, add and delete', async () => {
    const { feed, text } = aFeed();
    await feed.start();
    await writer.writeItems([{ ...BOOT, isAvailable: false }]);
    await expect.poll(() => isAvailable(0)).toBe(false);
    await writer.updateItem('boot', () => BOOT, soon());
    await expect.poll(() => isAvailable(0)).toBe(true);
    await writer.writeItems([{ itemId: 'new', category: 'shoes', isAvailable: true }]);
    await expect.poll(() => model.retriever.has(2)).toBe(true);
    await writer.updateItem('new', () => deletedItem('new'), soon());
    await expect.poll(() => model.retriever.has(2)).toBe(false);
    const metrics = await text();
    expect(metrics).toContain('vitrine_catalogue_changes_total{kind="changed"} 2');
    expect(metrics).toContain('vitrine_catalogue_changes_total{kind="added"} 1');
    expect(metrics).toContain('vitrine_catalogue_changes_total{kind="deleted"} 1');
    expect(metrics).toContain('vitrine_catalogue_lag_seconds_count 4');
  });

  it('has on request what was stored before it was asked, long before its next look', async () => {
    const { feed } = aFeed({ pollMs: 3_600_000 });
    await feed.start();
    for (let price = 1; price <= 20; price++) {
      await writer.updateItem('boot', () => ({ ...BOOT, price }), soon());
      await feed.catchUp(soon());
      expect(model.catalogue.priceOf(0)).toBe(price);
    }
  });

  it('answers many who ask at once with few looks', async () => {
    const { state, flaky } = aFlakyStore();
    const { feed } = aFeed({ pollMs: 3_600_000, store: flaky });
    await feed.start();
    const before = state.reads;
    await writer.writeItems([{ ...BOOT, price: 7 }]);
    await Promise.all(Array.from({ length: 100 }, () => feed.catchUp(soon())));
    expect(model.catalogue.priceOf(0)).toBe(7);
    expect(state.reads - before).toBeLessThanOrEqual(3);
  });

  it('starts without a store that is down, and tries until it is back', async () => {
    await writer.writeItems([{ ...BOOT, isAvailable: false }]);
    const { state, flaky } = aFlakyStore();
    state.isDown = true;
    const { feed, lines } = aFeed({ store: flaky });
    await feed.start();
    expect([feed.isCurrent, isAvailable(0)]).toEqual([false, true]);
    await expect(feed.catchUp(soon())).rejects.toMatchObject({ code: 'REC_STORE_UNAVAILABLE' });
    state.isDown = false;
    await expect.poll(() => feed.isCurrent, { timeout: 10_000 }).toBe(true);
    expect(isAvailable(0)).toBe(false);
    // One line when it fails, what was read, and one when it is mended.
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'info', 'info']);
  });

  it('catches up after an outage, and says so once', async () => {
    const { state, flaky } = aFlakyStore();
    const { feed, lines } = aFeed({ store: flaky });
    await feed.start();
    state.isDown = true;
    const before = state.reads;
    await expect.poll(() => state.reads, { timeout: 10_000 }).toBeGreaterThan(before + 2);
    await writer.writeItems([{ ...BOOT, isAvailable: false }]);
    expect(isAvailable(0)).toBe(true);
    state.isDown = false;
    await expect.poll(() => isAvailable(0), { timeout: 10_000 }).toBe(false);
    await expect.poll(() => lines.map(({ level }) => level)).toEqual(['info', 'warn', 'info']);
  });

  it('reads all products again when the log does not reach back to where it was', async () => {
    let isLost = false;
    const forgetful: CatalogueFeedParts['store'] = {
      readAllItems: () => store.readAllItems(),
      itemChangesPosition: (deadline) => store.itemChangesPosition(deadline),
      readItemChanges: async (position, deadline) => {
        if (!isLost) return store.readItemChanges(position, deadline);
        isLost = false;
        return { changes: [], position, isLost: true };
      },
    };
    const { feed, lines } = aFeed({ store: forgetful, pollMs: 3_600_000 });
    await feed.start();
    await writer.writeItems([{ ...BOOT, isAvailable: false }]);
    isLost = true;
    await feed.catchUp(soon());
    expect(isAvailable(0)).toBe(false);
    expect(lines.map(({ level }) => level)).toEqual(['info', 'warn', 'info']);
  });

  it('follows an import larger than what it reads at once', async () => {
    const { feed } = aFeed({ pollMs: 3_600_000 });
    await feed.start();
    const many = Array.from({ length: 10_000 }, (_, i) => ({ itemId: `new-${i}`, price: i, isAvailable: true }));
    await writer.writeItems(many);
    await feed.catchUp(Deadline.after(60_000));
    expect(model.catalogue.size).toBe(10_002);
    expect(model.catalogue.record(model.catalogue.indexOf('new-9999')).price).toBe(9_999);
  });

  it('does not start with a product that cannot be decoded', async () => {
    const broken: CatalogueFeedParts['store'] = {
      ...aFlakyStore().flaky,
      // biome-ignore lint/correctness/useYield: fails before its first product
      async *readAllItems(): AsyncIterable<ItemRecord> {
        throw new VitrineError('REC_RECORD_INVALID', 'not JSON');
      },
    };
    await expect(aFeed({ store: broken }).feed.start()).rejects.toMatchObject({ code: 'REC_RECORD_INVALID' });
  });

  it('changes nothing after it was stopped', async () => {
    const { feed } = aFeed();
    await feed.start();
    await feed.stop();
    await writer.writeItems([{ ...BOOT, isAvailable: false }]);
    await expect(feed.catchUp(soon())).rejects.toMatchObject({ code: 'REC_STORE_UNAVAILABLE' });
    expect(isAvailable(0)).toBe(true);
  });

  it('has the index rebuilt when deletions wore it out', async () => {
    const items = Array.from({ length: 400 }, (_, i) => ({ itemId: `sku-${i}`, angle: i * 0.9, isAvailable: true }));
    model = await aGrowingModel({ items });
    const { feed, lines, text } = aFeed({ rebuildRatio: 0.3 });
    await feed.start();
    await writer.writeItems(items.slice(0, 100).map(({ itemId }) => deletedItem(itemId)));
    await feed.catchUp(soon());
    expect(model.retriever.tombstoneCount).toBe(100);
    await writer.writeItems(items.slice(100, 130).map(({ itemId }) => deletedItem(itemId)));
    await expect.poll(() => model.retriever.tombstoneCount, { timeout: 30_000 }).toBe(0);
    expect(model.retriever.itemCount).toBe(270);
    await expect.poll(text).toContain('vitrine_index_rebuilds_total{result="rebuilt"} 1');
    expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'index rebuilt without tombstones' });
  });
});
