import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import type { Database } from 'lmdb';
import type { ItemRecord } from '../catalogue/catalogue.ts';
import { type Clock, MS_PER_DAY, systemClock } from '../core/clock.ts';
import type { Deadline } from '../core/deadline.ts';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { decodeProfile, encodeProfile, REVISION_BYTES, readErasedAtMs } from '../profile/profile-codec.ts';
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
import { profileKey, profileKeyRange, shopperOfProfileKey } from './key-layout.ts';
import { LmdbAccess } from './lmdb-access.ts';
import { LmdbItems } from './lmdb-items.ts';
import { LmdbLogs } from './lmdb-logs.ts';
import { type LogBounds, type LogRetention, logBoundsOf, logStartMs } from './log-retention.ts';
import {
  deadlineExceeded,
  type ProfileRecords,
  ProfileUpdater,
  type ProfileWrite,
  type StoredRecord,
  type StoreHooks,
} from './profile-updater.ts';
import { fulfilled, settle } from './settled.ts';

export interface LmdbStoreOptions extends LogRetention {
  readonly kind: 'lmdb';
  /** Folder of the store; made when it is missing. Several processes may share it; several machines may not. */
  readonly path: string;
  /** Name of the shop; part of every key. */
  readonly shop: string;
  /** Days a profile is kept after its last write. */
  readonly profileTtlDays: number;
  /** Decides what has expired. @defaultValue systemClock */
  readonly clock?: Clock;
  /** Milliseconds between the slices in which expired profiles and log entries are removed. @defaultValue 1000 */
  readonly sweepIntervalMs?: number;
}

/** A profile value is this head, epoch milliseconds of its expiry as a big-endian double, then the profile record. */
const EXPIRY_BYTES = 8;

/** Version of a key that is not there. Those of records start at random, so that a record made anew is never taken for the old one. */
const NO_VERSION = 0;
const FIRST_VERSION_BOUND = 2 ** 47;

const PROFILES_PER_READ = 1_000;

/** One slice per second passes five million profiles a day, and takes well under a millisecond of the event loop. */
const SWEEP_INTERVAL_MS = 1_000;
const SWEEP_SLICE = 64;

/**
 * Feature store in a folder of this machine: the default, nothing to install.
 *
 * Reads are memory-mapped and synchronous, without a round trip. Writes go through LMDB's own thread, many per commit, and resolve
 * when they are on the disk and visible to every process that has the folder open, so that they outlive a crash of the process and
 * of the machine. An update is a conditional write, decided within one write transaction on the version of the record: the write
 * lock is never held while JavaScript runs.
 *
 * Expired profiles read as missing and are removed in the background, a slice of the folder per second; so are log entries beyond
 * their bounds. Products stay until they are deleted.
 */
export class LmdbFeatureStore implements FeatureStore {
  readonly description: string;
  private readonly access: LmdbAccess;
  private readonly profiles: Database<Buffer, string>;
  private readonly logs: LmdbLogs;
  private readonly items: LmdbItems;
  private readonly shop: string;
  private readonly ttlMs: number;
  private readonly logBounds: LogBounds;
  private readonly clock: Clock;
  private readonly updater: ProfileUpdater<number>;
  private readonly sweepTimer: NodeJS.Timeout;
  private sweptUpTo: string | undefined;

  /** Errors: REC_INVALID_CONFIG when the folder cannot be made, read or written, or holds something else. */
  constructor(options: LmdbStoreOptions, hooks: StoreHooks = {}) {
    this.description = `lmdb ${resolve(options.path)} shop ${options.shop}`;
    this.shop = options.shop;
    this.ttlMs = Math.round(options.profileTtlDays * MS_PER_DAY);
    this.logBounds = logBoundsOf(options);
    this.clock = options.clock ?? systemClock;
    this.access = new LmdbAccess(options.path, this.description);
    this.profiles = this.access.root.openDB('profiles', { encoding: 'binary', useVersions: true });
    this.logs = new LmdbLogs(this.access, this.shop, this.logBounds, this.clock);
    this.items = new LmdbItems(this.access, this.shop, this.clock);
    this.updater = new ProfileUpdater(this.profileRecords(), hooks);
    this.sweepTimer = setInterval(
      () => void this.sweep().catch(() => {}),
      options.sweepIntervalMs ?? SWEEP_INTERVAL_MS,
    );
    this.sweepTimer.unref();
  }

