import type { ItemRecord } from '../catalogue/catalogue.ts';
import { messageOf, VitrineError } from '../core/errors.ts';

/** The JSON text of a product as it lies in a store: the fields of {@link ItemRecord}, absent ones left out. */
export function encodeItem(item: ItemRecord): string {
  return JSON.stringify(item);
}

/**
 * Reads a stored product.
 *
 * Errors: REC_RECORD_INVALID when the text is no product.
 */
export function decodeItem(text: string): ItemRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidItem(messageOf(error), error);
  }
  if (typeof value !== 'object' || value === null) throw invalidItem(`it is ${JSON.stringify(value)}, not an object`);
  const item = value as ItemRecord;
  if (typeof item.itemId !== 'string') throw invalidItem('itemId is not a text');
  if (typeof item.isAvailable !== 'boolean') throw invalidItem('isAvailable is not true or false');
  if (item.isDeleted !== undefined && typeof item.isDeleted !== 'boolean')
    throw invalidItem('isDeleted is not true or false');
  return item;
}

/** The product of a stored text; undefined when it was deleted. */
export function decodePresentItem(text: string): ItemRecord | undefined {
  const item = decodeItem(text);
  return item.isDeleted === true ? undefined : item;
}

function invalidItem(reason: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'REC_RECORD_INVALID',
    `an item record cannot be decoded: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
