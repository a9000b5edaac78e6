import { existsSync } from 'node:fs';
import { Value } from 'typebox/value';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { storeConfigSchema, storeOptionsOf } from '../../features/store/store-config.ts';

/** Flags that say which store is meant; they mean what the same keys of the server's configuration mean. */
export interface StoreFlags {
  readonly redis?: string;
  /** Nodes of a Redis Cluster, `host:port` joined by commas. */
  readonly redisCluster?: string;
  readonly storePath: string;
  readonly shop: string;
}

/** As {@link openStoreOf}, for commands that only read: a folder that is not there is a mistake, not a new store. */
export async function openExistingStoreOf(flags: StoreFlags): Promise<FeatureStore> {
  const isEmbedded = flags.redis === undefined && flags.redisCluster === undefined;
  if (isEmbedded && !existsSync(flags.storePath)) {
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `--store-path: there is no store in ${flags.storePath}; name the folder of the server's store, or --redis`,
    );
  }
  return openStoreOf(flags);
}

/** Opens the store the flags name: Redis when told so, else the embedded one. Errors: REC_INVALID_CONFIG naming the flag. */
export function openStoreOf(flags: StoreFlags): Promise<FeatureStore> {
  const kind = kindOf(flags);
  const config = Value.Default(storeConfigSchema, { ...kind, shop: flags.shop });
  if (!Value.Check(storeConfigSchema, config)) {
    const [problem] = Value.Errors(storeConfigSchema, config);
    const where = problem?.instancePath ?? '';
    const expected =
      'a Redis URL (redis://host:port) for --redis, host:port,... for --redis-cluster, a name of [A-Za-z0-9_.-] for --shop, a path for --store-path';
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `store flags: ${where} ${problem?.message ?? 'is not valid'}; expected ${expected}`,
    );
  }
  return openFeatureStore(storeOptionsOf(config));
}

function kindOf({ redis, redisCluster, storePath }: StoreFlags): object {
  if (redisCluster !== undefined) return { kind: 'redis', mode: 'cluster', nodes: redisCluster.split(',') };
  return redis === undefined ? { kind: 'lmdb', path: storePath } : { kind: 'redis', url: redis };
}
