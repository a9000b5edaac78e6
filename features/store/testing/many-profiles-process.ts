/** Writes profiles until it is killed, many in each commit: `many-profiles-process.ts <store options as JSON>`. */
import { openFeatureStore } from '../open-feature-store.ts';
import type { StoreOptions } from '../store-config.ts';
import { manyProfiles } from './profiles.ts';

const store = await openFeatureStore(JSON.parse(process.argv[2] ?? '') as StoreOptions);
for (;;) await store.writeProfiles(manyProfiles());
