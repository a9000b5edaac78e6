import { randomFillSync } from 'node:crypto';

/** Ids made at once. */
const BATCH = 32;
const BYTES = 16;
const HEX_DIGITS = Buffer.from('0123456789abcdef', 'latin1');
const DASH = 0x2d;
const LENGTH = 36;

/**
 * Makes the source of random UUIDs, version 4, for what every request needs some of: a batch at a time, since making one by itself touches
 * memory all over that the request before has pushed out of the processor's cache.
 *
 * Source: RFC 9562, section 5.4.
 */
export function makeRandomUuids(): () => string {
  const random = Buffer.alloc(BATCH * BYTES);
  const text = Buffer.alloc(LENGTH);
  const ready: string[] = [];
  return () => {
    if (ready.length === 0) {
      randomFillSync(random);
      for (let start = 0; start < random.length; start += BYTES) ready.push(uuidOf(random, start, text));
    }
    return ready.pop()!;
  };
}

/** The UUID of 16 random bytes. @param text working memory */
function uuidOf(random: Uint8Array, start: number, text: Buffer): string {
  let at = 0;
  for (let i = 0; i < BYTES; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text[at++] = DASH;
    let byte = random[start + i]!;
    if (i === 6) byte = (byte & 0x0f) | 0x40;
    if (i === 8) byte = (byte & 0x3f) | 0x80;
    text[at++] = HEX_DIGITS[byte >> 4]!;
    text[at++] = HEX_DIGITS[byte & 0xf]!;
  }
  return text.toString('latin1');
}
