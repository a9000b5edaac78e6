import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../core/errors.ts';
import { EVENT_TYPES } from './event.ts';
import { interestSumsOf } from './interest-sums.ts';
import { CONSENT_STATES, emptyProfile, type Profile } from './profile.ts';
import {
  decodeProfile,
  encodeProfile,
  isBlankProfile,
  LARGEST_PROFILE_BYTES,
  RECORD_HEAD_BYTES,
  readErasedAtMs,
} from './profile-codec.ts';
import { largestProfile } from './testing/largest-profile.ts';

const REVISION = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** The shopper of the first committed record, as it reads today. */
function firstFixtureProfile(): Profile {
  return {
    ...emptyProfile(),
    firstSeenAtMs: 1_600_000_000_001,
    lastSeenAtMs: 1_700_000_000_999,
    recent: {
      view_item: {
        itemIds: ['sku-3', 'käse:{1}', '__proto__'],
        atMs: [1_700_000_000_999, 1_700_000_000_998, 1_600_000_000_001],
      },
      add_to_cart: { itemIds: ['sku-3'], atMs: [1_700_000_000_500] },
      remove_from_cart: { itemIds: [], atMs: [] },
      purchase: { itemIds: ['sku-1', 'sku-2'], atMs: [1_650_000_000_000, 1_650_000_000_000] },
      add_to_wishlist: { itemIds: [], atMs: [] },
    },
    eventCounts: [7, 0, 3, 1, 0, 0, 1, 0, 0, 300],
    interestLandmarkMs: 1_600_000_000_001.5,
    interests: {
      category: interestSumsOf([
        ['home > kitchen', 1.5],
        ['home > garden', 0.25],
      ]),
      brand: interestSumsOf([['Acme', 7]]),
      priceBand: interestSumsOf([]),
    },
    purchases: {
      orderCount: 2,
      itemCount: 2.5,
      totalValue: 49.9,
      firstAtMs: 1_650_000_000_000,
      lastAtMs: 1_650_000_000_000,
    },
    device: 'mobile',
    attributes: new Map([
      ['tier', 'gold'],
      ['__proto__', 'x'],
    ]),
    // Written as 1, 2^53 - 1 and 123 456 789 012 345; the lower 40 bits of the last are 123 456 789 012 345 - 112 * 2^40.
    recentEventHashes: [1, 2 ** 40 - 1, 311_486_701_433],
    // 1 700 000 000 999 ms = 472 222.2 hours.
    recentEventHours: [472_222, 472_222, 472_222],
  };
}

/** The shopper of the second committed record, with the odd cases that must survive. */
function fixtureProfile(): Profile {
  return {
    ...firstFixtureProfile(),
    discountedOrderCount: 1,
    deviceAtMs: 1_700_000_000_500,
    recentEventHashes: [0, 2 ** 40 - 1, 2 ** 32, 255],
    recentEventHours: [472_150, 472_222, 472_222, 472_223],
    visits: [
      { startedAtMs: 1_700_000_000_500, lastAtMs: 1_700_000_000_999, eventCount: 300 },
      { startedAtMs: 1_600_000_000_001, lastAtMs: 1_600_000_000_001, eventCount: 1 },
    ],
    activeHours: [0, 0, 5, 0, 300],
    rhythms: [
      { category: 'home > käse', purchaseCount: 2, firstAtMs: 1_600_000_000_001, lastAtMs: 1_650_000_000_000 },
      { category: '', purchaseCount: 1, firstAtMs: 1_650_000_000_000, lastAtMs: 1_650_000_000_000 },
    ],
    consent: { state: 'denied', atMs: 1_690_000_000_000, source: 'cookie-banner' },
    optOut: { isOptedOut: true, atMs: 1_690_000_000_001, source: 'account page ☃' },
    deletedTags: ['__proto__', 'gold_member'],
  };
}

/** The shopper of the third committed record. */
function joinedFixtureProfile(): Profile {
  return {
    ...fixtureProfile(),
    erasedAtMs: 1_695_000_000_000,
    joinedSessions: [
      { sessionId: 's-1', joinId: 0 },
      { sessionId: 'käse ☃', joinId: 2 ** 40 - 1 },
    ],
    joinedTo: { userId: 'user:{1}', joinId: 2 ** 39 + 1 },
  };
}

const hexOf = (name: string): Buffer =>
  Buffer.from(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8').replaceAll(/\s/g, ''), 'hex');

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof VitrineError ? error.code : String(error);
  }
  return 'no error';
}

