/**
 * Question: what does each step of one recommendation cost by itself?
 *
 * Unit: microseconds per request, lower is better; p50 and p99. A synthetic shop of 10 000 products, 24 fields, 200 candidates, slates of
 * 20, 64 shoppers in turn; every step gets what the steps before it make of the shopper. Excluded: HTTP, the store's round trip, turns
 * between steps. A step that changes a draft gets a fresh one, made outside the time.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bench } from 'tinybench';
import type { MaybePromise } from '../../features/core/maybe-promise.ts';
import type { Profile } from '../../features/profile/profile.ts';
import { decodeProfile, encodeProfile, REVISION_BYTES } from '../../features/profile/profile-codec.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { openServingModel, type ServingModel } from '../../models/bundle/serving-model.ts';
import { answer } from '../../server/pipeline/answer.ts';
import { CandidateSet } from '../../server/pipeline/candidate-set.ts';
import { makeFilterStage } from '../../server/pipeline/filter-stage.ts';
import { makeFilters } from '../../server/pipeline/filters/filters.ts';
import { ModelContext } from '../../server/pipeline/model-context.ts';
import { makeRankStage } from '../../server/pipeline/rank-stage.ts';
import { makeRetrieveStage } from '../../server/pipeline/retrieve-stage.ts';
import { makeSelectStage } from '../../server/pipeline/select-stage.ts';
import { topNSelector } from '../../server/pipeline/selection/top-n-selector.ts';
import { SlateDraft } from '../../server/pipeline/slate-draft.ts';
import { makeSources } from '../../server/pipeline/sources/sources.ts';
import { aQuery, aScene, NO_TAGS } from '../../server/pipeline/testing/a-query.ts';
import { replyJson } from '../../server/routes/recommend-reply.ts';
import { metricsCostUs } from '../lib/metrics-cost.ts';
import { makeSyntheticBundle } from '../lib/synthetic-bundle.ts';
import { SYNTHETIC_AS_OF_MS, type SyntheticShop } from '../lib/synthetic-shop.ts';
import { textTable } from '../lib/text-table.ts';

const CANDIDATE_COUNT = 200;
const SLATE_SIZE = 20;
const SHOPPER_COUNT = 64;
const BUDGET_MS = 60_000;
const DEFAULTS = { itemCount: 10_000, timeMs: 1_000, warmUpMs: 300 } as const;

/** How long each step is tried, on a shop of how many products; a test has less patience. */
interface StageBenchOptions {
  readonly itemCount: number;
  readonly timeMs: number;
  readonly warmUpMs: number;
}

const SCENE = aScene({
  sources: [
    { kind: 'ann', quota: CANDIDATE_COUNT },
    { kind: 'popular', quota: CANDIDATE_COUNT },
  ],
  maxCandidates: CANDIDATE_COUNT,
  maxPerCategory: 4,
  slateSize: SLATE_SIZE,
});
const retrieve = makeRetrieveStage(makeSources(), BUDGET_MS);
const filter = makeFilterStage(makeFilters(NO_TAGS));
const rank = makeRankStage(BUDGET_MS);
const select = makeSelectStage(topNSelector);

/** One step's time. */
export interface StageTime {
  readonly stage: string;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly sampleCount: number;
}

/** Prints a row per step. */
export async function benchStages(): Promise<void> {
  const times = await measureStages(DEFAULTS);
  const rows = times.map(({ stage, p50Us, p99Us, sampleCount }) => [
    stage,
    p50Us.toFixed(1),
    p99Us.toFixed(1),
    String(sampleCount),
  ]);
  rows.push(['metrics of a request', metricsCostUs().toFixed(1), '', '']);
  console.log(textTable(['us per request', 'p50', 'p99', 'samples'], rows));
}

