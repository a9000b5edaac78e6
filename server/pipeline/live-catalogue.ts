import type { ItemRecord } from '../../features/catalogue/catalogue.ts';
import type { ItemEmbedder } from './item-embedder.ts';
import type { ModelContext } from './model-context.ts';

/** What a product's record did to the catalogue. */
export const ITEM_CHANGE_KINDS = ['added', 'changed', 'deleted', 'unchanged'] as const;
export type ItemChangeKind = (typeof ITEM_CHANGE_KINDS)[number];

export interface LiveCatalogueParts {
  readonly context: ModelContext;
  /** Where products are found by similarity. */
  readonly index: { has(itemIndex: number): boolean; remove(itemIndex: number): boolean };
  readonly embedder: Pick<ItemEmbedder, 'push'>;
}

/**
 * The catalogue of a model while it serves: the bundle says what the shop had when the model was trained, the store what it has now.
 *
 * Everything that depends on a product's fields follows from here: catalogue columns, item features (and through them whatever watches
 * the feature extractor), kept embeddings, the index. Tables of the bundle that name products by row (popularity, neighbours) stay valid,
 * since rows are never moved: new products come after them, deleted ones are filtered like sold-out ones.
 */
export class LiveCatalogue {
  private readonly parts: LiveCatalogueParts;

  constructor(parts: LiveCatalogueParts) {
    this.parts = parts;
  }

  /**
   * Brings one product up to date with its record. A query never sees half of it: there is no wait in between.
   *
   * A deleted product keeps its fields, since shoppers' histories still name it, and is never shown. In the index a new or changed product
   * moves soon afterwards.
   */
  apply(record: ItemRecord): ItemChangeKind {
    const { catalogue } = this.parts.context.model;
    const item = catalogue.indexOf(record.itemId);
    if (record.isDeleted === true) return this.remove(item);
    if (item < 0) return this.add(record);
    const isBack = catalogue.isDeleted(item);
    if (!isBack && isSame(catalogue.record(item), record)) {
      // A product whose embedding was still to be made when the model last rested.
      if (!this.parts.index.has(item)) this.parts.embedder.push(item);
      return 'unchanged';
    }
    catalogue.put(record);
    if (this.refreshFeatures(item) || !this.parts.index.has(item)) this.parts.embedder.push(item);
    return isBack ? 'added' : 'changed';
  }

  private add(record: ItemRecord): ItemChangeKind {
    const { context, embedder } = this.parts;
    const item = context.model.catalogue.put(record);
    context.model.extractor.refreshItems(item);
    embedder.push(item);
    return 'added';
  }

  private remove(item: number): ItemChangeKind {
    const { catalogue } = this.parts.context.model;
    if (item < 0 || catalogue.isDeleted(item)) return 'unchanged';
    catalogue.put({ ...catalogue.record(item), isDeleted: true });
    this.parts.index.remove(item);
    return 'deleted';
  }

  /** Whether any feature of the product became another. */
  private refreshFeatures(item: number): boolean {
    const { context } = this.parts;
    const { extractor } = context.model;
    const [start, end] = [item * extractor.itemSlotCount, (item + 1) * extractor.itemSlotCount];
    const before = extractor.itemRows.slice(start, end);
    extractor.refreshItem(item);
    if (before.every((id, slot) => id === extractor.itemRows[start + slot])) return false;
    context.forgetItem(item);
    return true;
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
