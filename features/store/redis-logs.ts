import { systemClock } from '../core/clock.ts';
import type { ShopperKey } from '../core/ids.ts';
import { ERASURE_HEAD_BYTES } from '../profile/profile-codec.ts';
import type { LogEntry, LogKind } from './feature-store.ts';
import { HASH_SLOT_COUNT } from './hash-slot.ts';
import {
  LOG_PARTITION_COUNT,
  logKey,
  logPartitionOf,
  logSlotOf,
  shopperOfTag,
  shopperTag,
  slotLogKey,
} from './key-layout.ts';
import type { LogBounds } from './log-retention.ts';
import { type RedisCommands, redisScript } from './redis-commands.ts';
import { valueOrThrow } from './settled.ts';
import type { ShopperLogs } from './shopper-logs.ts';

/** An entry to append to a partition. */
export interface NewLogEntry {
  readonly shopper: ShopperKey | undefined;
  readonly text: string;
}

/**
 * Appends pairs of shopper and entry (ARGV[4...]) to the stream KEYS[1]; ARGV[1..3]: most entries, milliseconds the stream is kept
 * after its last entry, id of the oldest entry kept. Returns the ids of the new entries.
 */
const APPEND = redisScript(`
local ids = {}
for i = 4, #ARGV, 2 do
  ids[#ids + 1] = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'shopper', ARGV[i], 'entry', ARGV[i + 1])
end
redis.call('XTRIM', KEYS[1], 'MINID', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return ids`);

/**
 * Appends entries to several streams, and says what is known of the shoppers afterwards: in one call, since a call costs more than an entry.
 * KEYS: streams, then records of shoppers. ARGV[1..3] as above, ARGV[4] how many streams, ARGV[5] bytes of a record to return, then for each
 * entry the number of its stream, shopper and entry. Returns the ids of the entries and the heads of the records.
 */
const APPEND_TO_MANY = redisScript(`
local ids, heads = {}, {}
for i = 6, #ARGV, 3 do
  ids[#ids + 1] = redis.call('XADD', KEYS[tonumber(ARGV[i])], 'MAXLEN', '~', ARGV[1], '*', 'shopper', ARGV[i + 1], 'entry', ARGV[i + 2])
end
local streams = tonumber(ARGV[4])
for k = 1, streams do
  redis.call('XTRIM', KEYS[k], 'MINID', ARGV[3])
  redis.call('PEXPIRE', KEYS[k], ARGV[2])
end
for k = streams + 1, #KEYS do heads[#heads + 1] = redis.call('GETRANGE', KEYS[k], 0, ARGV[5] - 1) end
return {ids, heads}`);

const NOBODY = '';
/** A hash slot holds few shoppers, one of whom may do as much as all others: an even share would cut that one short. */
const LEAST_ENTRIES_PER_SLOT = 1_000;
const ENTRIES_PER_READ = 500;
/** Streams read side by side in one round trip. */
const STREAMS_PER_READ = 64;
const IDS_PER_REMOVAL = 500;

/** An entry of a stream as Redis gives it: id, then names and values of its fields. */
type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]];

/** The logs of events and slates as Redis streams. */
export class RedisLogs implements ShopperLogs {
  private readonly commands: RedisCommands;
  private readonly shop: string;
  private readonly bounds: LogBounds;
  /** In a cluster the events of a shopper must lie in the hash slot of the profile, to be written with it. */
  private readonly isPerSlot: boolean;

  constructor(commands: RedisCommands, shop: string, bounds: LogBounds, isCluster: boolean) {
    this.commands = commands;
    this.shop = shop;
    this.bounds = bounds;
    this.isPerSlot = isCluster;
  }

  keyOf(kind: LogKind, shopper: ShopperKey): string {
    if (kind === 'events' && this.isPerSlot) return slotLogKey(this.shop, logSlotOf(shopper));
    return logKey(this.shop, kind, logPartitionOf(shopper));
  }

  /** The bounds of one stream. */
  retention(kind: LogKind): { readonly maxEntries: number; readonly keptMs: number; readonly oldestId: string } {
    const share = Math.ceil(this.bounds.maxEntries[kind] / this.keyCountOf(kind));
    const maxEntries = kind === 'events' && this.isPerSlot ? Math.max(share, LEAST_ENTRIES_PER_SLOT) : share;
    const { keptMs } = this.bounds;
    return { maxEntries, keptMs, oldestId: idAt(systemClock.nowMs() - keptMs) };
  }

  /**
   * Appends slates, then reads the heads of the shoppers' records.
   *
   * @param recordKeys where the heads are wanted of
   * @returns the ids of the entries and the heads, in their orders; a head is empty where there is no record
   */
  async appendSlates(
    entries: readonly NewLogEntry[],
    recordKeys: readonly string[],
  ): Promise<{ readonly ids: readonly string[]; readonly heads: readonly Buffer[] }> {
    const what = 'appending slates';
    const keys = entries.map((entry) => this.slatesKeyOf(entry));
    if (this.isPerSlot) {
      const ids = await this.appendApart(what, entries, keys);
      const heads = await this.commands.batchOfAll(
        what,
        recordKeys.map((key) => ['getrange', key, 0, ERASURE_HEAD_BYTES - 1]),
      );
      return { ids, heads: heads as Buffer[] };
    }
    const streams = Array.from(new Set(keys));
    const { maxEntries, keptMs, oldestId } = this.retention('slates');
    const values: (string | number)[] = [maxEntries, keptMs, oldestId, streams.length, ERASURE_HEAD_BYTES];
    for (const [i, { shopper, text }] of entries.entries())
      values.push(streams.indexOf(keys[i]!) + 1, tagOf(shopper), text);
    const [reply] = await this.commands.runScript(what, APPEND_TO_MANY, [
      { keys: [...streams, ...recordKeys], values },
    ]);
    const [streamIds, heads] = valueOrThrow(reply!) as [Buffer[], Buffer[]];
    return { ids: streamIds.map((id, i) => `${keys[i]} ${id}`), heads };
  }

