import { randomFillSync } from 'node:crypto';
import type { ItemRecord } from '../catalogue/catalogue.ts';
import { MS_PER_DAY } from '../core/clock.ts';
import { Deadline } from '../core/deadline.ts';
import { messageOf, VitrineError } from '../core/errors.ts';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { decodeProfile, encodeProfile, RECORD_HEAD_BYTES, REVISION_BYTES } from '../profile/profile-codec.ts';
import type { FeatureStore, ProfileChange } from './feature-store.ts';
import { decodeItem, encodeItem } from './item-codec.ts';
import { itemBucketKey, itemBucketKeys, profileKey } from './key-layout.ts';
import { deadlineExceeded, type ProfileRecords, ProfileUpdater, type StoredRecord } from './profile-updater.ts';
import {
  createRedisClient,
  DEFAULT_COMMAND_TIMEOUT_MS,
  describeConnection,
  type RedisClient,
  type RedisCommandLine,
  type RedisConnectionOptions,
  sendTogether,
} from './redis-client.ts';

export interface RedisStoreOptions extends RedisConnectionOptions {
  readonly kind: 'redis';
  /** Name of the shop; part of every key, so that many shops share one Redis. */
  readonly shop: string;
  /** Days a profile is kept after its last write. */
  readonly profileTtlDays: number;
}

/**
 * Stores the record when its first bytes are still the ones read before; otherwise answers with what lies there ('' for nothing).
 * The head of a record holds a random revision, so equal heads mean the same write: not even expiry and re-creation fool it.
 */
const COMPARE_AND_SET = `
if redis.call('GETRANGE', KEYS[1], 0, ${RECORD_HEAD_BYTES - 1}) == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
  return 1
end
return redis.call('GET', KEYS[1]) or ''`;

interface CompareAndSetCommand {
  compareAndSetProfileBuffer(
    key: string,
    head: Uint8Array,
    record: Uint8Array,
    ttlMs: number,
  ): Promise<Buffer | number>;
}

/** Bulk writes: commands sent together, and how often a chunk is tried. */
const CHUNK_SIZE = 256;
const CHUNK_ATTEMPTS = 5;
const CHUNK_FIRST_PAUSE_MS = 200;

const SCAN_COUNT = 1_000;
const NO_HEAD = new Uint8Array(0);

/**
 * Feature store on Redis: one server, a Cluster, or the master a Sentinel names.
 *
 * It can be made while Redis is down: calls then fail with REC_STORE_UNAVAILABLE at once, and succeed again after it is back, with no
 * call needed. A read is one GET. Profiles are kept for `profileTtlDays` after their last write; products do not expire.
 * Bulk writes are tried again for a few seconds, since materialization must outlive a hiccup that a query must not wait for.
 */
export class RedisFeatureStore implements FeatureStore {
  readonly description: string;
  private readonly client: RedisClient;
  private readonly shop: string;
  private readonly ttlMs: number;
  private readonly commandTimeoutMs: number;
  private readonly updater: ProfileUpdater<Uint8Array>;

  constructor(options: RedisStoreOptions) {
    this.description = `${describeConnection(options)} shop ${options.shop}`;
    this.shop = options.shop;
    this.ttlMs = Math.round(options.profileTtlDays * MS_PER_DAY);
    this.commandTimeoutMs = options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS;
    this.client = createRedisClient(options);
    this.client.defineCommand('compareAndSetProfile', { numberOfKeys: 1, lua: COMPARE_AND_SET });
    this.updater = new ProfileUpdater(this.profileRecords());
  }

  /**
   * Starts to connect, and waits for the first attempt at most until the deadline.
   *
   * Never fails: a Redis that is down now is tried again and again in the background.
   */
  async connect(deadline: Deadline): Promise<void> {
    await deadline.race(this.client.connect(), 'connecting to the store').catch(() => {});
  }

  async readProfile(key: ShopperKey, deadline: Deadline): Promise<Profile | undefined> {
    const name = profileKey(this.shop, key);
    const bytes = await this.call('reading a profile', deadline, () => this.client.getBuffer(name));
    return bytes === null ? undefined : decodeProfile(bytes);
  }

  updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void> {
    return this.updater.update(key, change, deadline);
  }

  async writeProfiles(entries: Iterable<readonly [ShopperKey, Profile]>): Promise<void> {
    await this.writeInChunks('writing profiles', entries, ([key, profile]) => {
      const record = asBuffer(encodeProfile(profile, newRevision()));
      return ['set', profileKey(this.shop, key), record, 'PX', this.ttlMs];
    });
  }

