import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { ProfileReplay } from '../examples/profile-replay.ts';

/**
 * Puts what a dataset says of shoppers and products into the online store, so that a server knows them from its first request on.
 *
 * Profiles are those a server would have after the same events. Existing records of the same shoppers and products are replaced.
 */
export async function materialize(
  dataset: Dataset,
  store: FeatureStore,
  options: { interestHalfLifeDays: number; onProgress?: (step: 'profiles' | 'items', doneRatio: number) => void },
): Promise<{ profileCount: number; itemCount: number }> {
  const { catalogue, events } = dataset;
  const replay = new ProfileReplay(dataset, options);
  replay.playTo(events.count);
  // Shoppers the shop knows of who did nothing yet have attributes to store.
  dataset.userIds.forEach((_, user) => {
    replay.profileOf(user);
  });
  const entries = [...replay.entries()];
  const chunk = 5000;
  for (let from = 0; from < entries.length; from += chunk) {
    await store.writeProfiles(entries.slice(from, from + chunk));
    options.onProgress?.('profiles', Math.min(1, (from + chunk) / entries.length));
  }
  for (let from = 0; from < catalogue.size; from += chunk) {
    const end = Math.min(catalogue.size, from + chunk);
    await store.writeItems(Array.from({ length: end - from }, (_, i) => catalogue.record(from + i)));
    options.onProgress?.('items', end / catalogue.size);
  }
  return { profileCount: entries.length, itemCount: catalogue.size };
}
