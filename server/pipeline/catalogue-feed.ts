import { Deadline } from '../../features/core/deadline.ts';
import { type ErrorCategory, VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore, ItemChange } from '../../features/store/feature-store.ts';
import { type RebuildOptions, rebuildHnswIndex } from '../../models/retrieval/hnsw-rebuild.ts';
import type { HnswRetriever } from '../../models/retrieval/hnsw-retriever.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import { IndexUpkeep } from './index-upkeep.ts';
import { ItemEmbedder } from './item-embedder.ts';
import { type ItemChangeKind, LiveCatalogue } from './live-catalogue.ts';
import type { ModelContext } from './model-context.ts';

const POLL_MS = 100;
const REBUILD_RATIO = 0.2;
/** Longest one look at the store may take. */
const READ_MS = 1_000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 4_000;
/** So long after the last look at the store the catalogue still counts as current. */
const CURRENT_FOR_MS = 5_000;
/** Products brought up to date between two breaths of the event loop: a few milliseconds. */
const ITEMS_PER_TURN = 500;
/** Fewer changes than this in one look: there are no further ones. */
const FEW_CHANGES = 256;
/** What passes: the store comes back. */
const PASSING: readonly ErrorCategory[] = ['dependency', 'deadline', 'overload'];

type CatalogueStore = Pick<FeatureStore, 'readAllItems' | 'itemChangesPosition' | 'readItemChanges'>;

export interface CatalogueFeedParts {
  readonly context: ModelContext;
  readonly index: HnswRetriever;
  readonly store: CatalogueStore;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics?: Pick<Metrics, 'observeCatalogueLag' | 'countItemChange' | 'observeIndexRebuild'>;
  /** Milliseconds between two looks at the store's changes. @defaultValue 200 */
  readonly pollMs?: number;
  /** Share of tombstones past which the index is rebuilt. @defaultValue 0.2 */
  readonly rebuildRatio?: number;
  /** For tests. @defaultValue as the process itself was started, one at a time per machine */
  readonly rebuild?: Omit<RebuildOptions, 'signal'>;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Keeps a model's catalogue up to date with the store's products: lays them over it once, then follows the store's log of changes.
 *
 * Every change comes through the log, also those this process wrote, so that all are in effect in the order the store took them. Looks at
 * the log never overlap. While the store is away the catalogue stays as it is and it is tried again; what was missed is read from the log
 * or, when the log does not reach back so far, by reading all products again.
 */
export class CatalogueFeed {
  private readonly parts: CatalogueFeedParts;
  private readonly embedder: ItemEmbedder;
  private readonly upkeep: IndexUpkeep;
  private readonly catalogue: LiveCatalogue;
  /** Up to where the log was read; undefined before all products were. */
  private position: string | undefined;
  private currentAtMs = Number.NEGATIVE_INFINITY;
  private waiters: Waiter[] = [];
  private retryMs = FIRST_RETRY_MS;
  private isFailing = false;
  private isStopped = false;
  private wake: (() => void) | undefined;

  constructor(parts: CatalogueFeedParts) {
    const { context, index, logger, metrics, rebuildRatio = REBUILD_RATIO } = parts;
    this.parts = parts;
    this.upkeep = new IndexUpkeep({
      index,
      rebuildRatio,
      rebuild: (signal) => rebuildHnswIndex(index, { ...parts.rebuild, signal }),
      logger,
      onRebuild: (result, seconds) => metrics?.observeIndexRebuild(result, seconds),
    });
    this.embedder = new ItemEmbedder({ context, index, logger, onAdded: () => this.upkeep.look() });
    this.catalogue = new LiveCatalogue({ context, index, embedder: this.embedder });
  }

  /** Whether the catalogue has the store's products, up to a few seconds ago. */
  get isCurrent(): boolean {
    return performance.now() - this.currentAtMs < CURRENT_FOR_MS;
  }

  /** Products that cannot be found by similarity with their present features yet. */
  get waitingToEmbedCount(): number {
    return this.embedder.waitingCount;
  }

  /**
   * Lays the store's products over the catalogue, then follows their changes in the background; while the store is not there the
   * bundle's products serve.
   *
   * Errors: REC_RECORD_INVALID for a product that cannot be decoded, and anything else that does not pass by itself.
   */
  async start(): Promise<void> {
    try {
      await this.bringUpToDate();
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.noteFailure(error);
    }
    void this.follow();
  }

