import { VitrineError } from '../core/errors.ts';
import { MAX_ID_LENGTH, type ShopperKey } from '../core/ids.ts';
import { hash32 } from '../transform/hash.ts';

/**
 * The names under which a shop's records lie in a store. A contract between every process that shares the store:
 *
 * | key | holds |
 * | --- | --- |
 * | `v1:<shop>:{u:<user id>}:p` | profile record of an account (features/profile/profile.proto) |
 * | `v1:<shop>:{s:<session id>}:p` | profile record of a visitor not logged in |
 * | `v1:<shop>:items:<0..15>` | Redis: hash of item id to item JSON; an item lies in bucket `hash32(item id) mod 16` |
 * | `v1:<shop>:item:<item id>` | LMDB: item JSON |
 *
 * Every key starts with the layout version and the shop, so shops and layouts share a store without meeting. Whatever belongs to one
 * shopper carries the same `{...}` hash tag, so a Redis Cluster keeps it on one node. Shop, user, session and (in LMDB) item
 * ids are escaped: `%`, `{`, `}`, `:`, blanks and control characters as `%` and two hex digits per UTF-8 byte, a lone
 * surrogate as `%u` and four; everything else stays readable. Two ids never share a key.
 */
export const KEY_LAYOUT_VERSION = 1;

/** Hashes the products of one shop are spread over, so that a Redis Cluster spreads them over its nodes. */
export const ITEM_BUCKET_COUNT = 16;

/**
 * Key of a shopper's profile record.
 *
 * Errors: REC_INVALID_REQUEST when the id is longer than {@link MAX_ID_LENGTH}.
 */
export function profileKey(shop: string, shopper: ShopperKey): string {
  const colon = shopper.indexOf(':');
  const id = shopper.slice(colon + 1);
  refuseLongId(id, 'user or session id');
  return `${shopPrefix(shop)}{${shopper.slice(0, colon)}:${escapeKeyPart(id)}}:p`;
}

/** Key of the Redis hash a product lies in. */
export function itemBucketKey(shop: string, itemId: string): string {
  refuseLongId(itemId, 'item id');
  return bucketKey(shop, hash32(itemId) % ITEM_BUCKET_COUNT);
}

/** Keys of all Redis hashes that hold products. */
export function itemBucketKeys(shop: string): string[] {
  return Array.from({ length: ITEM_BUCKET_COUNT }, (_, bucket) => bucketKey(shop, bucket));
}

/** Key of one product where each product has a key of its own (LMDB). */
export function itemKey(shop: string, itemId: string): string {
  refuseLongId(itemId, 'item id');
  return `${shopPrefix(shop)}item:${escapeKeyPart(itemId)}`;
}

/** Bounds of all {@link itemKey} keys of a shop; `end` is exclusive. */
export function itemKeyRange(shop: string): { readonly start: string; readonly end: string } {
  const prefix = `${shopPrefix(shop)}item`;
  // ';' follows ':' in every encoding, and no escaped id can reach it.
  return { start: `${prefix}:`, end: `${prefix};` };
}

function bucketKey(shop: string, bucket: number): string {
  return `${shopPrefix(shop)}items:${bucket}`;
}

function shopPrefix(shop: string): string {
  return `v${KEY_LAYOUT_VERSION}:${escapeKeyPart(shop)}:`;
}

const NEEDS_ESCAPE = /[%{}: \p{Cc}\p{Surrogate}]/u;
const EACH_TO_ESCAPE = /[%{}: \p{Cc}\p{Surrogate}]/gu;

function escapeKeyPart(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return text.replace(EACH_TO_ESCAPE, (character) => {
    const code = character.charCodeAt(0);
    return code >= 0xd800 && code <= 0xdfff ? `%u${code.toString(16)}` : encodeURIComponent(character);
  });
}

function refuseLongId(id: string, what: string): void {
  if (id.length <= MAX_ID_LENGTH) return;
  throw new VitrineError(
    'REC_INVALID_REQUEST',
    `${what} has ${id.length} characters, expected at most ${MAX_ID_LENGTH}: shorten it or send a hash of it`,
    { details: { length: id.length } },
  );
}
