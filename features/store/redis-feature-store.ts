import type { ItemRecord } from '../catalogue/catalogue.ts';
import { chunksOf } from '../core/chunks.ts';
import { MS_PER_DAY, systemClock } from '../core/clock.ts';
import { Deadline } from '../core/deadline.ts';
import { VitrineError } from '../core/errors.ts';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { decodeProfile, readErasedAtMs } from '../profile/profile-codec.ts';
import { eraseShopper } from './erase-shopper.ts';
import type {
  Erasure,
  FeatureStore,
  ItemChanges,
  LogEntry,
  LogKind,
  ProfileChange,
  ProfileUpdate,
  ScanCounts,
  SlateEntry,
  Trace,
} from './feature-store.ts';
import { findTraces, type StoredProfile } from './find-traces.ts';
import { itemBucketKey, profileKey, shopPrefix, shopperOfProfileKey } from './key-layout.ts';
import { type LogBounds, type LogRetention, logBoundsOf, logStartMs } from './log-retention.ts';
import { ProfileUpdater, type StoreHooks } from './profile-updater.ts';
import {
  closeRedisClient,
  createRedisClient,
  DEFAULT_COMMAND_TIMEOUT_MS,
  describeConnection,
  mastersOf,
  type RedisConnectionOptions,
} from './redis-client.ts';
import { RedisCommands } from './redis-commands.ts';
import { RedisItems } from './redis-items.ts';
import { RedisLogs } from './redis-logs.ts';
import { packProfile, RedisProfileRecords } from './redis-profile-records.ts';

export interface RedisStoreOptions extends RedisConnectionOptions, LogRetention {
  readonly kind: 'redis';
  /** Name of the shop; part of every key, so that many shops share one Redis. */
  readonly shop: string;
  /** Days a profile is kept after its last write. */
  readonly profileTtlDays: number;
}

/** Bulk writes: commands sent together, and how often a chunk is tried. */
const CHUNK_SIZE = 256;
const CHUNK_ATTEMPTS = 5;
const CHUNK_FIRST_PAUSE_MS = 200;

const SCAN_COUNT = 1_000;

/**
 * Feature store on Redis: one server, a Cluster, or the master a Sentinel names.
 *
 * It can be made while Redis is down: calls then fail with REC_STORE_UNAVAILABLE at once, and succeed again after it is back, with no
 * call needed. A read is one GET. Profiles are kept for `profileTtlDays` after their last write, logs by their bounds, products for
 * {@link ITEM_TTL_DAYS} after the last write or the last look of a server: every key expires.
 * Bulk writes are tried again for a few seconds, since materialization must outlive a hiccup that a query must not wait for.
 */
export class RedisFeatureStore implements FeatureStore {
  readonly description: string;
  private readonly commands: RedisCommands;
  private readonly logs: RedisLogs;
  private readonly items: RedisItems;
  private readonly updater: ProfileUpdater<Buffer>;
  private readonly shop: string;
  private readonly ttlMs: number;
  private readonly logBounds: LogBounds;
  private readonly commandTimeoutMs: number;

  constructor(options: RedisStoreOptions, hooks: StoreHooks = {}) {
    this.description = `${describeConnection(options)} shop ${options.shop}`;
    this.shop = options.shop;
    this.ttlMs = Math.round(options.profileTtlDays * MS_PER_DAY);
    this.logBounds = logBoundsOf(options);
    this.commandTimeoutMs = options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS;
    this.commands = new RedisCommands(createRedisClient(options), this.description, this.commandTimeoutMs);
    const isCluster = options.mode === 'cluster';
    this.logs = new RedisLogs(this.commands, this.shop, this.logBounds, isCluster);
    this.items = new RedisItems(this.commands, this.shop, isCluster);
    this.updater = new ProfileUpdater(new RedisProfileRecords(this.commands, this.logs, this.shop, this.ttlMs), hooks);
  }

  /**
   * Starts to connect, and waits for the first attempt at most until the deadline.
   *
   * Never fails: a Redis that is down now is tried again and again in the background.
   */
  async connect(deadline: Deadline): Promise<void> {
    await deadline.race(this.commands.client.connect(), 'connecting to the store').catch(() => {});
  }

  async readProfile(key: ShopperKey, deadline: Deadline): Promise<Profile | undefined> {
    const name = profileKey(this.shop, key);
    const { client } = this.commands;
    const bytes = await this.commands.call('reading a profile', deadline, () => client.getBuffer(name));
    return bytes === null ? undefined : decodeProfile(bytes);
  }

  updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void> {
    return this.updater.update(key, change, deadline);
  }

  updateProfiles(updates: readonly ProfileUpdate[], deadline: Deadline): Promise<PromiseSettledResult<void>[]> {
    return this.updater.updateAll(updates, deadline);
  }

