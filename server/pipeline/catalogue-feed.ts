import { type ErrorCategory, VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { Logger } from '../observability/logger.ts';
import { embedItems, type GrowingModel, overlayItems } from './live-catalogue.ts';
import type { ModelContext } from './model-context.ts';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;
/** What passes: the store comes back. */
const PASSING: readonly ErrorCategory[] = ['dependency', 'deadline', 'overload'];

export interface CatalogueFeedParts {
  readonly context: ModelContext;
  readonly index: Pick<GrowingModel['retriever'], 'add'>;
  readonly store: Pick<FeatureStore, 'readAllItems'>;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** @defaultValue 1000 */
  readonly firstRetryMs?: number;
}

/** Keeps at bringing the catalogue up to date with the store's products until it is. */
export class CatalogueFeed {
  private readonly parts: CatalogueFeedParts;
  private retryMs: number;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private hasRead = false;

  constructor(parts: CatalogueFeedParts) {
    this.parts = parts;
    this.retryMs = parts.firstRetryMs ?? FIRST_RETRY_MS;
  }

  /** Whether the catalogue has the store's prices and availability. */
  get isCurrent(): boolean {
    return this.hasRead;
  }

  /**
   * Reads the store's products once; while the store is not there the bundle's serve and it is tried again in the background.
   *
   * Errors: REC_RECORD_INVALID for a product that cannot be decoded, and anything else that does not pass by itself.
   */
  async start(): Promise<void> {
    try {
      await this.read();
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.parts.logger.warn('products of the store could not be read; serving those of the bundle', { error });
      this.retryLater();
    }
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async read(): Promise<void> {
    const { context, store, logger } = this.parts;
    const { counts, addedItems } = await overlayItems(context, store);
    this.hasRead = true;
    logger.info('products of the store are in the catalogue', { ...counts });
    // Filters and the other sources know the new products already: similarity may follow while requests are served.
    void this.embed(addedItems);
  }

  private async embed(items: readonly number[]): Promise<void> {
    const { context, index, logger } = this.parts;
    try {
      await embedItems(context, index, items);
    } catch (error) {
      if (!this.isStopped) logger.error('new products cannot be found by similarity', { error });
    }
  }

  private retryLater(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.retry(), this.retryMs);
    this.timer.unref();
    this.retryMs = Math.min(this.retryMs * 2, LONGEST_RETRY_MS);
  }

  private async retry(): Promise<void> {
    try {
      await this.read();
    } catch (error) {
      if (this.isStopped) return;
      if (!isPassing(error)) this.parts.logger.error('products of the store cannot be read', { error });
      this.retryLater();
    }
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof VitrineError && PASSING.includes(error.category);
}
