import type { ItemRecord } from '../catalogue/catalogue.ts';
import { chunksOf } from '../core/chunks.ts';
import { MS_PER_DAY } from '../core/clock.ts';
import type { Deadline } from '../core/deadline.ts';
import type { ItemChange, ItemChanges } from './feature-store.ts';
import { decodeItem, decodePresentItem, encodeItem } from './item-codec.ts';
import { itemBucketKey, itemBucketKeys, itemChangesKey } from './key-layout.ts';
import { deadlineExceeded } from './profile-updater.ts';
import { type RedisCommands, redisScript, type ScriptCall } from './redis-commands.ts';
import { valueOrThrow } from './settled.ts';

/** Changes a bucket remembers, about; a follower that is further behind reads all products again. */
export const ITEM_CHANGES_PER_BUCKET = 4_096;

/** Days products are kept after the last write or the last look of a follower: only a shop that nobody serves any more goes. */
export const ITEM_TTL_DAYS = 400;
const ITEM_TTL_MS = ITEM_TTL_DAYS * MS_PER_DAY;
/** A follower prolongs the products this often. */
const PROLONG_INTERVAL_MS = MS_PER_DAY;

const TOUCH = `
redis.call('PEXPIRE', KEYS[1], ${ITEM_TTL_MS})
redis.call('PEXPIRE', KEYS[2], ${ITEM_TTL_MS})`;
const NOTE = (item: string): string =>
  `redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${ITEM_CHANGES_PER_BUCKET}, '*', 'item', ${item})`;

/** Bulk writes: products sent together, and how often a chunk is tried. */
const CHUNK_SIZE = 512;
const SCAN_COUNT = 1_000;
const CHANGES_PER_READ = 500;
const STREAM_ID = /^\d+-\d+$/;
/** Longest pause before another attempt when others keep writing the same product. */
const LONGEST_PAUSE_MS = 8;

/** Writes pairs of item id and JSON into the hash KEYS[1] and notes those that changed in the stream KEYS[2]. */
const WRITE_ITEMS = redisScript(`
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    ${NOTE('ARGV[i]')}
  end
end
${TOUCH}
return 1`);

/** Sets item ARGV[1] to ARGV[3] if it is still ARGV[2] (empty: there is none) and notes it. Returns 1, or what is there now. */
const COMPARE_AND_SET_ITEM = redisScript(`
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then return current end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
${NOTE('ARGV[1]')}
${TOUCH}
return 1`);

/** Id of the last change in KEYS[2]. An empty stream gets a first entry without an item, so that a position always names an entry. */
const LAST_CHANGE = redisScript(`
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
if #last > 0 then return last[1][1] end
local id = redis.call('XADD', KEYS[2], '*', 'item', '')
${TOUCH}
return id`);

/**
 * What came into the streams KEYS after the entries ARGV, which a follower saw last: number of the key and entries, from the one seen last on, of each stream
 * with something new. Returns 0 when an entry seen last is gone, and others after it may be. One call for all streams and nothing in the
 * reply mostly: it is made ten times a second.
 */
const READ_CHANGES = redisScript(`
local news = {}
for k = 1, #KEYS do
  local entries = redis.call('XRANGE', KEYS[k], ARGV[k], '+', 'COUNT', ${CHANGES_PER_READ + 1})
  if #entries == 0 or entries[1][1] ~= ARGV[k] then return 0 end
  if #entries > 1 then news[#news + 1] = {k, entries} end
end
return news`);

type StreamEntry = readonly [id: Buffer, fields: readonly Buffer[]];
type StreamNews = readonly [key: number, entries: readonly StreamEntry[]];

/** What a follower has not seen of a bucket's stream, after the entry it saw last. */
interface BucketNews {
  readonly bucket: number;
  readonly entries: readonly StreamEntry[];
}

/**
 * Products in Redis: hashes by bucket, and beside each the stream of its changes.
 *
 * A stream names products only; their state is read from the hash, so that what changes often is told once.
 */
export class RedisItems {
  private readonly commands: RedisCommands;
  private readonly shop: string;
  private readonly buckets: readonly string[];
  /** The stream of each bucket. */
  private readonly streams: readonly string[];
  /** Places of the buckets that one call reaches: all of them, or each by itself in a cluster, where they lie in several hash slots. */
  private readonly reachable: readonly (readonly number[])[];
  private prolongedAtMs = Number.NEGATIVE_INFINITY;

  constructor(commands: RedisCommands, shop: string, isCluster: boolean) {
    this.commands = commands;
    this.shop = shop;
    this.buckets = itemBucketKeys(shop);
    this.streams = this.buckets.map(itemChangesKey);
    const places = this.buckets.map((_, place) => place);
    this.reachable = isCluster ? places.map((place) => [place]) : [places];
  }

  /** @param persist runs a write, again if it fails for a moment */
  async write(items: Iterable<ItemRecord>, persist: (send: () => Promise<unknown>) => Promise<unknown>): Promise<void> {
    for (const chunk of chunksOf(items, CHUNK_SIZE)) {
      const calls = this.callsOf(chunk);
      await persist(async () => (await this.commands.runScript('writing items', WRITE_ITEMS, calls)).map(valueOrThrow));
    }
  }

