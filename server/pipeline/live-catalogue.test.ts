import { beforeEach, describe, expect, it } from 'vitest';
import { deletedItem, type ItemRecord } from '../../features/catalogue/catalogue.ts';
import { ItemEmbedder } from './item-embedder.ts';
import { LiveCatalogue } from './live-catalogue.ts';
import { ModelContext } from './model-context.ts';
import { annSource } from './sources/ann-source.ts';
import { aGrowingModel, aQuietLog } from './testing/a-growing-model.ts';
import { UNKNOWN_ANGLE } from './testing/a-model.ts';
import { aDraft, proposalsOf } from './testing/a-query.ts';

const BOOT: ItemRecord = { itemId: 'boot', price: 100, category: 'shoes', isAvailable: true };
const LAMP: ItemRecord = { itemId: 'lamp', price: 20, category: 'home', isAvailable: true };

let model: Awaited<ReturnType<typeof aGrowingModel>>;
let context: ModelContext;
let embedder: ItemEmbedder;
let live: LiveCatalogue;

beforeEach(async () => {
  model = await aGrowingModel({
    items: [
      { ...BOOT, angle: 0 },
      { ...LAMP, angle: 90 },
    ],
  });
  context = new ModelContext(model);
  embedder = new ItemEmbedder({ context, index: model.retriever, logger: aQuietLog().logger });
  live = new LiveCatalogue({ context, index: model.retriever, embedder });
});

const embedded = () => expect.poll(() => embedder.waitingCount).toBe(0);
/** Everything in the index, by similarity to a direction. */
async function found(angle: number): Promise<string[]> {
  const radians = (angle * Math.PI) / 180;
  const query = Float32Array.of(Math.cos(radians), Math.sin(radians));
  const { itemIndexes } = await model.retriever.search(query, 1, 10);
  return Array.from(
    itemIndexes.filter((item) => item >= 0),
    (item) => model.catalogue.itemIds[item]!,
  );
}

describe('LiveCatalogue.apply', () => {
  it('takes price and availability at once, without touching the index', () => {
    expect(live.apply({ ...LAMP, price: 15, isAvailable: false })).toBe('changed');
    expect(model.catalogue.record(1)).toEqual({ ...LAMP, price: 15, isAvailable: false });
    expect(embedder.waitingCount).toBe(0);
    expect(context.availableRatio).toBe(0.5);
  });

  it('leaves a product alone that says the same in another order', () => {
    live.apply({ ...BOOT, attributes: { colour: 'green', size: '42' } });
    expect(live.apply({ ...BOOT, attributes: { size: '42', colour: 'green' } })).toBe('unchanged');
    expect(live.apply({ ...BOOT, attributes: { size: '42' } })).toBe('changed');
    expect(live.apply(LAMP)).toBe('unchanged');
  });

  it('computes the features of what changed anew, and nothing else for what they do not depend on', async () => {
    const { itemRows, itemSlotCount } = model.extractor;
    const before = itemRows[itemSlotCount + 1];
    const embedding = await context.itemEmbedding(1);
    live.apply({ ...LAMP, title: 'The lamp' });
    expect([itemRows[itemSlotCount + 1], await context.itemEmbedding(1)]).toEqual([before, embedding]);
    expect(embedder.waitingCount).toBe(0);
    live.apply({ ...LAMP, category: 'garden' });
    expect(itemRows[itemSlotCount + 1]).not.toBe(before);
    expect(await context.itemEmbedding(1)).not.toBe(embedding);
  });

  it('adds a product the bundle does not have, with features, in every place at once', async () => {
    const retriever = model.retriever;
    expect(live.apply({ itemId: 'new', category: 'shoes', isAvailable: true })).toBe('added');
    expect(model.catalogue.indexOf('new')).toBe(2);
    // The id of a value that is not in the vocabulary.
    expect(model.extractor.itemRows[2 * model.extractor.itemSlotCount]).toBe(1);
    await embedded();
    expect(retriever.itemCount).toBe(3);
    // A product that is not in the vocabulary lies at 60 degrees: nearest to itself, then to lamp at 90.
    expect(await proposalsOf(annSource, aDraft(model, { contextItemIds: ['new'] }), 2)).toEqual(['new', 'lamp']);
  });

  it('leaves neighbours and popularity of the bundle as they are when products come and go', () => {
    const { neighbours, popularity } = model;
    const before = [popularity.overall.itemIndexes.slice(), neighbours.coView.offsets.slice()];
    live.apply({ itemId: 'new', isAvailable: true });
    live.apply(deletedItem('boot'));
    expect([popularity.overall.itemIndexes, neighbours.coView.offsets]).toEqual(before);
    expect(model.catalogue.itemIds).toEqual(['boot', 'lamp', 'new']);
  });

  it('hides a deleted product for good, and keeps what histories say of it', async () => {
    expect(live.apply(deletedItem('boot'))).toBe('deleted');
    expect(live.apply(deletedItem('boot'))).toBe('unchanged');
    expect(model.catalogue.isAvailable(0)).toBe(false);
    expect(model.catalogue.facts('boot')).toMatchObject({ category: 'shoes', price: 100 });
    expect(await found(0)).toEqual(['lamp']);
    expect(model.retriever.tombstoneCount).toBe(1);
    expect(context.availableRatio).toBe(0.5);
  });

  it('does not make a product of a deletion it never knew', () => {
    expect(live.apply(deletedItem('never'))).toBe('unchanged');
    expect(model.catalogue.size).toBe(2);
  });

  it('brings a deleted product back that is put again', async () => {
    live.apply(deletedItem('boot'));
    expect(live.apply(BOOT)).toBe('added');
    expect(model.catalogue.isAvailable(0)).toBe(true);
    await embedded();
    expect(await found(0)).toEqual(['boot', 'lamp']);
    expect(model.retriever.tombstoneCount).toBe(0);
  });

  it('does not find a product that is deleted before it was embedded', async () => {
    live.apply({ itemId: 'new', isAvailable: true });
    live.apply(deletedItem('new'));
    await embedded();
    expect(await found(UNKNOWN_ANGLE)).toEqual(['lamp', 'boot']);
  });

  it('embeds later what was left when the model rested, new or changed', async () => {
    live.apply({ itemId: 'new', isAvailable: true });
    live.apply({ ...LAMP, category: 'garden' });
    embedder.stop();
    await new Promise((resolve) => setImmediate(resolve));
    expect([embedder.waitingCount, model.retriever.has(2)]).toEqual([2, false]);
    const second = new ItemEmbedder({ context, index: model.retriever, logger: aQuietLog().logger });
    await expect.poll(() => second.waitingCount).toBe(0);
    await expect.poll(() => model.retriever.has(2)).toBe(true);
  });

  it('loses nothing when it is stopped while the tower is at work', async () => {
    const slow = new ModelContext({
      ...model,
      itemTower: {
        ...{ slotCount: model.itemTower.slotCount, embeddingDim: model.itemTower.embeddingDim },
        embed: async (rows, count) => {
          own.stop();
          return model.itemTower.embed(rows, count);
        },
      },
    });
    const own = new ItemEmbedder({ context: slow, index: model.retriever, logger: aQuietLog().logger });
    model.retriever.remove(1);
    own.push(1);
    await expect.poll(() => own.waitingCount).toBe(1);
    expect(model.retriever.has(1)).toBe(false);
  });
});

