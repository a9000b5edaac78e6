import type { Registry } from 'prom-client';
import { TypedHistogram } from './typed-metrics.ts';

/** One read on the same machine takes tens of microseconds; 10 ms is the default budget of a profile, 1 s that of a batch of events. */
const STORE_BUCKETS_SECONDS: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

/** 50 ms is what is promised on one machine. */
const VISIBLE_LAG_BUCKETS_SECONDS: readonly number[] = [
  0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
];

/** The median shopper takes about a kilobyte; the largest record there can be some 190 KB. */
const PROFILE_BUCKETS_BYTES: readonly number[] = [
  64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 65_536, 262_144,
];

/** How a call to the store ended. */
export type StoreOutcome = 'ok' | 'unavailable' | 'deadline' | 'error';

/** Numbers of the store as this process sees it. */
export interface StoreMetrics {
  /** @param operation name of a call of the store, in snake case */
  observeStore(operation: string, outcome: StoreOutcome, seconds: number): void;
  observeProfileBytes(bytes: number): void;
  observeVisibleLag(seconds: number): void;
}

/** Makes them in the registry of the process. */
export function makeStoreMetrics(registry: Registry): StoreMetrics {
  const calls = new TypedHistogram(registry, {
    name: 'vitrine_store_duration_seconds',
    help: 'Time of one call to the feature store, from asking to the answer, retries after another writer included, by operation and outcome. Unit: seconds.',
    labelNames: ['operation', 'outcome'],
    buckets: STORE_BUCKETS_SECONDS,
  });
  const profiles = new TypedHistogram(registry, {
    name: 'vitrine_profile_bytes',
    help: 'Size of a profile record as it is written. Unit: bytes.',
    labelNames: [],
    buckets: PROFILE_BUCKETS_BYTES,
  });
  const lag = new TypedHistogram(registry, {
    name: 'vitrine_event_visible_lag_seconds',
    help: 'Time from the acknowledgement of an event to the end of the first read that shows it, measured once a second in each worker by an event of its own that is not logged. Unit: seconds.',
    labelNames: [],
    buckets: VISIBLE_LAG_BUCKETS_SECONDS,
  });
  return {
    observeStore: (operation, outcome, seconds) => calls.observe(seconds, operation, outcome),
    observeProfileBytes: (bytes) => profiles.observe(bytes),
    observeVisibleLag: (seconds) => lag.observe(seconds),
  };
}
