import { assertContract, messageOf, VitrineError } from '../core/errors.ts';
import { EVENT_TYPES } from './event.ts';
import { vitrine } from './generated/profile-record.js';
import {
  emptyProfile,
  INTEREST_KINDS,
  type Profile,
  type PurchaseStatistics,
  RECENT_LISTS,
  type RecentItems,
} from './profile.ts';

const { ProfileRecord } = vitrine.v1;

/** The `layout` this code writes and the newest it reads. */
export const PROFILE_LAYOUT = 1;

/** Length of a record's revision. */
export const REVISION_BYTES = 8;

/** Length of the head of every record (field tag and revision) by which a writer sees whether the record changed. */
export const RECORD_HEAD_BYTES = 1 + REVISION_BYTES;

/** 64-bit numbers as protobufjs reads them. */
type Wire64 = number | { toNumber(): number };

/**
 * Packs a profile for the store, see profile.proto.
 *
 * Times come back to the millisecond, counters and sums to the bit. Text that is not well-formed Unicode is stored with U+FFFD in
 * place of each lone surrogate, since protobuf text must be UTF-8.
 *
 * @param revision {@link REVISION_BYTES} bytes, fresh random ones for each write
 * Errors: REC_INTERNAL when a time is not a whole number of milliseconds from 0 up.
 */
export function encodeProfile(profile: Profile, revision: Uint8Array): Uint8Array {
  assertContract(revision.length === REVISION_BYTES, `a record revision has ${revision.length} bytes, expected 8`);
  const bytes = ProfileRecord.encode({
    revision: 0,
    layout: PROFILE_LAYOUT,
    firstSeenAtMs: wholeMs(profile.firstSeenAtMs, 'firstSeenAtMs'),
    lastSeenAtMs: wholeMs(profile.lastSeenAtMs, 'lastSeenAtMs'),
    recent: RECENT_LISTS.map(({ type }) => packRecent(profile.recent[type])),
    eventCounts: profile.eventCounts,
    interestLandmarkMs: profile.interestLandmarkMs,
    interests: INTEREST_KINDS.map((kind) => packInterests(profile.interests[kind])),
    purchases: packPurchases(profile.purchases),
    device: wellFormed(profile.device),
    attributeNames: Array.from(profile.attributes.keys(), wellFormed),
    attributeValues: Array.from(profile.attributes.values(), wellFormed),
    eventHashes: profile.recentEventHashes,
  }).finish();
  // The revision is written over the zero the encoder put there, so that its 64 bits never pass through a number.
  bytes.set(revision, 1);
  return bytes;
}

/**
 * Unpacks a stored profile; fields this version does not know are ignored.
 *
 * Errors: REC_RECORD_INVALID when the bytes are no profile record or were written by a newer layout.
 * Cost: linear in the record; a full record takes tens of microseconds.
 */
export function decodeProfile(bytes: Uint8Array): Profile {
  try {
    return unpack(bytes);
  } catch (error) {
    if (error instanceof VitrineError) throw error;
    throw invalidRecord(messageOf(error), error);
  }
}

function unpack(bytes: Uint8Array): Profile {
  const record = ProfileRecord.decode(bytes);
  if (record.layout !== PROFILE_LAYOUT) {
    throw record.layout > PROFILE_LAYOUT
      ? invalidRecord(
          `its layout is ${record.layout} and this version reads up to ${PROFILE_LAYOUT}: update this process`,
        )
      : invalidRecord('it has no layout number');
  }
  const profile = emptyProfile();
  profile.firstSeenAtMs = asNumber(record.firstSeenAtMs);
  profile.lastSeenAtMs = asNumber(record.lastSeenAtMs);
  for (const [place, { type }] of RECENT_LISTS.entries()) unpackRecent(record.recent[place], profile.recent[type]);
  // Counts of event types added by a newer version stay, so that a write by this one does not lose them.
  profile.eventCounts = record.eventCounts;
  while (profile.eventCounts.length < EVENT_TYPES.length) profile.eventCounts.push(0);
  profile.interestLandmarkMs = record.interestLandmarkMs;
  for (const [place, kind] of INTEREST_KINDS.entries()) {
    const packed = record.interests[place];
    fillMap(profile.interests[kind], packed?.keys ?? [], packed?.sums ?? [], kind);
  }
  unpackPurchases(record.purchases, profile.purchases);
  profile.device = record.device;
  fillMap(profile.attributes, record.attributeNames, record.attributeValues, 'attributes');
  profile.recentEventHashes = record.eventHashes.map(asNumber);
  return profile;
}

