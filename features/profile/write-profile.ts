import { assertContract } from '../core/errors.ts';
import { NAME_HASH_BITS } from './event-memory.ts';
import type { InterestSums } from './interest-sums.ts';
import {
  CONSENT_STATES,
  type Consent,
  INTEREST_KINDS,
  type JoinedTo,
  type OptOut,
  type Profile,
  type PurchaseStatistics,
  RECENT_LISTS,
  type RecentItems,
} from './profile.ts';
import { WIRE_TYPES, type WireWriter } from './wire-writer.ts';

const HASH_BYTES = NAME_HASH_BITS / 8;
const UINT32_RANGE = 2 ** 32;

/** Writes the fields of a profile but for the revision, as profile.proto numbers them. */
export function writeProfile(to: WireWriter, profile: Profile, layout: number): void {
  writeNumber(to, 2, layout);
  // Before all that has no fixed length: whoever asks for this alone reads the head of the record.
  writeNumber(to, 24, wholeMs(profile.erasedAtMs, 'erasedAtMs'));
  writeNumber(to, 3, wholeMs(profile.firstSeenAtMs, 'firstSeenAtMs'));
  writeNumber(to, 4, wholeMs(profile.lastSeenAtMs, 'lastSeenAtMs'));
  for (const { type } of RECENT_LISTS) writeRecent(to, profile.recent[type]);
  writeNumbers(to, 6, profile.eventCounts);
  writeDouble(to, 7, profile.interestLandmarkMs);
  for (const kind of INTEREST_KINDS) writeInterests(to, profile.interests[kind]);
  writePurchases(to, profile.purchases);
  writeText(to, 10, profile.device);
  for (const name of profile.attributes.keys()) writeListed(to, 11, name);
  for (const value of profile.attributes.values()) writeListed(to, 12, value);
  writeEventMemory(to, profile);
  writeNumber(to, 15, wholeMs(profile.deviceAtMs, 'deviceAtMs'));
  for (const visit of profile.visits) {
    const start = to.begin(16);
    writeNumber(to, 1, wholeMs(visit.lastAtMs, 'visits.lastAtMs'));
    writeNumber(to, 2, wholeMs(visit.lastAtMs - visit.startedAtMs, 'visits length'));
    writeNumber(to, 3, visit.eventCount);
    to.end(start);
  }
  writeNumbers(to, 17, profile.activeHours);
  for (const rhythm of profile.rhythms) {
    const start = to.begin(18);
    writeText(to, 1, rhythm.category);
    writeNumber(to, 2, rhythm.purchaseCount);
    writeNumber(to, 3, wholeMs(rhythm.lastAtMs, 'rhythms.lastAtMs'));
    writeNumber(to, 4, wholeMs(rhythm.lastAtMs - rhythm.firstAtMs, 'rhythms span'));
    to.end(start);
  }
  writeNumber(to, 19, profile.discountedOrderCount);
  writeConsent(to, profile.consent);
  writeOptOut(to, profile.optOut);
  for (const name of profile.deletedTags) writeListed(to, 22, name);
  for (const { sessionId, joinId } of profile.joinedSessions) {
    const start = to.begin(25);
    writeText(to, 1, sessionId);
    writeNumber(to, 2, joinId);
    to.end(start);
  }
  writeJoinedTo(to, profile.joinedTo);
}

function writeNumber(to: WireWriter, field: number, value: number): void {
  if (value === 0) return;
  to.tag(field, WIRE_TYPES.varint);
  to.varint(value);
}

function writeDouble(to: WireWriter, field: number, value: number): void {
  // Minus zero is not the default.
  if (Object.is(value, 0)) return;
  to.tag(field, WIRE_TYPES.fixed64);
  to.double(value);
}

function writeText(to: WireWriter, field: number, value: string): void {
  if (value !== '') writeListed(to, field, value);
}

/** Of a list, where an empty text keeps its place. */
function writeListed(to: WireWriter, field: number, value: string): void {
  to.tag(field, WIRE_TYPES.bytes);
  to.string(value);
}

function writeNumbers(to: WireWriter, field: number, values: readonly number[]): void {
  if (values.length === 0) return;
  const start = to.begin(field);
  for (const value of values) to.varint(value);
  to.end(start);
}

