import { randomInt } from 'node:crypto';
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { ItemRecord } from '../catalogue/catalogue.ts';
import { type Clock, MS_PER_DAY, systemClock } from '../core/clock.ts';
import type { Deadline } from '../core/deadline.ts';
import { messageOf, VitrineError } from '../core/errors.ts';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { decodeProfile, encodeProfile, REVISION_BYTES } from '../profile/profile-codec.ts';
import type { FeatureStore, ProfileChange } from './feature-store.ts';
import { decodeItem, encodeItem } from './item-codec.ts';
import { itemKey, itemKeyRange, profileKey } from './key-layout.ts';
import { deadlineExceeded, type ProfileRecords, ProfileUpdater, type StoredRecord } from './profile-updater.ts';

export interface LmdbStoreOptions {
  readonly kind: 'lmdb';
  /** Folder of the store; made when it is missing. Several processes may share it; several machines may not. */
  readonly path: string;
  /** Name of the shop; part of every key. */
  readonly shop: string;
  /** Days a profile is kept after its last write. */
  readonly profileTtlDays: number;
  /** Decides what has expired. @defaultValue systemClock */
  readonly clock?: Clock;
  /** Milliseconds between the slices in which expired profiles are removed. @defaultValue 1000 */
  readonly sweepIntervalMs?: number;
}

/** A profile value is this head, epoch milliseconds of its expiry as a big-endian double, then the profile record. */
const EXPIRY_BYTES = 8;

/** Version of a key that is not there; versions of records are random and never 0. */
const NO_VERSION = 0;
const VERSION_BOUND = 2 ** 47;

/** Writes handed to LMDB before waiting for their commit. */
const CHUNK_SIZE = 1_000;
const ITEMS_PER_READ = 1_000;

/** One slice per second passes five million profiles a day, and takes well under a millisecond of the event loop. */
const SWEEP_INTERVAL_MS = 1_000;
const SWEEP_SLICE = 64;

/** Every LMDB file carries this number in its first page. */
const LMDB_MAGIC = 0xbeefc0de;
const LMDB_MAGIC_OFFSET = 24;

/**
 * Feature store in a folder of this machine: the default, nothing to install.
 *
 * Reads are memory-mapped and synchronous, without a round trip. Writes go through LMDB's own thread, many per commit, and resolve
 * when they are visible to every process that has the folder open; they outlive a crash of the process at once, and one of the
 * machine as soon as the following flush is done (milliseconds). An update is a conditional write, decided within one write
 * transaction on a random version of the record: the write lock is never held while JavaScript runs.
 *
 * Expired profiles read as missing and are removed in the background, a slice of the folder per second.
 */
export class LmdbFeatureStore implements FeatureStore {
  readonly description: string;
  private readonly root: RootDatabase;
  private readonly profiles: Database<Buffer, string>;
  private readonly items: Database<string, string>;
  private readonly shop: string;
  private readonly ttlMs: number;
  private readonly clock: Clock;
  private readonly updater: ProfileUpdater<number>;
  private readonly sweepTimer: NodeJS.Timeout;
  private sweptUpTo: string | undefined;
  private isClosed = false;

  /** Errors: REC_INVALID_CONFIG when the folder cannot be made, read or written, or holds something else. */
  constructor(options: LmdbStoreOptions) {
    const path = resolve(options.path);
    this.description = `lmdb ${path} shop ${options.shop}`;
    this.shop = options.shop;
    this.ttlMs = Math.round(options.profileTtlDays * MS_PER_DAY);
    this.clock = options.clock ?? systemClock;
    this.root = openRoot(path);
    this.profiles = this.root.openDB('profiles', { encoding: 'binary', useVersions: true });
    this.items = this.root.openDB('items', { encoding: 'string' });
    this.updater = new ProfileUpdater(this.profileRecords());
    this.sweepTimer = setInterval(
      () => void this.sweep().catch(() => {}),
      options.sweepIntervalMs ?? SWEEP_INTERVAL_MS,
    );
    this.sweepTimer.unref();
  }

  async readProfile(key: ShopperKey, deadline: Deadline): Promise<Profile | undefined> {
    const { bytes } = this.read('reading a profile', () => this.find(key), deadline);
    return bytes === undefined ? undefined : decodeProfile(bytes);
  }

  updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void> {
    return this.updater.update(key, change, deadline);
  }

  async writeProfiles(entries: Iterable<readonly [ShopperKey, Profile]>): Promise<void> {
    await this.writeInChunks('writing profiles', entries, ([key, profile]) =>
      this.profiles.put(profileKey(this.shop, key), this.withExpiry(profile), newVersion()),
    );
  }

  async writeItems(items: Iterable<ItemRecord>): Promise<void> {
    await this.writeInChunks('writing items', items, (item) =>
      this.items.put(itemKey(this.shop, item.itemId), encodeItem(item)),
    );
  }

  async readItem(itemId: string, deadline: Deadline): Promise<ItemRecord | undefined> {
    const text = this.read('reading an item', () => this.items.get(itemKey(this.shop, itemId)), deadline);
    return text === undefined ? undefined : decodeItem(text);
  }

