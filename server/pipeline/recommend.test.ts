import { describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { asSessionId, sessionKey } from '../../features/core/ids.ts';
import { recordConsent, recordOptOut } from '../../features/profile/consent.ts';
import { setInterest } from '../../features/profile/interest-sums.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import type { RankRequest } from '../../models/ranking/ranker.ts';
import type { SourceKind } from '../config/scene-config.ts';
import { ModelContext, type PipelineModel } from './model-context.ts';
import type { Query, Slate } from './query.ts';
import { createRecommender, type RecommenderParts } from './recommend.ts';
import { aModel, type TestItem } from './testing/a-model.ts';
import { ANNA, aBrokenStore, aProfile, aQuery, aScene, aStore, NO_TAGS } from './testing/a-query.ts';

/** Probability grows with the logit: sofa, lamp, boot, sandal, runner. */
const ITEMS: readonly TestItem[] = [
  { itemId: 'boot', angle: 0, logit: 1, category: 'shoes' },
  { itemId: 'runner', angle: 10, logit: -1, category: 'shoes' },
  { itemId: 'sandal', angle: 30, logit: 0, category: 'shoes' },
  { itemId: 'lamp', angle: 90, logit: 2, category: 'home' },
  { itemId: 'sofa', angle: 120, logit: 3, category: 'home' },
];

const shop = (items = ITEMS): Promise<PipelineModel> =>
  aModel({
    items,
    popular: ['runner', 'sandal', 'boot'],
    popularByCategory: { home: ['sofa', 'lamp'] },
    coView: {
      boot: [
        ['sandal', 4],
        ['runner', 2],
      ],
    },
  });

interface Ask extends Partial<Omit<RecommenderParts, 'store'>> {
  readonly model?: PipelineModel;
  readonly store?: Pick<FeatureStore, 'readProfile'>;
  readonly profile?: Profile;
}

async function ask(query: Partial<Query>, { model, store, profile, ...parts }: Ask = {}): Promise<Slate> {
  const context = new ModelContext(model ?? (await shop()));
  const recommender = createRecommender({
    store: store ?? aStore(profile === undefined ? {} : { [ANNA]: profile }),
    modelContext: () => context,
    tagSet: NO_TAGS,
    budgets: { storeMs: 2_000, retrievalMs: 2_000, rankMs: 2_000 },
    ...parts,
  });
  return recommender.recommend(aQuery(query));
}

function idsOf(slate: Slate): string[] {
  return slate.items.map(({ itemId }) => itemId);
}

const never = (): Promise<never> => new Promise(() => {});
const failing = (code: 'REC_RANKER_FAILED' | 'REC_RETRIEVER_FAILED' | 'REC_INTERNAL' | 'REC_BUNDLE_INVALID') => () =>
  Promise.reject(new VitrineError(code, 'broken for the test'));

async function withRanker(rank: PipelineModel['ranker']['rank']): Promise<PipelineModel> {
  const model = await shop();
  return { ...model, ranker: { form: model.ranker.form, rank } };
}

async function withRetriever(search: PipelineModel['retriever']['search']): Promise<PipelineModel> {
  const model = await shop();
  const { embeddingDim, itemCount, description } = model.retriever;
  return { ...model, retriever: { embeddingDim, itemCount, description, search } };
}

describe('recommend', () => {
  it('orders the candidates of a known shopper by probability', async () => {
    const slate = await ask({ shopperKey: ANNA, slateSize: 5 }, { profile: aProfile({ view_item: ['boot'] }) });
    expect(idsOf(slate)).toEqual(['sofa', 'lamp', 'boot', 'sandal', 'runner']);
    expect(slate.items[0]!.score).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
    expect(slate.items.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4]);
    expect(slate.degraded).toBeNull();
    expect(slate.modelVersion).toBe('test-1');
  });

  it('gives a full slate to a shopper nothing is known of, and to one who does not say who they are', async () => {
    for (const query of [{ shopperKey: ANNA }, {}]) {
      const slate = await ask({ ...query, slateSize: 3 });
      expect(idsOf(slate)).toEqual(['boot', 'sandal', 'runner']);
      expect(slate.items.every(({ source }) => source === 'popular')).toBe(true);
      expect(slate.degraded).toBeNull();
    }
  });

  it('does not read the profile when personalisation is off', async () => {
    const slate = await ask({ shopperKey: ANNA, notPersonalized: 'request_off' }, { store: aBrokenStore() });
    expect(slate.degraded).toBeNull();
    expect(slate.items).toHaveLength(3);
    expect(slate.notPersonalized).toBe('request_off');
  });

  it('gives a shopper who refused personalisation the list of a stranger, from all sources, and says which refusal it was', async () => {
    const refusals: Partial<Record<string, (profile: Profile) => void>> = {
      opted_out: (profile) => recordOptOut(profile, { isOptedOut: true, atMs: 1, source: 'test' }),
      consent_denied: (profile) => recordConsent(profile, { state: 'denied', atMs: 1, source: 'test' }),
    };
    const scene = aScene({
      sources: ['ann', 'recently_viewed', 'neighbours', 'category', 'popular'].map((kind) => ({
        kind: kind as SourceKind,
        quota: 5,
      })),
    });
    const stranger = await ask({ scene, slateSize: 5 });
    for (const [reason, refuse] of Object.entries(refusals)) {
      const profile = aProfile({ view_item: ['boot', 'lamp'], purchase: ['sandal'] });
      setInterest(profile.interests.category, 'home', 5);
      const known = await ask({ scene, shopperKey: ANNA, slateSize: 5 }, { profile });
      refuse!(profile);
      const slate = await ask({ scene, shopperKey: ANNA, slateSize: 5 }, { profile });
      expect(slate).toEqual({ ...stranger, notPersonalized: reason });
      expect(known.items).not.toEqual(slate.items);
      expect(known.notPersonalized).toBeUndefined();
    }
  });

  it('goes by the account of a session whose shopper has logged in, its refusals too, within the same time', async () => {
    const visit = sessionKey(asSessionId('visit'));
    const session = emptyProfile();
    session.joinedTo = { userId: 'anna', joinId: 7 };
    const anna = aProfile({ view_item: ['boot'], purchase: ['sofa'] });
    const store = aStore({ [visit]: session, [ANNA]: anna });
    const bySession = await ask({ shopperKey: visit, slateSize: 5 }, { store });
    expect(bySession).toEqual(await ask({ shopperKey: ANNA, slateSize: 5 }, { store }));
    expect(idsOf(bySession)).not.toContain('sofa');

    const slow: Pick<FeatureStore, 'readProfile'> = {
      readProfile: (key) => (key === ANNA ? never() : Promise.resolve(session)),
    };
    expect((await ask({ shopperKey: visit }, { store: slow })).degraded?.reasons).toEqual(['store_timeout']);

    recordOptOut(anna, { isOptedOut: true, atMs: 1, source: 'test' });
    expect((await ask({ shopperKey: visit }, { store })).notPersonalized).toBe('opted_out');
    expect((await ask({ shopperKey: visit }, { store: aStore({ [visit]: session }) })).degraded).toBeNull();
  });

  it('names the source that proposed an item first', async () => {
    const scene = aScene({
      sources: [
        { kind: 'neighbours', quota: 5 },
        { kind: 'popular', quota: 5 },
      ],
    });
    const slate = await ask({ scene, contextItemIds: ['boot'], slateSize: 2 });
    expect(slate.items.map(({ itemId, source }) => [itemId, source])).toEqual([
      ['sandal', 'neighbours'],
      ['runner', 'neighbours'],
    ]);
  });

  it('leaves out what was bought, what is excluded, what the page shows and what cannot be sold', async () => {
    const items = ITEMS.map((item) => (item.itemId === 'sofa' ? { ...item, isAvailable: false } : item));
    const query = { shopperKey: ANNA, slateSize: 5, excludeItemIds: ['runner'], contextItemIds: ['lamp'] };
    const slate = await ask(query, { model: await shop(items), profile: aProfile({ purchase: ['boot'] }) });
    expect(idsOf(slate)).toEqual(['sandal']);
  });

  it('honours exclusions in a scene that names no filter but availability', async () => {
    const scene = aScene({ filters: ['availability'] });
    expect(idsOf(await ask({ scene, excludeItemIds: ['boot'], slateSize: 5 }))).not.toContain('boot');
  });

  it('fills up from the rest of the shop when its sources bring too little', async () => {
    const slate = await ask({ slateSize: 5 });
    expect(idsOf(slate)).toEqual(['sofa', 'lamp', 'boot', 'sandal', 'runner']);
    expect(slate.items.slice(0, 2).map(({ source }) => source)).toEqual(['resident', 'resident']);
    expect(slate.degraded).toBeNull();
  });

  it('keeps to the filter of the query when it fills up', async () => {
    const slate = await ask({ filter: { category: 'home' }, slateSize: 5 });
    expect(idsOf(slate)).toEqual(['sofa', 'lamp']);
  });

  it('gives an empty slate when nothing may be shown', async () => {
    const slate = await ask({ filter: { brand: 'no such brand' } });
    expect(slate.items).toEqual([]);
    expect(slate.degraded).toBeNull();
  });

  it('gives an empty slate of an empty catalogue', async () => {
    expect((await ask({}, { model: await aModel({ items: [] }) })).items).toEqual([]);
  });

  it('gives equal slates for equal queries', async () => {
    const context = new ModelContext(await shop(ITEMS.map((item) => ({ ...item, logit: 0 }))));
    const recommender = createRecommender({
      store: aStore({ [ANNA]: aProfile({ view_item: ['boot', 'lamp'] }) }),
      modelContext: () => context,
      tagSet: NO_TAGS,
      budgets: { storeMs: 2_000, retrievalMs: 2_000, rankMs: 2_000 },
    });
    const query = aQuery({ shopperKey: ANNA, slateSize: 4 });
    const first = await recommender.recommend(query);
    const others = await Promise.all(Array.from({ length: 20 }, () => recommender.recommend(query)));
    for (const other of others) expect(other).toEqual(first);
    expect(idsOf(first)).toEqual(['boot', 'lamp', 'runner', 'sandal']);
  });

  it('gives each of many overlapping queries its own slate', async () => {
    const context = new ModelContext(await shop());
    const recommender = createRecommender({
      store: aStore(),
      modelContext: () => context,
      tagSet: NO_TAGS,
      budgets: { storeMs: 500, retrievalMs: 500, rankMs: 500 },
    });
    const contexts = ITEMS.map(({ itemId }) => itemId);
    const queries = contexts.map((itemId) => aQuery({ contextItemIds: [itemId], slateSize: 4 }));
    for (let round = 0; round < 5; round++) {
      const slates = await Promise.all(queries.map((query) => recommender.recommend(query)));
      for (const [i, slate] of slates.entries()) {
        const others = ['sofa', 'lamp', 'boot', 'sandal', 'runner'].filter((itemId) => itemId !== contexts[i]);
        expect(idsOf(slate)).toEqual(others);
        expect(slate.degraded).toBeNull();
      }
    }
  });
});

