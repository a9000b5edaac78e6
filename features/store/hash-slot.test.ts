import { describe, expect, it } from 'vitest';
import { HASH_SLOT_COUNT, hashSlotOf, tagOfHashSlot } from './hash-slot.ts';

describe('hash slots', () => {
  it.each([
    // The check value of the specification: CRC16 of 123456789 is 0x31c3.
    ['123456789', 0x31c3],
    ['', 0],
    // 0x31c3 is below 16384; the CRC16 of "foo" is 0xaf96, of which the lower 14 bits count.
    ['foo', 0xaf96 % 16_384],
  ])('takes %s for slot %d', (text, slot) => {
    expect(hashSlotOf(text)).toBe(slot);
  });

  it('has a short text for every slot', () => {
    for (let slot = 0; slot < HASH_SLOT_COUNT; slot++) {
      const tag = tagOfHashSlot(slot);
      expect(tag).toMatch(/^[0-9a-z]{1,4}$/);
      if (hashSlotOf(tag) !== slot) expect.fail(`${tag} does not hash to ${slot}`);
    }
  });
});
