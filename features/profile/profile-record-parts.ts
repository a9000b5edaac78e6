import { MS_PER_HOUR } from '../core/clock.ts';
import { assertContract, VitrineError } from '../core/errors.ts';
import { NAME_HASH_BITS } from './event-memory.ts';
import type { vitrine } from './generated/profile-record.js';
import {
  type CategoryRhythm,
  CONSENT_STATES,
  type Consent,
  type OptOut,
  type Profile,
  type PurchaseStatistics,
  type RecentItems,
  type Visit,
} from './profile.ts';

/**
 * The parts of a profile record, see profile.proto: what {@link encodeProfile} and {@link decodeProfile} are made of.
 */

/** 64-bit numbers as protobufjs reads them. */
type Wire64 = number | { toNumber(): number };

const HASH_BYTES = NAME_HASH_BITS / 8;
const UINT32_RANGE = 2 ** 32;

export function packRecent(list: RecentItems): vitrine.v1.RecentItems.$Properties {
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

export function unpackRecent(packed: vitrine.v1.RecentItems.$Properties | undefined, list: RecentItems): void {
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

export function packInterests(sums: ReadonlyMap<string, number>): vitrine.v1.Interests.$Properties {
  return { keys: Array.from(sums.keys(), wellFormed), sums: Array.from(sums.values()) };
}

export function packPurchases(statistics: PurchaseStatistics): vitrine.v1.Purchases.$Properties {
  return {
    orderCount: statistics.orderCount,
    itemCount: statistics.itemCount,
    totalValue: statistics.totalValue,
    firstAtMs: wholeMs(statistics.firstAtMs, 'purchases.firstAtMs'),
    lastAtMs: wholeMs(statistics.lastAtMs, 'purchases.lastAtMs'),
  };
}

export function unpackPurchases(
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

/** Names come as 40-bit numbers; runs of equal hours take two small numbers each. */
export function packEventMemory(profile: Profile): vitrine.v1.EventMemory.$Properties | null {
  const { recentEventHashes: hashes, recentEventHours: hours } = profile;
  assertContract(hashes.length === hours.length, 'as many event hashes are kept as hours');
  if (hashes.length === 0) return null;
  const runHours: number[] = [];
  const runLengths: number[] = [];
  let previous = 0;
  for (const [i, hour] of hours.entries()) {
    if (i > 0 && hour === previous) {
      runLengths[runLengths.length - 1]! += 1;
      continue;
    }
    assertContract(hour >= previous, 'event hashes are kept in order of arrival');
    runHours.push(hour - previous);
    runLengths.push(1);
    previous = hour;
  }
  return { hashes: packHashes(hashes), runHours, runLengths };
}

export function unpackEventMemory(packed: vitrine.v1.EventMemory.$Properties, profile: Profile): void {
  const hashes = unpackHashes(packed.hashes ?? new Uint8Array(0));
  const runLengths = packed.runLengths ?? [];
  const runHours = packed.runHours ?? [];
  const count = runLengths.reduce((sum, length) => sum + length, 0);
  if (count !== hashes.length || runHours.length !== runLengths.length) {
    throw invalidRecord('the memory of events has more hashes than hours, or fewer');
  }
  const hours: number[] = [];
  let hour = 0;
  for (const [run, length] of runLengths.entries()) {
    hour += runHours[run]!;
    for (let i = 0; i < length; i++) hours.push(hour);
  }
  profile.recentEventHashes = hashes;
  profile.recentEventHours = hours;
}

/** Records from before the event memory kept 53 bits, of which the lower 40 are today's hash, and no hour: they count as come last. */
export function unpackOldEventHashes(hashes: readonly Wire64[], profile: Profile): void {
  const hour = Math.floor(profile.lastSeenAtMs / MS_PER_HOUR);
  profile.recentEventHashes = hashes.map((hash) => asNumber(hash) % 2 ** NAME_HASH_BITS);
  profile.recentEventHours = hashes.map(() => hour);
}

export function packHashes(hashes: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * HASH_BYTES);
  let at = 0;
  for (const hash of hashes) {
    bytes[at++] = hash;
    bytes[at++] = hash >>> 8;
    bytes[at++] = hash >>> 16;
    bytes[at++] = hash >>> 24;
    bytes[at++] = hash / UINT32_RANGE;
  }
  return bytes;
}

export function unpackHashes(bytes: Uint8Array): number[] {
  if (bytes.length % HASH_BYTES !== 0) throw invalidRecord(`hashes take ${bytes.length} bytes, not a multiple of 5`);
  const hashes: number[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) {
    const low = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
    hashes.push(low + bytes[at + 4]! * UINT32_RANGE);
  }
  return hashes;
}

export function packVisit(visit: Visit): vitrine.v1.Visit.$Properties {
  return {
    lastAtMs: wholeMs(visit.lastAtMs, 'visits.lastAtMs'),
    lastedMs: wholeMs(visit.lastAtMs - visit.startedAtMs, 'visits length'),
    eventCount: visit.eventCount,
  };
}

export function unpackVisit(packed: vitrine.v1.Visit.$Properties): Visit {
  const lastAtMs = asNumber(packed.lastAtMs ?? 0);
  return { startedAtMs: lastAtMs - asNumber(packed.lastedMs ?? 0), lastAtMs, eventCount: packed.eventCount ?? 0 };
}

export function packRhythm(rhythm: CategoryRhythm): vitrine.v1.CategoryRhythm.$Properties {
  return {
    category: wellFormed(rhythm.category),
    purchaseCount: rhythm.purchaseCount,
    lastAtMs: wholeMs(rhythm.lastAtMs, 'rhythms.lastAtMs'),
    spanMs: wholeMs(rhythm.lastAtMs - rhythm.firstAtMs, 'rhythms span'),
  };
}

export function unpackRhythm(packed: vitrine.v1.CategoryRhythm.$Properties): CategoryRhythm {
  const lastAtMs = asNumber(packed.lastAtMs ?? 0);
  return {
    category: packed.category ?? '',
    purchaseCount: packed.purchaseCount ?? 0,
    firstAtMs: lastAtMs - asNumber(packed.spanMs ?? 0),
    lastAtMs,
  };
}

/** Null for a shopper who was never asked, so that the record of most shoppers has no such part. */
export function packConsent(consent: Consent): vitrine.v1.Consent.$Properties | null {
  if (consent.state === 'unknown' && consent.atMs === 0) return null;
  return {
    state: CONSENT_STATES.indexOf(consent.state),
    atMs: wholeMs(consent.atMs, 'consent.atMs'),
    source: wellFormed(consent.source),
  };
}

export function unpackConsent(packed: vitrine.v1.Consent.$Properties): Consent {
  const state = CONSENT_STATES[packed.state ?? 0];
  // Taking it for "unknown" could turn a refusal of a newer version into none.
  if (state === undefined)
    throw invalidRecord(`its consent state is ${packed.state}, which this version does not know`);
  return { state, atMs: asNumber(packed.atMs ?? 0), source: packed.source ?? '' };
}

export function packOptOut(optOut: OptOut): vitrine.v1.OptOut.$Properties | null {
  if (!optOut.isOptedOut && optOut.atMs === 0) return null;
  return {
    isOptedOut: optOut.isOptedOut,
    atMs: wholeMs(optOut.atMs, 'optOut.atMs'),
    source: wellFormed(optOut.source),
  };
}

export function unpackOptOut(packed: vitrine.v1.OptOut.$Properties): OptOut {
  return {
    isOptedOut: packed.isOptedOut ?? false,
    atMs: asNumber(packed.atMs ?? 0),
    source: packed.source ?? '',
  };
}

export function fillMap<V>(map: Map<string, V>, keys: readonly string[], values: readonly V[], what: string): void {
  if (keys.length !== values.length) throw invalidRecord(`${what} has more names than values, or fewer`);
  for (const [place, key] of keys.entries()) map.set(key, values[place]!);
}

export function wholeMs(value: number, what: string): number {
  assertContract(
    Number.isSafeInteger(value) && value >= 0,
    `${what} is ${value}, expected whole milliseconds from 0 up`,
  );
  return value;
}

export function asNumber(value: Wire64): number {
  const number = typeof value === 'number' ? value : value.toNumber();
  if (!Number.isSafeInteger(number)) throw invalidRecord(`a 64-bit number is ${number}, beyond what a record may hold`);
  return number;
}

/** `isWellFormed` is in Node from version 20 on, in TypeScript's library only from es2024 on. */
export function wellFormed(text: string): string {
  const checked = text as string & { isWellFormed(): boolean; toWellFormed(): string };
  return checked.isWellFormed() ? text : checked.toWellFormed();
}

export function invalidRecord(reason: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'REC_RECORD_INVALID',
    `a profile record cannot be decoded: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}
