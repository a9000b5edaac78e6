import { describe, expect, it } from 'vitest';
import { NodeItems } from './hnsw-node-items.ts';

function itemsBehind(nodes: NodeItems, node: number): number[] {
  const items: number[] = [];
  for (let item = nodes.firstOf(node); item >= 0; item = nodes.next(item)) items.push(item);
  return items;
}

/** As a search reads them. */
function firstsOf(nodes: NodeItems, asked: readonly number[]): number[] {
  const firsts = new Int32Array(asked.length);
  nodes.readFirsts(asked, firsts);
  return [...firsts];
}

function countsOf({ itemCount, nodeCount, tombstoneCount }: NodeItems): number[] {
  return [itemCount, nodeCount, tombstoneCount];
}

describe('NodeItems', () => {
  it('lists the items behind a node in item order', () => {
    const nodes = new NodeItems(Int32Array.of(-1, -1, 0, 1, 0));
    expect(itemsBehind(nodes, 0)).toEqual([0, 2, 4]);
    expect(itemsBehind(nodes, 1)).toEqual([1, 3]);
    expect(itemsBehind(nodes, 2)).toEqual([]);
    expect(countsOf(nodes)).toEqual([5, 2, 0]);
  });

  it('takes numbers of its own for items that have others', () => {
    const nodes = new NodeItems(Int32Array.of(-1, 0, -1), Int32Array.of(7, 3, 90));
    expect(itemsBehind(nodes, 0)).toEqual([7, 3]);
    expect(itemsBehind(nodes, 2)).toEqual([90]);
    expect(nodes.nodeOf(3)).toBe(0);
    expect(nodes.nodeOf(0)).toBe(-1);
    expect(countsOf(nodes)).toEqual([3, 2, 0]);
  });

  it('moves an item to another node and leaves its twins where they were', () => {
    const nodes = new NodeItems(Int32Array.of(-1, 0, 0, 0));
    nodes.addNode(4);
    expect(countsOf(nodes)).toEqual([4, 2, 1]);
    nodes.put(0, 4);
    expect(itemsBehind(nodes, 0)).toEqual([1, 2, 3]);
    expect(itemsBehind(nodes, 4)).toEqual([0]);
    nodes.put(2, 4);
    expect(itemsBehind(nodes, 0)).toEqual([1, 3]);
    expect(itemsBehind(nodes, 4)).toEqual([0, 2]);
    expect(countsOf(nodes)).toEqual([4, 2, 0]);
  });

  it('makes a tombstone of a node whose last item leaves, and a node again of one that gets an item', () => {
    const nodes = new NodeItems(Int32Array.of(-1, 0, -1));
    expect(nodes.remove(0)).toBe(true);
    expect(countsOf(nodes)).toEqual([2, 2, 0]);
    expect(nodes.remove(1)).toBe(true);
    expect(countsOf(nodes)).toEqual([1, 2, 1]);
    expect(nodes.firstOf(0)).toBe(-1);
    expect(nodes.remove(1)).toBe(false);
    nodes.put(5, 0);
    expect(countsOf(nodes)).toEqual([2, 2, 0]);
    expect(itemsBehind(nodes, 0)).toEqual([5]);
  });

  it('reads the first items of many nodes alike whether items have the numbers of their nodes or not', () => {
    const nodes = new NodeItems(Int32Array.of(-1, -1, -1));
    expect(firstsOf(nodes, [2, 0, 1])).toEqual([2, 0, 1]);
    nodes.remove(0);
    expect(firstsOf(nodes, [2, 0, 1])).toEqual([2, -1, 1]);
    nodes.put(7, 0);
    expect(firstsOf(nodes, [2, 0, 1])).toEqual([2, 7, 1]);
    nodes.put(0, 0);
    nodes.remove(7);
    expect(firstsOf(nodes, [2, 0, 1])).toEqual([2, 0, 1]);
    nodes.addNode(3);
    expect(firstsOf(nodes, [3, 2])).toEqual([-1, 2]);
  });

  it('keeps room for items and nodes past what it began with', () => {
    const nodes = new NodeItems(new Int32Array(0));
    nodes.addNode(1_000);
    nodes.put(5_000, 1_000);
    expect(nodes.nodeOf(5_000)).toBe(1_000);
    expect(nodes.nodeOf(4_999)).toBe(-1);
    expect(nodes.nodeSpace).toBe(1_001);
    expect(countsOf(nodes)).toEqual([1, 1, 0]);
  });

  it('agrees with a plain model of it after any changes', () => {
    const nodes = new NodeItems(Int32Array.of(-1, 0, 0, -1, 3));
    const model = new Map([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 3],
      [4, 3],
    ]);
    let state = 1;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const known = [0, 3];
    for (let step = 0; step < 2_000; step++) {
      const item = random(12);
      const kind = random(5);
      if (kind === 0) {
        expect(nodes.remove(item)).toBe(model.delete(item));
      } else {
        if (kind === 1 && known.length < 20) {
          known.push(nodes.nodeSpace);
          nodes.addNode(nodes.nodeSpace);
        }
        const node = known[random(known.length)]!;
        nodes.put(item, node);
        model.set(item, node);
      }
      for (const node of known) {
        const expected = [...model].filter(([, at]) => at === node).map(([one]) => one);
        expect(itemsBehind(nodes, node).sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
      }
      expect(firstsOf(nodes, known)).toEqual(known.map((node) => nodes.firstOf(node)));
      const used = new Set(model.values());
      expect(countsOf(nodes)).toEqual([model.size, known.length, known.length - used.size]);
    }
  });
});
