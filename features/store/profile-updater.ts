import type { Deadline } from '../core/deadline.ts';
import { VitrineError } from '../core/errors.ts';
import type { ShopperKey } from '../core/ids.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { decodeProfile } from '../profile/profile-codec.ts';
import type { ProfileChange, ProfileUpdate } from './feature-store.ts';
import { fulfilled, rejected, type Settled, valueOrThrow } from './settled.ts';

/** A profile record as an adapter found it. */
export interface StoredRecord<Token> {
  /** Undefined: there is no record. */
  readonly bytes: Uint8Array | undefined;
  /** Names this very state of the record, its absence included. */
  readonly token: Token;
}

/** A record to store if it is still in the state `token` names, and the entries to append to the event log with it. */
export interface ProfileWrite<Token> {
  readonly key: ShopperKey;
  readonly token: Token;
  /** As {@link ProfileRecords.encode} made it. */
  readonly record: Uint8Array;
  readonly log: readonly string[];
}

/** What an adapter offers so that {@link ProfileUpdater} can make its updates atomic: all at once, one result each, in order. */
export interface ProfileRecords<Token> {
  read(keys: readonly ShopperKey[]): Promise<Settled<StoredRecord<Token>>[]>;

  /** The record as {@link ProfileRecords.compareAndSet} stores it. Profiles are not held while a write is on its way: there are many. */
  encode(profile: Profile): Uint8Array;

  /**
   * Stores each record that is still in the state its token names, together with its log entries.
   *
   * @returns undefined where it was stored, otherwise the state another writer left
   */
  compareAndSet(writes: readonly ProfileWrite<Token>[]): Promise<Settled<StoredRecord<Token> | undefined>[]>;
}

/** What somebody outside wants to know of a store's work. */
export interface StoreHooks {
  /** Called with the bytes of each profile record on its way to the store, also when another writer comes first. */
  readonly onProfileWritten?: (bytes: number) => void;
}

interface Waiter {
  readonly change: (profile: Profile) => ProfileChange;
  readonly deadline: Deadline;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** One write of one shopper on its way, with everyone it is for. */
interface Attempt<Token> {
  readonly key: ShopperKey;
  waiters: readonly Waiter[];
  /** Undefined: to be read. */
  stored: StoredRecord<Token> | undefined;
  /** How often another process came first. */
  lossCount: number;
}

/** Changes brought into one write: bounds how long one shopper's crowd holds the event loop (tens of microseconds each). */
const MOST_CHANGES_PER_WRITE = 64;

/** Longest pause before another attempt when other processes keep writing the same shopper. */
const LONGEST_PAUSE_MS = 8;

/**
 * Makes profile updates atomic over any store that can compare and set records.
 *
 * Within the process the updates of one shopper queue up, and those that wait while one is in flight share the next write: their
 * changes run in order on the same profile. So only other processes ever compete for a record, and then the loser applies its
 * changes again to what the winner left, until the deadline. Updates of several shoppers that come together share their round trips.
 *
 * Errors: REC_DEADLINE_EXCEEDED when the deadline passes first; the change may then still be stored (events are idempotent by id).
 * An error thrown by `change` rejects that caller only.
 */
export class ProfileUpdater<Token> {
  private readonly records: ProfileRecords<Token>;
  private readonly hooks: StoreHooks;
  /** Those who wait for the next write, by shopper; an entry exists while a write is in flight. */
  private readonly waitingByKey = new Map<ShopperKey, Waiter[]>();

  constructor(records: ProfileRecords<Token>, hooks: StoreHooks = {}) {
    this.records = records;
    this.hooks = hooks;
  }