describe('recommend when the store fails', () => {
  it('serves what goes with the products of the page', async () => {
    const slate = await ask({ shopperKey: ANNA, contextItemIds: ['boot'], slateSize: 2 }, { store: aBrokenStore() });
    expect(slate.degraded).toEqual({ tier: 'session_neighbours', reasons: ['store_unavailable'] });
    expect(idsOf(slate)).toEqual(['sandal', 'runner']);
  });

  it('serves what is popular on a page about no product', async () => {
    const slate = await ask({ shopperKey: ANNA }, { store: aBrokenStore() });
    expect(slate.degraded).toEqual({ tier: 'popularity', reasons: ['store_unavailable'] });
    expect(idsOf(slate)).toEqual(['runner', 'sandal', 'boot']);
  });

  it('does not wait longer than its budget for a store that does not answer', async () => {
    const startedMs = performance.now();
    const slate = await ask(
      { shopperKey: ANNA },
      { store: { readProfile: never }, budgets: { storeMs: 20, retrievalMs: 20, rankMs: 20 } },
    );
    expect(slate.degraded).toEqual({ tier: 'popularity', reasons: ['store_timeout'] });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('does not wait longer than the deadline of the query either', async () => {
    const slate = await ask(
      { shopperKey: ANNA, deadline: Deadline.after(10) },
      { store: { readProfile: never }, budgets: { storeMs: 60_000, retrievalMs: 60_000, rankMs: 60_000 } },
    );
    expect(slate.degraded).toEqual({ tier: 'popularity', reasons: ['store_timeout'] });
    expect(slate.items).toHaveLength(3);
  });

  it('serves a shopper whose record cannot be decoded, and says so', async () => {
    const readProfile = () => Promise.reject(new VitrineError('REC_RECORD_INVALID', 'cut off'));
    const slate = await ask({ shopperKey: ANNA }, { store: { readProfile } });
    expect(slate.degraded).toEqual({ tier: 'popularity', reasons: ['profile_unreadable'] });
    expect(slate.items).toHaveLength(3);
  });

  it('serves the resident list when nothing popular may be shown', async () => {
    const query = { shopperKey: ANNA, excludeItemIds: ['runner', 'sandal', 'boot'], slateSize: 5 };
    const slate = await ask(query, { store: aBrokenStore() });
    expect(slate.degraded).toEqual({ tier: 'resident_list', reasons: ['store_unavailable'] });
    expect(slate.items.map(({ itemId, source }) => [itemId, source])).toEqual([
      ['lamp', 'resident'],
      ['sofa', 'resident'],
    ]);
  });

  it('never serves what is sold out, excluded or outside the filter of the query', async () => {
    const items = ITEMS.map((item) => (item.itemId === 'runner' ? { ...item, isAvailable: false } : item));
    const query = { shopperKey: ANNA, slateSize: 5, excludeItemIds: ['boot'], filter: { category: 'shoes' } };
    const slate = await ask(query, { model: await shop(items), store: aBrokenStore() });
    expect(idsOf(slate)).toEqual(['sandal']);
  });

  it('leaves no place empty', async () => {
    expect((await ask({ shopperKey: ANNA, slateSize: 5 }, { store: aBrokenStore() })).items).toHaveLength(5);
  });
});

describe('recommend when the retriever fails', () => {
  const query = { shopperKey: ANNA, slateSize: 3 };
  const profile = aProfile({ view_item: ['lamp'] });

  it('ranks the candidates of the other sources', async () => {
    const slate = await ask(query, { model: await withRetriever(failing('REC_RETRIEVER_FAILED')), profile });
    expect(slate.degraded).toEqual({ tier: 'fewer_candidates', reasons: ['retriever_failed'] });
    expect(idsOf(slate)).toEqual(['boot', 'sandal', 'runner']);
  });

  it('does not wait longer than its budget, nor make later queries wait', async () => {
    let calls = 0;
    const model = await withRetriever(() => {
      calls++;
      return never();
    });
    const context = new ModelContext(model);
    const recommender = createRecommender({
      store: aStore({ [ANNA]: profile }),
      modelContext: () => context,
      tagSet: NO_TAGS,
      // Long enough to get as far as the search on a busy machine.
      budgets: { storeMs: 500, retrievalMs: 150, rankMs: 500 },
    });
    for (let i = 0; i < 2; i++) {
      const slate = await recommender.recommend(aQuery(query));
      expect(slate.degraded).toEqual({ tier: 'fewer_candidates', reasons: ['retriever_failed'] });
    }
    expect(calls).toBe(2);
  });

  it('does without a user tower that fails', async () => {
    const model = await shop();
    const { slotCount, embeddingDim } = model.userTower;
    const userTower = { slotCount, embeddingDim, embed: failing('REC_RETRIEVER_FAILED') };
    const slate = await ask(query, { model: { ...model, userTower }, profile });
    expect(slate.degraded).toEqual({ tier: 'fewer_candidates', reasons: ['retriever_failed'] });
  });

  it('says both when the ranker fails too, on the lower rung', async () => {
    const model = {
      ...(await withRetriever(failing('REC_RETRIEVER_FAILED'))),
      ranker: { form: 'plain' as const, rank: failing('REC_RANKER_FAILED') },
    };
    const slate = await ask(query, { model, profile });
    expect(slate.degraded).toEqual({ tier: 'retrieval_order', reasons: ['retriever_failed', 'ranker_failed'] });
    expect(idsOf(slate)).toEqual(['runner', 'sandal', 'boot']);
  });

  it('serves the resident list when nothing else is left', async () => {
    const model = {
      ...(await withRetriever(failing('REC_RETRIEVER_FAILED'))),
      popularity: { overall: { itemIndexes: new Int32Array(0), weights: new Float32Array(0) }, byCategory: new Map() },
      ranker: { form: 'plain' as const, rank: failing('REC_RANKER_FAILED') },
    };
    const slate = await ask(query, { model, profile });
    expect(slate.degraded).toEqual({ tier: 'resident_list', reasons: ['retriever_failed', 'ranker_failed'] });
    expect(idsOf(slate)).toEqual(['boot', 'runner', 'sandal']);
  });
});

describe('recommend when the ranker fails', () => {
  const query = { shopperKey: ANNA, slateSize: 5 };
  const profile = aProfile({ view_item: ['lamp'] });
  /** Nearest to lamp at 90 degrees first. */
  const bySimilarity = ['lamp', 'sofa', 'sandal', 'runner', 'boot'];

  it('keeps the order of retrieval', async () => {
    const slate = await ask(query, { model: await withRanker(failing('REC_RANKER_FAILED')), profile });
    expect(slate.degraded).toEqual({ tier: 'retrieval_order', reasons: ['ranker_failed'] });
    expect(idsOf(slate)).toEqual(bySimilarity);
  });

  it('puts what was found by similarity before the rest', async () => {
    const scene = aScene({
      sources: [
        { kind: 'popular', quota: 3 },
        { kind: 'ann', quota: 2 },
      ],
    });
    const slate = await ask({ ...query, scene }, { model: await withRanker(failing('REC_RANKER_FAILED')), profile });
    expect(idsOf(slate)).toEqual(['lamp', 'sofa', 'runner', 'sandal', 'boot']);
  });

  it('trusts no answer with a number that is not finite', async () => {
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const rank = async ({ count }: RankRequest) =>
        Float32Array.from({ length: count }, (_, i) => (i === 2 ? wrong : 0.5));
      const slate = await ask(query, { model: await withRanker(rank), profile });
      expect(slate.degraded).toEqual({ tier: 'retrieval_order', reasons: ['ranker_failed'] });
      expect(idsOf(slate)).toEqual(bySimilarity);
    }
  });

  it('trusts no answer that is too short', async () => {
    const slate = await ask(query, { model: await withRanker(async () => new Float32Array(1)), profile });
    expect(slate.degraded).toEqual({ tier: 'retrieval_order', reasons: ['ranker_failed'] });
  });

  it('does not wait longer than its budget, nor make later queries wait', async () => {
    const context = new ModelContext(await withRanker(never));
    const recommender = createRecommender({
      store: aStore({ [ANNA]: profile }),
      modelContext: () => context,
      tagSet: NO_TAGS,
      budgets: { storeMs: 50, retrievalMs: 50, rankMs: 20 },
    });
    const slates = await Promise.all([1, 2, 3].map(() => recommender.recommend(aQuery(query))));
    for (const slate of slates) {
      expect(slate.degraded).toEqual({ tier: 'retrieval_order', reasons: ['ranker_failed'] });
      expect(idsOf(slate)).toEqual(bySimilarity);
    }
  });

  it('does not begin to rank when the time of the query is over', async () => {
    let hasBegun = false;
    const model = await withRanker(() => {
      hasBegun = true;
      return never();
    });
    const slate = await ask({ slateSize: 5, deadline: new Deadline(0) }, { model });
    expect(slate.degraded).toEqual({ tier: 'retrieval_order', reasons: ['ranker_failed'] });
    expect(slate.items).toHaveLength(5);
    expect(hasBegun).toBe(false);
  });

  it('does not let a late answer into the slate of a later query', async () => {
    const late: (() => void)[] = [];
    const requests: RankRequest[] = [];
    const rank = (request: RankRequest): Promise<Float32Array> => {
      const { count } = request;
      requests.push(request);
      return new Promise((resolve) => late.push(() => resolve(new Float32Array(count).fill(0.5))));
    };
    const context = new ModelContext(await withRanker(rank));
    const recommender = createRecommender({
      store: aStore({ [ANNA]: profile }),
      modelContext: () => context,
      tagSet: NO_TAGS,
      budgets: { storeMs: 50, retrievalMs: 50, rankMs: 10 },
    });
    await recommender.recommend(aQuery(query));
    const { queryIds, itemIndexes } = requests[0]!;
    const asGiven = [queryIds.slice(), itemIndexes.slice()];
    await new Promise((resolve) => setImmediate(resolve));
    await recommender.recommend(aQuery({ ...query, contextItemIds: ['boot'] }));
    expect([queryIds, itemIndexes]).toEqual(asGiven);
    for (const settle of late) settle();
  });
});

describe('recommend when the program or an artifact is at fault', () => {
  it('does not hide it behind a degraded slate', async () => {
    const profile = aProfile({ view_item: ['lamp'] });
    for (const code of ['REC_INTERNAL', 'REC_BUNDLE_INVALID'] as const) {
      await expect(ask({}, { model: await withRanker(failing(code)) })).rejects.toMatchObject({ code });
      const model = await withRetriever(failing(code));
      await expect(ask({ shopperKey: ANNA }, { model, profile })).rejects.toMatchObject({ code });
    }
    const readProfile = () => Promise.reject(new TypeError('x is undefined'));
    await expect(ask({ shopperKey: ANNA }, { store: { readProfile } })).rejects.toThrow(TypeError);
  });
});

describe('what is told of a served slate', () => {
  it('comes after the reply, with times, counts and failures', async () => {
    const calls: unknown[] = [];
    const slate = await ask(
      { shopperKey: ANNA, excludeItemIds: ['boot'] },
      {
        store: aBrokenStore(),
        onServed: (served, query, { candidateCount, failures, stageTimings }) => {
          calls.push([served, query.sceneName, candidateCount, failures.map(({ reason }) => reason)]);
          expect(stageTimings.every((time) => time >= 0)).toBe(true);
          expect(stageTimings.some((time) => time > 0)).toBe(true);
        },
      },
    );
    expect(calls).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toEqual([[slate, 'home', 3, ['store_unavailable']]]);
  });

  it('cannot fail a reply', async () => {
    const told: unknown[] = [];
    const error = new Error('listener is broken');
    const slate = await ask(
      {},
      {
        onServed: () => {
          throw error;
        },
        onServedFailure: (failure) => told.push(failure),
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(slate.items).toHaveLength(3);
    expect(told).toEqual([error]);
  });
});
