import { Value } from 'typebox/value';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { storeConfigSchema, storeOptionsOf } from '../../features/store/store-config.ts';

/** Flags that say which store to fill; they mean what the same keys of the server's configuration mean. */
export interface StoreFlags {
  readonly redis?: string;
  readonly storePath: string;
  readonly shop: string;
}

/** Opens the store the flags name: Redis when `--redis` is given, else the embedded one. Errors: REC_INVALID_CONFIG naming the flag. */
export function openStoreOf(flags: StoreFlags): Promise<FeatureStore> {
  const kind =
    flags.redis === undefined ? { kind: 'lmdb', path: flags.storePath } : { kind: 'redis', url: flags.redis };
  const config = Value.Default(storeConfigSchema, { ...kind, shop: flags.shop });
  if (!Value.Check(storeConfigSchema, config)) {
    const [problem] = Value.Errors(storeConfigSchema, config);
    const where = problem?.instancePath ?? '';
    const expected =
      'a Redis URL (redis://host:port) for --redis, a name of [A-Za-z0-9_.-] for --shop, a path for --store-path';
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `store flags: ${where} ${problem?.message ?? 'is not valid'}; expected ${expected}`,
    );
  }
  return openFeatureStore(storeOptionsOf(config));
}