  async update(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void> {
    const [result] = await this.updateAll([{ key, change }], deadline);
    valueOrThrow(result!);
  }

  async updateAll(updates: readonly ProfileUpdate[], deadline: Deadline): Promise<Settled<void>[]> {
    const what = 'updating a profile';
    const results = new Array<Settled<void> | undefined>(updates.length).fill(undefined);
    if (updates.length > 0 && !deadline.isPast()) {
      const done = new Promise<void>((resolve) => {
        let openCount = updates.length;
        const settle = (place: number, result: Settled<void>): void => {
          results[place] = result;
          openCount--;
          if (openCount === 0) resolve();
        };
        this.start(updates, deadline, settle);
      });
      await deadline.race(done, what).catch(() => {});
    }
    return results.map((result) => result ?? rejected(deadlineExceeded(what)));
  }

  private start(
    updates: readonly ProfileUpdate[],
    deadline: Deadline,
    settle: (place: number, result: Settled<void>) => void,
  ): void {
    const idle: ShopperKey[] = [];
    for (const [place, { key, change }] of updates.entries()) {
      const waiter: Waiter = {
        change,
        deadline,
        resolve: () => settle(place, fulfilled(undefined)),
        reject: (error) => settle(place, rejected(error)),
      };
      const waiting = this.waitingByKey.get(key);
      if (waiting !== undefined) {
        waiting.push(waiter);
        continue;
      }
      this.waitingByKey.set(key, [waiter]);
      idle.push(key);
    }
    void this.run(idle.flatMap((key) => this.nextAttempt(key)));
  }

  /** The next write of a shopper; none when nobody waits for it any more. */
  private nextAttempt(key: ShopperKey): Attempt<Token>[] {
    const waiters = this.waitingByKey.get(key)?.splice(0, MOST_CHANGES_PER_WRITE) ?? [];
    if (waiters.length > 0) return [{ key, waiters, stored: undefined, lossCount: 0 }];
    this.waitingByKey.delete(key);
    return [];
  }

  /** Goes on until nobody waits for these shoppers. */
  private async run(first: readonly Attempt<Token>[]): Promise<void> {
    for (let attempts = first; attempts.length > 0; ) {
      const lost = new Set(await this.writeTogether(attempts));
      attempts = attempts.flatMap((attempt) => {
        if (!lost.has(attempt)) return this.nextAttempt(attempt.key);
        if (attempt.lossCount === 1) return [attempt];
        void this.runAfterPause(attempt);
        return [];
      });
    }
  }

  /** A random pause breaks the lockstep of several losers; the other shoppers of the batch do not wait for it. */
  private async runAfterPause(attempt: Attempt<Token>): Promise<void> {
    await pauseMs(Math.random() * Math.min(2 ** attempt.lossCount / 4, LONGEST_PAUSE_MS));
    attempt.stored = undefined;
    await this.run([attempt]);
  }

  /** Reads, changes and writes; tells everyone but those who wait for an attempt that lost to another process, which it returns. */
  private async writeTogether(attempts: readonly Attempt<Token>[]): Promise<Attempt<Token>[]> {
    // Whoever has run out of time was told so already; writing for them would only hold up the rest.
    for (const attempt of attempts) attempt.waiters = attempt.waiters.filter((waiter) => !waiter.deadline.isPast());
    const live = attempts.filter((attempt) => attempt.waiters.length > 0);
    const lost: Attempt<Token>[] = [];
    try {
      await this.readMissing(live);
      const writing: Attempt<Token>[] = [];
      const writes: ProfileWrite<Token>[] = [];
      for (const attempt of live) {
        const write = this.applyChanges(attempt);
        if (write === undefined) continue;
        writing.push(attempt);
        writes.push(write);
      }
      const results = writes.length === 0 ? [] : await this.records.compareAndSet(writes);
      for (const [place, result] of results.entries()) {
        const attempt = writing[place]!;
        if (result.status === 'rejected') rejectAll(attempt, result.reason);
        else if (result.value === undefined) resolveAll(attempt);
        else {
          // The first retry builds on what the winner left.
          attempt.stored = result.value;
          attempt.lossCount += 1;
          lost.push(attempt);
        }
      }
    } catch (error) {
      for (const attempt of live) rejectAll(attempt, error);
    }
    return lost;
  }

  private async readMissing(attempts: readonly Attempt<Token>[]): Promise<void> {
    const unread = attempts.filter((attempt) => attempt.stored === undefined);
    if (unread.length === 0) return;
    const results = await this.records.read(unread.map(({ key }) => key));
    for (const [place, result] of results.entries()) {
      const attempt = unread[place]!;
      if (result.status === 'fulfilled') attempt.stored = result.value;
      else rejectAll(attempt, result.reason);
    }
  }

  /** Runs the changes of everyone who waits; undefined when there is nothing to write, and everyone has been told. */
  private applyChanges(attempt: Attempt<Token>): ProfileWrite<Token> | undefined {
    const { key, stored } = attempt;
    if (stored === undefined) return undefined;
    // A failed change may leave its traces in the profile: each round starts over from the record without it.
    for (;;) {
      const log: string[] = [];
      let mustWrite = false;
      let running: Waiter | undefined;
      try {
        const profile = stored.bytes === undefined ? emptyProfile() : decodeProfile(stored.bytes);
        for (running of attempt.waiters) {
          const change = running.change(profile);
          if (change === 'keep') continue;
          mustWrite = true;
          if (change !== 'write') log.push(...change.log);
        }
        if (mustWrite) {
          const record = this.records.encode(profile);
          this.hooks.onProfileWritten?.(record.length);
          return { key, token: stored.token, record, log };
        }
        resolveAll(attempt);
        return undefined;
      } catch (error) {
        if (running === undefined) {
          rejectAll(attempt, error);
          return undefined;
        }
        running.reject(error);
        attempt.waiters = attempt.waiters.filter((waiter) => waiter !== running);
      }
    }
  }
}

function resolveAll(attempt: Attempt<unknown>): void {
  for (const waiter of attempt.waiters) waiter.resolve();
  attempt.waiters = [];
}

function rejectAll(attempt: Attempt<unknown>, error: unknown): void {
  for (const waiter of attempt.waiters) waiter.reject(error);
  attempt.waiters = [];
}

/** The error of an operation that had no time left to begin with. */
export function deadlineExceeded(what: string, cause?: unknown): VitrineError {
  return new VitrineError('REC_DEADLINE_EXCEEDED', `${what} did not finish in time`, {
    details: { what },
    ...(cause === undefined ? {} : { cause }),
  });
}

function pauseMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
