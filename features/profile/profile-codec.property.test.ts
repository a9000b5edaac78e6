import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asItemId } from '../core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from './apply-event.ts';
import { EVENT_TYPES, type ShopEvent } from './event.ts';
import { vitrine } from './generated/profile-record.js';
import { interestSumsOf } from './interest-sums.ts';
import { CONSENT_STATES, emptyProfile, INTEREST_KINDS, type Profile, RECENT_LISTS } from './profile.ts';
import {
  decodeProfile,
  ERASURE_HEAD_BYTES,
  encodeProfile,
  RECORD_HEAD_BYTES,
  readErasedAtMs,
} from './profile-codec.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const timeMs = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4_102_444_800_000 }));
const count = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
const sum = fc.float({ min: 0, noNaN: true });
const revision = fc.uint8Array({ minLength: 8, maxLength: 8 });

const recentList = (capacity: number) =>
  fc
    .array(fc.tuple(text, timeMs), { maxLength: capacity })
    .map((entries) => entries.sort((a, b) => b[1] - a[1]))
    .map((entries) => ({ itemIds: entries.map(([id]) => id), atMs: entries.map(([, atMs]) => atMs) }));

const recent = fc.record(
  Object.fromEntries(RECENT_LISTS.map(({ type, capacity }) => [type, recentList(capacity)])),
) as unknown as fc.Arbitrary<Profile['recent']>;

const textMap = <V>(value: fc.Arbitrary<V>) =>
  fc.array(fc.tuple(text, value), { maxLength: 24 }).map((entries) => new Map(entries));

const interests = fc.record(
  Object.fromEntries(INTEREST_KINDS.map((kind) => [kind, textMap(sum).map((sums) => interestSumsOf(sums))])),
) as unknown as fc.Arbitrary<Profile['interests']>;

const hash = fc.integer({ min: 0, max: 2 ** 40 - 1 });

const eventMemory = fc
  .array(fc.tuple(hash, fc.integer({ min: 0, max: 1_200_000 })), { maxLength: 64 })
  .map((entries) => entries.sort((a, b) => a[1] - b[1]));

const span = fc.tuple(timeMs, timeMs).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
const visit = fc.tuple(span, count).map(([[startedAtMs, lastAtMs], eventCount]) => ({
  startedAtMs,
  lastAtMs,
  eventCount,
}));
const rhythm = fc.tuple(text, count, span).map(([category, purchaseCount, [firstAtMs, lastAtMs]]) => ({
  category,
  purchaseCount,
  firstAtMs,
  lastAtMs,
}));

/** Something said at a moment, or the default. */
const said = <T>(value: fc.Arbitrary<T>, never: T): fc.Arbitrary<T> => fc.oneof(fc.constant(never), value);
const saidAtMs = fc.integer({ min: 1, max: 4_102_444_800_000 });

const plainProfile = fc.record({
  firstSeenAtMs: timeMs,
  lastSeenAtMs: timeMs,
  recent,
  eventCounts: fc.array(count, { minLength: EVENT_TYPES.length, maxLength: EVENT_TYPES.length }),
  interestLandmarkMs: amount,
  interests,
  purchases: fc.record({
    orderCount: count,
    itemCount: amount,
    totalValue: amount,
    firstAtMs: timeMs,
    lastAtMs: timeMs,
  }),
  device: text,
  attributes: textMap(text),
  deviceAtMs: timeMs,
  discountedOrderCount: count,
  visits: fc.array(visit, { maxLength: 4 }),
  activeHours: fc.array(count, { maxLength: 24 }),
  rhythms: fc.array(rhythm, { maxLength: 16 }),
  consent: said(
    fc.record({ state: fc.constantFrom(...CONSENT_STATES), atMs: saidAtMs, source: text }),
    emptyProfile().consent,
  ),
  optOut: said(fc.record({ isOptedOut: fc.boolean(), atMs: saidAtMs, source: text }), emptyProfile().optOut),
  deletedTags: fc.array(text, { maxLength: 8 }),
  erasedAtMs: timeMs,
  joinedSessions: fc.array(fc.record({ sessionId: text, joinId: hash }), { maxLength: 16 }),
  joinedTo: fc.option(fc.record({ userId: text, joinId: hash }), { nil: undefined }),
});

const profile: fc.Arbitrary<Profile> = fc.tuple(plainProfile, eventMemory).map(([plain, memory]) => ({
  ...plain,
  recentEventHashes: memory.map(([one]) => one),
  recentEventHours: memory.map(([, hour]) => hour),
}));