/** The list keeps its place when it is empty. */
function writeRecent(to: WireWriter, { itemIds, atMs }: RecentItems): void {
  assertContract(itemIds.length === atMs.length, 'a recent list has as many times as items');
  const start = to.begin(5);
  if (itemIds.length > 0) {
    for (const itemId of itemIds) writeListed(to, 1, itemId);
    const newestAtMs = wholeMs(atMs[0]!, 'recent.atMs');
    writeNumber(to, 2, newestAtMs);
    const steps = to.begin(3);
    let previous = newestAtMs;
    for (const moment of atMs) {
      to.varint(wholeMs(previous - moment, 'recent.atMs step'));
      previous = moment;
    }
    to.end(steps);
  }
  to.end(start);
}

function writeInterests(to: WireWriter, { names, sums }: InterestSums): void {
  assertContract(names.length === sums.length, 'interests have as many names as sums');
  const start = to.begin(8);
  if (names.length > 0) {
    for (const name of names) writeListed(to, 1, name);
    const values = to.begin(2);
    for (const sum of sums) to.float(sum);
    to.end(values);
  }
  to.end(start);
}

function writePurchases(to: WireWriter, purchases: PurchaseStatistics): void {
  const start = to.begin(9);
  writeNumber(to, 1, purchases.orderCount);
  writeDouble(to, 2, purchases.itemCount);
  writeDouble(to, 3, purchases.totalValue);
  writeNumber(to, 4, wholeMs(purchases.firstAtMs, 'purchases.firstAtMs'));
  writeNumber(to, 5, wholeMs(purchases.lastAtMs, 'purchases.lastAtMs'));
  to.end(start);
}

/** Names as five bytes each; runs of equal hours take two small numbers each. */
function writeEventMemory(to: WireWriter, { recentEventHashes: hashes, recentEventHours: hours }: Profile): void {
  assertContract(hashes.length === hours.length, 'as many event hashes are kept as hours');
  if (hashes.length === 0) return;
  const start = to.begin(14);
  to.tag(1, WIRE_TYPES.bytes);
  to.varint(hashes.length * HASH_BYTES);
  for (const hash of hashes) {
    to.byte(hash);
    to.byte(hash >>> 8);
    to.byte(hash >>> 16);
    to.byte(hash >>> 24);
    to.byte(hash / UINT32_RANGE);
  }
  const runStarts: number[] = [];
  for (let i = 0; i < hours.length; i++) if (i === 0 || hours[i] !== hours[i - 1]) runStarts.push(i);
  const runHours = to.begin(2);
  let previous = 0;
  for (const place of runStarts) {
    const hour = hours[place]!;
    assertContract(hour >= previous, 'event hashes are kept in order of arrival');
    to.varint(hour - previous);
    previous = hour;
  }
  to.end(runHours);
  const runLengths = to.begin(3);
  for (let run = 0; run < runStarts.length; run++) {
    to.varint((runStarts[run + 1] ?? hours.length) - runStarts[run]!);
  }
  to.end(runLengths);
  to.end(start);
}

/** Left out for a shopper who was never asked, so that the record of most shoppers has no such part. */
function writeConsent(to: WireWriter, { state, atMs, source }: Consent): void {
  if (state === 'unknown' && atMs === 0) return;
  const start = to.begin(20);
  writeNumber(to, 1, CONSENT_STATES.indexOf(state));
  writeNumber(to, 2, wholeMs(atMs, 'consent.atMs'));
  writeText(to, 3, source);
  to.end(start);
}

function writeOptOut(to: WireWriter, { isOptedOut, atMs, source }: OptOut): void {
  if (!isOptedOut && atMs === 0) return;
  const start = to.begin(21);
  writeNumber(to, 1, isOptedOut ? 1 : 0);
  writeNumber(to, 2, wholeMs(atMs, 'optOut.atMs'));
  writeText(to, 3, source);
  to.end(start);
}

function writeJoinedTo(to: WireWriter, joinedTo: JoinedTo | undefined): void {
  if (joinedTo === undefined) return;
  const start = to.begin(26);
  writeText(to, 1, joinedTo.userId);
  writeNumber(to, 2, joinedTo.joinId);
  to.end(start);
}

function wholeMs(value: number, what: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  assertContract(false, `${what} is ${value}, expected whole milliseconds from 0 up`);
}
