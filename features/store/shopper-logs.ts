import type { ShopperKey } from '../core/ids.ts';
import type { LogEntry, LogKind } from './feature-store.ts';

/** What an adapter offers beside appending: the entries of its two logs. */
export interface ShopperLogs {
  /** Every entry, of those that came since a moment; partition by partition, in order within each. */
  readAll(kind: LogKind, sinceMs: number): AsyncIterable<LogEntry>;
  /** Those of some shoppers, from the partitions where they lie. */
  readOf(kind: LogKind, shoppers: readonly ShopperKey[]): AsyncIterable<LogEntry>;
  /** @returns how many of them were there */
  remove(kind: LogKind, ids: readonly string[]): Promise<number>;
}
