import type { FeatureStore } from './feature-store.ts';
import type { StoreHooks } from './profile-updater.ts';
import type { StoreOptions } from './store-config.ts';

/**
 * Opens the feature store the options name.
 *
 * A Redis that does not answer does not fail this: its calls fail until it does, see {@link FeatureStore.ping}.
 *
 * Errors: REC_INVALID_CONFIG when the options do not fit together or the folder cannot be used.
 */
export async function openFeatureStore(options: StoreOptions, hooks: StoreHooks = {}): Promise<FeatureStore> {
  // The other technology's client is never loaded: a server starts the sooner.
  if (options.kind === 'lmdb') {
    const { LmdbFeatureStore } = await import('./lmdb-feature-store.ts');
    return new LmdbFeatureStore(options, hooks);
  }
  const { openRedisFeatureStore } = await import('./redis-feature-store.ts');
  return openRedisFeatureStore(options, hooks);
}
