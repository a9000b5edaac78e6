import type { ItemRecord } from '../../../features/catalogue/catalogue.ts';
import type { ItemReply } from './item-schema.ts';

/** A product as replies show it; what is not known is left out. */
export function itemReplyOf(record: ItemRecord): ItemReply {
  return {
    item_id: record.itemId,
    ...(record.title === undefined ? {} : { title: record.title }),
    ...(record.category === undefined ? {} : { category: record.category }),
    ...(record.brand === undefined ? {} : { brand: record.brand }),
    ...(record.price === undefined ? {} : { price: record.price }),
    ...(record.currency === undefined ? {} : { currency: record.currency }),
    available: record.isAvailable,
    ...(record.createdAtMs === undefined ? {} : { created_at: new Date(record.createdAtMs).toISOString() }),
    ...(record.attributes === undefined ? {} : { attributes: { ...record.attributes } }),
  };
}
