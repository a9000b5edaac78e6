import type { ItemRecord } from '../catalogue/catalogue.ts';
import type { Deadline } from '../core/deadline.ts';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';

/**
 * What a profile update decides after seeing the current state: leave the record alone, write the changed profile, or write it and
 * append entries to the event log in the same atomic step (all of it is stored or nothing).
 */
export type ProfileChange = 'write' | 'keep' | { readonly log: readonly string[] };

/** One shopper's part of {@link FeatureStore.updateProfiles}. */
export interface ProfileUpdate {
  readonly key: ShopperKey;
  /** See {@link FeatureStore.updateProfile}. */
  readonly change: (profile: Profile) => ProfileChange;
}

/** `events`: what was accepted, one entry an event. `slates`: what was served, one entry a slate. */
export const LOG_KINDS = ['events', 'slates'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** An entry as it lies in a log. */
export interface LogEntry {
  /** Names the entry within its log. */
  readonly id: string;
  /** Undefined: a slate that was not personalised. */
  readonly shopper: ShopperKey | undefined;
  /** One line of JSON. */
  readonly text: string;
}

/** A served slate to remember. */
export interface SlateEntry {
  /** Undefined: the slate was not personalised. */
  readonly shopper: ShopperKey | undefined;
  /** Epoch milliseconds at which it was served; not kept when the shopper was erased since. */
  readonly atMs: number;
  /** One line of JSON. */
  readonly text: string;
}

/** A product that was written. */
export interface ItemChange {
  /** The product as it is now, deleted ones included. */
  readonly record: ItemRecord;
  /** Epoch milliseconds at which the store took the write. */
  readonly atMs: number;
}

/** What was written since a position. */
export interface ItemChanges {
  /** By time; a product once, with its latest state. Empty: nothing was written since. */
  readonly changes: readonly ItemChange[];
  /** Where to go on reading. */
  readonly position: string;
  /** The log no longer reaches back to the position: take a new one, then read all products. */
  readonly isLost: boolean;
}

/** What an erasure removed, in numbers. */
export interface Erasure {
  /** 1 when the shopper's record held anything. */
  readonly profiles: number;
  /** Records of sessions that had joined the account. */
  readonly sessions: number;
  /** Entries of the two logs. */
  readonly events: number;
  readonly slates: number;
}

/** How much a search looked at; a caller passes zeros in. */
export interface ScanCounts {
  profiles: number;
  events: number;
  slates: number;
}

/** Something the store holds of a shopper. */
export interface Trace {
  /** Where it lies: the key of the record, or log and id of the entry. */
  readonly key: string;
  /**
   * `tombstone`: only the moment of the erasure, and a refusal stated before it. `profile`: a record with more in it. `session`: the record of a session that belongs to
   * the account. `event`, `slate`: an entry of a log.
   */
  readonly kind: 'tombstone' | 'profile' | 'session' | 'event' | 'slate';
  readonly detail: string;
}

/**
 * Where what is known of shoppers and products lies between requests.
 *
 * Excludes: rules, models, near-caches, retries above one update. One shop per store instance; keys of several shops never meet.
 * Errors: REC_STORE_UNAVAILABLE when the store cannot be reached or answers with an error, REC_DEADLINE_EXCEEDED when it does not answer
 * in time, REC_RECORD_INVALID when a record cannot be decoded. "No row" is not an error.
 */
export interface FeatureStore {
  /** Technology and place without secrets, for logs and /readyz. */
  readonly description: string;

  /**
   * Reads one shopper in one round trip.
   *
   * Missing: undefined. Ownership: the caller's.
   */
  readProfile(key: ShopperKey, deadline: Deadline): Promise<Profile | undefined>;

  /**
   * Changes one shopper atomically under any number of concurrent writers, in this process and others.
   *
   * `change` gets the current profile (an empty one when there is none), changes it in place and says whether to write; it must be
   * free of side effects, since it runs again when another writer came first, and `keep` promises that it changed nothing, since
   * several changes may share one write. Resolves after the record is stored, and with it the log entries of this change.
   *
   * Errors: after REC_DEADLINE_EXCEEDED or REC_STORE_UNAVAILABLE the change may or may not have been stored.
   */
  updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void>;

  /**
   * Does many {@link FeatureStore.updateProfile} at once: one round trip reads all shoppers, one writes them. Each is atomic on its own;
   * they do not succeed or fail together.
   *
   * Order: one result per update, in their order; changes of one shopper run in order. Never rejects.
   */
  updateProfiles(updates: readonly ProfileUpdate[], deadline: Deadline): Promise<PromiseSettledResult<void>[]>;

  /** Replaces many profiles, for materialization; not atomic as a whole. */
  writeProfiles(entries: Iterable<readonly [ShopperKey, Profile]>): Promise<void>;

  /**
   * Everything a log holds within its retention.
   *
   * Order: entries of one shopper in the order they were accepted; none between shoppers.
   */
  readLog(kind: LogKind): AsyncIterable<LogEntry>;

  /** Appends served slates to their log; leaves out those served before their shopper was erased. Not atomic as a whole. */
  appendSlates(entries: readonly SlateEntry[], deadline: Deadline): Promise<void>;

  /**
   * Removes everything known of a shopper: the record is replaced by a tombstone that only says until when events are refused and whether the shopper had refused personalisation, the
   * entries of both logs are deleted, and the same is done to the sessions that joined the account. Sessions go first from the second
   * step on, so that after a failure the same call finds what is left; done again, it removes nothing.
   *
   * Excludes: entries that carry another shopper's key; what comes in with a later time than `erasedAtMs` while this runs may go or stay.
   *
   * @param erasedAtMs epoch milliseconds; events up to it are refused from now on, and up to the latest event of the record, which a
   * clock that runs ahead may have dated later. An earlier one than the record's changes nothing there.
   */
  eraseShopper(key: ShopperKey, erasedAtMs: number, deadline: Deadline): Promise<Erasure>;

  /**
   * Searches everything the shop holds for a shopper. Cost: reads the whole shop.
   *
   * @param scanned counted up while the search goes on: what a proof is worth depends on what was looked at
   */
  findTraces(key: ShopperKey, scanned?: ScanCounts): AsyncIterable<Trace>;

  /** Adds or replaces products; those that change are told to followers, see {@link FeatureStore.readItemChanges}. */
  writeItems(items: Iterable<ItemRecord>): Promise<void>;

  /**
   * Changes one product atomically under any number of concurrent writers, and tells followers in the same step.
   *
   * `change` gets the current product, a deleted one as {@link deletedItem} (undefined: the store never had it), and gives the new one, or
   * `keep`; it must be free of side effects, since it may run again. A deletion is the record {@link deletedItem}, so that a change that
   * comes after it knows.
   *
   * @returns what is stored now, the same way
   */
  updateItem(
    itemId: string,
    change: (current: ItemRecord | undefined) => ItemRecord | 'keep',
    deadline: Deadline,
  ): Promise<ItemRecord | undefined>;

  /** Missing: undefined, also when it was deleted. */
  readItem(itemId: string, deadline: Deadline): Promise<ItemRecord | undefined>;

  /** Every product, deleted ones included, in no stated order. */
  readAllItems(): AsyncIterable<ItemRecord>;

  /**
   * Where reading changes starts: what is written after this is asked comes from {@link FeatureStore.readItemChanges}. A follower takes
   * it before it reads all products.
   */
  itemChangesPosition(deadline: Deadline): Promise<string>;

  /** The next products that were written since a position, a bounded number at a time. Cheap when there are none: made to be polled. */
  readItemChanges(position: string, deadline: Deadline): Promise<ItemChanges>;

  /** Answers when the store can serve; for readiness. */
  ping(deadline: Deadline): Promise<void>;

  close(): Promise<void>;
}
