import { type Catalogue, deletedItem, type ItemRecord } from '../../../features/catalogue/catalogue.ts';
import type { Deadline } from '../../../features/core/deadline.ts';
import { VitrineError } from '../../../features/core/errors.ts';
import type { FeatureStore } from '../../../features/store/feature-store.ts';
import { previewOf } from '../../config/schema-problems.ts';
import { storeInTime } from '../store-in-time.ts';
import type { ItemChanger } from './decode-item.ts';
import { ATTRIBUTE_BOUNDS, areAttributesWithinBounds } from './item-schema.ts';

/** What the routes use of the catalogue that is served. */
export type ServedCatalogue = Pick<Catalogue, 'indexOf' | 'record' | 'isDeleted' | 'attributes'>;

/** Every name is a column in every process: names that hold ids, sent by mistake, must not fill memory. */
const MAX_ATTRIBUTE_NAMES = 1_000;

interface ItemChangerParts {
  readonly store: Pick<FeatureStore, 'updateItem'>;
  /** The catalogue being served; asked for each change. */
  readonly catalogue: () => ServedCatalogue;
}

/** What changes products in the store, one at a time; each says whether there was such a product before. */
export interface ItemChangers {
  /** Errors: REC_INVALID_REQUEST when the shop would pass a bound. */
  put(record: ItemRecord, deadline: Deadline): Promise<{ readonly stored: ItemRecord; readonly existed: boolean }>;
  /** Errors: REC_UNKNOWN_ITEM; REC_INVALID_REQUEST when the product or the shop would pass a bound. */
  patch(itemId: string, change: ItemChanger, deadline: Deadline): Promise<ItemRecord>;
  delete(itemId: string, deadline: Deadline): Promise<{ readonly existed: boolean }>;
}

/** Makes them for a store and the catalogue that is served. */
export function makeItemChangers({ store, catalogue }: ItemChangerParts): ItemChangers {
  /** A product the store was never told of may be in the bundle. */
  const known = (itemId: string, stored: ItemRecord | undefined): ItemRecord | undefined => {
    if (stored !== undefined) return stored.isDeleted === true ? undefined : stored;
    const served = catalogue();
    const item = served.indexOf(itemId);
    return item < 0 || served.isDeleted(item) ? undefined : served.record(item);
  };
  return {
    async put(record, deadline) {
      const refusal = newNameRefusal(catalogue(), record);
      if (refusal !== undefined) throw refusal;
      let existed = false;
      const { itemId } = record;
      const change = (current: ItemRecord | undefined): ItemRecord | 'keep' => {
        existed = known(itemId, current) !== undefined;
        return isEqual(current, record) ? 'keep' : record;
      };
      await storeInTime(store.updateItem(itemId, change, deadline));
      return { stored: record, existed };
    },
    async patch(itemId, change, deadline) {
      let refusal: VitrineError | undefined;
      const stored = await storeInTime(
        store.updateItem(
          itemId,
          (current) => {
            const before = known(itemId, current);
            const after = before === undefined ? undefined : change(before);
            refusal = after === undefined ? unknownItem(itemId) : boundRefusal(before!, after, catalogue());
            return refusal !== undefined || after === undefined || isEqual(current, after) ? 'keep' : after;
          },
          deadline,
        ),
      );
      if (refusal !== undefined) throw refusal;
      return stored!;
    },
    async delete(itemId, deadline) {
      let existed = false;
      const change = (current: ItemRecord | undefined): ItemRecord | 'keep' => {
        existed = known(itemId, current) !== undefined;
        return current?.isDeleted === true ? 'keep' : deletedItem(itemId);
      };
      await storeInTime(store.updateItem(itemId, change, deadline));
      return { existed };
    },
  };
}

/** The refusal of a product that is not there. */
export function unknownItem(itemId: string): VitrineError {
  return new VitrineError('REC_UNKNOWN_ITEM', `id: ${previewOf(itemId)} given, expected an item of the catalogue`);
}

/** A patch is within bounds; what it makes of a product with many attributes may not be. What was imported beyond them can still be sold out. */
function boundRefusal(before: ItemRecord, after: ItemRecord, served: ServedCatalogue): VitrineError | undefined {
  const { attributes = {} } = after;
  const isUntouched = JSON.stringify(before.attributes ?? {}) === JSON.stringify(attributes);
  if (isUntouched) return undefined;
  if (areAttributesWithinBounds(attributes)) return newNameRefusal(served, after);
  const count = Object.keys(attributes).length;
  const message = `attributes: the product would have ${count}, expected ${ATTRIBUTE_BOUNDS}: remove some with null`;
  return new VitrineError('REC_INVALID_REQUEST', message);
}

function newNameRefusal(served: ServedCatalogue, { attributes = {} }: ItemRecord): VitrineError | undefined {
  if (served.attributes.size < MAX_ATTRIBUTE_NAMES) return undefined;
  const unknown = Object.keys(attributes).find((name) => !served.attributes.has(name));
  if (unknown === undefined) return undefined;
  const expected = `one of the ${served.attributes.size} names the shop's products have: values may differ from product to product, names are few`;
  return new VitrineError('REC_INVALID_REQUEST', `attributes: ${previewOf(unknown)} given, expected ${expected}`);
}

/** Exact for what was written by these routes; anything else is written once more. */
function isEqual(current: ItemRecord | undefined, next: ItemRecord): boolean {
  return JSON.stringify(current) === JSON.stringify(next);
}