export async function measureStages(options: StageBenchOptions): Promise<StageTime[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  try {
    const made = await makeSyntheticBundle({ artifactsFolder: folder, itemCount: options.itemCount, seed: 1 });
    const model = await openServingModel(await openBundle(made.folder));
    try {
      return await measure(new Shoppers(model, made.shop), options);
    } finally {
      await model.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(shoppers: Shoppers, { timeMs, warmUpMs }: StageBenchOptions): Promise<StageTime[]> {
  const { extractor, userTower, retriever, ranker } = shoppers.model;
  const queryIds = new Int32Array(extractor.querySlotCount);
  let consumed = 0;
  const bench = new Bench({ time: timeMs, warmupTime: warmUpMs });
  const step = (name: string, run: () => unknown, beforeEach?: () => Promise<void>): void => {
    bench.add(name, run, beforeEach === undefined ? {} : { beforeEach });
  };
  step('decode profile', () => {
    consumed += decodeProfile(shoppers.next().record).lastSeenAtMs;
  });
  step('query features', () => {
    const { draft } = shoppers.next();
    extractor.writeQuery(draft.profile, draft.signalContext, queryIds);
    consumed += queryIds[0]!;
  });
  step('user tower', async () => {
    consumed += (await userTower.embed(shoppers.next().userIds, 1))[0]!;
  });
  step('search', async () => {
    consumed += (await retriever.search(shoppers.next().embedding, 1, CANDIDATE_COUNT)).itemIndexes[0]!;
  });
  // What a step leaves behind is the next one's: one draft at a time goes through all before it, outside the time.
  let draft = shoppers.next().draft;
  const upTo =
    (...stages: readonly { run(draft: SlateDraft): Promise<void> | void }[]) =>
    async () => {
      draft = shoppers.freshDraft();
      for (const stage of stages) await stage.run(draft);
    };
  step('retrieve, all of it', () => retrieve.run(draft), upTo());
  step('filter', () => filter.run(draft), upTo(retrieve));
  step(
    'candidate features',
    () => {
      const { candidates, profile, signalContext } = draft;
      const request = {
        queryIds: draft.queryIds(),
        cross: extractor.prepareCross(profile, signalContext),
        itemIndexes: candidates.itemIndexes,
        count: candidates.count,
      };
      if (ranker.form === 'folded') consumed += ranker.prepare(request).count;
    },
    upTo(retrieve, filter),
  );
  step('rank, all of it', () => rank.run(draft), upTo(retrieve, filter));
  step('rank, model alone', async () => {
    consumed += (await shoppers.next().rank())[0]!;
  });
  step('select', () => select.run(draft), upTo(retrieve, filter, rank));
  step(
    'answer and serialise',
    async () => {
      consumed += replyJson(draft.query, await answer(draft)).length;
    },
    upTo(retrieve, filter, rank, select),
  );
  await shoppers.prepareRanking();
  await bench.run();
  if (Number.isNaN(consumed)) throw new Error('a step returned nothing');
  return bench.tasks.map(({ name, result }): StageTime => {
    if (result === undefined || !('latency' in result)) throw new Error(`the step "${name}" did not run`);
    const { p50, p99, samplesCount } = result.latency;
    return { stage: name, p50Us: p50 * 1_000, p99Us: p99 * 1_000, sampleCount: samplesCount };
  });
}

interface Shopper {
  readonly record: Uint8Array;
  readonly profile: Profile;
  readonly draft: SlateDraft;
  readonly userIds: Int32Array;
  embedding: Float32Array;
  rank: () => MaybePromise<Float32Array>;
}

/** Shoppers in turn, with what the steps need of them. */
class Shoppers {
  readonly model: ServingModel;
  private readonly context: ModelContext;
  private readonly shop: SyntheticShop;
  private readonly profiles: readonly Profile[];
  private readonly shoppers: readonly Shopper[];
  private readonly candidates = new CandidateSet();
  private turn = 0;

  constructor(model: ServingModel, shop: SyntheticShop) {
    this.model = model;
    this.shop = shop;
    this.context = new ModelContext(model);
    this.profiles = Array.from({ length: SHOPPER_COUNT }, (_, shopper) => shop.profile(shopper, SYNTHETIC_AS_OF_MS));
    this.shoppers = Array.from({ length: SHOPPER_COUNT }, (_, shopper) => this.make(shopper));
  }

  next(): Shopper {
    return this.shoppers[this.turn++ % SHOPPER_COUNT]!;
  }

  /** Uses its candidate set again, as the server does: one draft at a time. */
  freshDraft(): SlateDraft {
    this.candidates.reset();
    return this.draftOf(this.turn++ % SHOPPER_COUNT, this.candidates);
  }

  /** Computes embeddings, and the inputs of the ranker for real candidates. */
  async prepareRanking(): Promise<void> {
    const { ranker, extractor, userTower } = this.model;
    for (const [shopper, one] of this.shoppers.entries()) {
      one.embedding = (await userTower.embed(one.userIds, 1)).slice();
      const draft = this.draftOf(shopper);
      await retrieve.run(draft);
      await filter.run(draft);
      const { candidates } = draft;
      const request = {
        queryIds: draft.queryIds().slice(),
        cross: extractor.prepareCross(one.profile, draft.signalContext),
        itemIndexes: candidates.itemIndexes.slice(),
        count: candidates.count,
      };
      if (ranker.form === 'plain') one.rank = () => ranker.rank(request);
      else one.rank = ranker.prepare(request).run;
    }
  }

  private make(shopper: number): Shopper {
    const { extractor, userTower } = this.model;
    const profile = this.profiles[shopper]!;
    const draft = this.draftOf(shopper);
    const queryIds = new Int32Array(extractor.querySlotCount);
    extractor.writeQuery(profile, draft.signalContext, queryIds);
    return {
      record: encodeProfile(profile, new Uint8Array(REVISION_BYTES)),
      profile,
      draft,
      userIds: queryIds.slice(0, userTower.slotCount),
      embedding: new Float32Array(0),
      rank: () => Promise.resolve(new Float32Array(0)),
    };
  }

  private draftOf(shopper: number, candidates = new CandidateSet()): SlateDraft {
    const query = aQuery({ scene: SCENE, nowMs: SYNTHETIC_AS_OF_MS, slateSize: SLATE_SIZE });
    const draft = new SlateDraft(query, this.context, candidates);
    draft.know(this.shop.shopperKey(shopper), this.profiles[shopper]!);
    return draft;
  }
}
