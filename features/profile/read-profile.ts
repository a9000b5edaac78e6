import { MS_PER_HOUR } from '../core/clock.ts';
import { EVENT_TYPES } from './event.ts';
import { NAME_HASH_BITS } from './event-memory.ts';
import type { InterestSums } from './interest-sums.ts';
import { invalidRecord } from './invalid-record.ts';
import {
  CONSENT_STATES,
  emptyProfile,
  INTEREST_KINDS,
  type JoinedTo,
  type Profile,
  RECENT_LISTS,
  type RecentItems,
  type Visit,
} from './profile.ts';
import type { WireReader } from './wire-reader.ts';
import { WIRE_TYPES } from './wire-writer.ts';

const HASH_BYTES = NAME_HASH_BITS / 8;
const UINT32_RANGE = 2 ** 32;
const HOURS_PER_DAY = 24;

/** What is collected on the way through a record and belongs together only at its end. */
interface Parts {
  layout: number;
  recentCount: number;
  interestsCount: number;
  readonly attributeNames: string[];
  readonly attributeValues: string[];
  /** 53-bit hashes of records from before the event memory. */
  readonly oldEventHashes: number[];
  hasEventMemory: boolean;
}

/**
 * Reads a whole record by the field numbers of profile.proto; fields this version does not know are ignored.
 *
 * @returns the profile and the layout it was written in, unchecked
 */
export function readProfile(from: WireReader): { readonly profile: Profile; readonly layout: number } {
  const profile = emptyProfile();
  profile.eventCounts = [];
  const parts: Parts = {
    layout: 0,
    recentCount: 0,
    interestsCount: 0,
    attributeNames: [],
    attributeValues: [],
    oldEventHashes: [],
    hasEventMemory: false,
  };
  while (from.next()) if (!readField(from, profile, parts)) from.skipField();
  finish(profile, parts);
  return { profile, layout: parts.layout };
}

/** False, with nothing read, for a field of another number or another way of writing. */
function readField(from: WireReader, profile: Profile, parts: Parts): boolean {
  switch (from.wireType) {
    case WIRE_TYPES.varint:
      return readNumberField(from, profile, parts);
    case WIRE_TYPES.fixed64:
      return readFixed64Field(from, profile, parts);
    case WIRE_TYPES.bytes:
      return readPartField(from, profile, parts);
    default:
      return false;
  }
}

function readNumberField(from: WireReader, profile: Profile, parts: Parts): boolean {
  switch (from.field) {
    case 2:
      parts.layout = from.varint();
      return true;
    case 3:
      profile.firstSeenAtMs = from.varint();
      return true;
    case 4:
      profile.lastSeenAtMs = from.varint();
      return true;
    case 6:
      profile.eventCounts.push(from.varint());
      return true;
    case 15:
      profile.deviceAtMs = from.varint();
      return true;
    case 17:
      profile.activeHours.push(from.varint());
      return true;
    case 19:
      profile.discountedOrderCount = from.varint();
      return true;
    case 24:
      profile.erasedAtMs = from.varint();
      return true;
    default:
      return false;
  }
}

function readFixed64Field(from: WireReader, profile: Profile, parts: Parts): boolean {
  switch (from.field) {
    case 7:
      profile.interestLandmarkMs = from.double();
      return true;
    case 13:
      parts.oldEventHashes.push(from.fixed64());
      return true;
    default:
      return false;
  }
}

function readPartField(from: WireReader, profile: Profile, parts: Parts): boolean {
  switch (from.field) {
    case 5: {
      // Lists that a newer version added are passed over.
      const list = RECENT_LISTS[parts.recentCount++];
      if (list === undefined) return false;
      readRecent(from, profile.recent[list.type]);
      return true;
    }
    case 6:
      readNumbers(from, profile.eventCounts);
      return true;
    case 8: {
      const kind = INTEREST_KINDS[parts.interestsCount++];
      if (kind === undefined) return false;
      readInterests(from, profile.interests[kind]);
      return true;
    }
    case 9:
      readPurchases(from, profile);
      return true;
    case 10:
      profile.device = from.string();
      return true;
    case 11:
      parts.attributeNames.push(from.string());
      return true;
    case 12:
      parts.attributeValues.push(from.string());
      return true;
    case 13: {
      const outer = from.enter();
      while (from.hasMore()) parts.oldEventHashes.push(from.fixed64());
      from.leave(outer);
      return true;
    }
    case 14:
      parts.hasEventMemory = true;
      readEventMemory(from, profile);
      return true;
    case 16:
      profile.visits.push(readVisit(from));
      return true;
    case 17:
      readNumbers(from, profile.activeHours);
      return true;
    case 18:
      readRhythm(from, profile);
      return true;
    case 20:
      readConsent(from, profile);
      return true;
    case 21:
      readOptOut(from, profile);
      return true;
    case 22:
      profile.deletedTags.push(from.string());
      return true;
    case 25: {
      const { userId: sessionId, joinId } = readNamedJoin(from);
      profile.joinedSessions.push({ sessionId, joinId });
      return true;
    }
    case 26:
      profile.joinedTo = readNamedJoin(from);
      return true;
    default:
      return false;
  }
}

