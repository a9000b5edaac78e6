import type { Deadline } from '../../../features/core/deadline.ts';
import type { ShopperKey } from '../../../features/core/ids.ts';
import { emptyProfile, type Profile } from '../../../features/profile/profile.ts';
import type { FeatureStore, ProfileUpdate } from '../../../features/store/feature-store.ts';

/** Profiles of one test, held to the store's contract for updates: atomic, and `change` may run more than once. */
export class MemoryProfileStore implements Pick<FeatureStore, 'readProfile' | 'updateProfiles'> {
  readonly profiles = new Map<ShopperKey, Profile>();
  /** The event log, in the order of writes. */
  readonly log: { readonly shopper: ShopperKey; readonly entry: Readonly<Record<string, unknown>> }[] = [];
  writeCount = 0;
  /** States `change` is run on first, its result thrown away, as when another writer came in between. */
  overtakenStates: readonly Profile[] = [];
  /** Thrown instead of updating this shopper; `*` stands for all. */
  readonly failures = new Map<string, Error>();

  updateProfiles(updates: readonly ProfileUpdate[]): Promise<PromiseSettledResult<void>[]> {
    return Promise.allSettled(updates.map((update) => this.update(update)));
  }

  async readProfile(key: ShopperKey, _deadline?: Deadline): Promise<Profile | undefined> {
    const failure = this.failures.get(key) ?? this.failures.get('*');
    if (failure !== undefined) throw failure;
    return structuredClone(this.profiles.get(key));
  }

  private async update({ key, change }: ProfileUpdate): Promise<void> {
    await Promise.resolve();
    const failure = this.failures.get(key) ?? this.failures.get('*');
    if (failure !== undefined) throw failure;
    for (const state of this.overtakenStates) change(structuredClone(state));
    const profile = structuredClone(this.profiles.get(key) ?? emptyProfile());
    const decision = change(profile);
    if (decision === 'keep') return;
    this.profiles.set(key, profile);
    this.writeCount += 1;
    if (decision === 'write') return;
    for (const text of decision.log) this.log.push({ shopper: key, entry: JSON.parse(text) });
  }
}
