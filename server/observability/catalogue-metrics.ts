import { Gauge, type Registry } from 'prom-client';
import { TypedCounter, TypedHistogram } from './typed-metrics.ts';

/** One second is what is promised, 0.2 s the default time between two looks at the store. */
const LAG_BUCKETS_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 0.75, 1, 2, 5, 15, 60,
];

/** A thousand products take a second, a million many minutes. */
const REBUILD_BUCKETS_SECONDS: readonly number[] = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600];

/** The catalogue as it is being served. */
export interface CatalogueState {
  readonly availableCount: number;
  readonly deletedCount: number;
  /** All rows, deleted ones among them. */
  readonly size: number;
  /** Share of the index's nodes that are tombstones, 0..1. */
  readonly tombstoneRatio: number;
  /** Products that cannot be found by similarity with their present features yet. */
  readonly waitingToEmbedCount: number;
}

/** Numbers of the catalogue while it is served. */
export interface CatalogueMetrics {
  /** @param seconds from the moment the store took a change to the moment it was in effect in this process */
  observeCatalogueLag(seconds: number): void;
  /** @param kind what a product's record did to the catalogue */
  countItemChange(kind: 'added' | 'changed' | 'deleted' | 'unchanged'): void;
  observeIndexRebuild(result: 'rebuilt' | 'failed', seconds: number): void;
  /** @param read asked at each scrape; undefined while no model serves */
  watchCatalogue(read: () => CatalogueState | undefined): void;
}

/** Makes them in the registry of the process. */
export function makeCatalogueMetrics(registry: Registry): CatalogueMetrics {
  const lag = new TypedHistogram(registry, {
    name: 'vitrine_catalogue_lag_seconds',
    help: 'Time from a change of a product in the store to its effect in this process; clocks of different machines add their difference. Unit: seconds.',
    labelNames: [],
    buckets: LAG_BUCKETS_SECONDS,
  });
  const changes = new TypedCounter(registry, {
    name: 'vitrine_catalogue_changes_total',
    help: "Products' records read from the store, by what they did to the catalogue. Unit: records.",
    labelNames: ['kind'],
  });
  const rebuilds = new TypedCounter(registry, {
    name: 'vitrine_index_rebuilds_total',
    help: 'Rebuilds of the nearest-neighbour index, by result; after `failed` the one before goes on serving. Unit: rebuilds.',
    labelNames: ['result'],
  });
  const rebuildSeconds = new TypedHistogram(registry, {
    name: 'vitrine_index_rebuild_duration_seconds',
    help: 'Time of one rebuild of the index, most of it in another process, by result. Unit: seconds.',
    labelNames: ['result'],
    buckets: REBUILD_BUCKETS_SECONDS,
  });
  let read: () => CatalogueState | undefined = () => undefined;
  makeGauges(registry, () => read());
  return {
    observeCatalogueLag: (seconds) => lag.observe(seconds),
    countItemChange: (kind) => changes.add(1, kind),
    observeIndexRebuild(result, seconds) {
      rebuilds.add(1, result);
      rebuildSeconds.observe(seconds, result);
    },
    watchCatalogue(source) {
      read = source;
    },
  };
}

/** Every process has a catalogue of its own, all meant to be equal: of several the highest number is shown. */
function makeGauges(registry: Registry, read: () => CatalogueState | undefined): void {
  new Gauge({
    name: 'vitrine_catalogue_items',
    help: 'Products of the catalogue being served, by state. Unit: items.',
    labelNames: ['state'],
    aggregator: 'max',
    registers: [registry],
    collect() {
      const state = read();
      if (state === undefined) return;
      const { availableCount, deletedCount, size } = state;
      this.set({ state: 'available' }, availableCount);
      this.set({ state: 'unavailable' }, size - availableCount - deletedCount);
      this.set({ state: 'deleted' }, deletedCount);
    },
  });
  new Gauge({
    name: 'vitrine_index_tombstone_ratio',
    help: 'Share of the nodes of the nearest-neighbour index that stand for no product any more. Unit: ratio.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(read()?.tombstoneRatio ?? 0);
    },
  });
  new Gauge({
    name: 'vitrine_items_waiting_to_embed',
    help: 'New or changed products that cannot be found by similarity yet. Unit: items.',
    aggregator: 'max',
    registers: [registry],
    collect() {
      this.set(read()?.waitingToEmbedCount ?? 0);
    },
  });
}