function packRecent(list: RecentItems): vitrine.v1.RecentItems.$Properties {
  const count = list.atMs.length;
  assertContract(count === list.itemIds.length, 'a recent list has as many times as items');
  const olderByMs = new Array<number>(count);
  let previous = count === 0 ? 0 : wholeMs(list.atMs[0]!, 'recent.atMs');
  for (let i = 0; i < count; i++) {
    olderByMs[i] = wholeMs(previous - list.atMs[i]!, 'recent.atMs step');
    previous = list.atMs[i]!;
  }
  return { itemIds: list.itemIds.map(wellFormed), newestAtMs: list.atMs[0] ?? 0, olderByMs };
}

function unpackRecent(packed: vitrine.v1.RecentItems.$Properties | undefined, list: RecentItems): void {
  const itemIds = packed?.itemIds ?? [];
  const olderByMs = packed?.olderByMs ?? [];
  if (itemIds.length !== olderByMs.length) throw invalidRecord('a recent list has more items than times, or fewer');
  list.itemIds = itemIds;
  let atMs = asNumber(packed?.newestAtMs ?? 0);
  for (const step of olderByMs) {
    atMs -= asNumber(step);
    list.atMs.push(atMs);
  }
}

function packInterests(sums: ReadonlyMap<string, number>): vitrine.v1.Interests.$Properties {
  return { keys: Array.from(sums.keys(), wellFormed), sums: Array.from(sums.values()) };
}

function packPurchases(statistics: PurchaseStatistics): vitrine.v1.Purchases.$Properties {
  return {
    orderCount: statistics.orderCount,
    itemCount: statistics.itemCount,
    totalValue: statistics.totalValue,
    firstAtMs: wholeMs(statistics.firstAtMs, 'purchases.firstAtMs'),
    lastAtMs: wholeMs(statistics.lastAtMs, 'purchases.lastAtMs'),
  };
}

function unpackPurchases(
  packed: vitrine.v1.Purchases.$Properties | null | undefined,
  statistics: PurchaseStatistics,
): void {
  if (packed === null || packed === undefined) return;
  statistics.orderCount = packed.orderCount ?? 0;
  statistics.itemCount = packed.itemCount ?? 0;
  statistics.totalValue = packed.totalValue ?? 0;
  statistics.firstAtMs = asNumber(packed.firstAtMs ?? 0);
  statistics.lastAtMs = asNumber(packed.lastAtMs ?? 0);
}

function fillMap<V>(map: Map<string, V>, keys: readonly string[], values: readonly V[], what: string): void {
  if (keys.length !== values.length) throw invalidRecord(`${what} has more names than values, or fewer`);
  for (const [place, key] of keys.entries()) map.set(key, values[place]!);
}

function wholeMs(value: number, what: string): number {
  assertContract(
    Number.isSafeInteger(value) && value >= 0,
    `${what} is ${value}, expected whole milliseconds from 0 up`,
  );
  return value;
}

function asNumber(value: Wire64): number {
  const number = typeof value === 'number' ? value : value.toNumber();
  if (!Number.isSafeInteger(number)) throw invalidRecord(`a 64-bit number is ${number}, beyond what a record may hold`);
  return number;
}

/** `isWellFormed` is in Node from version 20 on, in TypeScript's library only from es2024 on. */
function wellFormed(text: string): string {
  const checked = text as string & { isWellFormed(): boolean; toWellFormed(): string };
  return checked.isWellFormed() ? text : checked.toWellFormed();
}

function invalidRecord(reason: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'REC_RECORD_INVALID',
    `a profile record cannot be decoded: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
