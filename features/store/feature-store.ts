import type { ItemRecord } from '../catalogue/catalogue.ts';
import type { Deadline } from '../core/deadline.ts';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';

/** What a profile update decides after seeing the current state: keep the changed profile or leave the record alone. */
export type ProfileChange = 'write' | 'keep';

/**
 * Where what is known of shoppers and products lives between requests.
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
   * several changes may share one write. Resolves after the record is stored.
   *
   * Errors: after REC_DEADLINE_EXCEEDED or REC_STORE_UNAVAILABLE the change may or may not have been stored.
   */
  updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange, deadline: Deadline): Promise<void>;

  /** Replaces many profiles, for materialization; not atomic as a whole. */
  writeProfiles(entries: Iterable<readonly [ShopperKey, Profile]>): Promise<void>;

  /** Adds or replaces products. */
  writeItems(items: Iterable<ItemRecord>): Promise<void>;

  /** Missing: undefined. */
  readItem(itemId: string, deadline: Deadline): Promise<ItemRecord | undefined>;

  /** Every product, in no stated order. */
  readAllItems(): AsyncIterable<ItemRecord>;

  /** Answers when the store can serve; for readiness. */
  ping(deadline: Deadline): Promise<void>;

  close(): Promise<void>;
}
