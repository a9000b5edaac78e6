const NONE = -1;
/** Marks a number that is no node. */
const NO_NODE = -2;
const GROWTH = 1.5;

/**
 * Which items stand behind which node of a graph: one, several with the same embedding, or none.
 *
 * A node without items is a tombstone: the graph keeps it as a stepping stone, answers leave it out. A node has a number of its own, since
 * an item that moves leaves its node to its twins, or to nobody, and gets another.
 */
export class NodeItems {
  /** By node: its first item, NONE for a tombstone, NO_NODE for a number that is no node. */
  private firsts: Int32Array;
  /** By item: its node, NONE when it has none. */
  private nodes: Int32Array;
  /** By item: the items before and after it behind the same node. */
  private befores: Int32Array;
  private nexts: Int32Array;
  private countOfItems = 0;
  private countOfNodes = 0;
  private countOfTombstones = 0;
  private firstFreeNode: number;
  /** Items that stand behind a node of another number. */
  private countOfElsewhere = 0;

  /**
   * @param representatives as `findTwins` returns them; place p of it is node p unless it is a twin
   * @param items shape of `representatives`: the item of each place. Default: the place itself
   */
  constructor(representatives: Int32Array, items?: Int32Array) {
    const count = representatives.length;
    const itemSpace = items === undefined ? count : items.reduce((highest, item) => Math.max(highest, item), NONE) + 1;
    this.firstFreeNode = count;
    this.firsts = new Int32Array(count).fill(NO_NODE);
    this.nodes = new Int32Array(itemSpace).fill(NONE);
    this.befores = new Int32Array(itemSpace).fill(NONE);
    this.nexts = new Int32Array(itemSpace).fill(NONE);
    for (let place = 0; place < count; place++) {
      if (representatives[place] !== NONE) continue;
      this.addNode(place);
      this.link(items?.[place] ?? place, place);
    }
    // Backwards, so that each chain ends up ascending although every twin goes in right behind the first.
    for (let place = count - 1; place >= 0; place--) {
      const representative = representatives[place]!;
      if (representative !== NONE) this.link(items?.[place] ?? place, representative);
    }
  }

  get itemCount(): number {
    return this.countOfItems;
  }

  /** Nodes of the graph, tombstones among them. */
  get nodeCount(): number {
    return this.countOfNodes;
  }

  get tombstoneCount(): number {
    return this.countOfTombstones;
  }

  /** One above the highest number a node has or had. */
  get nodeSpace(): number {
    return this.firstFreeNode;
  }

  /** The first item behind a node; -1 for a tombstone. */
  firstOf(node: number): number {
    const first = this.firsts[node] ?? NONE;
    return first < NONE ? NONE : first;
  }

  /**
   * Writes what {@link firstOf} says of each of `nodes`. In nothing but a loop, so that the misses of the processor's cache overlap; and
   * without a look while every node has the number of its one item, as until products come and go.
   */
  readFirsts(nodes: ArrayLike<number>, into: Int32Array): void {
    const { firsts } = this;
    const isAsNumbered = this.countOfElsewhere === 0 && this.countOfTombstones === 0;
    if (isAsNumbered) for (let i = 0; i < nodes.length; i++) into[i] = nodes[i]!;
    else for (let i = 0; i < nodes.length; i++) into[i] = firsts[nodes[i]!]!;
  }

  isTombstone(node: number): boolean {
    return this.firsts[node] === NONE;
  }

  /** Whether some node has several items; while none has, {@link next} need not be asked. */
  get hasTwins(): boolean {
    return this.countOfItems > this.countOfNodes - this.countOfTombstones;
  }

  /** The item behind the same node that follows `item`; -1 at the end. */
  next(item: number): number {
    return this.nexts[item] ?? NONE;
  }

  /** The node an item stands behind; -1 when it is not in the index. */
  nodeOf(item: number): number {
    return this.nodes[item] ?? NONE;
  }

  /** Notes a node that was added to the graph and has no items yet. */
  addNode(node: number): void {
    this.firstFreeNode = Math.max(this.firstFreeNode, node + 1);
    this.firsts = reserved(this.firsts, node + 1, NO_NODE);
    this.firsts[node] = NONE;
    this.countOfNodes++;
    this.countOfTombstones++;
  }

  /** Puts an item behind a node; the one it stood behind before may become a tombstone. */
  put(item: number, node: number): void {
    this.remove(item);
    this.nodes = reserved(this.nodes, item + 1);
    this.befores = reserved(this.befores, item + 1);
    this.nexts = reserved(this.nexts, item + 1);
    this.link(item, node);
  }

  /** Takes an item out; its node becomes a tombstone when it was the last. Returns whether it was there. */
  remove(item: number): boolean {
    const node = this.nodeOf(item);
    if (node === NONE) return false;
    const before = this.befores[item]!;
    const next = this.nexts[item]!;
    if (before === NONE) this.firsts[node] = next;
    else this.nexts[before] = next;
    if (next !== NONE) this.befores[next] = before;
    if (this.firsts[node] === NONE) this.countOfTombstones++;
    if (node !== item) this.countOfElsewhere--;
    this.nodes[item] = NONE;
    this.befores[item] = NONE;
    this.nexts[item] = NONE;
    this.countOfItems--;
    return true;
  }

  /** Behind the first item of the node, or as the first. */
  private link(item: number, node: number): void {
    const first = this.firsts[node]!;
    this.nodes[item] = node;
    if (node !== item) this.countOfElsewhere++;
    if (first === NONE) {
      this.firsts[node] = item;
      this.countOfTombstones--;
    } else {
      const next = this.nexts[first]!;
      this.befores[item] = first;
      this.nexts[item] = next;
      this.nexts[first] = item;
      if (next !== NONE) this.befores[next] = item;
    }
    this.countOfItems++;
  }
}

function reserved(values: Int32Array, length: number, filling = NONE): Int32Array {
  if (length <= values.length) return values;
  const larger = new Int32Array(Math.max(length, Math.ceil(values.length * GROWTH))).fill(filling);
  larger.set(values);
  return larger;
}
