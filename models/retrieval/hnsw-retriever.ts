import { assertContract, messageOf, VitrineError } from '../../features/core/errors.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import { checkHnswFile } from './hnsw-file.ts';
import type { HnswGraph } from './hnsw-graph.ts';
import { type HnswBuildChoice, hnswLibrary } from './hnsw-library.ts';
import { NodeItems } from './hnsw-node-items.ts';
import { type NearestNodes, NodeSearch } from './hnsw-node-search.ts';
import type { RetrievalResult, Retriever } from './retriever.ts';
import { checkEmbeddingShape, checkSearchShape, copyUnitEmbedding } from './unit-embedding.ts';
import { VectorCodes } from './vector-codes.ts';

const GROWTH = 1.5;
const MAX_ITEM_INDEX = 2 ** 31 - 2;
/** From this share of tombstones on their places are used again, so that memory stays bounded even if the index is never rebuilt. */
const REUSE_TOMBSTONE_RATIO = 0.5;
/** Most that efSearch grows to in proportion, as a multiple of k. */
const MAX_EF_SEARCH_PER_RESULT = 2;
/** How often a search that met too many tombstones is repeated, twice as wide each time: bounds how long it blocks the event loop. */
const MAX_WIDENINGS = 3;

/** Where an index is and what it has to fit. */
export interface HnswOpenOptions {
  readonly file: string;
  readonly itemCount: number;
  readonly embeddingDim: number;
  /** Candidates considered by a search: higher is slower and finds more. */
  readonly efSearch: number;
  /** The k efSearch was measured at: a search for more considers more, in proportion, but at most twice k. @defaultValue efSearch */
  readonly efSearchAtK?: number;
  /** Build of the library. @defaultValue auto */
  readonly build?: HnswBuildChoice;
  /** False: searches find their way by the vectors alone, to measure what codes change. @defaultValue true */
  readonly hasCodes?: boolean;
  /** Shape `[itemCount]`: the item each place of the file stands for. @defaultValue the place itself */
  readonly items?: Int32Array;
}

/**
 * Loads an index file for searching.
 *
 * Errors: REC_BUNDLE_INVALID naming the file when it is missing, cut off, altered or does not fit (see `checkHnswFile` for what is found);
 * REC_RETRIEVER_FAILED for an efSearch out of range.
 * Cost: reads the file twice, once to check it; the event loop stays free, except for a few milliseconds at a time.
 */
export async function openHnswRetriever(options: HnswOpenOptions): Promise<HnswRetriever> {
  const { file, itemCount, embeddingDim, efSearch, efSearchAtK = efSearch, hasCodes = true, items } = options;
  checkEfSearch(efSearch);
  const facts = await checkHnswFile(file, { itemCount, embeddingDim });
  const library = hnswLibrary(options.build);
  const native = library.newIndex(embeddingDim);
  if (itemCount === 0) {
    native.initIndex(0, facts.m, facts.efConstruction);
  } else {
    try {
      await native.readIndex(file);
    } catch (error) {
      throw new VitrineError('REC_BUNDLE_INVALID', `index file ${file} cannot be loaded: ${messageOf(error)}`, {
        details: { file },
        cause: error,
      });
    }
  }
  const { m, efConstruction, representatives } = facts;
  const graph = { native, build: library.build, embeddingDim, representatives, m, efConstruction };
  return new HnswRetriever(items === undefined ? graph : { ...graph, items }, efSearch, { efSearchAtK, hasCodes });
}

/** A graph to search, and the items it stands for when they are not its places. */
type SearchableGraph = Omit<HnswGraph, 'embeddings'> & { readonly items?: Int32Array };

/** How an index is searched, beside efSearch. */
export interface HnswSearchOptions {
  /** @defaultValue efSearch, as {@link HnswOpenOptions} has it */
  readonly efSearchAtK?: number;
  /** As {@link HnswOpenOptions} has it. */
  readonly hasCodes?: boolean;
  /** False: links are followed even where comparing with every node is quicker, to measure the graph. @defaultValue true */
  readonly isScanAllowed?: boolean;
}

