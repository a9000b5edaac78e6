import { assertContract, messageOf, VitrineError } from '../core/errors.ts';
import { EVENT_TYPES } from './event.ts';
import { vitrine } from './generated/profile-record.js';
import { emptyProfile, INTEREST_KINDS, type Profile, RECENT_LISTS } from './profile.ts';
import {
  asNumber,
  fillMap,
  invalidRecord,
  packConsent,
  packEventMemory,
  packHashes,
  packInterests,
  packOptOut,
  packPurchases,
  packRecent,
  packRhythm,
  packVisit,
  unpackConsent,
  unpackEventMemory,
  unpackHashes,
  unpackOldEventHashes,
  unpackOptOut,
  unpackPurchases,
  unpackRecent,
  unpackRhythm,
  unpackVisit,
  wellFormed,
  wholeMs,
} from './profile-record-parts.ts';

const { ProfileRecord } = vitrine.v1;

const HOURS_PER_DAY = 24;

/** The `layout` this code writes and the newest it reads. */
export const PROFILE_LAYOUT = 1;

/** Length of a record's revision. */
export const REVISION_BYTES = 8;

/** Length of the head of every record (field tag and revision) by which a writer sees whether the record changed. */
export const RECORD_HEAD_BYTES = 1 + REVISION_BYTES;

/**
 * Bytes of the largest record there can be: every list full, every text as long as it may be, in an alphabet of three bytes a letter.
 * With ids and names as shops have them a full record takes about a twenty-fifth, see docs/features.md.
 */
export const LARGEST_PROFILE_BYTES = 177_698;

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
    eventMemory: packEventMemory(profile),
    deviceAtMs: wholeMs(profile.deviceAtMs, 'deviceAtMs'),
    visits: profile.visits.map(packVisit),
    activeHours: profile.activeHours,
    rhythms: profile.rhythms.map(packRhythm),
    discountedOrderCount: profile.discountedOrderCount,
    consent: packConsent(profile.consent),
    optOut: packOptOut(profile.optOut),
    deletedTags: profile.deletedTags.map(wellFormed),
    mergedSessions: packHashes(profile.mergedSessionHashes),
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
  profile.deviceAtMs = asNumber(record.deviceAtMs);
  if (record.eventMemory === null || record.eventMemory === undefined)
    unpackOldEventHashes(record.eventHashes, profile);
  else unpackEventMemory(record.eventMemory, profile);
  profile.visits = record.visits.map(unpackVisit);
  if (record.activeHours.length > HOURS_PER_DAY) throw invalidRecord(`its day has ${record.activeHours.length} hours`);
  profile.activeHours = record.activeHours;
  profile.rhythms = record.rhythms.map(unpackRhythm);
  profile.discountedOrderCount = record.discountedOrderCount;
  if (record.consent !== null && record.consent !== undefined) profile.consent = unpackConsent(record.consent);
  if (record.optOut !== null && record.optOut !== undefined) profile.optOut = unpackOptOut(record.optOut);
  profile.deletedTags = record.deletedTags;
  profile.mergedSessionHashes = unpackHashes(record.mergedSessions);
  return profile;
}
