import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../core/errors.ts';
import { EVENT_TYPES } from './event.ts';
import { emptyProfile, type Profile } from './profile.ts';
import { decodeProfile, encodeProfile, RECORD_HEAD_BYTES } from './profile-codec.ts';

const REVISION = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** The shopper of the committed record: every field is set, with the odd cases that must survive. */
function fixtureProfile(): Profile {
  return {
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
      category: new Map([
        ['home > kitchen', 1.5],
        ['home > garden', 0.25],
      ]),
      brand: new Map([['Acme', 7]]),
      priceBand: new Map(),
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
    recentEventHashes: [1, 2 ** 53 - 1, 123_456_789_012_345],
  };
}

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
    expect(decodeProfile(encodeProfile(fixtureProfile(), REVISION))).toEqual(fixtureProfile());
  });

  it('gives back an empty profile', () => {
    expect(decodeProfile(encodeProfile(emptyProfile(), REVISION))).toEqual(emptyProfile());
  });

  it('keeps decoding the committed record of layout 1', () => {
    const hex = readFileSync(new URL('./fixtures/profile-layout-1.hex', import.meta.url), 'utf8');
    expect(decodeProfile(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'))).toEqual(fixtureProfile());
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

  it('refuses to write a recent list that is not newest first', () => {
    const profile = emptyProfile();
    profile.recent.purchase = { itemIds: ['a', 'b'], atMs: [1, 2] };
    expect(codeOf(() => encodeProfile(profile, REVISION))).toBe('REC_INTERNAL');
  });
});
