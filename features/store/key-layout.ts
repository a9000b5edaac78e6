import { VitrineError } from '../core/errors.ts';
import { MAX_ID_LENGTH, type ShopperKey } from '../core/ids.ts';
import { hash32 } from '../transform/hash.ts';
import type { LogKind } from './feature-store.ts';
import { hashSlotOf, tagOfHashSlot } from './hash-slot.ts';

/**
 * The names under which a shop's records lie in a store. A contract between every process that shares the store:
 *
 * | key | holds |
 * | --- | --- |
 * | `v1:<shop>:{u:<user id>}:p` | profile record of an account (features/profile/profile.proto) |
 * | `v1:<shop>:{s:<session id>}:p` | profile record of a visitor not logged in |
 * | `v1:<shop>:log:<0..63>` | Redis: stream of accepted events; a shopper's lie in partition `hash32(shopper) mod 64` |
 * | `v1:<shop>:log:{<tag>}` | Redis Cluster: the same, a stream in each hash slot, so that it lies with the profiles it belongs to |
 * | `v1:<shop>:{slates:<0..63>}` | Redis: stream of served slates; partitions as above |
 * | `v1:<shop>:{items:<0..15>}` | Redis: hash of item id to item JSON; an item lies in bucket `hash32(item id) mod 16` |
 * | `v1:<shop>:{items:<0..15>}:c` | Redis: stream of the item ids written to the bucket |
 * | `v1:<shop>:events:<00..63>:<time and number>`, `v1:<shop>:slates:...` | LMDB: an entry of a log; its first line is the shopper |
 * | `v1:<shop>:item:<item id>` | LMDB: item JSON |
 * | `v1:<shop>:change:<number>` | LMDB: a written item id |
 *
 * Every key starts with the layout version and the shop, so shops and layouts share a store without meeting. Whatever belongs to one
 * shopper carries the same `{...}` hash tag, so a Redis Cluster keeps it on one node. Shop, user, session and (in LMDB) item
 * ids are escaped: `%`, `{`, `}`, `:`, blanks and control characters as `%` and two hex digits per UTF-8 byte, a lone
 * surrogate as `%u` and four; everything else stays readable. Two ids never share a key.
 */
export const KEY_LAYOUT_VERSION = 1;

/** Hashes the products of one shop are spread over, so that a Redis Cluster spreads them over its nodes. */
export const ITEM_BUCKET_COUNT = 16;

/** Parts a log is kept in, so that what belongs to one shopper is found in one of them. */
export const LOG_PARTITION_COUNT = 64;

/**
 * Key of a shopper's profile record.
 *
 * Errors: REC_INVALID_REQUEST when the id is longer than {@link MAX_ID_LENGTH}.
 */
export function profileKey(shop: string, shopper: ShopperKey): string {
  return `${shopPrefix(shop)}{${shopperTag(shopper)}}:p`;
}

/** The shopper a {@link profileKey} names; undefined when it is another key or of another shop. */
export function shopperOfProfileKey(shop: string, key: string): ShopperKey | undefined {
  const start = `${shopPrefix(shop)}{`;
  const end = '}:p';
  if (!key.startsWith(start) || !key.endsWith(end)) return undefined;
  return shopperOfTag(key.slice(start.length, -end.length));
}

/** Start of every key of a shop. */
export function shopPrefix(shop: string): string {
  return `v${KEY_LAYOUT_VERSION}:${escapeKeyPart(shop)}:`;
}

/** Bounds of all {@link profileKey} keys of a shop; `end` is exclusive. */
export function profileKeyRange(shop: string): { readonly start: string; readonly end: string } {
  // '|' follows '{' in every encoding.
  return { start: `${shopPrefix(shop)}{`, end: `${shopPrefix(shop)}|` };
}

/** A shopper as keys and log entries name them: `u:` or `s:` and the escaped id; one line, well-formed text. */
export function shopperTag(shopper: ShopperKey): string {
  const colon = shopper.indexOf(':');
  const id = shopper.slice(colon + 1);
  refuseLongId(id, 'user or session id');
  return `${shopper.slice(0, colon)}:${escapeKeyPart(id)}`;
}

