import type { ShopperKey } from '../../../features/core/ids.ts';
import { emptyProfile, type Profile } from '../../../features/profile/profile.ts';
import type { FeatureStore, ProfileChange } from '../../../features/store/feature-store.ts';

/** Profiles of one test, held to the store's contract for updates: atomic, and `change` may run more than once. */
export class MemoryProfileStore implements Pick<FeatureStore, 'updateProfile'> {
  readonly profiles = new Map<ShopperKey, Profile>();
  writeCount = 0;
  /** States `change` is run on first, its result thrown away, as when another writer came in between. */
  overtakenStates: readonly Profile[] = [];
  /** Thrown instead of updating this shopper; `*` stands for all. */
  readonly failures = new Map<string, Error>();

  async updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange): Promise<void> {
    await Promise.resolve();
    const failure = this.failures.get(key) ?? this.failures.get('*');
    if (failure !== undefined) throw failure;
    for (const state of this.overtakenStates) change(structuredClone(state));
    const profile = this.copyOf(key);
    if (change(profile) === 'keep') return;
    this.profiles.set(key, profile);
    this.writeCount += 1;
  }

  private copyOf(key: ShopperKey): Profile {
    return structuredClone(this.profiles.get(key) ?? emptyProfile());
  }
}
