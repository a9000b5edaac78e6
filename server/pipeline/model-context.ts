import type { Neighbours, Popularity, PopularityTable } from '../../features/catalogue/arrow-tables.ts';
import type { Catalogue } from '../../features/catalogue/catalogue.ts';
import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { Ranker } from '../../models/ranking/ranker.ts';
import type { Retriever } from '../../models/retrieval/retriever.ts';
import type { Tower } from '../../models/retrieval/tower.ts';
import { ItemMarks } from './item-marks.ts';
import { TurnQueue } from './turn-queue.ts';

/** What the pipeline uses of a serving model. */
export interface PipelineModel {
  readonly modelVersion: string;
  readonly catalogue: Catalogue;
  readonly extractor: FeatureExtractor;
  readonly ranker: Ranker;
  readonly userTower: Tower;
  readonly itemTower: Tower;
  readonly retriever: Retriever;
  readonly neighbours: Neighbours;
  readonly popularity: Popularity;
}

/** Embeddings of products kept for pages about them. At 64 dimensions a full cache is about 1 MB. */
const MAX_CACHED_EMBEDDINGS = 4_096;

/** A model with what the pipeline prepares once for all queries, and what its queries share. */
export class ModelContext {
  readonly model: PipelineModel;
  /** Working memory of steps that do not wait in between. */
  readonly marks: ItemMarks = new ItemMarks();
  /** Answers of the retriever are valid until its next search: queries take turns. */
  readonly retrieverTurns: TurnQueue = new TurnQueue();
  /** Products that are not in the index with their present features yet. */
  readonly itemsToEmbed: Set<number> = new Set();
  private readonly itemEmbeddings = new Map<number, Float32Array>();

  constructor(model: PipelineModel) {
    this.model = model;
  }

  /** Share of the catalogue that can be sold now: how far sources have to over-fetch. Above 0, at most 1. */
  get availableRatio(): number {
    const { size, availableCount } = this.model.catalogue;
    return size === 0 ? 1 : Math.max(availableCount, 1) / size;
  }

  /** Popularity below a category path, or in the whole shop when there is no path or nothing is known of it. */
  popularityOf(category: string | undefined): PopularityTable {
    const { popularity } = this.model;
    return (category === undefined ? undefined : popularity.byCategory.get(category)) ?? popularity.overall;
  }

  /**
   * Embedding of a product, of one the training never saw too.
   *
   * Ownership: shared, read only.
   */
  async itemEmbedding(itemIndex: number): Promise<Float32Array> {
    const known = this.itemEmbeddings.get(itemIndex);
    if (known !== undefined) return known;
    const embedding = await this.embedItems([itemIndex]);
    if (this.itemEmbeddings.size >= MAX_CACHED_EMBEDDINGS) {
      const oldest = this.itemEmbeddings.keys().next();
      if (oldest.done !== true) this.itemEmbeddings.delete(oldest.value);
    }
    this.itemEmbeddings.set(itemIndex, embedding);
    return embedding;
  }

  /** Embeddings of products in the order given, shape `[itemIndexes.length, embeddingDim]`. */
  async embedItems(itemIndexes: readonly number[]): Promise<Float32Array> {
    const { extractor, itemTower } = this.model;
    const width = extractor.itemSlotCount;
    const rows = new Int32Array(itemIndexes.length * width);
    for (const [place, item] of itemIndexes.entries()) {
      rows.set(extractor.itemRows.subarray(item * width, (item + 1) * width), place * width);
    }
    return itemTower.embed(rows, itemIndexes.length);
  }

  /** Forgets the kept embedding of a product whose fields changed. */
  forgetItem(itemIndex: number): void {
    this.itemEmbeddings.delete(itemIndex);
  }
}