/**
 * Finds nearest products in a graph of small worlds: approximate, and fast for millions.
 *
 * Products come, move and go while it serves. What moves gets a new node, and a node nobody stands behind any more stays in the graph as
 * a tombstone: a stepping stone that searches step over, for which they look a little further. Tombstones are kept here and not with the
 * library's own mark, which costs every search a check per step and lets an insertion among marked nodes read past an empty list.
 * {@link tombstoneRatio} says when the graph is worth building anew.
 *
 * Missing: where deleted products crowd, an answer may be shorter than the catalogue allows, until the index is rebuilt.
 * Cost: synchronous, so it blocks the event loop: for k = 200 of 100 000 items of 64 dimensions about 0.2 ms, or 0.12 ms with the AVX2
 * build of the library, which compares with every node, and so misses none, where nodes are few (bench `--micro hnsw`).
 * Source: Malkov, Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs",
 * arXiv 1603.09320.
 */
export class HnswRetriever implements Retriever {
  readonly embeddingDim: number;
  readonly m: number;
  readonly efConstruction: number;
  /** Build of the library that searches. */
  readonly build: HnswGraph['build'];
  /** As {@link HnswSearchOptions} has it. */
  readonly efSearchAtK: number;
  private native: HnswGraph['native'];
  private nodes: NodeItems;
  private nodeSearch: NodeSearch;
  private codes: VectorCodes | undefined;
  private readonly answers = new AnswerBuffer();
  /** The library as installed takes plain arrays only; one serves all queries. */
  private readonly point: number[];
  /** First items of the nodes found: working memory of a search. */
  private firsts = new Int32Array(0);
  private currentEfSearch = 0;
  private isClosed = false;
  /** Where the search for a tombstone to use again goes on. */
  private reuseCursor = 0;
  private changeListener: ((itemIndex: number) => void) | undefined;

  constructor(graph: SearchableGraph, efSearch: number, options: HnswSearchOptions = {}) {
    this.embeddingDim = graph.embeddingDim;
    this.m = graph.m;
    this.efConstruction = graph.efConstruction;
    this.build = graph.build;
    this.efSearchAtK = options.efSearchAtK ?? efSearch;
    this.native = graph.native;
    this.nodeSearch = new NodeSearch(graph.embeddingDim, options);
    this.nodeSearch.watchCrowds(graph.native, graph.representatives);
    this.codes = options.hasCodes === false ? undefined : VectorCodes.of(graph.native, graph.embeddingDim);
    this.nodes = new NodeItems(graph.representatives, graph.items);
    this.point = new Array<number>(graph.embeddingDim).fill(0);
    this.setEfSearch(efSearch);
  }

  get itemCount(): number {
    return this.nodes.itemCount;
  }

  /** Nodes of the graph that no item stands behind any more. */
  get tombstoneCount(): number {
    return this.nodes.tombstoneCount;
  }

  /** Share of the graph's nodes that are tombstones, 0..1. */
  get tombstoneRatio(): number {
    return this.nodes.tombstoneCount / Math.max(1, this.nodes.nodeCount);
  }

  get description(): string {
    const size = `${this.itemCount} items of ${this.embeddingDim} dimensions`;
    const graph = `m ${this.m}, efConstruction ${this.efConstruction}, efSearch ${this.currentEfSearch}`;
    return `hnsw over ${size}, ${graph}, ${this.build} build`;
  }

  get efSearch(): number {
    return this.currentEfSearch;
  }

  /** Sets how many candidates a search considers. Errors: REC_RETRIEVER_FAILED when not an integer of at least 1. */
  setEfSearch(efSearch: number): void {
    checkEfSearch(efSearch);
    this.currentEfSearch = efSearch;
  }

  search(queries: Float32Array, queryCount: number, k: number): RetrievalResult {
    this.checkOpen();
    checkSearchShape(queries, queryCount, k, this.embeddingDim);
    const answer = this.answers.open(queryCount, k);
    for (let q = 0; q < queryCount; q++) {
      copyUnitEmbedding(queries, q, this.point, 'query');
      this.searchPoint(answer, q * k, k);
    }
    return answer;
  }

  /** Whether an item can be found. */
  has(itemIndex: number): boolean {
    return this.nodes.nodeOf(itemIndex) >= 0;
  }

