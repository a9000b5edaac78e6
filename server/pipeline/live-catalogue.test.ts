import { describe, expect, it } from 'vitest';
import type { ItemRecord } from '../../features/catalogue/catalogue.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { buildHnswGraph } from '../../models/retrieval/hnsw-graph.ts';
import { HnswRetriever } from '../../models/retrieval/hnsw-retriever.ts';
import type { LogFields } from '../observability/logger.ts';
import { CatalogueFeed } from './catalogue-feed.ts';
import { embedItems, type GrowingModel, overlayItems } from './live-catalogue.ts';
import { ModelContext } from './model-context.ts';
import { annSource } from './sources/ann-source.ts';
import { aModel, directionOf } from './testing/a-model.ts';
import { aDraft, proposalsOf } from './testing/a-query.ts';

const ITEMS = [
  { itemId: 'boot', angle: 0, price: 100, category: 'shoes' },
  { itemId: 'lamp', angle: 90, price: 20, category: 'home' },
];

async function aGrowingModel(): Promise<GrowingModel> {
  const embeddings = Float32Array.from(ITEMS.flatMap(({ angle }) => directionOf(angle)));
  const graph = await buildHnswGraph(embeddings, ITEMS.length, 2, { m: 8, efConstruction: 50, seed: 1 });
  return { ...(await aModel({ items: ITEMS })), retriever: new HnswRetriever(graph, 50) };
}

function storeOf(records: readonly ItemRecord[]) {
  return {
    async *readAllItems(): AsyncIterable<ItemRecord> {
      yield* records;
    },
  };
}

const BOOT: ItemRecord = { itemId: 'boot', price: 100, category: 'shoes', isAvailable: true };
const LAMP: ItemRecord = { itemId: 'lamp', price: 20, category: 'home', isAvailable: true };

describe('overlayItems', () => {
  it('takes prices and availability from the store', async () => {
    const model = await aGrowingModel();
    const records = [BOOT, { ...LAMP, price: 15, isAvailable: false }];
    const { counts } = await overlayItems(new ModelContext(model), storeOf(records));
    expect(counts).toEqual({ addedCount: 0, changedCount: 1, unchangedCount: 1 });
    expect(model.catalogue.record(1)).toEqual({ ...LAMP, price: 15, isAvailable: false });
  });

  it('computes the features of what changed anew', async () => {
    const model = await aGrowingModel();
    const context = new ModelContext(model);
    const { itemRows, itemSlotCount } = model.extractor;
    const categoryId = () => itemRows[itemSlotCount + 1];
    const before = categoryId();
    const embeddingBefore = await context.itemEmbedding(1);
    expect(await context.itemEmbedding(1)).toBe(embeddingBefore);
    await overlayItems(context, storeOf([{ ...LAMP, category: 'garden' }]));
    expect(categoryId()).not.toBe(before);
    expect(await context.itemEmbedding(1)).not.toBe(embeddingBefore);
  });

  it('adds products the bundle does not have, at the end, with features', async () => {
    const model = await aGrowingModel();
    const { counts, addedItems } = await overlayItems(
      new ModelContext(model),
      storeOf([{ itemId: 'new', category: 'shoes', isAvailable: true }]),
    );
    expect(counts.addedCount).toBe(1);
    expect(addedItems).toEqual([2]);
    expect(model.catalogue.indexOf('new')).toBe(2);
    // The id of a value that is not in the vocabulary.
    expect(model.extractor.itemRows[2 * model.extractor.itemSlotCount]).toBe(1);
  });

  it('sees a change in an attribute', async () => {
    const model = await aGrowingModel();
    const context = new ModelContext(model);
    const green = { ...BOOT, attributes: { colour: 'green', size: '42' } };
    await overlayItems(context, storeOf([green]));
    const again = await overlayItems(context, storeOf([{ ...BOOT, attributes: { size: '42', colour: 'green' } }]));
    expect(again.counts).toEqual({ addedCount: 0, changedCount: 0, unchangedCount: 1 });
    const fewer = await overlayItems(context, storeOf([{ ...BOOT, attributes: { size: '42' } }]));
    expect(fewer.counts.changedCount).toBe(1);
  });

  it('keeps what it read when the store fails half-way', async () => {
    const model = await aGrowingModel();
    const store = {
      async *readAllItems(): AsyncIterable<ItemRecord> {
        yield { ...BOOT, isAvailable: false };
        throw new VitrineError('REC_STORE_UNAVAILABLE', 'gone');
      },
    };
    await expect(overlayItems(new ModelContext(model), store)).rejects.toMatchObject({ code: 'REC_STORE_UNAVAILABLE' });
    expect(model.catalogue.isAvailable(0)).toBe(false);
  });
});

describe('embedItems', () => {
  it('makes a product the training never saw findable by similarity', async () => {
    const model = await aGrowingModel();
    const context = new ModelContext(model);
    const { addedItems } = await overlayItems(context, storeOf([{ itemId: 'new', isAvailable: true }]));
    await embedItems(context, model.retriever, addedItems);
    expect(model.retriever.itemCount).toBe(3);
    // A product that is not in the vocabulary lies at 60 degrees: nearest to itself, then to lamp at 90.
    const found = await proposalsOf(annSource, aDraft(model, { contextItemIds: ['new'] }), 2);
    expect(found).toEqual(['new', 'lamp']);
  });
});

describe('CatalogueFeed', () => {
  const quiet = () => {
    const lines: string[] = [];
    const log = (message: string, _fields?: LogFields) => void lines.push(message);
    return { lines, logger: { info: log, warn: log, error: log } };
  };

  it('is current once the products of the store are in', async () => {
    const model = await aGrowingModel();
    const feed = new CatalogueFeed({
      context: new ModelContext(model),
      index: model.retriever,
      store: storeOf([{ ...BOOT, isAvailable: false }]),
      logger: quiet().logger,
    });
    expect(feed.isCurrent).toBe(false);
    await feed.start();
    expect(feed.isCurrent).toBe(true);
    expect(model.catalogue.isAvailable(0)).toBe(false);
  });

  it('starts without a store that is down, and tries until it is back', async () => {
    const model = await aGrowingModel();
    const { lines, logger } = quiet();
    let attempts = 0;
    const store = {
      async *readAllItems(): AsyncIterable<ItemRecord> {
        attempts++;
        if (attempts < 3) throw new VitrineError('REC_STORE_UNAVAILABLE', 'down');
        yield { ...BOOT, isAvailable: false };
      },
    };
    const feed = new CatalogueFeed({
      context: new ModelContext(model),
      index: model.retriever,
      store,
      logger,
      firstRetryMs: 1,
    });
    await feed.start();
    expect(feed.isCurrent).toBe(false);
    expect(model.catalogue.isAvailable(0)).toBe(true);
    await expect.poll(() => feed.isCurrent).toBe(true);
    expect(attempts).toBe(3);
    expect(model.catalogue.isAvailable(0)).toBe(false);
    // One line when it fails, one when it is mended.
    expect(lines).toHaveLength(2);
    feed.stop();
  });

  it('does not start with a product that cannot be decoded', async () => {
    const model = await aGrowingModel();
    const store = {
      // biome-ignore lint/correctness/useYield: fails before its first product
      async *readAllItems(): AsyncIterable<ItemRecord> {
        throw new VitrineError('REC_RECORD_INVALID', 'not JSON');
      },
    };
    const feed = new CatalogueFeed({
      context: new ModelContext(model),
      index: model.retriever,
      store,
      logger: quiet().logger,
    });
    await expect(feed.start()).rejects.toMatchObject({ code: 'REC_RECORD_INVALID' });
  });
});
