import { assertContract } from '../core/errors.ts';
import { invalidRecord } from './invalid-record.ts';
import { emptyProfile, type Profile } from './profile.ts';
import { readProfile } from './read-profile.ts';
import { WireReader } from './wire-reader.ts';
import { WIRE_TYPES, WireWriter } from './wire-writer.ts';
import { writeProfile } from './write-profile.ts';

/*
 * The record is written and read by hand instead of by generated code: a server does both for every event, and the objects between
 * record and profile would cost more than the rest. Tests hold it against the code generated from profile.proto.
 */

const REVISION_FIELD = 1;
const LAYOUT_FIELD = 2;
const ERASED_AT_FIELD = 24;

/** Used for one record at a time: encoding never waits. */
const writer = new WireWriter();

/** The `layout` this code writes and the newest it reads. */
export const PROFILE_LAYOUT = 1;

/** Length of a record's revision. */
export const REVISION_BYTES = 8;

/** Length of the head of every record (field tag and revision) by which a writer sees whether the record changed. */
export const RECORD_HEAD_BYTES = 1 + REVISION_BYTES;

/** So much of a record says when the shopper was erased: revision, layout, and that moment with its tag. */
export const ERASURE_HEAD_BYTES = RECORD_HEAD_BYTES + 2 + 2 + 10;

/**
 * Bytes of the largest record there can be: every list full, every text as long as it may be, in an alphabet of three bytes a letter.
 * With ids and names as shops have them a full record takes about a twenty-fifth, see docs/features.md.
 */
export const LARGEST_PROFILE_BYTES = 190_762;

/**
 * Packs a profile for the store, see profile.proto.
 *
 * Times come back to the millisecond, counters and sums to the bit. Text that is not well-formed Unicode is stored with U+FFFD in
 * place of each lone surrogate, since protobuf text must be UTF-8.
 *
 * @param revision {@link REVISION_BYTES} bytes, fresh random ones for each write
 * Errors: REC_INTERNAL when a time is not a whole number of milliseconds from 0 up.
 */
export function encodeProfile(profile: Profile, revision: Uint8Array): Buffer {
  assertContract(revision.length === REVISION_BYTES, `a record revision has ${revision.length} bytes, expected 8`);
  writer.reset();
  writer.tag(REVISION_FIELD, WIRE_TYPES.fixed64);
  writer.raw(revision);
  writeProfile(writer, profile, PROFILE_LAYOUT);
  return writer.finish();
}

/** The record of a shopper of whom nothing is known. */
const BLANK_RECORD = encodeProfile(emptyProfile(), new Uint8Array(REVISION_BYTES));

/** Whether nothing is known of a shopper: the record would be that of a new one. */
export function isBlankProfile(profile: Profile): boolean {
  return Buffer.compare(encodeProfile(profile, new Uint8Array(REVISION_BYTES)), BLANK_RECORD) === 0;
}

/** When a shopper was erased; 0 = never. @param bytes a record, or its first {@link ERASURE_HEAD_BYTES} */
export function readErasedAtMs(bytes: Uint8Array): number {
  const reader = new WireReader(bytes.subarray(0, ERASURE_HEAD_BYTES));
  while (reader.next()) {
    if (reader.field === ERASED_AT_FIELD && reader.wireType === WIRE_TYPES.varint) return reader.varint();
    if (reader.field !== REVISION_FIELD && reader.field !== LAYOUT_FIELD) return 0;
    reader.skipField();
  }
  return 0;
}

/**
 * Unpacks a stored profile; fields this version does not know are ignored.
 *
 * Errors: REC_RECORD_INVALID when the bytes are no profile record or were written by a newer layout.
 * Cost: linear in the record; a full record takes tens of microseconds.
 */
export function decodeProfile(bytes: Uint8Array): Profile {
  const { profile, layout } = readProfile(new WireReader(bytes));
  if (layout === PROFILE_LAYOUT) return profile;
  throw layout > PROFILE_LAYOUT
    ? invalidRecord(`its layout is ${layout} and this version reads up to ${PROFILE_LAYOUT}: update this process`)
    : invalidRecord('it has no layout number');
}
