/**
 * 32-bit hash of a string's UTF-16 code units, for hashed fields and sharding; stable across versions, part of the bundle contract.
 *
 * Source: FNV-1a (Fowler, Noll, Vo) over both bytes of each unit, then the murmur3 finalizer to spread the low bits.
 */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 53-bit hash of a string, exact as a JavaScript number: 32 bits from {@link hash32}, 21 from a second basis. */
export function hash53(text: string): number {
  let second = 0x9747b28c;
  for (let i = 0; i < text.length; i++) second = Math.imul(second ^ text.charCodeAt(i), 0x5bd1e995) ^ (second >>> 15);
  return hash32(text) + (second & 0x1fffff) * 4_294_967_296;
}