  async readProfile(key: ShopperKey, deadline: Deadline): Promise<Profile | undefined> {
    const { bytes } = this.access.read('reading a profile', () => this.find(key), deadline);
    return bytes === undefined ? undefined : decodeProfile(bytes);
  }

  updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void> {
    return this.updater.update(key, change, deadline);
  }

  updateProfiles(updates: readonly ProfileUpdate[], deadline: Deadline): Promise<PromiseSettledResult<void>[]> {
    return this.updater.updateAll(updates, deadline);
  }

  async writeProfiles(entries: Iterable<readonly [ShopperKey, Profile]>): Promise<void> {
    await this.access.writeInChunks('writing profiles', entries, ([key, profile]) =>
      this.profiles.put(profileKey(this.shop, key), this.withExpiry(profile), newVersion()),
    );
  }

  readLog(kind: LogKind): AsyncIterable<LogEntry> {
    return this.logs.readAll(kind, logStartMs(this.logBounds, this.clock.nowMs()));
  }

  async appendSlates(entries: readonly SlateEntry[], deadline: Deadline): Promise<void> {
    if (entries.length === 0) return;
    const what = 'appending slates';
    if (deadline.isPast()) throw deadlineExceeded(what);
    const ids = await deadline.race(this.logs.appendSlates(entries), what);
    // Looking after the append, not before: whatever an erasure meanwhile did not see, this sees, and the other way round.
    const tooLate = this.access.read(what, () => ids.filter((_, i) => this.wasErasedSince(entries[i]!)));
    await this.logs.remove('slates', tooLate);
  }

  eraseShopper(key: ShopperKey, erasedAtMs: number, deadline: Deadline): Promise<Erasure> {
    return eraseShopper({ store: this, logs: this.logs }, key, erasedAtMs, deadline);
  }

  findTraces(key: ShopperKey, scanned?: ScanCounts): AsyncIterable<Trace> {
    return findTraces(this.storedProfiles(), this.logs, key, scanned);
  }

  writeItems(items: Iterable<ItemRecord>): Promise<void> {
    return this.items.write(items);
  }

  updateItem(
    itemId: string,
    change: (current: ItemRecord | undefined) => ItemRecord | 'keep',
    deadline: Deadline,
  ): Promise<ItemRecord | undefined> {
    return this.items.update(itemId, change, deadline);
  }

  async readItem(itemId: string, deadline: Deadline): Promise<ItemRecord | undefined> {
    return this.items.read(itemId, deadline);
  }

  readAllItems(): AsyncIterable<ItemRecord> {
    return this.items.readAll();
  }

  async itemChangesPosition(deadline: Deadline): Promise<string> {
    return this.items.position(deadline);
  }

  async readItemChanges(position: string, deadline: Deadline): Promise<ItemChanges> {
    return this.items.readChanges(position, deadline);
  }

  async ping(deadline: Deadline): Promise<void> {
    this.items.ping(deadline);
  }

  async close(): Promise<void> {
    clearInterval(this.sweepTimer);
    await this.access.close();
  }

