import type { Clock } from '../../features/core/clock.ts';
import { Deadline } from '../../features/core/deadline.ts';
import type { FeatureStore, SlateEntry } from '../../features/store/feature-store.ts';
import { hash32 } from '../../features/transform/hash.ts';
import type { Logger } from '../observability/logger.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { OnServed } from './served.ts';
import { slateEntryText } from './slate-entry.ts';

/** Slates that wait to be written, at most: some megabytes. Further ones are dropped and counted. */
const MAX_WAITING = 2_000;
/** A batch is made and sent in one go, for as long as some recommendations take: smaller ones keep requests waiting less. */
const MAX_BATCH = 16;
/** How long a slate waits for others to be written with. */
const FLUSH_AFTER_MS = 20;
/** What the store gets for one batch; meanwhile slates wait. */
const APPEND_MS = 1_000;
/** Waited for slates to be written when the server stops, apart from the batch on its way. */
const CLOSE_MS = 2_000;
/** A store that fails, fails often: one line in this time says so. */
const LOG_INTERVAL_MS = 10_000;
/** Clocks of servers that share a store may differ by as much: a slate this close after an erasure counts as served before it. */
const CLOCK_SKEW_MS = 5_000;
const HASH_RANGE = 2 ** 32;

export interface SlateLogParts {
  readonly store: Pick<FeatureStore, 'appendSlates'>;
  readonly metrics: Pick<Metrics, 'countLoggedSlates'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly clock: Clock;
  /** Share of slates that is logged, 0..1. */
  readonly sampleRatio: number;
  /** Fingerprint of the features of a model version; undefined when it serves no more. */
  readonly fingerprintOf: (modelVersion: string) => string | undefined;
  /** @defaultValue 2000 */
  readonly maxWaiting?: number;
}

/**
 * Writes served slates to the store's log, in batches, after the replies.
 *
 * Never in the way of a reply: one batch is on its way at a time, what comes meanwhile waits in a bounded queue, and what does not fit
 * into that is dropped and counted, as are batches the store does not take.
 */
export class SlateLog {
  private readonly parts: SlateLogParts;
  private readonly maxWaiting: number;
  private waiting: SlateEntry[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private lastLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: SlateLogParts) {
    this.parts = parts;
    this.maxWaiting = parts.maxWaiting ?? MAX_WAITING;
  }

  /** Takes a served slate. The sample goes by the recommendation's id, so all who know that id know whether it was logged. */
  readonly onServed: OnServed = (slate, query, { shapedBy, candidateCount }) => {
    const { sampleRatio, metrics, fingerprintOf } = this.parts;
    if (sampleRatio < 1 && hash32(query.recommendationId) >= sampleRatio * HASH_RANGE) return;
    if (this.waiting.length >= this.maxWaiting) {
      metrics.countLoggedSlates('dropped', 1);
      return;
    }
    const featureSchemaFingerprint = fingerprintOf(slate.modelVersion);
    const text = slateEntryText(slate, query, { shapedBy, candidateCount, featureSchemaFingerprint });
    this.waiting.push({ shopper: shapedBy, atMs: query.nowMs - CLOCK_SKEW_MS, text });
    this.schedule();
  };

  /** Writes what waits, as far as the store takes it in time. To be called when nothing is served any more. */
  async close(): Promise<void> {
    // Slates are told of a turn after their replies: those of the last replies may be on their way.
    await new Promise((resolve) => setImmediate(resolve));
    const deadline = Deadline.after(CLOSE_MS);
    while (this.waiting.length > 0 || this.writing !== undefined) {
      if (deadline.isPast()) this.parts.metrics.countLoggedSlates('dropped', this.waiting.splice(0).length);
      await (this.writing ?? this.flush());
    }
    clearTimeout(this.timer);
  }

  private schedule(): void {
    if (this.writing !== undefined) return;
    if (this.waiting.length >= MAX_BATCH) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS);
  }

  /** Never rejects. */
  private flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting.splice(0, MAX_BATCH);
    this.writing = this.append(batch).then(() => {
      this.writing = undefined;
      if (this.waiting.length > 0) this.schedule();
    });
    return this.writing;
  }

  private async append(batch: readonly SlateEntry[]): Promise<void> {
    const { store, metrics } = this.parts;
    const deadline = Deadline.after(APPEND_MS);
    try {
      await deadline.race(store.appendSlates(batch, deadline), 'logging slates');
      metrics.countLoggedSlates('logged', batch.length);
    } catch (error) {
      metrics.countLoggedSlates('failed', batch.length);
      this.warn(error, batch.length);
    }
  }

  private warn(error: unknown, count: number): void {
    const nowMs = this.parts.clock.nowMs();
    if (nowMs - this.lastLoggedAtMs < LOG_INTERVAL_MS) return;
    this.lastLoggedAtMs = nowMs;
    this.parts.logger.warn('served slates were not logged', { count, error });
  }
}
