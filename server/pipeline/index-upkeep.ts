import type { RebuildOutcome } from '../../models/retrieval/hnsw-rebuild.ts';
import type { Logger } from '../observability/logger.ts';

/** Below it a rebuild costs more than the tombstones do. */
const MIN_TOMBSTONES = 100;
/** Pause before asking again when another process of the machine is at it. */
const BUSY_RETRY_MS = 5_000;
const FIRST_FAILURE_PAUSE_MS = 60_000;
const LONGEST_FAILURE_PAUSE_MS = 3_600_000;

/** How worn an index is. */
export interface WornIndex {
  readonly tombstoneCount: number;
  /** 0..1 */
  readonly tombstoneRatio: number;
}

export interface IndexUpkeepParts {
  readonly index: WornIndex;
  /** Share of tombstones past which the index is rebuilt, 0..1. */
  readonly rebuildRatio: number;
  /** Rebuilds the index in place; see `rebuildHnswIndex`. */
  readonly rebuild: (signal: AbortSignal) => Promise<RebuildOutcome>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  readonly onRebuild?: (result: 'rebuilt' | 'failed', seconds: number) => void;
  /** @defaultValue 5000 */
  readonly busyRetryMs?: number;
  /** @defaultValue 60000 */
  readonly failurePauseMs?: number;
}

/** Has an index rebuilt when too much of it is tombstones; after a failure the index serves on and it is tried again, ever less often. */
export class IndexUpkeep {
  private readonly parts: IndexUpkeepParts;
  private readonly abort = new AbortController();
  private failurePauseMs: number;
  private work: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(parts: IndexUpkeepParts) {
    this.parts = parts;
    this.failurePauseMs = parts.failurePauseMs ?? FIRST_FAILURE_PAUSE_MS;
  }

  /** To be called after changes of the index. */
  look(): void {
    const { index, rebuildRatio } = this.parts;
    const isWorn = index.tombstoneCount >= MIN_TOMBSTONES && index.tombstoneRatio > rebuildRatio;
    if (!isWorn || this.work !== undefined || this.timer !== undefined || this.abort.signal.aborted) return;
    this.work = this.run().finally(() => {
      this.work = undefined;
      // What changed meanwhile may have worn it out again.
      this.look();
    });
  }

  /** Ends a rebuild that is under way; resolves when nothing of it is left. */
  async stop(): Promise<void> {
    clearTimeout(this.timer);
    this.abort.abort();
    await this.work;
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    const { index, rebuild, logger, onRebuild } = this.parts;
    const startedMs = performance.now();
    const seconds = (): number => (performance.now() - startedMs) / 1_000;
    const { tombstoneCount, tombstoneRatio } = index;
    try {
      if ((await rebuild(this.abort.signal)) === 'busy') {
        this.lookAgainIn(this.parts.busyRetryMs ?? BUSY_RETRY_MS);
        return;
      }
      this.failurePauseMs = this.parts.failurePauseMs ?? FIRST_FAILURE_PAUSE_MS;
      onRebuild?.('rebuilt', seconds());
      logger.info('index rebuilt without tombstones', { tombstoneCount, tombstoneRatio, seconds: seconds() });
    } catch (error) {
      if (this.abort.signal.aborted) return;
      onRebuild?.('failed', seconds());
      const { failurePauseMs } = this;
      logger.error('index not rebuilt, the one that serves stays', {
        tombstoneCount,
        tombstoneRatio,
        nextAttemptMs: failurePauseMs,
        error,
      });
      this.lookAgainIn(failurePauseMs);
      this.failurePauseMs = Math.min(failurePauseMs * 2, LONGEST_FAILURE_PAUSE_MS);
    }
  }

  private lookAgainIn(pauseMs: number): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.look();
    }, pauseMs);
    this.timer.unref();
  }
}
