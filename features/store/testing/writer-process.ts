/**
 * One of several processes that write the same shopper: `writer-process.ts <store options as JSON> <shopper key> <updates>`.
 *
 * Each update adds one to the first event count; it ends with code 0 when all are acknowledged.
 */
import { Deadline } from '../../core/deadline.ts';
import type { ShopperKey } from '../../core/ids.ts';
import { openFeatureStore } from '../open-feature-store.ts';
import type { StoreOptions } from '../store-config.ts';

const [optionsJson, key, updates] = process.argv.slice(2);
const store = await openFeatureStore(JSON.parse(optionsJson ?? '') as StoreOptions);
for (let i = 0; i < Number(updates); i++) {
  await store.updateProfile(
    key as ShopperKey,
    (profile) => {
      profile.eventCounts[0]! += 1;
      return 'write';
    },
    Deadline.after(30_000),
  );
}
await store.close();