function finish(profile: Profile, parts: Parts): void {
  // Counts of event types added by a newer version stay, so that a write by this one does not lose them.
  while (profile.eventCounts.length < EVENT_TYPES.length) profile.eventCounts.push(0);
  if (profile.activeHours.length > HOURS_PER_DAY)
    throw invalidRecord(`its day has ${profile.activeHours.length} hours`);
  const { attributeNames, attributeValues, oldEventHashes } = parts;
  if (attributeNames.length !== attributeValues.length) {
    throw invalidRecord('attributes has more names than values, or fewer');
  }
  for (const [place, name] of attributeNames.entries()) profile.attributes.set(name, attributeValues[place]!);
  if (parts.hasEventMemory || oldEventHashes.length === 0) return;
  // Records from before the event memory kept 53 bits, of which the lower 40 are today's hash, and no hour: they count as come last.
  const hour = Math.floor(profile.lastSeenAtMs / MS_PER_HOUR);
  profile.recentEventHashes = oldEventHashes.map((hash) => hash % 2 ** NAME_HASH_BITS);
  profile.recentEventHours = oldEventHashes.map(() => hour);
}

/** Numbers packed into one field. */
function readNumbers(from: WireReader, into: number[]): void {
  const outer = from.enter();
  while (from.hasMore()) into.push(from.varint());
  from.leave(outer);
}

function readRecent(from: WireReader, list: RecentItems): void {
  const outer = from.enter();
  let newestAtMs = 0;
  while (from.next()) {
    if (from.field === 1 && from.wireType === WIRE_TYPES.bytes) list.itemIds.push(from.string());
    else if (from.field === 2 && from.wireType === WIRE_TYPES.varint) newestAtMs = from.varint();
    else if (from.field === 3 && from.wireType === WIRE_TYPES.bytes) readNumbers(from, list.atMs);
    else from.skipField();
  }
  from.leave(outer);
  const { itemIds, atMs } = list;
  if (itemIds.length !== atMs.length) throw invalidRecord('a recent list has more items than times, or fewer');
  let previous = newestAtMs;
  for (let i = 0; i < atMs.length; i++) {
    previous -= atMs[i]!;
    atMs[i] = previous;
  }
}

function readInterests(from: WireReader, { names, sums }: InterestSums): void {
  const outer = from.enter();
  while (from.next()) {
    if (from.field === 1 && from.wireType === WIRE_TYPES.bytes) names.push(from.string());
    else if (from.field === 2 && from.wireType === WIRE_TYPES.bytes) {
      const list = from.enter();
      while (from.hasMore()) sums.push(from.float());
      from.leave(list);
    } else from.skipField();
  }
  from.leave(outer);
  if (names.length !== sums.length) throw invalidRecord('interests has more names than values, or fewer');
}

function readPurchases(from: WireReader, { purchases }: Profile): void {
  const outer = from.enter();
  while (from.next()) {
    const { field, wireType } = from;
    if (field === 1 && wireType === WIRE_TYPES.varint) purchases.orderCount = from.varint();
    else if (field === 2 && wireType === WIRE_TYPES.fixed64) purchases.itemCount = from.double();
    else if (field === 3 && wireType === WIRE_TYPES.fixed64) purchases.totalValue = from.double();
    else if (field === 4 && wireType === WIRE_TYPES.varint) purchases.firstAtMs = from.varint();
    else if (field === 5 && wireType === WIRE_TYPES.varint) purchases.lastAtMs = from.varint();
    else from.skipField();
  }
  from.leave(outer);
}

