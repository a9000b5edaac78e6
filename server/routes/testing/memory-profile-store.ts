import type { ShopperKey } from '../../../features/core/ids.ts';
import { emptyProfile, type Profile } from '../../../features/profile/profile.ts';
import type { FeatureStore, ProfileChange } from '../../../features/store/feature-store.ts';

/** Profiles of one test, held to the store's contract for updates: atomic, and `change` may run more than once. */
export class MemoryProfileStore implements Pick<FeatureStore, 'updateProfile'> {
  readonly profiles = new Map<ShopperKey, Profile>();
  writeCount = 0;
  /** Runs of `change` whose result is thrown away, as when another writer came first. */
  conflictsPerUpdate = 0;
  /** Thrown instead of updating this shopper; `*` stands for all. */
  readonly failures = new Map<string, Error>();

  async updateProfile(key: ShopperKey, change: (profile: Profile) => ProfileChange): Promise<void> {
    await Promise.resolve();
    const failure = this.failures.get(key) ?? this.failures.get('*');
    if (failure !== undefined) throw failure;
    for (let i = 0; i < this.conflictsPerUpdate; i++) change(this.copyOf(key));
    const profile = this.copyOf(key);
    if (change(profile) === 'keep') return;
    this.profiles.set(key, profile);
    this.writeCount += 1;
  }

  private copyOf(key: ShopperKey): Profile {
    return structuredClone(this.profiles.get(key) ?? emptyProfile());
  }
}
