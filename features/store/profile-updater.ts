import type { Deadline } from '../core/deadline.ts';
import { VitrineError } from '../core/errors.ts';
import type { ShopperKey } from '../core/ids.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { decodeProfile } from '../profile/profile-codec.ts';
import type { ProfileChange } from './feature-store.ts';

/** A profile record as an adapter found it. */
export interface StoredRecord<Token> {
  /** Undefined: there is no record. */
  readonly bytes: Uint8Array | undefined;
  /** Names this very state of the record, its absence included. */
  readonly token: Token;
}

/** What an adapter offers so that {@link ProfileUpdater} can make its updates atomic. */
export interface ProfileRecords<Token> {
  read(key: ShopperKey): Promise<StoredRecord<Token>>;

  /**
   * Stores `profile` if the record is still in the state `token` names.
   *
   * @returns undefined when it was stored, otherwise the state another writer left
   */
  compareAndSet(key: ShopperKey, token: Token, profile: Profile): Promise<StoredRecord<Token> | undefined>;
}

interface Waiter {
  readonly change: (profile: Profile) => ProfileChange;
  readonly deadline: Deadline;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Changes brought into one write: bounds how long one shopper's crowd holds the event loop (tens of microseconds each). */
const MOST_CHANGES_PER_WRITE = 64;

/** Longest pause before another attempt when other processes keep writing the same shopper. */
const LONGEST_PAUSE_MS = 8;

/**
 * Makes profile updates atomic over any store that can compare and set one record.
 *
 * Within the process the updates of one shopper queue up, and those that wait while one is in flight share the next write: their
 * changes run in order on the same profile. So only other processes ever compete for a record, and then the loser applies its
 * changes again to what the winner left, until the deadline.
 *
 * Errors: REC_DEADLINE_EXCEEDED when the deadline passes first; the change may then still be stored (events are idempotent by id).
 * An error thrown by `change` rejects that caller only.
 */
export class ProfileUpdater<Token> {
  private readonly records: ProfileRecords<Token>;
  /** Those who wait for the next write, by shopper; an entry exists while a write is in flight. */
  private readonly waitingByKey = new Map<ShopperKey, Waiter[]>();

  constructor(records: ProfileRecords<Token>) {
    this.records = records;
  }

  update(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void> {
    const what = 'updating a profile';
    if (deadline.isPast()) return Promise.reject(deadlineExceeded(what));
    const done = new Promise<void>((resolve, reject) => {
      const waiter: Waiter = { change, deadline, resolve, reject };
      const waiting = this.waitingByKey.get(key);
      if (waiting !== undefined) {
        waiting.push(waiter);
        return;
      }
      this.waitingByKey.set(key, [waiter]);
      void this.writeUntilNobodyWaits(key);
    });
    return deadline.race(done, what);
  }

  private async writeUntilNobodyWaits(key: ShopperKey): Promise<void> {
    for (;;) {
      const waiting = this.waitingByKey.get(key);
      if (waiting === undefined || waiting.length === 0) {
        this.waitingByKey.delete(key);
        return;
      }
      const batch = waiting.splice(0, MOST_CHANGES_PER_WRITE);
      try {
        await this.writeTogether(key, batch);
      } catch (error) {
        for (const waiter of batch) waiter.reject(error);
      }
    }
  }

  private async writeTogether(key: ShopperKey, batch: readonly Waiter[]): Promise<void> {
    let remaining = batch;
    let stored: StoredRecord<Token> | undefined;
    for (let attempt = 1; ; ) {
      // Whoever has run out of time was told so already; writing for them would only hold up the rest.
      remaining = remaining.filter((waiter) => !waiter.deadline.isPast());
      if (remaining.length === 0) return;
      stored ??= await this.records.read(key);
      const profile = stored.bytes === undefined ? emptyProfile() : decodeProfile(stored.bytes);
      const outcome = applyChanges(profile, remaining);
      if (outcome.failed !== undefined) {
        // The failed change may have left its traces in the profile: start over from the record without it.
        outcome.failed.reject(outcome.error);
        remaining = remaining.filter((waiter) => waiter !== outcome.failed);
        continue;
      }
      const winner: StoredRecord<Token> | undefined = outcome.mustWrite
        ? await this.records.compareAndSet(key, stored.token, profile)
        : undefined;
      if (winner === undefined) {
        for (const waiter of remaining) waiter.resolve();
        return;
      }
      // The first retry builds on what the winner left; from then on a random pause breaks the lockstep of several losers.
      stored = attempt === 1 ? winner : undefined;
      if (attempt > 1) await pauseMs(Math.random() * Math.min(2 ** attempt / 4, LONGEST_PAUSE_MS));
      attempt++;
    }
  }
}

interface Outcome {
  readonly mustWrite: boolean;
  readonly failed?: Waiter;
  readonly error?: unknown;
}

function applyChanges(profile: Profile, waiters: readonly Waiter[]): Outcome {
  let mustWrite = false;
  for (const waiter of waiters) {
    try {
      if (waiter.change(profile) === 'write') mustWrite = true;
    } catch (error) {
      return { mustWrite: false, failed: waiter, error };
    }
  }
  return { mustWrite };
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