  /** Items that can be found, ascending. */
  items(): Int32Array {
    const items = new Int32Array(this.nodes.itemCount);
    for (let item = 0, count = 0; count < items.length; item++) if (this.has(item)) items[count++] = item;
    return items;
  }

  /** Copies the embedding of an item into `into`; false when the item is not in the index. Errors: REC_RETRIEVER_FAILED when closed. */
  readEmbedding(itemIndex: number, into: Float32Array): boolean {
    this.checkOpen();
    const node = this.nodes.nodeOf(itemIndex);
    if (node < 0) return false;
    into.set(this.native.getPoint(node));
    return true;
  }

  /**
   * Adds an item, or moves one to a new embedding; searches find it there from then on. The same embedding again changes nothing.
   *
   * Errors: REC_RETRIEVER_FAILED for an embedding of another size, not finite or all zeros, or a negative item index.
   * Cost: about that of a search with k = efConstruction; blocks the event loop, longer when memory for more items has to be found.
   *
   * @param itemIndex catalogue row; expected to be near the rows already there, since memory grows with the highest
   */
  add(itemIndex: number, embedding: Float32Array): void {
    this.checkOpen();
    if (!Number.isInteger(itemIndex) || itemIndex < 0 || itemIndex > MAX_ITEM_INDEX) {
      throw new VitrineError('REC_RETRIEVER_FAILED', `item index is ${itemIndex}; expected a catalogue row`);
    }
    checkEmbeddingShape(embedding, 1, this.embeddingDim);
    copyUnitEmbedding(embedding, 0, this.point, 'item embedding');
    const current = this.nodes.nodeOf(itemIndex);
    if (current >= 0 && this.isAtPoint(current)) return;
    const equal = this.findEqualNode();
    this.nodes.put(itemIndex, equal >= 0 ? equal : this.insertPoint(itemIndex));
    this.changeListener?.(itemIndex);
  }

  /** Takes an item out of all answers from the next search on; returns whether it was in the index. */
  remove(itemIndex: number): boolean {
    const isRemoved = this.nodes.remove(itemIndex);
    if (isRemoved) this.changeListener?.(itemIndex);
    return isRemoved;
  }

  /** Has `listener` told of every item that is added, moved or removed, until the function returned is called. One at a time. */
  followChanges(listener: (itemIndex: number) => void): () => void {
    assertContract(this.changeListener === undefined, 'one at a time follows the changes of an index');
    this.changeListener = listener;
    return () => {
      this.changeListener = undefined;
    };
  }

  /** Goes on with the graph and the items of `other`, from the next search on; its own memory is freed, and `other` is used up. */
  takeOver(other: HnswRetriever): void {
    this.checkOpen();
    other.checkOpen();
    assertContract(other.embeddingDim === this.embeddingDim, 'an index is replaced by one of the same dimension');
    const old = this.native;
    this.native = other.native;
    this.nodes = other.nodes;
    this.nodeSearch = other.nodeSearch;
    this.codes = other.codes;
    this.reuseCursor = 0;
    other.isClosed = true;
    old.initIndex(1);
  }

