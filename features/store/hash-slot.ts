/** Hash slots of a Redis Cluster. */
export const HASH_SLOT_COUNT = 16_384;

/**
 * The hash slot of a key without braces, or of the part between the first braces.
 *
 * Source: CRC16-CCITT (XMODEM) modulo 16384, Redis cluster specification, "Key distribution model".
 */
export function hashSlotOf(text: string): number {
  let crc = 0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % HASH_SLOT_COUNT;
}

let tagBySlot: readonly string[] | undefined;

/** A short text that hashes to a slot: the first of `0`, `1`, ... in base 36 that does. Cost: the first call takes some 50 ms. */
export function tagOfHashSlot(slot: number): string {
  tagBySlot ??= findTags();
  return tagBySlot[slot]!;
}

function findTags(): string[] {
  const tags = new Array<string>(HASH_SLOT_COUNT).fill('');
  for (let next = 0, missing = HASH_SLOT_COUNT; missing > 0; next++) {
    const tag = next.toString(36);
    const slot = hashSlotOf(tag);
    if (tags[slot] !== '') continue;
    tags[slot] = tag;
    missing--;
  }
  return tags;
}