describe('profile record', () => {
  it('starts with the tag of the revision and the revision', () => {
    const record = encodeProfile(emptyProfile(), REVISION);
    expect(Array.from(record.subarray(0, RECORD_HEAD_BYTES))).toEqual([0x09, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('gives back every field of a profile', () => {
    expect(decodeProfile(encodeProfile(joinedFixtureProfile(), REVISION))).toEqual(joinedFixtureProfile());
  });

  it('gives back an empty profile', () => {
    expect(decodeProfile(encodeProfile(emptyProfile(), REVISION))).toEqual(emptyProfile());
  });

  it('keeps decoding the first committed record of layout 1, with defaults for what came later', () => {
    expect(decodeProfile(hexOf('profile-layout-1.hex'))).toEqual(firstFixtureProfile());
  });

  it('keeps decoding the committed record of layout 1 with visits, rhythms and consent', () => {
    expect(decodeProfile(hexOf('profile-layout-1-consent.hex'))).toEqual(fixtureProfile());
  });

  it('keeps decoding the committed record of layout 1 with an erasure and joined sessions', () => {
    expect(decodeProfile(hexOf('profile-layout-1-joined.hex'))).toEqual(joinedFixtureProfile());
  });

  it('is at most as large as stated, with every list full and every text as long as it may be', () => {
    const record = encodeProfile(largestProfile(), REVISION);
    expect(decodeProfile(record)).toEqual(largestProfile());
    expect(record.length).toBe(LARGEST_PROFILE_BYTES);
  });

  it('takes no room for what is not known', () => {
    // Head and layout 11, five empty recent lists 10, ten counts 12, three empty interests 6, empty purchases 2.
    expect(encodeProfile(emptyProfile(), REVISION).length).toBe(41);
  });

  it.each(CONSENT_STATES)('gives back the consent state %s with its time', (state) => {
    const profile = emptyProfile();
    profile.consent = { state, atMs: 5, source: 's' };
    expect(decodeProfile(encodeProfile(profile, REVISION)).consent).toEqual({ state, atMs: 5, source: 's' });
  });

  it('keeps that a shopper switched personalisation on again', () => {
    const profile = emptyProfile();
    profile.optOut = { isOptedOut: false, atMs: 9, source: 'account' };
    expect(decodeProfile(encodeProfile(profile, REVISION)).optOut).toEqual(profile.optOut);
  });

  it('ignores fields it does not know', () => {
    const record = encodeProfile(fixtureProfile(), REVISION);
    // Field 1000, a varint: tag 1000 << 3 = 8000 = 0xc0 0x3e, value 5. Field 1001, three bytes: tag 8010 = 0xca 0x3e.
    const longer = Buffer.concat([record, Buffer.from([0xc0, 0x3e, 5, 0xca, 0x3e, 3, 9, 9, 9])]);
    expect(decodeProfile(longer)).toEqual(fixtureProfile());
  });

  it('keeps counts of event types that a newer version added', () => {
    const profile = emptyProfile();
    profile.eventCounts = [...EVENT_TYPES.map((_, index) => index), 42];
    expect(decodeProfile(encodeProfile(profile, REVISION)).eventCounts.at(-1)).toBe(42);
  });

  it('fills up counts when an older version knew fewer event types', () => {
    const profile = emptyProfile();
    profile.eventCounts = [3, 2];
    expect(decodeProfile(encodeProfile(profile, REVISION)).eventCounts).toEqual([3, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('refuses a newer layout, naming both numbers', () => {
    // Field 2, varint 2.
    const record = Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 2]);
    expect(codeOf(() => decodeProfile(record))).toBe('REC_RECORD_INVALID');
    expect(() => decodeProfile(record)).toThrow('its layout is 2 and this version reads up to 1');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['zeros', Buffer.alloc(40)],
    ['text', Buffer.from('not a profile, but the start of a letter to a friend')],
    ['all ones', Buffer.alloc(64, 0xff)],
  ])('refuses %s', (_, bytes) => {
    expect(codeOf(() => decodeProfile(bytes))).toBe('REC_RECORD_INVALID');
  });

  it('refuses a record cut off inside a list', () => {
    const record = encodeProfile(fixtureProfile(), REVISION);
    // Cut inside the three-item list that follows the 9-byte head, the layout and the two times (7 bytes each).
    const inside = RECORD_HEAD_BYTES + 2 + 7 + 7 + 10;
    expect(codeOf(() => decodeProfile(record.subarray(0, inside)))).toBe('REC_RECORD_INVALID');
  });

  it.each([
    // Field 20 (tag 0xa2 0x01), consent with state 3.
    ['a consent state it does not know', [0xa2, 0x01, 2, 0x08, 3]],
    // Field 14 (tag 0x72), event memory with four bytes of hashes.
    ['hashes that are cut', [0x72, 6, 0x0a, 4, 1, 2, 3, 4]],
    // One hash and a run of two.
    ['a run longer than its hashes', [0x72, 13, 0x0a, 5, 1, 2, 3, 4, 5, 0x12, 1, 9, 0x1a, 1, 2]],
    // One hash, one length, no hour.
    ['a run without an hour', [0x72, 10, 0x0a, 5, 1, 2, 3, 4, 5, 0x1a, 1, 1]],
    // Field 17 (tag 0x8a 0x01), a day of 25 hours.
    ['a day of 25 hours', [0x8a, 0x01, 25, ...new Array<number>(25).fill(1)]],
  ])('refuses %s', (_, bytes) => {
    const record = Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, ...bytes]);
    expect(codeOf(() => decodeProfile(record))).toBe('REC_RECORD_INVALID');
  });

  it('refuses a list with fewer times than items', () => {
    // Head, layout 1, then field 5 (tag 0x2a) with one item id "a" (0x0a 1 0x61) and no time.
    const record = Buffer.from([0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 1, 0x2a, 3, 0x0a, 1, 0x61]);
    expect(codeOf(() => decodeProfile(record))).toBe('REC_RECORD_INVALID');
  });

  it('stays readable when an id holds half a surrogate pair', () => {
    const profile = emptyProfile();
    profile.recent.view_item = { itemIds: ['a\ud800b'], atMs: [5] };
    expect(decodeProfile(encodeProfile(profile, REVISION)).recent.view_item.itemIds).toEqual(['a\ufffdb']);
  });

  it.each([Number.NaN, -1, 0.5])('refuses to write %d as a time', (atMs) => {
    const profile = emptyProfile();
    profile.lastSeenAtMs = atMs;
    expect(codeOf(() => encodeProfile(profile, REVISION))).toBe('REC_INTERNAL');
  });

  it.each<[string, (profile: Profile) => void]>([
    ['event hashes without hours', (profile) => profile.recentEventHashes.push(1)],
    [
      'event hashes out of order',
      (profile) => {
        profile.recentEventHashes = [1, 2];
        profile.recentEventHours = [8, 7];
      },
    ],
    [
      'a visit that ends before it starts',
      (profile) => profile.visits.push({ startedAtMs: 2, lastAtMs: 1, eventCount: 1 }),
    ],
    [
      'a rhythm that ends before it starts',
      (profile) => profile.rhythms.push({ category: 'a', purchaseCount: 2, firstAtMs: 2, lastAtMs: 1 }),
    ],
  ])('refuses to write %s', (_, spoil) => {
    const profile = emptyProfile();
    spoil(profile);
    expect(codeOf(() => encodeProfile(profile, REVISION))).toBe('REC_INTERNAL');
  });

  it('refuses to write a recent list that is not newest first', () => {
    const profile = emptyProfile();
    profile.recent.purchase = { itemIds: ['a', 'b'], atMs: [1, 2] };
    expect(codeOf(() => encodeProfile(profile, REVISION))).toBe('REC_INTERNAL');
  });
});

describe('what a record says without being unpacked', () => {
  it('is when the shopper was erased', () => {
    expect(readErasedAtMs(encodeProfile(joinedFixtureProfile(), REVISION))).toBe(1_695_000_000_000);
    expect(readErasedAtMs(encodeProfile(fixtureProfile(), REVISION))).toBe(0);
    expect(readErasedAtMs(hexOf('profile-layout-1.hex'))).toBe(0);
  });

  it('is refused when the bytes are no record', () => {
    expect(codeOf(() => readErasedAtMs(Buffer.alloc(64, 0xff)))).toBe('REC_RECORD_INVALID');
  });
});

describe('a blank profile', () => {
  it('is one of which nothing is known, not even one event', () => {
    expect(isBlankProfile(emptyProfile())).toBe(true);
    expect(isBlankProfile({ ...emptyProfile(), eventCounts: [1] })).toBe(false);
    expect(isBlankProfile({ ...emptyProfile(), erasedAtMs: 1 })).toBe(false);
    expect(isBlankProfile({ ...emptyProfile(), joinedTo: { userId: '', joinId: 0 } })).toBe(false);
  });
});