function readEventMemory(from: WireReader, profile: Profile): void {
  const outer = from.enter();
  const runHours: number[] = [];
  const runLengths: number[] = [];
  while (from.next()) {
    if (from.field === 1 && from.wireType === WIRE_TYPES.bytes) profile.recentEventHashes = hashesOf(from.bytesField());
    else if (from.field === 2 && from.wireType === WIRE_TYPES.bytes) readNumbers(from, runHours);
    else if (from.field === 3 && from.wireType === WIRE_TYPES.bytes) readNumbers(from, runLengths);
    else from.skipField();
  }
  from.leave(outer);
  const count = runLengths.reduce((sum, length) => sum + length, 0);
  if (count !== profile.recentEventHashes.length || runHours.length !== runLengths.length) {
    throw invalidRecord('the memory of events has more hashes than hours, or fewer');
  }
  const hours: number[] = [];
  let hour = 0;
  for (const [run, length] of runLengths.entries()) {
    hour += runHours[run]!;
    for (let i = 0; i < length; i++) hours.push(hour);
  }
  profile.recentEventHours = hours;
}

function hashesOf(bytes: Uint8Array): number[] {
  if (bytes.length % HASH_BYTES !== 0) throw invalidRecord(`hashes take ${bytes.length} bytes, not a multiple of 5`);
  const hashes: number[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES) {
    const low = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
    hashes.push(low + bytes[at + 4]! * UINT32_RANGE);
  }
  return hashes;
}

function readVisit(from: WireReader): Visit {
  const outer = from.enter();
  let lastAtMs = 0;
  let lastedMs = 0;
  let eventCount = 0;
  while (from.next()) {
    if (from.wireType !== WIRE_TYPES.varint) from.skipField();
    else if (from.field === 1) lastAtMs = from.varint();
    else if (from.field === 2) lastedMs = from.varint();
    else if (from.field === 3) eventCount = from.varint();
    else from.skipField();
  }
  from.leave(outer);
  return { startedAtMs: lastAtMs - lastedMs, lastAtMs, eventCount };
}

function readRhythm(from: WireReader, { rhythms }: Profile): void {
  const outer = from.enter();
  const rhythm = { category: '', purchaseCount: 0, firstAtMs: 0, lastAtMs: 0 };
  let spanMs = 0;
  while (from.next()) {
    const { field, wireType } = from;
    if (field === 1 && wireType === WIRE_TYPES.bytes) rhythm.category = from.string();
    else if (field === 2 && wireType === WIRE_TYPES.varint) rhythm.purchaseCount = from.varint();
    else if (field === 3 && wireType === WIRE_TYPES.varint) rhythm.lastAtMs = from.varint();
    else if (field === 4 && wireType === WIRE_TYPES.varint) spanMs = from.varint();
    else from.skipField();
  }
  from.leave(outer);
  rhythm.firstAtMs = rhythm.lastAtMs - spanMs;
  rhythms.push(rhythm);
}

/** A number, a moment and where it came from: what consent and opt-out are written as. */
function readStatement(from: WireReader): { readonly said: number; readonly atMs: number; readonly source: string } {
  const outer = from.enter();
  let said = 0;
  let atMs = 0;
  let source = '';
  while (from.next()) {
    if (from.field === 1 && from.wireType === WIRE_TYPES.varint) said = from.varint();
    else if (from.field === 2 && from.wireType === WIRE_TYPES.varint) atMs = from.varint();
    else if (from.field === 3 && from.wireType === WIRE_TYPES.bytes) source = from.string();
    else from.skipField();
  }
  from.leave(outer);
  return { said, atMs, source };
}

function readConsent(from: WireReader, profile: Profile): void {
  const { said, atMs, source } = readStatement(from);
  const state = CONSENT_STATES[said];
  // Taking it for "unknown" could turn a refusal of a newer version into none.
  if (state === undefined) throw invalidRecord(`its consent state is ${said}, which this version does not know`);
  profile.consent = { state, atMs, source };
}

function readOptOut(from: WireReader, profile: Profile): void {
  const { said, atMs, source } = readStatement(from);
  profile.optOut = { isOptedOut: said !== 0, atMs, source };
}

/** A name and the number of a joining: what joined sessions and the account of a session are written as. */
function readNamedJoin(from: WireReader): JoinedTo {
  const outer = from.enter();
  let userId = '';
  let joinId = 0;
  while (from.next()) {
    if (from.field === 1 && from.wireType === WIRE_TYPES.bytes) userId = from.string();
    else if (from.field === 2 && from.wireType === WIRE_TYPES.varint) joinId = from.varint();
    else from.skipField();
  }
  from.leave(outer);
  return { userId, joinId };
}