  async writeItems(items: Iterable<ItemRecord>): Promise<void> {
    await this.writeInChunks('writing items', items, (item) => {
      return ['hset', itemBucketKey(this.shop, item.itemId), item.itemId, encodeItem(item)];
    });
  }

  async readItem(itemId: string, deadline: Deadline): Promise<ItemRecord | undefined> {
    const bucket = itemBucketKey(this.shop, itemId);
    const text = await this.call('reading an item', deadline, () => this.client.hget(bucket, itemId));
    return text === null ? undefined : decodeItem(text);
  }

  async *readAllItems(): AsyncIterable<ItemRecord> {
    for (const bucket of itemBucketKeys(this.shop)) {
      // A scan may meet a field twice while the hash grows.
      const seen = new Set<string>();
      let cursor = '0';
      do {
        const [next, fields] = await this.command('reading items', () =>
          this.client.hscan(bucket, cursor, 'COUNT', SCAN_COUNT),
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

  async ping(deadline: Deadline): Promise<void> {
    // A key of this shop, so that in a cluster it is the shop's own slots that answer.
    const bucket = itemBucketKey(this.shop, '');
    await this.call('asking the store for a sign of life', deadline, () => this.client.exists(bucket));
  }

  async close(): Promise<void> {
    // Commands under way are answered before QUIT is; a server that does not answer is left.
    await Deadline.after(this.commandTimeoutMs)
      .race(this.client.quit(), 'closing the store')
      .catch(() => {});
    this.client.disconnect();
  }

  private profileRecords(): ProfileRecords<Uint8Array> {
    return {
      read: async (key) => {
        const name = profileKey(this.shop, key);
        const bytes = await this.command('reading a profile', () => this.client.getBuffer(name));
        return asStoredRecord(bytes);
      },
      compareAndSet: async (key, head, profile) => {
        const name = profileKey(this.shop, key);
        const record = encodeProfile(profile, newRevision());
        const scripted = this.client as unknown as CompareAndSetCommand;
        const reply = await this.command('writing a profile', () =>
          scripted.compareAndSetProfileBuffer(name, asBuffer(head), asBuffer(record), this.ttlMs),
        );
        return typeof reply === 'number' ? undefined : asStoredRecord(reply);
      },
    };
  }

  private async writeInChunks<T>(
    what: string,
    all: Iterable<T>,
    commandOf: (one: T) => RedisCommandLine,
  ): Promise<void> {
    let chunk: RedisCommandLine[] = [];
    for (const one of all) {
      chunk.push(commandOf(one));
      if (chunk.length < CHUNK_SIZE) continue;
      await this.writeChunk(what, chunk);
      chunk = [];
    }
    if (chunk.length > 0) await this.writeChunk(what, chunk);
  }

  private async writeChunk(what: string, chunk: readonly RedisCommandLine[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.command(what, () => sendTogether(this.client, chunk));
        return;
      } catch (error) {
        const isLast = attempt === CHUNK_ATTEMPTS || !(error instanceof VitrineError) || !error.isRetryable;
        if (isLast) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, CHUNK_FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
  }

  private async call<T>(what: string, deadline: Deadline, send: () => Promise<T>): Promise<T> {
    if (deadline.isPast()) throw deadlineExceeded(what);
    return deadline.race(this.command(what, send), what);
  }

  private async command<T>(what: string, send: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      return await send();
    } catch (error) {
      if (error instanceof VitrineError) throw error;
      // ioredis marks a timeout by its message alone, so the time passed tells it from a refusal.
      if (performance.now() - startedMs >= this.commandTimeoutMs) throw deadlineExceeded(what, error);
      throw new VitrineError('REC_STORE_UNAVAILABLE', `${what} failed at ${this.description}: ${messageOf(error)}`, {
        isRetryable: true,
        cause: error,
        details: { what },
      });
    }
  }
}

/**
 * Makes the store and gives Redis a moment to answer; a Redis that is down does not fail it.
 *
 * Errors: REC_INVALID_CONFIG when the options do not fit the mode.
 */
export async function openRedisFeatureStore(options: RedisStoreOptions): Promise<RedisFeatureStore> {
  const store = new RedisFeatureStore(options);
  await store.connect(Deadline.after(options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS));
  return store;
}

function asStoredRecord(bytes: Buffer | null): StoredRecord<Uint8Array> {
  if (bytes === null || bytes.length === 0) return { bytes: undefined, token: NO_HEAD };
  return { bytes, token: bytes.subarray(0, RECORD_HEAD_BYTES) };
}

function newRevision(): Uint8Array {
  return randomFillSync(new Uint8Array(REVISION_BYTES));
}

/** ioredis sends Buffers as they are and any other array of bytes as text. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