  /** Frees the graph's memory at once instead of at some later garbage collection; searches fail from then on. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.native.initIndex(1);
  }

  private searchPoint(answer: RetrievalResult, start: number, k: number): void {
    const { nodes } = this;
    const wanted = Math.min(k, nodes.itemCount);
    // As many more as there are tombstones among as many nodes.
    let nodeLimit = wanted === 0 ? 0 : Math.ceil(k / (1 - this.tombstoneRatio));
    for (let widenings = 0; ; widenings++) {
      const asked = Math.min(nodeLimit, nodes.nodeCount);
      const { distances, neighbors } = this.searchNative(asked);
      const firsts = this.firstsOf(neighbors);
      const { hasTwins } = nodes;
      let filled = 0;
      for (let i = 0; i < neighbors.length && filled < k; i++) {
        // Exact: float32 distances were made as 1 - similarity, and the difference is a float32 again.
        const similarity = 1 - distances[i]!;
        for (let item = firsts[i]!; item >= 0 && filled < k; ) {
          insertInOrder(answer, start, filled++, item, similarity);
          item = hasTwins ? nodes.next(item) : -1;
        }
      }
      const isAll = neighbors.length < asked || asked === nodes.nodeCount;
      if (filled >= wanted || isAll || widenings === MAX_WIDENINGS) return;
      nodeLimit *= 2;
      answer.itemIndexes.fill(-1, start, start + filled);
      answer.similarities.fill(Number.NaN, start, start + filled);
    }
  }

  private firstsOf(neighbors: ArrayLike<number>): Int32Array {
    if (this.firsts.length < neighbors.length) this.firsts = new Int32Array(neighbors.length);
    this.nodes.readFirsts(neighbors, this.firsts);
    return this.firsts;
  }

  private searchNative(k: number): NearestNodes {
    const { native, point, codes } = this;
    // Above the k it was measured at efSearch would find less; far above that k its ratio says little.
    const inProportion = Math.ceil(k * Math.min(MAX_EF_SEARCH_PER_RESULT, this.currentEfSearch / this.efSearchAtK));
    const efSearch = Math.max(this.currentEfSearch, inProportion, k);
    return this.nodeSearch.nearest({ index: native, nodeCount: this.nodes.nodeCount, point, k, efSearch, codes });
  }

  /** The node, perhaps a tombstone, whose embedding equals the point; -1 when there is none. */
  private findEqualNode(): number {
    const node = this.searchNative(Math.min(1, this.nodes.nodeCount)).neighbors[0] ?? -1;
    return node >= 0 && this.isAtPoint(node) ? node : -1;
  }

  private isAtPoint(node: number): boolean {
    return this.native.getPoint(node).every((value, i) => value === Math.fround(this.point[i]!));
  }

  /** Adds a node at the point and returns its number. */
  private insertPoint(itemIndex: number): number {
    const reused = this.tombstoneRatio >= REUSE_TOMBSTONE_RATIO ? this.findTombstone() : -1;
    const node = reused >= 0 ? reused : this.nodes.nodeSpace;
    const capacity = this.native.getMaxElements();
    if (this.native.getCurrentCount() >= capacity) {
      this.native.resizeIndex(Math.max(capacity + 16, Math.ceil(capacity * GROWTH)));
    }
    try {
      this.native.addPoint(this.point, node);
    } catch (error) {
      throw new VitrineError('REC_RETRIEVER_FAILED', `item ${itemIndex} cannot be added: ${messageOf(error)}`, {
        details: { itemIndex },
        cause: error,
      });
    }
    this.codes?.encode(node);
    if (reused < 0) this.nodes.addNode(node);
    else this.nodeSearch.forgetCrowd(node);
    return node;
  }

  /** A tombstone; -1 when there is none. Cost: few steps, since it is asked when every other node is one. */
  private findTombstone(): number {
    const { nodes } = this;
    if (nodes.tombstoneCount === 0) return -1;
    for (let step = 0; step < nodes.nodeSpace; step++) {
      this.reuseCursor = (this.reuseCursor + 1) % nodes.nodeSpace;
      if (nodes.isTombstone(this.reuseCursor)) return this.reuseCursor;
    }
    return -1;
  }

  private checkOpen(): void {
    if (this.isClosed) throw new VitrineError('REC_RETRIEVER_FAILED', 'the index was closed; its bundle was replaced');
  }
}

/** Puts an item after all others of its answer but before those it ties with that have a higher item index. */
function insertInOrder(answer: RetrievalResult, start: number, filled: number, item: number, similarity: number): void {
  const { itemIndexes, similarities } = answer;
  let place = start + filled;
  similarities[place] = similarity;
  for (; place > start; place--) {
    if (similarities[place - 1] !== similarity || itemIndexes[place - 1]! < item) break;
    itemIndexes[place] = itemIndexes[place - 1]!;
  }
  itemIndexes[place] = item;
}

function checkEfSearch(efSearch: number): void {
  if (Number.isInteger(efSearch) && efSearch >= 1 && efSearch <= 1_000_000) return;
  throw new VitrineError('REC_RETRIEVER_FAILED', `efSearch is ${efSearch}; expected an integer, 1-1000000`);
}
