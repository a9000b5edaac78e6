import { messageOf, VitrineError } from '../../features/core/errors.ts';
import type { HnswIndex } from './hnsw-library.ts';
import type { VectorCodes } from './vector-codes.ts';

/**
 * Up to this many nodes per candidate, comparing with all of them is as quick as following links, and exact: measured from 1 000 to
 * 10 000 nodes of 64 dimensions for 50 to 1 000 candidates (models/README.md).
 */
const SCANNED_NODES_PER_CANDIDATE = 14;

/** Nodes that this many products stand behind are compared with every query, the largest ones. */
const CROWD_SIZE = 16;
const MAX_CROWDS = 32;

/**
 * A node that many products stand behind: those the training never saw all have one embedding, which often lies apart from all others, so
 * that links lead to it badly. Missing such a node is missing everything: on Retailrocket, where one stands for 4 094 of 29 905 products,
 * recall at 206 candidates was 0.865 without these comparisons and 0.975 with them, for a microsecond.
 */
interface Crowd {
  readonly node: number;
  readonly embedding: Float32Array;
}

/** Nodes nearest to a point, nearest first; valid until the next search. */
export interface NearestNodes {
  readonly neighbors: ArrayLike<number>;
  /** 1 - inner product. */
  readonly distances: ArrayLike<number>;
}

/** What to look for, in which graph. */
export interface NodeQuery {
  readonly index: HnswIndex;
  /** Nodes of the index, those without items too. */
  readonly nodeCount: number;
  /** Shape `[embeddingDim]`, normalised. */
  readonly point: readonly number[];
  /** At most `nodeCount`. */
  readonly k: number;
  /** Candidates considered when links are followed. */
  readonly efSearch: number;
  /** Of the index's vectors, where its build searches by them. */
  readonly codes: VectorCodes | undefined;
}

const NOTHING: NearestNodes = { neighbors: [], distances: [] };

/** Asks the library in the cheapest way its build offers. */
export class NodeSearch {
  private readonly query: Float32Array;
  private readonly isScanAllowed: boolean;
  private crowds: readonly Crowd[] = [];
  private labels = new Int32Array(0);
  private distances = new Float32Array(0);
  /** The index that was last given an efSearch, and which: it keeps one until it is given another. */
  private tuned: { readonly index: HnswIndex; readonly efSearch: number } | undefined;

  /** @param options.isScanAllowed false: links are followed however few nodes there are. Default: true */
  constructor(embeddingDim: number, options: { readonly isScanAllowed?: boolean } = {}) {
    this.query = new Float32Array(embeddingDim);
    this.isScanAllowed = options.isScanAllowed ?? true;
  }

  /** Looks for crowds among the nodes of an index. @param representatives as `findTwins` returns them */
  watchCrowds(index: HnswIndex, representatives: Int32Array): void {
    const twinCounts = new Map<number, number>();
    for (const node of representatives) if (node >= 0) twinCounts.set(node, (twinCounts.get(node) ?? 0) + 1);
    this.crowds = [...twinCounts]
      .filter(([, twinCount]) => twinCount + 1 >= CROWD_SIZE)
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_CROWDS)
      .map(([node]) => ({ node, embedding: Float32Array.from(index.getPoint(node)) }));
  }

  /** Called when a node gets another embedding. */
  forgetCrowd(node: number): void {
    this.crowds = this.crowds.filter((crowd) => crowd.node !== node);
  }

  /** Errors: REC_RETRIEVER_FAILED. */
  nearest(query: NodeQuery): NearestNodes {
    if (query.k === 0) return NOTHING;
    try {
      const isThroughArrays = query.index.searchInto === undefined;
      const count = isThroughArrays ? this.throughArrays(query) : this.throughBuffers(query);
      return this.answerOf(this.addCrowds(query, count), query.k);
    } catch (error) {
      throw new VitrineError('REC_RETRIEVER_FAILED', `nearest-neighbour search failed: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Both leave what they find in the buffers and return how many that is. */
  private throughArrays({ index, point, k, efSearch }: NodeQuery): number {
    if (this.tuned?.index !== index || this.tuned.efSearch !== efSearch) {
      index.setEf(efSearch);
      this.tuned = { index, efSearch };
    }
    const { neighbors, distances } = index.searchKnn(point as number[], k);
    this.resize(k);
    this.labels.set(neighbors);
    this.distances.set(distances);
    return neighbors.length;
  }

  private throughBuffers({ index, nodeCount, point, k, efSearch, codes }: NodeQuery): number {
    this.query.set(point);
    this.resize(k);
    const { labels, distances } = this;
    const isScan = this.isScanAllowed && nodeCount <= SCANNED_NODES_PER_CANDIDATE * efSearch;
    return isScan
      ? index.scanInto!(this.query, labels, distances)
      : index.searchInto!(this.query, labels, distances, efSearch, codes?.rows);
  }

  /** Puts crowds that belong among the first `count` there, if they are not; returns how many there are then. */
  private addCrowds({ point, k }: NodeQuery, count: number): number {
    const { labels, distances } = this;
    let size = count;
    for (const { node, embedding } of this.crowds) {
      let similarity = 0;
      for (let i = 0; i < embedding.length; i++) similarity += embedding[i]! * point[i]!;
      const distance = Math.fround(1 - similarity);
      if (size === k && distance >= distances[k - 1]!) continue;
      const known = labels.indexOf(node);
      if (known >= 0 && known < size) continue;
      let place = size === k ? k - 1 : size++;
      for (; place > 0 && distances[place - 1]! > distance; place--) {
        labels[place] = labels[place - 1]!;
        distances[place] = distances[place - 1]!;
      }
      labels[place] = node;
      distances[place] = distance;
    }
    return size;
  }

  private answerOf(count: number, k: number): NearestNodes {
    const { labels, distances } = this;
    if (count === k) return { neighbors: labels, distances };
    return { neighbors: labels.subarray(0, count), distances: distances.subarray(0, count) };
  }

  /** Makes the buffers exactly `k` long over the same memory, which only grows. */
  private resize(k: number): void {
    if (this.labels.length === k) return;
    const needed = k * Int32Array.BYTES_PER_ELEMENT;
    const isEnough = this.labels.buffer.byteLength >= needed;
    this.labels = new Int32Array(isEnough ? this.labels.buffer : new ArrayBuffer(needed), 0, k);
    this.distances = new Float32Array(isEnough ? this.distances.buffer : new ArrayBuffer(needed), 0, k);
  }
}