  async *readAllItems(): AsyncIterable<ItemRecord> {
    const { start, end } = itemKeyRange(this.shop);
    let after = start;
    for (;;) {
      // Read in parts, so that no snapshot stays open while the caller is at work: an open one keeps LMDB from reusing space.
      const options = { start: after, exclusiveStart: true, end, limit: ITEMS_PER_READ };
      const part = this.read('reading items', () => Array.from(this.items.getRange(options)));
      for (const { value } of part) yield decodeItem(value);
      const last = part.at(-1);
      if (last === undefined || part.length < ITEMS_PER_READ) return;
      after = last.key;
    }
  }

  async ping(deadline: Deadline): Promise<void> {
    this.read('asking the store for a sign of life', () => this.items.doesExist(itemKey(this.shop, '')), deadline);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.sweepTimer);
    await this.root.close();
  }

  /**
   * Removes what has expired among the next profiles of the folder, whichever shop they belong to; after the last it starts over.
   *
   * @returns how many were removed
   * @internal
   */
  async sweep(): Promise<number> {
    const options = { limit: SWEEP_SLICE, versions: true };
    const after = this.sweptUpTo;
    const slice = this.read('sweeping profiles', () =>
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
      read: async (key) => this.read('reading a profile', () => this.find(key)),
      compareAndSet: async (key, version, profile) => {
        const name = profileKey(this.shop, key);
        const value = this.withExpiry(profile);
        const isStored = await this.write('writing a profile', () =>
          version === NO_VERSION
            ? this.profiles.ifNoExists(name, () => this.profiles.put(name, value, newVersion()))
            : this.profiles.put(name, value, newVersion(), version),
        );
        return isStored ? undefined : this.read('reading a profile', () => this.find(key));
      },
    };
  }

  private find(key: ShopperKey): StoredRecord<number> {
    const entry = this.profiles.getEntry(profileKey(this.shop, key));
    if (entry === undefined) return { bytes: undefined, token: NO_VERSION };
    const token = entry.version ?? NO_VERSION;
    return this.isExpired(entry.value)
      ? { bytes: undefined, token }
      : { bytes: entry.value.subarray(EXPIRY_BYTES), token };
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

  private async writeInChunks<T>(what: string, all: Iterable<T>, write: (one: T) => Promise<boolean>): Promise<void> {
    let chunk: Promise<boolean>[] = [];
    for (const one of all) {
      chunk.push(this.write(what, () => write(one)));
      if (chunk.length < CHUNK_SIZE) continue;
      await Promise.all(chunk);
      chunk = [];
    }
    await Promise.all(chunk);
  }

  private read<T>(what: string, find: () => T, deadline?: Deadline): T {
    if (deadline?.isPast() === true) throw deadlineExceeded(what);
    this.refuseWhenClosed(what);
    try {
      // LMDB keeps its snapshot until the next timer, which may be older than what another process has acknowledged.
      this.profiles.resetReadTxn();
      return find();
    } catch (error) {
      throw this.translated(what, error);
    }
  }

  private async write<T>(what: string, send: () => Promise<T>): Promise<T> {
    this.refuseWhenClosed(what);
    try {
      return await send();
    } catch (error) {
      throw this.translated(what, await causeOf(error));
    }
  }

  private refuseWhenClosed(what: string): void {
    if (this.isClosed) throw this.translated(what, new Error('the store is closed'));
  }

  private translated(what: string, error: unknown): VitrineError {
    if (error instanceof VitrineError) return error;
    return new VitrineError('REC_STORE_UNAVAILABLE', `${what} failed at ${this.description}: ${messageOf(error)}`, {
      isRetryable: true,
      cause: error,
      details: { what },
    });
  }
}

/** A failed commit rejects each write with a general error, and names the reason in a promise that must be taken. */
async function causeOf(error: unknown): Promise<unknown> {
  const commitError = (error as { commitError?: Promise<unknown> } | null)?.commitError;
  if (commitError === undefined) return error;
  try {
    await commitError;
  } catch (reason) {
    return reason;
  }
  return error;
}

function newVersion(): number {
  return randomInt(1, VERSION_BOUND);
}

function openRoot(path: string): RootDatabase {
  const dataFile = join(path, 'data.mdb');
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (existsSync(dataFile)) refuseForeignFile(dataFile);
    // Without `noSubdir: false` a path with a dot in its last part would be taken for a file.
    return open({ path, noSubdir: false, maxDbs: 4 });
  } catch (error) {
    if (error instanceof VitrineError) throw error;
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `store.path "${path}" cannot be used (${messageOf(error)}): expected a folder that this process may make, read and write`,
      { cause: error },
    );
  }
}

/** LMDB maps the file and trusts it: a file of another kind would crash the process instead of failing. */
function refuseForeignFile(dataFile: string): void {
  const head = Buffer.alloc(LMDB_MAGIC_OFFSET + 4);
  const file = openSync(dataFile, 'r');
  let length: number;
  try {
    length = readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  // An empty file is what a process leaves that ended while it made the store; LMDB fills it.
  if (length === 0 || head.readUInt32LE(LMDB_MAGIC_OFFSET) === LMDB_MAGIC) return;
  throw new VitrineError(
    'REC_INVALID_CONFIG',
    `store.path: "${dataFile}" is not an LMDB file: choose another folder, or move the file away if the store may be made anew`,
  );
}
