import { type ErrorCode, VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { StoreMetrics, StoreOutcome } from './store-metrics.ts';

/**
 * A store whose calls are timed, whoever makes them.
 *
 * What is read bit by bit (logs, traces, all items) is not timed: its time is mostly the reader's.
 */
export function observeStore(store: FeatureStore, metrics: Pick<StoreMetrics, 'observeStore'>): FeatureStore {
  const timed = async <T>(operation: string, call: () => Promise<T>, outcomeOf?: (value: T) => StoreOutcome) => {
    const startedMs = performance.now();
    let outcome: StoreOutcome = 'error';
    try {
      const value = await call();
      outcome = outcomeOf?.(value) ?? 'ok';
      return value;
    } catch (error) {
      outcome = outcomeOfError(error);
      throw error;
    } finally {
      metrics.observeStore(operation, outcome, (performance.now() - startedMs) / 1_000);
    }
  };
  return {
    description: store.description,
    readProfile: (...args) => timed('read_profile', () => store.readProfile(...args)),
    updateProfile: (...args) => timed('update_profile', () => store.updateProfile(...args)),
    updateProfiles: (...args) => timed('update_profiles', () => store.updateProfiles(...args), outcomeOfAll),
    writeProfiles: (entries) => timed('write_profiles', () => store.writeProfiles(entries)),
    readLog: (kind) => store.readLog(kind),
    appendSlates: (...args) => timed('append_slates', () => store.appendSlates(...args)),
    eraseShopper: (...args) => timed('erase_shopper', () => store.eraseShopper(...args)),
    findTraces: (...args) => store.findTraces(...args),
    writeItems: (items) => timed('write_items', () => store.writeItems(items)),
    updateItem: (...args) => timed('update_item', () => store.updateItem(...args)),
    readItem: (...args) => timed('read_item', () => store.readItem(...args)),
    readAllItems: () => store.readAllItems(),
    itemChangesPosition: (deadline) => timed('item_changes_position', () => store.itemChangesPosition(deadline)),
    readItemChanges: (...args) => timed('read_item_changes', () => store.readItemChanges(...args)),
    ping: (deadline) => timed('ping', () => store.ping(deadline)),
    close: () => store.close(),
  };
}

const OUTCOMES: Readonly<Partial<Record<ErrorCode, StoreOutcome>>> = {
  REC_STORE_UNAVAILABLE: 'unavailable',
  REC_DEADLINE_EXCEEDED: 'deadline',
};

function outcomeOfError(error: unknown): StoreOutcome {
  return (error instanceof VitrineError ? OUTCOMES[error.code] : undefined) ?? 'error';
}

/** The first failure of several updates; a record that cannot be decoded is not the store's. */
function outcomeOfAll(results: readonly PromiseSettledResult<void>[]): StoreOutcome {
  const outcomes = results.flatMap((result) => (result.status === 'rejected' ? [outcomeOfError(result.reason)] : []));
  return outcomes.find((outcome) => outcome !== 'error') ?? outcomes[0] ?? 'ok';
}
