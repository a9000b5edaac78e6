import { randomBytes } from 'node:crypto';
import type { Database } from 'lmdb';
import type { Clock } from '../core/clock.ts';
import type { ShopperKey } from '../core/ids.ts';
import { LOG_KINDS, type LogEntry, type LogKind, type SlateEntry } from './feature-store.ts';
import { LOG_PARTITION_COUNT, logKeyRange, logPartitionOf, shopperOfTag, shopperTag } from './key-layout.ts';
import type { LmdbAccess } from './lmdb-access.ts';
import type { LogBounds } from './log-retention.ts';
import type { ShopperLogs } from './shopper-logs.ts';

const ENTRIES_PER_READ = 1_000;
/** Most entries one sweep removes from one partition: well under a millisecond of the event loop. */
const SWEEP_SLICE = 500;

const TIME_DIGITS = 12;
/** Enough for any whole number. */
const ORDER_DIGITS = 14;
const PLACE_DIGITS = 4;
const WRITER_BYTES = 3;

/**
 * The logs of events and slates in LMDB: a database per log and shop, ordered by partition and time.
 *
 * A key ends in time, order among entries of that millisecond, and the name of this writer, so that no two processes write the same.
 */
export class LmdbLogs implements ShopperLogs {
  private readonly access: LmdbAccess;
  private readonly shop: string;
  private readonly bounds: LogBounds;
  private readonly clock: Clock;
  private readonly databases: Readonly<Record<LogKind, Database<string, string>>>;
  private readonly writer = randomBytes(WRITER_BYTES).toString('hex');
  private appendCount = 0;
  private readonly nextSwept: Record<LogKind, number> = { events: 0, slates: 0 };

  constructor(access: LmdbAccess, shop: string, bounds: LogBounds, clock: Clock) {
    this.access = access;
    this.shop = shop;
    this.bounds = bounds;
    this.clock = clock;
    const open = (kind: LogKind) => access.root.openDB<string, string>(`${kind}:${shop}`, { encoding: 'string' });
    this.databases = { events: open('events'), slates: open('slates') };
  }

  /**
   * Adds entries of one shopper to the write under way.
   *
   * @param order a number that rises from one write of the shopper to the next
   */
  putEvents(shopper: ShopperKey, texts: readonly string[], order: number): void {
    for (const [place, text] of texts.entries()) {
      void this.databases.events.put(this.idOf('events', shopper, [order, place]), entryValue(shopper, text));
    }
  }

  /** @returns the ids of the entries, in their order */
  async appendSlates(entries: readonly SlateEntry[]): Promise<string[]> {
    this.appendCount += 1;
    const ids = entries.map(({ shopper, text }, place) =>
      // What belongs to nobody is spread by its text.
      this.idOf('slates', shopper ?? (text as ShopperKey), [this.appendCount, place]),
    );
    const puts = entries.map(({ shopper, text }, i) => this.databases.slates.put(ids[i]!, entryValue(shopper, text)));
    await this.access.write('appending slates', () => Promise.all(puts));
    return ids;
  }

  async *readAll(kind: LogKind, sinceMs: number): AsyncIterable<LogEntry> {
    for (let partition = 0; partition < LOG_PARTITION_COUNT; partition++) {
      yield* this.readPartition(kind, partition, sinceMs);
    }
  }

  async *readOf(kind: LogKind, shoppers: readonly ShopperKey[]): AsyncIterable<LogEntry> {
    const wanted = new Set(shoppers);
    for (const partition of new Set(shoppers.map(logPartitionOf))) {
      for await (const entry of this.readPartition(kind, partition, 0)) {
        if (entry.shopper !== undefined && wanted.has(entry.shopper)) yield entry;
      }
    }
  }

  async remove(kind: LogKind, ids: readonly string[]): Promise<number> {
    const database = this.databases[kind];
    let removed = 0;
    for (let from = 0; from < ids.length; from += ENTRIES_PER_READ) {
      const present = this.access.read('removing log entries', () =>
        ids.slice(from, from + ENTRIES_PER_READ).filter((id) => database.doesExist(id)),
      );
      await this.access.write('removing log entries', () => Promise.all(present.map((id) => database.remove(id))));
      removed += present.length;
    }
    return removed;
  }

  /**
   * Removes what is beyond the bounds: the oldest entries of every partition when there are too many, otherwise those of the next
   * partition that have expired.
   *
   * @returns how many were removed
   */
  async sweep(): Promise<number> {
    let removed = 0;
    for (const kind of LOG_KINDS) {
      const { entryCount } = this.databases[kind].getStats() as { entryCount: number };
      const excess = entryCount - this.bounds.maxEntries[kind];
      if (excess > 0) {
        const limit = Math.min(Math.ceil(excess / LOG_PARTITION_COUNT), SWEEP_SLICE);
        for (let partition = 0; partition < LOG_PARTITION_COUNT; partition++) {
          removed += await this.removeOldest(kind, partition, limit, Number.POSITIVE_INFINITY);
        }
        continue;
      }
      const partition = this.nextSwept[kind];
      const count = await this.removeOldest(kind, partition, SWEEP_SLICE, this.clock.nowMs() - this.bounds.keptMs);
      if (count < SWEEP_SLICE) this.nextSwept[kind] = (partition + 1) % LOG_PARTITION_COUNT;
      removed += count;
    }
    return removed;
  }

  private async removeOldest(kind: LogKind, partition: number, limit: number, beforeMs: number): Promise<number> {
    const { start, end } = logKeyRange(this.shop, kind, partition);
    const until = Number.isFinite(beforeMs) ? start + timeText(beforeMs) : end;
    const database = this.databases[kind];
    const keys = this.access.read('sweeping a log', () => Array.from(database.getKeys({ start, end: until, limit })));
    await this.access.write('sweeping a log', () => Promise.all(keys.map((key) => database.remove(key))));
    return keys.length;
  }

  private async *readPartition(kind: LogKind, partition: number, sinceMs: number): AsyncIterable<LogEntry> {
    const { start, end } = logKeyRange(this.shop, kind, partition);
    let after = start + timeText(sinceMs);
    for (;;) {
      // Read in parts, so that no snapshot stays open while the caller is at work: an open one keeps LMDB from reusing space.
      const options = { start: after, exclusiveStart: true, end, limit: ENTRIES_PER_READ };
      const part = this.access.read('reading a log', () => Array.from(this.databases[kind].getRange(options)));
      for (const { key, value } of part) yield asLogEntry(key, value);
      const last = part.at(-1);
      if (last === undefined || part.length < ENTRIES_PER_READ) return;
      after = last.key;
    }
  }

  private idOf(kind: LogKind, partitionedBy: ShopperKey, [order, place]: readonly [number, number]): string {
    const { start } = logKeyRange(this.shop, kind, logPartitionOf(partitionedBy));
    return start + timeText(this.clock.nowMs()) + hex(order, ORDER_DIGITS) + hex(place, PLACE_DIGITS) + this.writer;
  }
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}

function entryValue(shopper: ShopperKey | undefined, text: string): string {
  return `${shopper === undefined ? '' : shopperTag(shopper)}\n${text}`;
}

function timeText(atMs: number): string {
  return hex(Math.max(0, Math.floor(atMs)), TIME_DIGITS);
}

function asLogEntry(id: string, value: string): LogEntry {
  const lineEnd = value.indexOf('\n');
  const tag = value.slice(0, lineEnd);
  return { id, shopper: tag === '' ? undefined : shopperOfTag(tag), text: value.slice(lineEnd + 1) };
}