/** What {@link shopperTag} names. */
export function shopperOfTag(tag: string): ShopperKey {
  const colon = tag.indexOf(':');
  return `${tag.slice(0, colon)}:${unescapeKeyPart(tag.slice(colon + 1))}` as ShopperKey;
}

/** Number of the log partition a shopper's entries lie in. */
export function logPartitionOf(shopper: ShopperKey): number {
  return hash32(shopper) % LOG_PARTITION_COUNT;
}

/** Key of the Redis stream of one partition, of a log that is not tied to the slots of a Redis Cluster. */
export function logKey(shop: string, kind: LogKind, partition: number): string {
  return kind === 'events' ? `${shopPrefix(shop)}log:${partition}` : `${shopPrefix(shop)}{slates:${partition}}`;
}

/** Key of the Redis stream of events in a hash slot of a Redis Cluster. */
export function slotLogKey(shop: string, slot: number): string {
  return `${shopPrefix(shop)}log:{${tagOfHashSlot(slot)}}`;
}

/** The hash slot whose {@link slotLogKey} holds a shopper's events. */
export function logSlotOf(shopper: ShopperKey): number {
  return hashSlotOf(shopperTag(shopper));
}

/** Bounds of the LMDB keys of one partition of a log; `end` is exclusive, an entry's key follows `start`. */
export function logKeyRange(
  shop: string,
  kind: LogKind,
  partition: number,
): { readonly start: string; readonly end: string } {
  const prefix = `${shopPrefix(shop)}${kind}:${String(partition).padStart(2, '0')}`;
  return { start: `${prefix}:`, end: `${prefix};` };
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

/** Key of the Redis stream of changes that belongs to an {@link itemBucketKey}. */
export function itemChangesKey(bucketKey: string): string {
  return `${bucketKey}:c`;
}

/** Key of an entry of the LMDB log of item changes. */
export function itemChangeKey(shop: string, sequence: number): string {
  return `${shopPrefix(shop)}change:${String(sequence).padStart(SEQUENCE_DIGITS, '0')}`;
}

/** The sequence number of an {@link itemChangeKey}. */
export function sequenceOfItemChangeKey(key: string): number {
  return Number(key.slice(-SEQUENCE_DIGITS));
}

/** Bounds of all {@link itemKey} keys of a shop; `end` is exclusive. */
export function itemKeyRange(shop: string): { readonly start: string; readonly end: string } {
  const prefix = `${shopPrefix(shop)}item`;
  // ';' follows ':' in every encoding, and no escaped id can reach it.
  return { start: `${prefix}:`, end: `${prefix};` };
}

function bucketKey(shop: string, bucket: number): string {
  return `${shopPrefix(shop)}{items:${bucket}}`;
}

/** As many as the largest whole number has. */
const SEQUENCE_DIGITS = 16;

const NEEDS_ESCAPE = /[%{}: \p{Cc}\p{Surrogate}]/u;
const EACH_TO_ESCAPE = /[%{}: \p{Cc}\p{Surrogate}]/gu;

function escapeKeyPart(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return text.replace(EACH_TO_ESCAPE, (character) => {
    const code = character.charCodeAt(0);
    return code >= 0xd800 && code <= 0xdfff ? `%u${code.toString(16)}` : encodeURIComponent(character);
  });
}

function unescapeKeyPart(text: string): string {
  if (!text.includes('%')) return text;
  // Runs of escaped bytes are decoded together: a character beyond ASCII takes several.
  return text.replace(/%u([0-9a-f]{4})|(?:%[0-9A-F]{2})+/g, (escaped, unit: string | undefined) =>
    unit === undefined ? decodeURIComponent(escaped) : String.fromCharCode(Number.parseInt(unit, 16)),
  );
}

function refuseLongId(id: string, what: string): void {
  if (id.length <= MAX_ID_LENGTH) return;
  throw new VitrineError(
    'REC_INVALID_REQUEST',
    `${what} has ${id.length} characters, expected at most ${MAX_ID_LENGTH}: shorten it or send a hash of it`,
    { details: { length: id.length } },
  );
}