describe('ItemEmbedder', () => {
  it('embeds the newest first', async () => {
    const order: number[] = [];
    const index = { has: () => false, add: (item: number) => void order.push(item) };
    const own = new ItemEmbedder({ context, index, logger: aQuietLog().logger });
    for (let i = 0; i < 70; i++) {
      model.catalogue.put({ itemId: `new-${i}`, isAvailable: true });
    }
    model.extractor.refreshItems(2);
    for (let i = 0; i < 70; i++) own.push(2 + i);
    expect(own.waitingCount).toBe(70);
    own.push(30);
    expect(own.waitingCount).toBe(70);
    await expect.poll(() => order.length).toBe(70);
    expect(Math.min(...order.slice(0, 32))).toBe(40);
    expect(Math.max(...order.slice(64))).toBe(7);
  });

  it('tries again what fails, and lets one that never succeeds keep no other out, now or later', async () => {
    const added: number[] = [];
    let attempts = 0;
    const index = {
      has: () => false,
      add: (item: number) => {
        if (item !== 3) {
          added.push(item);
          return;
        }
        attempts++;
        throw new Error('no place for it');
      },
    };
    for (const itemId of ['c', 'd', 'e', 'f']) model.catalogue.put({ itemId, isAvailable: true });
    model.extractor.refreshItems(2);
    const { lines, logger } = aQuietLog();
    const own = new ItemEmbedder({ context, index, logger, firstRetryMs: 1 });
    for (const item of [2, 3, 4]) own.push(item);
    await expect.poll(() => new Set(added)).toEqual(new Set([2, 4]));
    await expect.poll(() => attempts).toBeGreaterThan(2);
    own.push(5);
    await expect.poll(() => added).toContain(5);
    expect(own.waitingCount).toBeLessThanOrEqual(1);
    expect(lines.length).toBeLessThanOrEqual(attempts);
    own.stop();
  });

  it('does not wait with new products for the next attempt of one that failed', async () => {
    const added: number[] = [];
    const index = {
      has: () => false,
      add: (item: number) => {
        if (item === 0) throw new Error('no place for it');
        added.push(item);
      },
    };
    const { lines, logger } = aQuietLog();
    const own = new ItemEmbedder({ context, index, logger, firstRetryMs: 3_600_000 });
    own.push(0);
    await expect.poll(() => lines).toHaveLength(1);
    expect(own.waitingCount).toBe(1);
    own.push(1);
    await expect.poll(() => added).toEqual([1]);
    own.stop();
  });
});