const event: fc.Arbitrary<ShopEvent> = fc.record({
  eventId: fc.string({ maxLength: 12 }),
  type: fc.constantFrom(...EVENT_TYPES),
  atMs: fc.integer({ min: 1_500_000_000_000, max: 1_800_000_000_000 }),
  items: fc.array(
    fc.record({
      itemId: fc.integer({ min: 0, max: 60 }).map((n) => asItemId(`item-${n}`)),
      price: fc.double({ min: 0, max: 10_000, noNaN: true }),
      quantity: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 4 },
  ),
  device: fc.constantFrom('mobile', 'desktop'),
});

const facts = (itemId: string) => ({ category: `c > ${itemId.length} > ${itemId.at(-1)}`, brand: itemId.slice(0, 6) });

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** A record as the code generated from profile.proto reads and writes it, numbers as objects where they have 64 bits. */
const { ProfileRecord } = vitrine.v1;

describe('profile record', () => {
  it('is what the code generated from profile.proto reads, and writes byte for byte, with the erasure in the head', () => {
    fc.assert(
      fc.property(profile, revision, (original, bytes) => {
        const record = encodeProfile(original, bytes);
        const read = ProfileRecord.decode(record);
        // The moment of an erasure stands behind revision and layout, not at the place of its number.
        const others = ProfileRecord.decode(record);
        Reflect.deleteProperty(others, 'erasedAtMs');
        const rest = ProfileRecord.encode(others).finish();
        const alone = ProfileRecord.decode(new Uint8Array(0));
        if (original.erasedAtMs > 0) alone.erasedAtMs = read.erasedAtMs;
        const head = RECORD_HEAD_BYTES + 2;
        const expected = [rest.subarray(0, head), ProfileRecord.encode(alone).finish(), rest.subarray(head)];
        expect(record.toString('hex')).toBe(Buffer.concat(expected).toString('hex'));
        expect(readErasedAtMs(record.subarray(0, ERASURE_HEAD_BYTES))).toBe(original.erasedAtMs);
        const { recent, interests, purchases, visits, joinedSessions } = read;
        expect(recent.map(({ itemIds }) => itemIds)).toEqual(
          RECENT_LISTS.map(({ type }) => original.recent[type].itemIds),
        );
        expect(interests.map(({ keys, sums }) => ({ names: keys ?? [], sums: sums ?? [] }))).toEqual(
          INTEREST_KINDS.map((kind) => original.interests[kind]),
        );
        expect(read.eventCounts).toEqual(original.eventCounts);
        expect(read.activeHours).toEqual(original.activeHours);
        expect([purchases?.totalValue, purchases?.itemCount]).toEqual([
          original.purchases.totalValue,
          original.purchases.itemCount,
        ]);
        expect(visits.map(({ eventCount }) => eventCount)).toEqual(original.visits.map(({ eventCount }) => eventCount));
        expect(joinedSessions.map(({ sessionId, joinId }) => [sessionId, Number(joinId)])).toEqual(
          original.joinedSessions.map(({ sessionId, joinId }) => [sessionId, joinId]),
        );
        expect([read.device, Number(read.erasedAtMs)]).toEqual([original.device, original.erasedAtMs]);
      }),
      { numRuns: 150 },
    );
  });

  it('reads as the generated code does when numbers are not packed, fields come in another order and others are between', () => {
    fc.assert(
      fc.property(profile, fc.integer({ min: 27, max: 3_000 }), (original, unknownField) => {
        const record = encodeProfile(original, new Uint8Array(8));
        const counts = original.eventCounts.flatMap((value) => [0x30, ...varint(value)]);
        // Event counts once more one by one, an unknown text, and the layout last.
        const tail = [...counts, ...varint(unknownField * 8 + 2), 2, 1, 2, 0x10, 1];
        const both = [...original.eventCounts, ...original.eventCounts];
        expect(decodeProfile(Buffer.concat([record, Buffer.from(tail)]))).toEqual({ ...original, eventCounts: both });
        expect(ProfileRecord.decode(Buffer.concat([record, Buffer.from(tail)])).eventCounts).toEqual(both);
      }),
      { numRuns: 40 },
    );
  });

  it('is refused or read, and nothing else, after any byte of it was changed or the rest was cut off', () => {
    fc.assert(
      fc.property(profile, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (original, at, byte, isCut) => {
        const record = encodeProfile(original, new Uint8Array(8));
        const place = at % record.length;
        const spoilt = isCut ? record.subarray(0, place) : Buffer.from(record.with(place, byte));
        try {
          decodeProfile(spoilt);
        } catch (error) {
          expect(error).toMatchObject({ name: 'VitrineError', code: 'REC_RECORD_INVALID' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives back any profile', () => {
    fc.assert(
      fc.property(profile, revision, (original, bytes) => {
        expect(decodeProfile(encodeProfile(original, bytes))).toEqual(original);
      }),
      { numRuns: 150 },
    );
  });

  it('gives back any profile that events have built', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const built = emptyProfile();
        for (const one of events) applyEvent(built, one, facts, DEFAULT_PROFILE_POLICY);
        expect(decodeProfile(encodeProfile(built, new Uint8Array(8)))).toEqual(built);
      }),
      { numRuns: 40 },
    );
  });

  it('either decodes or refuses arbitrary bytes, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeProfile(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'VitrineError', code: 'REC_RECORD_INVALID' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
