import { Deadline } from '../../features/core/deadline.ts';
import type { ShopperKey } from '../../features/core/ids.ts';
import type { MaybePromise } from '../../features/core/maybe-promise.ts';
import { emptyProfile } from '../../features/profile/profile.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import type { StoreOptions } from '../../features/store/store-config.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { openServingModel, type ServingModel } from '../../models/bundle/serving-model.ts';
import type { RankRequest } from '../../models/ranking/ranker.ts';
import { encodeAttributionToken } from '../../server/routes/attribution-token.ts';
import type { RecommendReply } from '../../server/routes/recommend-schema.ts';
import type { Cleanup } from './cleanup.ts';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.ts';

/** The calls a recommendation cannot do without, in the order it makes them. */
export const FLOOR_CALLS = ['store', 'userTower', 'search', 'ranker', 'serialize'] as const;
export type FloorCall = (typeof FLOOR_CALLS)[number];

export interface FloorOptions {
  readonly bundleFolder: string;
  readonly store: StoreOptions;
  /** Shoppers the store knows; their records are what is read. */
  readonly shopperKeys: readonly ShopperKey[];
  readonly candidateCount: number;
  readonly slateSize: number;
}

/** What the bare calls took. */
export interface FloorReport {
  readonly candidateCount: number;
  readonly callsUs: Readonly<Record<FloorCall, LatencySummary>>;
  /** Sum of the calls' p50s, microseconds: what a request would take if nothing but them had to be done. */
  readonly sumOfP50Us: number;
}

/** What the calls of one shopper are given, made before anything is timed. */
interface Prepared {
  readonly key: ShopperKey;
  readonly userIds: Int32Array;
  readonly embedding: Float32Array;
  /** Runs the ranking model on inputs that are ready. */
  readonly rank: () => MaybePromise<Float32Array>;
  readonly candidateCount: number;
  readonly reply: RecommendReply;
}

const READ_BUDGET_MS = 1_000;

/** Runs the bare calls one after another, in this process, on the bundle and store the server has. */
export class Floor {
  private readonly model: ServingModel;
  private readonly store: FeatureStore;
  private readonly prepared: readonly Prepared[];
  private histograms = newHistograms();
  private next = 0;
  private consumed = 0;

  static async open(options: FloorOptions, cleanup: Cleanup): Promise<Floor> {
    const store = await openFeatureStore(options.store);
    cleanup.add(() => store.close());
    const model = await openServingModel(await openBundle(options.bundleFolder));
    cleanup.add(() => model.close());
    const prepared: Prepared[] = [];
    for (const key of options.shopperKeys) prepared.push(await prepare(model, store, key, options));
    return new Floor(model, store, prepared);
  }

  private constructor(model: ServingModel, store: FeatureStore, prepared: readonly Prepared[]) {
    this.model = model;
    this.store = store;
    this.prepared = prepared;
  }

  /**
   * Makes all calls for `count` shoppers and keeps their times for {@link report}.
   *
   * @param runIn shoppers before them whose calls are made, too, and not kept
   * @returns sum of the calls' p50s in those that are kept, microseconds
   */
  async run(count: number, runIn = 0): Promise<number> {
    const passed = newHistograms();
    for (let i = 0; i < runIn; i++) await this.once(passed);
    const slice = newHistograms();
    for (let i = 0; i < count; i++) await this.once(slice);
    for (const call of FLOOR_CALLS) this.histograms[call].addEncoded(slice[call].encode());
    return sumOfP50(slice);
  }

  /** Leaves what ran so far out of {@link report}: a warm-up. */
  forget(): void {
    this.histograms = newHistograms();
  }

  report(): FloorReport {
    const { histograms } = this;
    const callsUs = Object.fromEntries(FLOOR_CALLS.map((call) => [call, histograms[call].summary()]));
    return {
      candidateCount: Math.max(...this.prepared.map(({ candidateCount }) => candidateCount)),
      callsUs: callsUs as Record<FloorCall, LatencySummary>,
      sumOfP50Us: sumOfP50(histograms),
    };
  }

  private async once(histograms: Histograms): Promise<void> {
    const { model, store } = this;
    const one = this.prepared[this.next++ % this.prepared.length]!;
    const { candidateCount } = one;
    const startMs = performance.now();
    const profile = await store.readProfile(one.key, Deadline.after(READ_BUDGET_MS));
    const storeMs = performance.now();
    const embedding = await model.userTower.embed(one.userIds, 1);
    const towerMs = performance.now();
    const found = await model.retriever.search(one.embedding, 1, candidateCount);
    const searchMs = performance.now();
    const probabilities = await one.rank();
    const rankerMs = performance.now();
    const text = JSON.stringify(one.reply);
    const endMs = performance.now();
    histograms.store.recordMs(storeMs - startMs);
    histograms.userTower.recordMs(towerMs - storeMs);
    histograms.search.recordMs(searchMs - towerMs);
    histograms.ranker.recordMs(rankerMs - searchMs);
    histograms.serialize.recordMs(endMs - rankerMs);
    // Results are used, so that no call can be left out.
    this.consumed +=
      (profile?.lastSeenAtMs ?? 0) + embedding[0]! + found.itemIndexes[0]! + probabilities[0]! + text.length;
    if (Number.isNaN(this.consumed)) throw new Error('a bare call returned nothing');
  }
}

type Histograms = Record<FloorCall, LatencyHistogram>;

function newHistograms(): Histograms {
  return Object.fromEntries(FLOOR_CALLS.map((call) => [call, new LatencyHistogram()])) as Histograms;
}

function sumOfP50(histograms: Histograms): number {
  return FLOOR_CALLS.reduce((sum, call) => sum + histograms[call].summary().p50, 0);
}

async function prepare(
  { extractor, userTower, retriever, ranker, catalogue, modelVersion }: ServingModel,
  store: FeatureStore,
  key: ShopperKey,
  { candidateCount, slateSize }: FloorOptions,
): Promise<Prepared> {
  const profile = (await store.readProfile(key, Deadline.after(READ_BUDGET_MS))) ?? emptyProfile();
  const context = { nowMs: Date.now(), userId: key.slice(2), device: profile.device };
  const queryIds = new Int32Array(extractor.querySlotCount);
  extractor.writeQuery(profile, context, queryIds);
  const userIds = queryIds.slice(0, userTower.slotCount);
  const embedding = await userTower.embed(userIds, 1);
  const found = await retriever.search(embedding, 1, candidateCount);
  const items = found.itemIndexes.slice(0, candidateCount).filter((item) => item >= 0);
  const cross = extractor.prepareCross(profile, context);
  const rank = readyToRank(ranker, { queryIds, cross, itemIndexes: items, count: items.length });
  const scores = await rank();
  const recommendationId = '00000000-0000-4000-8000-000000000000';
  const reply: RecommendReply = {
    recommendation_id: recommendationId,
    scene: 'home',
    items: Array.from(items.subarray(0, slateSize), (item, position) => ({
      item_id: catalogue.itemIds[item]!,
      position,
      score: scores[position]!,
      source: 'ann',
    })),
    model_version: modelVersion,
    degraded: null,
    attribution_token: encodeAttributionToken({ recommendationId, sceneName: 'home', modelVersion }),
  };
  return { key, userIds, embedding: embedding.slice(), rank, candidateCount: items.length, reply };
}

/** What is left of ranking when the model's inputs are written: making them is work of ours, which can shrink. */
function readyToRank(ranker: ServingModel['ranker'], request: RankRequest): () => MaybePromise<Float32Array> {
  if (ranker.form === 'plain') return () => ranker.rank(request);
  return ranker.prepare(request).run;
}