  async writeProfiles(entries: Iterable<readonly [ShopperKey, Profile]>): Promise<void> {
    const what = 'writing profiles';
    for (const chunk of chunksOf(entries, CHUNK_SIZE)) {
      const commands = chunk.map(([key, profile]) => {
        return ['set', profileKey(this.shop, key), packProfile(profile), 'PX', this.ttlMs] as const;
      });
      await this.persist(() => this.commands.batchOfAll(what, commands));
    }
  }

  readLog(kind: LogKind): AsyncIterable<LogEntry> {
    return this.logs.readAll(kind, logStartMs(this.logBounds, systemClock.nowMs()));
  }

  async appendSlates(entries: readonly SlateEntry[], deadline: Deadline): Promise<void> {
    if (entries.length === 0) return;
    const what = 'appending slates';
    // Looking after the append, not before: whatever an erasure meanwhile did not see, this sees, and the other way round.
    const shoppers = Array.from(new Set(entries.flatMap(({ shopper }) => (shopper === undefined ? [] : [shopper]))));
    const { ids, heads } = await this.commands.call(what, deadline, () =>
      this.logs.appendSlates(
        entries,
        shoppers.map((shopper) => profileKey(this.shop, shopper)),
      ),
    );
    const erasedAtMs = new Map<ShopperKey | undefined, number>();
    for (const [i, head] of heads.entries()) erasedAtMs.set(shoppers[i]!, readErasedAtMs(head));
    const tooLate = ids.filter((_, i) => entries[i]!.atMs <= (erasedAtMs.get(entries[i]!.shopper) ?? 0));
    await this.logs.remove('slates', tooLate);
  }

  eraseShopper(key: ShopperKey, erasedAtMs: number, deadline: Deadline): Promise<Erasure> {
    return eraseShopper({ store: this, logs: this.logs }, key, erasedAtMs, deadline);
  }

  findTraces(key: ShopperKey, scanned?: ScanCounts): AsyncIterable<Trace> {
    return findTraces(this.storedProfiles(), this.logs, key, scanned);
  }

  async writeItems(items: Iterable<ItemRecord>): Promise<void> {
    await this.items.write(items, (send) => this.persist(send));
  }

  updateItem(
    itemId: string,
    change: (current: ItemRecord | undefined) => ItemRecord | 'keep',
    deadline: Deadline,
  ): Promise<ItemRecord | undefined> {
    return this.items.update(itemId, change, deadline);
  }

  readItem(itemId: string, deadline: Deadline): Promise<ItemRecord | undefined> {
    return this.items.read(itemId, deadline);
  }

  readAllItems(): AsyncIterable<ItemRecord> {
    return this.items.readAll();
  }

  itemChangesPosition(deadline: Deadline): Promise<string> {
    return this.items.position(deadline);
  }

  readItemChanges(position: string, deadline: Deadline): Promise<ItemChanges> {
    return this.items.readChanges(position, deadline);
  }

  async ping(deadline: Deadline): Promise<void> {
    // A key of this shop, so that in a cluster it is the shop's own slots that answer.
    const bucket = itemBucketKey(this.shop, '');
    const { client } = this.commands;
    await this.commands.call('asking the store for a sign of life', deadline, () => client.exists(bucket));
  }

  async close(): Promise<void> {
    await closeRedisClient(this.commands.client, Deadline.after(this.commandTimeoutMs));
  }

  private async *storedProfiles(): AsyncIterable<StoredProfile> {
    const what = 'reading all profiles';
    for (const master of mastersOf(this.commands.client)) {
      let cursor = '0';
      do {
        const [next, found] = await this.commands.command(what, () =>
          master.scan(cursor, 'MATCH', `${shopPrefix(this.shop)}{[us]:*}:p`, 'COUNT', SCAN_COUNT),
        );
        const records = await this.commands.batchOfAll(
          what,
          found.map((key) => ['get', key]),
        );
        for (const [i, key] of found.entries()) {
          const shopper = shopperOfProfileKey(this.shop, key);
          const bytes = records[i] as Buffer | null;
          if (shopper !== undefined && bytes !== null) yield { key, shopper, bytes };
        }
        cursor = next;
      } while (cursor !== '0');
    }
  }

  /** Does a write again that failed for a moment; all that come through here may be done twice. */
  private async persist(send: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await send();
        return;
      } catch (error) {
        const isLast = attempt === CHUNK_ATTEMPTS || !(error instanceof VitrineError) || !error.isRetryable;
        if (isLast) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, CHUNK_FIRST_PAUSE_MS * 2 ** (attempt - 1)));
    }
  }
}

/**
 * Makes the store and gives Redis a moment to answer; a Redis that is down does not fail it.
 *
 * Errors: REC_INVALID_CONFIG when the options do not fit the mode.
 */
export async function openRedisFeatureStore(
  options: RedisStoreOptions,
  hooks: StoreHooks = {},
): Promise<RedisFeatureStore> {
  const store = new RedisFeatureStore(options, hooks);
  await store.connect(Deadline.after(options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS));
  return store;
}
