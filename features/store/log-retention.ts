import { MS_PER_DAY } from '../core/clock.ts';
import type { LogKind } from './feature-store.ts';

/** How long the logs of events and slates are kept: whatever bound is reached first. */
export interface LogRetention {
  /** Days an entry is kept. @defaultValue 30 */
  readonly logDays?: number;
  /** Most events a shop's log holds, about. @defaultValue 1 000 000 */
  readonly eventLogMaxEntries?: number;
  /** Most slates a shop's log holds, about. @defaultValue 100 000 */
  readonly slateLogMaxEntries?: number;
}

export const DEFAULT_LOG_DAYS = 30;
export const DEFAULT_EVENT_LOG_MAX_ENTRIES = 1_000_000;
export const DEFAULT_SLATE_LOG_MAX_ENTRIES = 100_000;

/** {@link LogRetention} with the defaults filled in. */
export interface LogBounds {
  readonly keptMs: number;
  readonly maxEntries: Readonly<Record<LogKind, number>>;
}

export function logBoundsOf(retention: LogRetention): LogBounds {
  return {
    keptMs: Math.round((retention.logDays ?? DEFAULT_LOG_DAYS) * MS_PER_DAY),
    maxEntries: {
      events: retention.eventLogMaxEntries ?? DEFAULT_EVENT_LOG_MAX_ENTRIES,
      slates: retention.slateLogMaxEntries ?? DEFAULT_SLATE_LOG_MAX_ENTRIES,
    },
  };
}

/** Epoch milliseconds of the oldest entry that still counts. */
export function logStartMs(bounds: LogBounds, nowMs: number): number {
  return nowMs - bounds.keptMs;
}
