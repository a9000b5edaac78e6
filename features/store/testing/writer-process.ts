/**
 * One of several processes that write the same shopper:
 * `writer-process.ts <store options as JSON> <shopper key> <updates> <writers> <name>`.
 *
 * So many writers at once each make so many updates; an update adds one to the first event count and logs `<name>-<writer>-<number>`.
 * It ends with code 0 when all are acknowledged.
 */
import { Deadline } from '../../core/deadline.ts';
import type { ShopperKey } from '../../core/ids.ts';
import { openFeatureStore } from '../open-feature-store.ts';
import type { StoreOptions } from '../store-config.ts';

const [optionsJson, key, updates, writers, name] = process.argv.slice(2);
const store = await openFeatureStore(JSON.parse(optionsJson ?? '') as StoreOptions);

async function write(writer: number): Promise<void> {
  for (let i = 0; i < Number(updates); i++) {
    await store.updateProfile(
      key as ShopperKey,
      (profile) => {
        profile.eventCounts[0]! += 1;
        return { log: [JSON.stringify({ event_id: `${name}-${writer}-${i}` })] };
      },
      Deadline.after(60_000),
    );
  }
}

await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
await store.close();
