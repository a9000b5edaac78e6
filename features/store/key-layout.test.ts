import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../core/errors.ts';
import { asSessionId, asUserId, MAX_ID_LENGTH, sessionKey, userKey } from '../core/ids.ts';
import { hash32 } from '../transform/hash.ts';
import { hashSlotOf } from './hash-slot.ts';
import {
  itemBucketKey,
  itemBucketKeys,
  itemChangeKey,
  itemKey,
  itemKeyRange,
  logKey,
  logPartitionOf,
  logSlotOf,
  profileKey,
  profileKeyRange,
  sequenceOfItemChangeKey,
  shopperOfProfileKey,
  shopperOfTag,
  shopperTag,
  slotLogKey,
} from './key-layout.ts';

const id = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom('{', '}', ':', '%', 'u', 'a', '\ud800', '\udc00', ' ', '\0'), maxLength: 8 }),
);

/** The part of a key Redis Cluster hashes: between the first `{` and the first `}` after it. */
function hashTagOf(key: string): string {
  const open = key.indexOf('{');
  return key.slice(open + 1, key.indexOf('}', open + 1));
}

describe('key layout', () => {
  it('names a profile by version, shop and shopper', () => {
    expect(profileKey('demo', userKey(asUserId('42')))).toBe('v1:demo:{u:42}:p');
    expect(profileKey('demo', sessionKey(asSessionId('ab-c')))).toBe('v1:demo:{s:ab-c}:p');
  });

  it('escapes what would break the hash tag and leaves other text readable', () => {
    expect(profileKey('demo', userKey(asUserId('a}b{c:d%e f')))).toBe('v1:demo:{u:a%7Db%7Bc%3Ad%25e%20f}:p');
    expect(profileKey('demo', userKey(asUserId('käse🧀__proto__')))).toBe('v1:demo:{u:käse🧀__proto__}:p');
    expect(profileKey('a:b', userKey(asUserId('\0\ud800')))).toBe('v1:a%3Ab:{u:%00%ud800}:p');
  });

  it('keeps the whole shopper inside the hash tag, for any id', () => {
    fc.assert(
      fc.property(id, (text) => {
        const key = profileKey('demo', userKey(asUserId(text)));
        expect(key).toBe(`v1:demo:{${hashTagOf(key)}}:p`);
        expect(hashTagOf(key).startsWith('u:')).toBe(true);
      }),
    );
  });

  it('never gives two ids one key', () => {
    fc.assert(
      fc.property(id, id, (a, b) => {
        expect(itemKey('demo', a) === itemKey('demo', b)).toBe(a === b);
        expect(profileKey('demo', userKey(asUserId(a))) === profileKey('demo', userKey(asUserId(b)))).toBe(a === b);
      }),
    );
  });

  it('never lets a user and a session of one name meet', () => {
    expect(profileKey('demo', userKey(asUserId('7')))).not.toBe(profileKey('demo', sessionKey(asSessionId('7'))));
  });

  it('reads the shopper back from the key, for any id', () => {
    fc.assert(
      fc.property(id, (text) => {
        for (const shopper of [userKey(asUserId(text)), sessionKey(asSessionId(text))]) {
          expect(shopperOfProfileKey('demo', profileKey('demo', shopper))).toBe(shopper);
          expect(shopperOfTag(shopperTag(shopper))).toBe(shopper);
          expect(shopperTag(shopper)).not.toContain('\n');
        }
      }),
    );
  });

  it('takes no other key for one of a profile of the shop', () => {
    const shopper = userKey(asUserId('42'));
    expect(shopperOfProfileKey('demo', profileKey('demo2', shopper))).toBeUndefined();
    expect(shopperOfProfileKey('demo', logKey('demo', 'events', 3))).toBeUndefined();
    expect(shopperOfProfileKey('demo', slotLogKey('demo', 3))).toBeUndefined();
  });

  it('bounds all profile keys of a shop, and none of another', () => {
    const { start, end } = profileKeyRange('demo');
    const isWithin = (key: string): boolean => key >= start && key < end;
    expect(isWithin(profileKey('demo', userKey(asUserId('\uffff'))))).toBe(true);
    expect(isWithin(profileKey('demo', sessionKey(asSessionId(''))))).toBe(true);
    expect(isWithin(profileKey('demo2', userKey(asUserId('a'))))).toBe(false);
    expect(isWithin(itemKey('demo', 'a'))).toBe(false);
  });

  it('keeps the logs in 64 partitions, a shopper always in the same', () => {
    expect(logKey('demo', 'events', 5)).toBe('v1:demo:log:5');
    expect(logKey('demo', 'slates', 5)).toBe('v1:demo:{slates:5}');
    const partitions = new Set(Array.from({ length: 1_000 }, (_, i) => logPartitionOf(userKey(asUserId(`${i}`)))));
    expect(partitions.size).toBe(64);
    expect(Math.max(...partitions)).toBe(63);
  });

  it('lays the events of a shopper into the hash slot of the profile', () => {
    fc.assert(
      fc.property(id, (text) => {
        const shopper = userKey(asUserId(text));
        const log = slotLogKey('demo', logSlotOf(shopper));
        expect(hashSlotOf(hashTagOf(log))).toBe(hashSlotOf(hashTagOf(profileKey('demo', shopper))));
      }),
    );
  });

  it('orders item changes by their number', () => {
    const numbers = [0, 9, 10, 65_536, 2 ** 53 - 1];
    const keys = numbers.map((number) => itemChangeKey('demo', number));
    expect(keys.toSorted()).toEqual(keys);
    expect(keys.map(sequenceOfItemChangeKey)).toEqual(numbers);
  });

  it('puts an item in the bucket of its hash', () => {
    expect(itemBucketKey('demo', 'sku-1')).toBe(`v1:demo:{items:${hash32('sku-1') % 16}}`);
    const buckets = itemBucketKeys('demo');
    expect(buckets).toHaveLength(16);
    expect(buckets[0]).toBe('v1:demo:{items:0}');
    expect(buckets[15]).toBe('v1:demo:{items:15}');
  });

  it('spreads items over all buckets', () => {
    const used = new Set(Array.from({ length: 400 }, (_, i) => itemBucketKey('demo', `sku-${i}`)));
    expect(used.size).toBe(16);
  });

  it('bounds all item keys of a shop, and none of another', () => {
    const { start, end } = itemKeyRange('demo');
    for (const itemId of ['', 'a', '~', '\uffff', '🧀', ':']) {
      const key = Buffer.from(itemKey('demo', itemId));
      expect(Buffer.compare(key, Buffer.from(start))).toBeGreaterThanOrEqual(0);
      expect(Buffer.compare(key, Buffer.from(end))).toBeLessThan(0);
    }
    for (const shop of ['demo2', 'dem', 'demo:item']) {
      const key = Buffer.from(itemKey(shop, 'a'));
      expect(Buffer.compare(key, Buffer.from(start)) >= 0 && Buffer.compare(key, Buffer.from(end)) < 0).toBe(false);
    }
  });

  it('refuses ids that are too long, saying the length and the limit', () => {
    const long = 'x'.repeat(MAX_ID_LENGTH + 1);
    for (const action of [
      () => profileKey('demo', userKey(asUserId(long))),
      () => itemKey('demo', long),
      () => itemBucketKey('demo', long),
    ]) {
      expect(action).toThrow(VitrineError);
      expect(action).toThrow('has 257 characters, expected at most 256');
    }
  });

  it('stays below the longest key LMDB takes, 1978 bytes, for the longest ids', () => {
    for (const unit of ['\ud800', '\u0085', '%', '☃', 'x']) {
      expect(Buffer.byteLength(profileKey('s'.repeat(64), userKey(asUserId(unit.repeat(MAX_ID_LENGTH)))))).toBeLessThan(
        1978,
      );
    }
  });
});