  async update(
    itemId: string,
    change: (current: ItemRecord | undefined) => ItemRecord | 'keep',
    deadline: Deadline,
  ): Promise<ItemRecord | undefined> {
    const what = 'updating an item';
    const bucket = itemBucketKey(this.shop, itemId);
    const { client } = this.commands;
    let text = (await this.commands.call(what, deadline, () => client.hget(bucket, itemId))) ?? '';
    for (let attempt = 1; ; attempt++) {
      if (deadline.isPast()) throw deadlineExceeded(what);
      const current = text === '' ? undefined : decodeItem(text);
      const next = change(current);
      if (next === 'keep') return current;
      const call = { keys: [bucket, itemChangesKey(bucket)], values: [itemId, text, encodeItem(next)] };
      const [reply] = await this.commands.call(what, deadline, () =>
        this.commands.runScript(what, COMPARE_AND_SET_ITEM, [call]),
      );
      const winner = valueOrThrow(reply!) as number | Buffer;
      if (typeof winner === 'number') return next;
      text = winner.toString();
      if (attempt > 1) await pauseMs(Math.random() * Math.min(2 ** attempt / 4, LONGEST_PAUSE_MS));
    }
  }

  async read(itemId: string, deadline: Deadline): Promise<ItemRecord | undefined> {
    const bucket = itemBucketKey(this.shop, itemId);
    const { client } = this.commands;
    const text = await this.commands.call('reading an item', deadline, () => client.hget(bucket, itemId));
    return text === null ? undefined : decodePresentItem(text);
  }

  async *readAll(): AsyncIterable<ItemRecord> {
    for (const bucket of this.buckets) {
      // A scan may meet a field twice while the hash grows.
      const seen = new Set<string>();
      let cursor = '0';
      do {
        const [next, fields] = await this.commands.command('reading items', () =>
          this.commands.client.hscan(bucket, cursor, 'COUNT', SCAN_COUNT),
        );
        for (let i = 0; i + 1 < fields.length; i += 2) {
          if (seen.has(fields[i]!)) continue;
          seen.add(fields[i]!);
          yield decodeItem(fields[i + 1]!);
        }
        cursor = next;
      } while (cursor !== '0');
    }
  }

  /** A position is the ids of the last change of each bucket. */
  async position(deadline: Deadline): Promise<string> {
    const calls = this.buckets.map((bucket, i) => ({ keys: [bucket, this.streams[i]!], values: [] }));
    const what = 'asking for the last item change';
    const replies = await this.commands.call(what, deadline, () => this.commands.runScript(what, LAST_CHANGE, calls));
    return replies.map((reply) => String(valueOrThrow(reply))).join(',');
  }

  async readChanges(position: string, deadline: Deadline): Promise<ItemChanges> {
    const what = 'reading item changes';
    const seen = position.split(',');
    const isPosition = seen.length === this.buckets.length && seen.every((id) => STREAM_ID.test(id));
    if (!isPosition) return { changes: [], position, isLost: true };
    const { reachable, streams } = this;
    const calls = reachable.map((places) => ({
      keys: places.map((place) => streams[place]!),
      values: places.map((place) => seen[place]!),
    }));
    const replies = await this.commands.call(what, deadline, () => this.commands.runScript(what, READ_CHANGES, calls));
    const news: BucketNews[] = [];
    for (const [call, reply] of replies.entries()) {
      const found = valueOrThrow(reply) as readonly StreamNews[] | 0;
      if (found === 0) return { changes: [], position, isLost: true };
      for (const [key, entries] of found) news.push({ bucket: reachable[call]![key - 1]!, entries });
    }
    const changes = await this.currentRecords(news, deadline);
    this.prolong();
    for (const { bucket, entries } of news) seen[bucket] = String(entries.at(-1)![0]);
    return { changes, position: seen.join(','), isLost: false };
  }

  private async currentRecords(news: readonly BucketNews[], deadline: Deadline): Promise<ItemChange[]> {
    const changed: { readonly bucket: number; readonly items: Map<string, number> }[] = [];
    for (const { bucket, entries } of news) {
      const items = new Map<string, number>();
      for (const [id, fields] of entries.slice(1)) items.set(String(fields[1]), Number(String(id).split('-')[0]));
      // What position() put into an empty stream.
      items.delete('');
      if (items.size > 0) changed.push({ bucket, items });
    }
    if (changed.length === 0) return [];
    const what = 'reading changed items';
    const replies = await this.commands.call(what, deadline, () =>
      this.commands.batchOfAll(
        what,
        changed.map(({ bucket, items }) => ['hmget', this.buckets[bucket]!, ...items.keys()]),
      ),
    );
    const changes: ItemChange[] = [];
    for (const [i, { items }] of changed.entries()) {
      const texts = replies[i] as (Buffer | null)[];
      for (const [j, atMs] of Array.from(items.values()).entries()) {
        const text = texts[j];
        if (text !== null && text !== undefined) changes.push({ record: decodeItem(text.toString()), atMs });
      }
    }
    return changes.sort((a, b) => a.atMs - b.atMs);
  }

  /** In the background: a follower does not wait for it, and the next one tries again. */
  private prolong(): void {
    const nowMs = performance.now();
    if (nowMs - this.prolongedAtMs < PROLONG_INTERVAL_MS) return;
    this.prolongedAtMs = nowMs;
    const keys = [...this.buckets, ...this.streams];
    this.commands
      .batchOfAll(
        'prolonging items',
        keys.map((key) => ['pexpire', key, ITEM_TTL_MS]),
      )
      .catch(() => {
        this.prolongedAtMs = Number.NEGATIVE_INFINITY;
      });
  }

  private callsOf(items: readonly ItemRecord[]): ScriptCall[] {
    const valuesByBucket = new Map<string, string[]>();
    for (const item of items) {
      const bucket = itemBucketKey(this.shop, item.itemId);
      const values = valuesByBucket.get(bucket) ?? [];
      valuesByBucket.set(bucket, values);
      values.push(item.itemId, encodeItem(item));
    }
    return Array.from(valuesByBucket, ([bucket, values]) => ({ keys: [bucket, itemChangesKey(bucket)], values }));
  }
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