  /**
   * Resolves when everything the store took before this call is in effect.
   *
   * Errors: those of the store; REC_DEADLINE_EXCEEDED.
   */
  async catchUp(deadline: Deadline): Promise<void> {
    if (this.isStopped) throw new VitrineError('REC_STORE_UNAVAILABLE', 'the catalogue is not followed any more');
    const done = new Promise<void>((resolve, reject) => this.waiters.push({ resolve, reject }));
    this.wake?.();
    await deadline.race(done, 'following the catalogue');
  }

  /** Changes nothing from now on; resolves when a rebuild of the index that was under way is gone. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.embedder.stop();
    this.wake?.();
    await this.upkeep.stop();
  }

  /** Never rejects. */
  private async follow(): Promise<void> {
    while (!this.isStopped) {
      if (this.waiters.length === 0)
        await this.pause(this.isFailing ? this.nextRetryMs() : (this.parts.pollMs ?? POLL_MS));
      // Only those who came before the look are served by it.
      const waiters = this.waiters.splice(0);
      try {
        if (this.isStopped) throw new VitrineError('REC_STORE_UNAVAILABLE', 'the catalogue is not followed any more');
        await this.bringUpToDate();
        for (const { resolve } of waiters) resolve();
      } catch (error) {
        for (const { reject } of waiters) reject(error);
        if (!this.isStopped) this.noteFailure(error);
      }
    }
    for (const { reject } of this.waiters.splice(0))
      reject(new VitrineError('REC_STORE_UNAVAILABLE', 'the catalogue is not followed any more'));
  }

  private async bringUpToDate(): Promise<void> {
    if (this.position === undefined) await this.readAll();
    for (let isMore = true; isMore && !this.isStopped; ) {
      const { changes, position, isLost } = await this.parts.store.readItemChanges(
        this.position!,
        Deadline.after(READ_MS),
      );
      if (isLost) {
        this.parts.logger.warn('changes of products were missed; reading all products again');
        await this.readAll();
        continue;
      }
      await this.applyAll(changes);
      this.position = position;
      isMore = changes.length >= FEW_CHANGES;
    }
    this.noteSuccess();
  }

  private async readAll(): Promise<void> {
    const { store, logger } = this.parts;
    // Before the products: what changes while they are read comes again from the log.
    const position = await store.itemChangesPosition(Deadline.after(READ_MS));
    const counts = { added: 0, changed: 0, deleted: 0, unchanged: 0 };
    let count = 0;
    for await (const record of store.readAllItems()) {
      if (this.isStopped) return;
      counts[this.apply(record)]++;
      if (++count % ITEMS_PER_TURN === 0) await nextTurn();
    }
    this.position = position;
    this.upkeep.look();
    logger.info('products of the store are in the catalogue', counts);
  }

  private async applyAll(changes: readonly ItemChange[]): Promise<void> {
    for (const [i, { record, atMs }] of changes.entries()) {
      if (this.isStopped) return;
      this.apply(record);
      // Clocks of two machines are never quite equal.
      this.parts.metrics?.observeCatalogueLag(Math.max(0, Date.now() - atMs) / 1_000);
      if (i % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) await nextTurn();
    }
    if (changes.length > 0) this.upkeep.look();
  }

  private apply(record: ItemChange['record']): ItemChangeKind {
    const kind = this.catalogue.apply(record);
    this.parts.metrics?.countItemChange(kind);
    return kind;
  }

  private noteSuccess(): void {
    this.currentAtMs = performance.now();
    this.retryMs = FIRST_RETRY_MS;
    if (!this.isFailing) return;
    this.isFailing = false;
    this.parts.logger.info('products are followed again');
  }

  /** One line when it begins to fail; an error that does not pass by itself is told each time. */
  private noteFailure(error: unknown): void {
    const { logger } = this.parts;
    if (!isPassing(error)) logger.error('products of the store cannot be read', { error });
    else if (!this.isFailing && this.position === undefined)
      logger.warn('products of the store could not be read; serving those of the bundle', { error });
    else if (!this.isFailing) logger.warn('changes of products cannot be read; serving what is known', { error });
    this.isFailing = true;
  }

  private nextRetryMs(): number {
    const { retryMs } = this;
    this.retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    return retryMs;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof VitrineError && PASSING.includes(error.category);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