  /**
   * Removes what has expired among the next profiles of the folder, whichever shop they belong to, and from the shop's logs what is
   * beyond their bounds; after the last profile it starts over.
   *
   * @returns how many profiles were removed
   * @internal
   */
  async sweep(): Promise<number> {
    await this.logs.sweep();
    const options = { limit: SWEEP_SLICE, versions: true };
    const after = this.sweptUpTo;
    const slice = this.access.read('sweeping profiles', () =>
      Array.from(
        this.profiles.getRange(after === undefined ? options : { ...options, start: after, exclusiveStart: true }),
      ),
    );
    this.sweptUpTo = slice.length < SWEEP_SLICE ? undefined : slice.at(-1)?.key;
    const expired = slice.filter(({ value }) => this.isExpired(value));
    // Only the very version that was seen to be expired is removed, not one that was written since.
    const removals = expired.map(({ key, version }) => this.profiles.remove(key, version ?? NO_VERSION));
    const results = await Promise.all(removals);
    return results.filter((isRemoved) => isRemoved).length;
  }

  private profileRecords(): ProfileRecords<number> {
    return {
      read: async (keys) => this.access.readEach('reading a profile', keys, (key) => this.find(key)),
      encode: (profile) => this.withExpiry(profile),
      compareAndSet: async (writes) => {
        const what = 'writing a profile';
        const results = await this.access.writeEach(what, writes, (write) => this.writeIfUnchanged(write));
        return results.map((result, place) => {
          if (result.status === 'rejected') return result;
          if (result.value) return fulfilled(undefined);
          return settle(() => this.access.read('reading a profile', () => this.find(writes[place]!.key)));
        });
      },
    };
  }

  /** False: the record is another one by now. */
  private writeIfUnchanged({ key, token, record, log }: ProfileWrite<number>): Promise<boolean> {
    const name = profileKey(this.shop, key);
    const value = asBuffer(record);
    const version = token === NO_VERSION ? newVersion() : token + 1;
    // What is put in here is stored if the condition holds, all of it in the one transaction.
    const put = (): void => {
      this.profiles.put(name, value, version);
      this.logs.putEvents(key, log, version);
    };
    return token === NO_VERSION ? this.profiles.ifNoExists(name, put) : this.profiles.ifVersion(name, token, put);
  }

  private find(key: ShopperKey): StoredRecord<number> {
    const entry = this.profiles.getEntry(profileKey(this.shop, key));
    if (entry === undefined) return { bytes: undefined, token: NO_VERSION };
    const token = entry.version ?? NO_VERSION;
    return this.isExpired(entry.value)
      ? { bytes: undefined, token }
      : { bytes: entry.value.subarray(EXPIRY_BYTES), token };
  }

  private wasErasedSince({ shopper, atMs }: SlateEntry): boolean {
    const bytes = shopper === undefined ? undefined : this.find(shopper).bytes;
    return bytes !== undefined && atMs <= readErasedAtMs(bytes);
  }

  private async *storedProfiles(): AsyncIterable<StoredProfile> {
    const { start, end } = profileKeyRange(this.shop);
    let after = start;
    for (;;) {
      const options = { start: after, exclusiveStart: true, end, limit: PROFILES_PER_READ };
      const part = this.access.read('reading all profiles', () => Array.from(this.profiles.getRange(options)));
      for (const { key, value } of part) {
        const shopper = shopperOfProfileKey(this.shop, key);
        if (shopper !== undefined) yield { key, shopper, bytes: value.subarray(EXPIRY_BYTES) };
      }
      const last = part.at(-1);
      if (last === undefined || part.length < PROFILES_PER_READ) return;
      after = last.key;
    }
  }

  private isExpired(value: Buffer): boolean {
    return value.length >= EXPIRY_BYTES && value.readDoubleBE(0) <= this.clock.nowMs();
  }

  private withExpiry(profile: Profile): Buffer {
    const record = encodeProfile(profile, new Uint8Array(REVISION_BYTES));
    const value = Buffer.allocUnsafe(EXPIRY_BYTES + record.length);
    value.writeDoubleBE(this.clock.nowMs() + this.ttlMs, 0);
    value.set(record, EXPIRY_BYTES);
    return value;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function newVersion(): number {
  return randomInt(1, FIRST_VERSION_BOUND);
}
