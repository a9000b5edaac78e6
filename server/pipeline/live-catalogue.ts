import type { ItemRecord } from '../../features/catalogue/catalogue.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { ModelContext, PipelineModel } from './model-context.ts';

/** A model whose index takes further products. */
export interface GrowingModel extends PipelineModel {
  readonly retriever: PipelineModel['retriever'] & {
    add(itemIndex: number, embedding: Float32Array): void;
  };
}

/** What the store's products changed in a bundle's catalogue. */
export interface OverlayCounts {
  readonly addedCount: number;
  readonly changedCount: number;
  readonly unchangedCount: number;
}

/** Products embedded at a time: a few milliseconds of the event loop each. */
const EMBEDDING_BATCH = 32;
/** Products read between two breaths of the event loop, for stores that answer without waiting. */
const ITEMS_PER_TURN = 2_000;

/**
 * Lays the store's products over a model's catalogue: the bundle says what the shop had when the model was trained, the store what it has
 * now. Prices and availability are replaced, new products are added with their features.
 *
 * A query never sees half a product: each one is put and its features computed without a wait in between. Run again, it brings the
 * catalogue up to date; products that are gone from the store stay as they are.
 * Errors: those of the store; what was read before stays in effect.
 *
 * @returns the counts, and the rows that {@link embedItems} has to add to the index
 */
export async function overlayItems(
  context: ModelContext,
  store: Pick<FeatureStore, 'readAllItems'>,
): Promise<{ counts: OverlayCounts; addedItems: readonly number[] }> {
  const { catalogue, extractor } = context.model;
  const addedItems: number[] = [];
  let changedCount = 0;
  let unchangedCount = 0;
  for await (const record of store.readAllItems()) {
    const known = catalogue.indexOf(record.itemId);
    if (known < 0) {
      const item = catalogue.put(record);
      extractor.refreshItems(item);
      addedItems.push(item);
    } else if (isSame(catalogue.record(known), record)) {
      unchangedCount++;
    } else {
      catalogue.put(record);
      extractor.refreshItem(known);
      context.forgetItem(known);
      changedCount++;
    }
    if ((addedItems.length + changedCount + unchangedCount) % ITEMS_PER_TURN === 0) await nextTurn();
  }
  return { counts: { addedCount: addedItems.length, changedCount, unchangedCount }, addedItems };
}

/**
 * Makes products findable by similarity that the training never saw: the item tower embeds them from their features.
 *
 * Errors: category `dependency` from the tower or the index; items before it are in. Cost: about a search per item, in small batches
 * between which queries run.
 */
export async function embedItems(
  context: ModelContext,
  index: Pick<GrowingModel['retriever'], 'add'>,
  items: readonly number[],
): Promise<void> {
  const { embeddingDim } = context.model.itemTower;
  for (let start = 0; start < items.length; start += EMBEDDING_BATCH) {
    const batch = items.slice(start, start + EMBEDDING_BATCH);
    const embeddings = await context.embedItems(batch);
    for (const [place, item] of batch.entries()) {
      index.add(item, embeddings.subarray(place * embeddingDim, (place + 1) * embeddingDim));
    }
    await nextTurn();
  }
}

/** Whether two records say the same, whatever the order of their attributes. */
function isSame(a: ItemRecord, b: ItemRecord): boolean {
  if (
    a.isAvailable !== b.isAvailable ||
    a.price !== b.price ||
    a.category !== b.category ||
    a.brand !== b.brand ||
    a.title !== b.title ||
    a.currency !== b.currency ||
    a.createdAtMs !== b.createdAtMs
  ) {
    return false;
  }
  const ofA = Object.entries(a.attributes ?? {});
  const ofB = b.attributes ?? {};
  return ofA.length === Object.keys(ofB).length && ofA.every(([name, value]) => ofB[name] === value);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
