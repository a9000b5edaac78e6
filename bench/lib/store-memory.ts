import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { type StoreKind, startBenchStore } from './bench-store.ts';
import type { Cleanup } from './cleanup.ts';
import { fitLine, type LineFit } from './line-fit.ts';
import type { SyntheticShop } from './synthetic-shop.ts';

/** What shoppers take in a store. */
export interface ShopperMemory {
  readonly store: StoreKind;
  /** Shoppers and bytes: of memory in Redis, of the file on disk in the embedded store. */
  readonly points: readonly (readonly [shopperCount: number, bytes: number])[];
  /** Slope of a line through the points. */
  readonly bytesPerShopper: number;
}

/** Fills a store with more and more shoppers of middling history and looks at its size. */
export async function measureShopperMemory(
  kind: StoreKind,
  { shop, counts }: { readonly shop: SyntheticShop; readonly counts: readonly number[] },
  cleanup: Cleanup,
): Promise<ShopperMemory> {
  const { options, config } = await startBenchStore(kind, cleanup);
  const store = await openFeatureStore(options);
  const points: [number, number][] = [];
  try {
    const shoppersOnly = {
      writeProfiles: (entries: Parameters<typeof store.writeProfiles>[0]) => store.writeProfiles(entries),
      writeItems: async () => {},
    };
    for (const count of counts) {
      await shop.fillStore(shoppersOnly, count);
      points.push([count, kind === 'redis' ? await redisBytes(config.url!) : await fileBytes(config.path!)]);
    }
  } finally {
    await store.close();
  }
  const { slope }: LineFit = fitLine(points);
  return { store: kind, points, bytesPerShopper: Math.round(slope) };
}

async function redisBytes(url: string): Promise<number> {
  const client = new Redis(url);
  try {
    const used = /^used_memory:(\d+)/m.exec(await client.info('memory'))?.[1];
    if (used === undefined) throw new Error('Redis does not say how much memory it uses');
    return Number(used);
  } finally {
    client.disconnect();
  }
}

async function fileBytes(path: string): Promise<number> {
  return (await stat(join(path, 'data.mdb'))).size;
}
