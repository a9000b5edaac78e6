import { describe, expect, it } from 'vitest';
import { findTwins, TwinChains } from './hnsw-twins.ts';

function chainOf(chains: TwinChains, item: number): number[] {
  const items: number[] = [];
  for (let at = item; at >= 0; at = chains.next(at)) items.push(at);
  return items;
}

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

describe('TwinChains', () => {
  it('lists the items behind a node in item order', () => {
    const chains = new TwinChains(Int32Array.of(-1, -1, 0, 1, 0));
    expect(chainOf(chains, 0)).toEqual([0, 2, 4]);
    expect(chainOf(chains, 1)).toEqual([1, 3]);
    expect(chains.itemCount).toBe(5);
  });

  it('takes an item out of its chain when it gets its own node', () => {
    const chains = new TwinChains(Int32Array.of(-1, 0, 0, 0));
    chains.becomeNode(2);
    expect(chainOf(chains, 0)).toEqual([0, 1, 3]);
    expect(chainOf(chains, 2)).toEqual([2]);
    expect(chains.isNode(2)).toBe(true);
    expect(chains.itemCount).toBe(4);
  });

  it('hands the rest of a chain to its second item', () => {
    const chains = new TwinChains(Int32Array.of(-1, 0, 0));
    expect(chains.promoteTwin(0)).toBe(1);
    expect(chainOf(chains, 0)).toEqual([0]);
    expect(chainOf(chains, 1)).toEqual([1, 2]);
    chains.becomeNode(2);
    expect(chainOf(chains, 1)).toEqual([1]);
  });

  it('counts items it has not seen, also past gaps', () => {
    const chains = new TwinChains(Int32Array.of(-1));
    chains.becomeTwin(5, 0);
    expect(chains.itemCount).toBe(2);
    expect(chainOf(chains, 0)).toEqual([0, 5]);
    chains.becomeTwin(5, 0);
    chains.becomeNode(9);
    expect(chains.itemCount).toBe(3);
    expect(chainOf(chains, 0)).toEqual([0, 5]);
    expect(chains.hasTwins(9)).toBe(false);
    expect(chains.isNode(7)).toBe(false);
  });
});
