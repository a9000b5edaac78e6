import hnswlib from 'hnswlib-node';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { AnswerBuffer } from './answer-buffer.ts';
import { checkHnswFile } from './hnsw-file.ts';
import type { HnswGraph } from './hnsw-graph.ts';
import { TwinChains } from './hnsw-twins.ts';
import type { RetrievalResult, Retriever } from './retriever.ts';
import { checkEmbeddingShape, checkSearchShape, copyUnitEmbedding } from './unit-embedding.ts';

const GROWTH = 1.5;
const MAX_ITEM_INDEX = 2 ** 31 - 2;

/** Where an index is and what it has to fit. */
export interface HnswOpenOptions {
  readonly file: string;
  readonly itemCount: number;
  readonly embeddingDim: number;
  /** Candidates considered by a search: higher is slower and finds more; a search for more than this uses its own k. */
  readonly efSearch: number;
  /** Items that can be added before memory has to be found for more. @defaultValue 0 */
  readonly spareCapacity?: number;
}

/**
 * Loads an index file for searching.
 *
 * Errors: REC_BUNDLE_INVALID naming the file when it is missing, cut off, altered or does not fit (see `checkHnswFile` for what is found);
 * REC_RETRIEVER_FAILED for an efSearch out of range.
 * Cost: reads the file twice, once to check it; the event loop stays free, except for a few milliseconds at a time.
 */
export async function openHnswRetriever(options: HnswOpenOptions): Promise<HnswRetriever> {
  const { file, itemCount, embeddingDim, efSearch, spareCapacity = 0 } = options;
  checkEfSearch(efSearch);
  const facts = await checkHnswFile(file, { itemCount, embeddingDim });
  const native = new hnswlib.HierarchicalNSW('ip', embeddingDim);
  if (itemCount === 0) {
    native.initIndex(spareCapacity, facts.m, facts.efConstruction);
  } else {
    try {
      await native.readIndex(file);
    } catch (error) {
      throw new VitrineError('REC_BUNDLE_INVALID', `index file ${file} cannot be loaded: ${messageOf(error)}`, {
        details: { file },
        cause: error,
      });
    }
    if (spareCapacity > 0) native.resizeIndex(itemCount + spareCapacity);
  }
  const { m, efConstruction } = facts;
  return new HnswRetriever(
    { native, embeddingDim, representatives: facts.representatives, m, efConstruction },
    efSearch,
  );
}

/**
 * Finds nearest products in a graph of small worlds: approximate, and fast for millions.
 *
 * Cost: synchronous, so it blocks the event loop: about 0.2-0.4 ms for k = 200 of 100 000 items of 64 dimensions.
 * Source: Malkov, Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World graphs",
 * arXiv 1603.09320.
 */
export class HnswRetriever implements Retriever {
  readonly embeddingDim: number;
  private readonly native: HnswGraph['native'];
  private readonly chains: TwinChains;
  private readonly graphDescription: string;
  private readonly answers = new AnswerBuffer();
  /** The library takes plain arrays only; one serves all queries. */
  private readonly point: number[];
  private currentEfSearch = 0;
  private isClosed = false;

  constructor(graph: Omit<HnswGraph, 'embeddings'>, efSearch: number) {
    this.embeddingDim = graph.embeddingDim;
    this.native = graph.native;
    this.chains = new TwinChains(graph.representatives);
    this.graphDescription = `m ${graph.m}, efConstruction ${graph.efConstruction}`;
    this.point = new Array<number>(graph.embeddingDim).fill(0);
    this.setEfSearch(efSearch);
  }

  get itemCount(): number {
    return this.chains.itemCount;
  }

  get description(): string {
    const size = `${this.itemCount} items of ${this.embeddingDim} dimensions`;
    return `hnsw over ${size}, ${this.graphDescription}, efSearch ${this.currentEfSearch}`;
  }

  get efSearch(): number {
    return this.currentEfSearch;
  }

  /** Sets how many candidates a search considers. Errors: REC_RETRIEVER_FAILED when not an integer of at least 1. */
  setEfSearch(efSearch: number): void {
    checkEfSearch(efSearch);
    this.currentEfSearch = efSearch;
    // The library raises it to k by itself, and forgets it when a file is loaded.
    this.native.setEf(efSearch);
  }

  async search(queries: Float32Array, queryCount: number, k: number): Promise<RetrievalResult> {
    this.checkOpen();
    checkSearchShape(queries, queryCount, k, this.embeddingDim);
    const answer = this.answers.open(queryCount, k);
    for (let q = 0; q < queryCount; q++) {
      copyUnitEmbedding(queries, q, this.point, 'query');
      this.searchPoint(answer, q * k, k);
    }
    return answer;
  }

  /**
   * Adds an item, or moves one to a new embedding; searches find it from then on.
   *
   * Many moves wear a graph out, so a new bundle should follow now and then.
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
    const { chains } = this;
    if (chains.hasTwins(itemIndex)) {
      this.insert(chains.promoteTwin(itemIndex), this.native.getPoint(itemIndex));
    }
    copyUnitEmbedding(embedding, 0, this.point, 'item embedding');
    const twin = chains.isNode(itemIndex) ? -1 : this.findEqualNode();
    if (twin >= 0) {
      chains.becomeTwin(itemIndex, twin);
      return;
    }
    this.insert(itemIndex, this.point);
    chains.becomeNode(itemIndex);
  }

  /** Frees the graph's memory at once instead of at some later garbage collection; searches fail from then on. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.native.initIndex(1);
  }

  private searchPoint(answer: RetrievalResult, start: number, k: number): void {
    // The library refuses a k above its capacity.
    const { distances, neighbors } = this.searchNative(Math.min(k, this.native.getCurrentCount()));
    let filled = 0;
    for (let i = 0; i < neighbors.length && filled < k; i++) {
      // Exact: float32 distances were made as 1 - similarity, and the difference is a float32 again.
      const similarity = 1 - distances[i]!;
      for (let item = neighbors[i]!; item >= 0 && filled < k; item = this.chains.next(item)) {
        insertInOrder(answer, start, filled++, item, similarity);
      }
    }
  }

  private searchNative(k: number): { distances: number[]; neighbors: number[] } {
    if (k === 0) return { distances: [], neighbors: [] };
    try {
      return this.native.searchKnn(this.point, k);
    } catch (error) {
      throw new VitrineError('REC_RETRIEVER_FAILED', `nearest-neighbour search failed: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** The node whose embedding equals the point, -1 when there is none. */
  private findEqualNode(): number {
    const node = this.searchNative(Math.min(1, this.native.getCurrentCount())).neighbors[0] ?? -1;
    if (node < 0) return -1;
    const isEqual = this.native.getPoint(node).every((value, i) => value === Math.fround(this.point[i]!));
    return isEqual ? node : -1;
  }

  private insert(itemIndex: number, point: number[]): void {
    const capacity = this.native.getMaxElements();
    if (this.native.getCurrentCount() >= capacity) {
      this.native.resizeIndex(Math.max(capacity + 16, Math.ceil(capacity * GROWTH)));
    }
    try {
      this.native.addPoint(point, itemIndex);
    } catch (error) {
      throw new VitrineError('REC_RETRIEVER_FAILED', `item ${itemIndex} cannot be added: ${messageOf(error)}`, {
        details: { itemIndex },
        cause: error,
      });
    }
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
