import { Deadline } from '../../core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../core/ids.ts';
import type { Profile } from '../../profile/profile.ts';
import type { FeatureStore, LogEntry, LogKind, ProfileChange } from '../feature-store.ts';
import type { LogRetention } from '../log-retention.ts';
import { openFeatureStore } from '../open-feature-store.ts';
import type { StoreOptions } from '../store-config.ts';

/** A running store of one technology, empty at the start. */
export interface StoreUnderTest {
  /** Opens the store for a shop; the suite uses several shops, so that its cases do not meet. */
  optionsFor(shop: string, retention?: LogRetention): StoreOptions;
  /** Keys the technology would keep for ever; undefined where what expires is not up to the technology. */
  keysThatStay?(): Promise<string[]>;
  stop(): Promise<void>;
}

/** What the parts of the contract suite share. */
export class ContractContext {
  readonly underTest: StoreUnderTest;
  /** Three of the same shop, each with connections of its own, as workers have. */
  readonly workers: readonly FeatureStore[];

  private constructor(underTest: StoreUnderTest, workers: readonly FeatureStore[]) {
    this.underTest = underTest;
    this.workers = workers;
  }

  static async start(start: () => Promise<StoreUnderTest>): Promise<ContractContext> {
    const underTest = await start();
    const open = (): Promise<FeatureStore> => openFeatureStore(underTest.optionsFor('demo'));
    return new ContractContext(underTest, [await open(), await open(), await open()]);
  }

  get store(): FeatureStore {
    return this.workers[0]!;
  }

  /** A store of a shop of its own, for one test. */
  async withShop(shop: string, use: (store: FeatureStore) => Promise<void>, retention?: LogRetention): Promise<void> {
    const store = await openFeatureStore(this.underTest.optionsFor(shop, retention));
    try {
      await use(store);
    } finally {
      await store.close();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    await this.underTest.stop();
  }
}

export const soon = (): Deadline => Deadline.after(20_000);
export const userOf = (id: string): ShopperKey => userKey(asUserId(id));
export const sessionOf = (id: string): ShopperKey => sessionKey(asSessionId(id));

export function countOne(profile: Profile): ProfileChange {
  profile.eventCounts[0]! += 1;
  return 'write';
}

/** Counts one event and logs it. */
export const logged =
  (...texts: string[]) =>
  (profile: Profile): ProfileChange => {
    profile.eventCounts[0]! += 1;
    return { log: texts };
  };

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Texts a log holds of a shopper, in its order; undefined: of nobody. */
export async function textsOf(store: FeatureStore, kind: LogKind, shopper: ShopperKey | undefined): Promise<string[]> {
  const entries: LogEntry[] = await allOf(store.readLog(kind));
  return entries.filter((entry) => entry.shopper === shopper).map(({ text }) => text);
}

/** Asks again and again until the answer holds. */
export async function until(holds: () => Promise<boolean>, what: string, withinMs = 20_000): Promise<void> {
  const giveUpAtMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > giveUpAtMs) throw new Error(`${what} did not come true within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
