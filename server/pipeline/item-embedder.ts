import type { Logger } from '../observability/logger.ts';
import type { ModelContext } from './model-context.ts';

/** Products embedded at a time: a few milliseconds of the event loop. */
const BATCH_SIZE = 32;
/** Time spent on adding to the index before requests have the event loop again. */
const SLICE_MS = 2;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** An index products are added to. */
export interface GrowingIndex {
  has(itemIndex: number): boolean;
  add(itemIndex: number, embedding: Float32Array): void;
}

export interface ItemEmbedderParts {
  readonly context: ModelContext;
  readonly index: GrowingIndex;
  readonly logger: Pick<Logger, 'error'>;
  /** Called when products were added or moved. */
  readonly onAdded?: () => void;
  /** @defaultValue 1000 */
  readonly firstRetryMs?: number;
}

/**
 * Makes products findable by similarity that are new or whose features changed: the item tower embeds them, the index takes them.
 *
 * Order: newest first, so that a product put while a large import is under way does not wait for it. What fails is put aside and tried
 * again later, one by one, so that a product that never succeeds keeps no other out.
 * Ownership: which products wait is kept with the model's context, since a model that rests and is taken back goes on where it was.
 * Cost: about a search per product, in small steps between which queries run.
 */
export class ItemEmbedder {
  private readonly parts: ItemEmbedderParts;
  /** Products that wait, wherever they are: in {@link stack}, {@link suspects}, {@link setAside}. */
  private readonly waiting: Set<number>;
  /** Newest last. */
  private readonly stack: number[];
  /** Failed before and are due again. */
  private readonly suspects: number[] = [];
  /** Failed, until the timer ends. */
  private setAside: number[] = [];
  private isRunning = false;
  private isStopped = false;
  private retryMs: number;
  private retryTimer: NodeJS.Timeout | undefined;

  constructor(parts: ItemEmbedderParts) {
    this.parts = parts;
    this.retryMs = parts.firstRetryMs ?? FIRST_RETRY_MS;
    this.waiting = parts.context.itemsToEmbed;
    this.stack = [...this.waiting];
    this.begin();
  }

  /** Products that are not in the index with their present features yet. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  /** Embeds a product soon. */
  push(itemIndex: number): void {
    if (this.waiting.has(itemIndex)) return;
    this.waiting.add(itemIndex);
    this.stack.push(itemIndex);
    this.begin();
  }

  /** Ends the work; what waits goes on waiting. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.retryTimer);
  }

  private begin(): void {
    if (!this.isRunning && !this.isStopped && this.stack.length + this.suspects.length > 0) void this.run();
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    this.isRunning = true;
    // Not at once: changes come several in a turn of the event loop, and are cheaper to embed together.
    await nextTurn();
    while (!this.isStopped && this.stack.length + this.suspects.length > 0) {
      const batch = this.stack.length > 0 ? this.stack.splice(-BATCH_SIZE) : this.suspects.splice(-1);
      for (const item of batch) this.waiting.delete(item);
      try {
        await this.embed(batch);
      } catch (error) {
        this.putAside(batch, error);
      }
    }
    this.isRunning = false;
  }

  private async embed(batch: readonly number[]): Promise<void> {
    const { context, index, onAdded } = this.parts;
    const { catalogue, itemTower } = context.model;
    const { embeddingDim } = itemTower;
    const embeddings = await context.embedItems(batch);
    let sliceEndsAtMs = performance.now() + SLICE_MS;
    for (const [place, item] of batch.entries()) {
      if (this.isStopped) {
        this.waiting.add(item);
        continue;
      }
      // Deleted, or changed again and embedded anew, while the tower was at work.
      if (catalogue.isDeleted(item) || this.waiting.has(item)) continue;
      index.add(item, embeddings.subarray(place * embeddingDim, (place + 1) * embeddingDim));
      if (performance.now() < sliceEndsAtMs) continue;
      await nextTurn();
      sliceEndsAtMs = performance.now() + SLICE_MS;
    }
    if (this.setAside.length === 0) this.retryMs = this.parts.firstRetryMs ?? FIRST_RETRY_MS;
    onAdded?.();
  }

  private putAside(batch: readonly number[], error: unknown): void {
    const failed = batch.filter((item) => !this.waiting.has(item));
    for (const item of failed) this.waiting.add(item);
    if (this.isStopped) return;
    this.setAside.push(...failed);
    if (this.retryTimer !== undefined) return;
    const { retryMs } = this;
    this.retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    this.parts.logger.error('products cannot be found by similarity yet', { nextAttemptMs: retryMs, error });
    this.retryTimer = setTimeout(() => {
      this.retryTimer = undefined;
      this.suspects.push(...this.setAside);
      this.setAside = [];
      this.begin();
    }, retryMs);
    this.retryTimer.unref();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