  private slatesKeyOf({ shopper, text }: NewLogEntry): string {
    // What belongs to nobody is spread by its text.
    return this.keyOf('slates', shopper ?? (text as ShopperKey));
  }

  /** One call for each stream: in a cluster they lie apart. @returns the ids of the entries, in their order */
  private async appendApart(what: string, entries: readonly NewLogEntry[], keys: readonly string[]): Promise<string[]> {
    const placesByKey = new Map<string, number[]>();
    for (const [place, key] of keys.entries()) {
      const places = placesByKey.get(key);
      if (places === undefined) placesByKey.set(key, [place]);
      else places.push(place);
    }
    const { maxEntries, keptMs, oldestId } = this.retention('slates');
    const calls = Array.from(placesByKey, ([key, places]) => ({
      keys: [key],
      values: [
        maxEntries,
        keptMs,
        oldestId,
        ...places.flatMap((place) => [tagOf(entries[place]!.shopper), entries[place]!.text]),
      ],
    }));
    const replies = await this.commands.runScript(what, APPEND, calls);
    const ids: string[] = [];
    for (const [i, [key, places]] of Array.from(placesByKey).entries()) {
      const streamIds = valueOrThrow(replies[i]!) as Buffer[];
      for (const [j, place] of places.entries()) ids[place] = `${key} ${streamIds[j]}`;
    }
    return ids;
  }

  readAll(kind: LogKind, sinceMs: number): AsyncIterable<LogEntry> {
    return this.readStreams(this.keysOf(kind), idAt(sinceMs));
  }

  async *readOf(kind: LogKind, shoppers: readonly ShopperKey[]): AsyncIterable<LogEntry> {
    const wanted = new Set(shoppers);
    const keys = new Set(shoppers.map((shopper) => this.keyOf(kind, shopper)));
    for await (const entry of this.readStreams(Array.from(keys), '-')) {
      if (entry.shopper !== undefined && wanted.has(entry.shopper)) yield entry;
    }
  }

  async remove(_kind: LogKind, ids: readonly string[]): Promise<number> {
    const idsByKey = new Map<string, string[]>();
    for (const id of ids) {
      const [key, streamId] = id.split(' ') as [string, string];
      const streamIds = idsByKey.get(key);
      if (streamIds === undefined) idsByKey.set(key, [streamId]);
      else streamIds.push(streamId);
    }
    let removed = 0;
    for (const [key, streamIds] of idsByKey) {
      for (let from = 0; from < streamIds.length; from += IDS_PER_REMOVAL) {
        const some = streamIds.slice(from, from + IDS_PER_REMOVAL);
        const [count] = await this.commands.batchOfAll('removing log entries', [['xdel', key, ...some]]);
        removed += count as number;
      }
    }
    return removed;
  }

  private keyCountOf(kind: LogKind): number {
    return kind === 'events' && this.isPerSlot ? HASH_SLOT_COUNT : LOG_PARTITION_COUNT;
  }

  private keysOf(kind: LogKind): string[] {
    const isPerSlot = kind === 'events' && this.isPerSlot;
    return Array.from({ length: this.keyCountOf(kind) }, (_, i) =>
      isPerSlot ? slotLogKey(this.shop, i) : logKey(this.shop, kind, i),
    );
  }

  private async *readStreams(keys: readonly string[], from: string): AsyncIterable<LogEntry> {
    for (let first = 0; first < keys.length; first += STREAMS_PER_READ) {
      let open = keys.slice(first, first + STREAMS_PER_READ).map((key) => ({ key, next: from }));
      while (open.length > 0) {
        const replies = await this.commands.batchOfAll(
          'reading a log',
          open.map(({ key, next }) => ['xrange', key, next, '+', 'COUNT', ENTRIES_PER_READ]),
        );
        const further: typeof open = [];
        for (const [i, { key }] of open.entries()) {
          const entries = replies[i] as StreamEntry[];
          for (const [id, fields] of entries) yield asLogEntry(key, id, fields);
          const last = entries.at(-1);
          if (last !== undefined && entries.length === ENTRIES_PER_READ) further.push({ key, next: `(${last[0]}` });
        }
        open = further;
      }
    }
  }
}

function tagOf(shopper: ShopperKey | undefined): string {
  return shopper === undefined ? NOBODY : shopperTag(shopper);
}

function asLogEntry(key: string, id: Buffer, [, shopper, , text]: readonly Buffer[]): LogEntry {
  const tag = String(shopper ?? NOBODY);
  return { id: `${key} ${id}`, shopper: tag === NOBODY ? undefined : shopperOfTag(tag), text: String(text ?? '') };
}

function idAt(atMs: number): string {
  return `${Math.max(0, Math.floor(atMs))}-0`;
}
