import { describe, expect, it } from 'vitest';
import { findTwins } from './hnsw-twins.ts';

describe('findTwins', () => {
  it('names the first item with the same embedding', () => {
    expect(Array.from(findTwins(Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1, 1, 0), 5, 2))).toEqual([-1, -1, 0, 1, 0]);
  });

  it('keeps embeddings apart that differ in one bit', () => {
    const nextFloat = new Float32Array(new Int32Array([0x3f800001]).buffer)[0]!;
    expect(Array.from(findTwins(Float32Array.of(1, 0, nextFloat, 0), 2, 2))).toEqual([-1, -1]);
  });

  it('finds nothing among no items', () => {
    expect(findTwins(new Float32Array(0), 0, 4)).toHaveLength(0);
  });
});
