/**
 * Question: how many events a second can one process bring into a store, when nothing but applying and storing them is done?
 *
 * Unit: events per second, higher is better; beside it the time of a batch, and the processor time of this process an event, which other
 * work on the machine changes least. Batches of 100 events of 100 shoppers out of 5 000, each
 * event changes a profile and is logged with some 250 bytes in the same step. One, two and four batches at a time; each combination for
 * four seconds after one and a half that do not count. Redis keeps nothing on disk here, and shares the cores. Excluded: HTTP and reading
 * the events.
 */
import { Deadline } from '../../features/core/deadline.ts';
import { asItemId, asUserId, userKey } from '../../features/core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import type { Profile } from '../../features/profile/profile.ts';
import type { FeatureStore, ProfileUpdate } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { STORE_KINDS, startBenchStore } from '../lib/bench-store.ts';
import { withCleanup } from '../lib/cleanup.ts';

const BATCH_SIZE = 100;
const SHOPPER_COUNT = 5_000;
const ITEM_COUNT = 100_000;
const BATCHES_AT_A_TIME = [1, 2, 4];
const WARM_UP_MS = 1_500;
const MEASURED_MS = 4_000;
const BATCH_DEADLINE_MS = 5_000;
const START_MS = Date.UTC(2026, 0, 1);

/** Prints a line for each store and number of batches at a time. */
export async function benchProfileUpdates(): Promise<void> {
  for (const kind of STORE_KINDS) {
    await withCleanup(async (cleanup) => {
      const { options } = await startBenchStore(kind, cleanup);
      // On a machine that does other work, too, a command may take longer than a server would wait.
      const patient = options.kind === 'redis' ? { ...options, commandTimeoutMs: BATCH_DEADLINE_MS } : options;
      const store = await openFeatureStore(patient);
      cleanup.add(() => store.close());
      const load = new Load(store);
      for (const atATime of BATCHES_AT_A_TIME) {
        await load.run(atATime, WARM_UP_MS);
        const cpuBefore = process.cpuUsage();
        const batchMs = await load.run(atATime, MEASURED_MS);
        const cpu = process.cpuUsage(cpuBefore);
        batchMs.sort((a, b) => a - b);
        const quantile = (q: number): string => batchMs[Math.floor(q * (batchMs.length - 1))]!.toFixed(1);
        const perSecond = Math.round((batchMs.length * BATCH_SIZE * 1_000) / MEASURED_MS);
        const cpuUs = (cpu.user + cpu.system) / (batchMs.length * BATCH_SIZE);
        console.log(
          `${kind}, ${atATime} at a time: ${perSecond} events/s, ${cpuUs.toFixed(1)} us of processor an event, a batch p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms`,
        );
      }
    });
  }
}

class Load {
  private readonly store: FeatureStore;
  private eventCount = 0;

  constructor(store: FeatureStore) {
    this.store = store;
  }

  /** @returns milliseconds of each batch */
  async run(atATime: number, forMs: number): Promise<number[]> {
    const batchMs: number[] = [];
    const endAtMs = performance.now() + forMs;
    const keepOn = async (): Promise<void> => {
      while (performance.now() < endAtMs) {
        const startedMs = performance.now();
        const updates = Array.from({ length: BATCH_SIZE }, () => this.nextUpdate());
        const results = await this.store.updateProfiles(updates, Deadline.after(BATCH_DEADLINE_MS));
        for (const result of results) if (result.status === 'rejected') throw result.reason;
        batchMs.push(performance.now() - startedMs);
      }
    };
    await Promise.all(Array.from({ length: atATime }, keepOn));
    return batchMs;
  }

  private nextUpdate(): ProfileUpdate {
    const i = this.eventCount++;
    // Strides that are no divisors of the counts: shoppers and products lie anywhere.
    const user = `user-${(i * 31) % SHOPPER_COUNT}`;
    const item = (i * 7_919) % ITEM_COUNT;
    const atMs = START_MS + i;
    const event = {
      eventId: `0d2c8f5e-event-${i}`,
      type: 'view_item' as const,
      atMs,
      receivedAtMs: atMs,
      items: [{ itemId: asItemId(`sku-${item}`), quantity: 1, price: 12.5 }],
      device: 'mobile',
    };
    const facts = { category: `Department ${item % 10} > Category ${item % 100}`, brand: `Brand ${item % 200}` };
    const change = (profile: Profile) => {
      applyEvent(profile, event, () => facts, DEFAULT_PROFILE_POLICY);
      const { eventId, type, items, device } = event;
      const entry = {
        event_id: eventId,
        event: type,
        timestamp: atMs,
        received_at: atMs,
        user_id: user,
        items,
        device,
      };
      return { log: [JSON.stringify(entry)] };
    };
    return { key: userKey(asUserId(user)), change };
  }
}
