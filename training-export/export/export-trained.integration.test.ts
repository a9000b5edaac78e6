import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ManualClock } from '../../features/core/clock.ts';
import { decodeProfile } from '../../features/profile/profile-codec.ts';
import type { Golden } from '../../models/bundle/golden.ts';
import { BUNDLE_FILES, type Manifest } from '../../models/bundle/manifest.ts';
import { type Bundle, openBundle } from '../../models/bundle/open-bundle.ts';
import { openServingModel, type ServingModel } from '../../models/bundle/serving-model.ts';
import { OnnxRanker } from '../../models/ranking/onnx-ranker.ts';
import { ExampleMaker } from '../examples/build-examples.ts';
import { ProfileReplay } from '../examples/profile-replay.ts';
import { aDataset, aShop } from '../examples/testing/a-dataset.ts';
import { SMALL_TRAINING } from '../train/testing/small-training.ts';
import { predictExamples, type TrainedRecommender, trainRecommender } from '../train/train-recommender.ts';
import { CO_PURCHASE_OPTIONS, CO_VIEW_OPTIONS, countCoOccurrence, countPopularity } from './co-occurrence.ts';
import { exportTrained, versionAt } from './export-trained.ts';
import { tinyShop } from './testing/make-tiny-bundle.ts';

const QUICK = {
  ...SMALL_TRAINING,
  ranker: { ...SMALL_TRAINING.ranker, maxEpochs: 1 },
  towers: { ...SMALL_TRAINING.towers, maxEpochs: 1 },
};
const CLOCK = new ManualClock(Date.UTC(2024, 2, 1));

let artifactsFolder: string;
let trained: TrainedRecommender;
let bundle: Bundle;
let model: ServingModel;

beforeAll(async () => {
  artifactsFolder = await mkdtemp(join(tmpdir(), 'vitrine-export-test-'));
  trained = await trainRecommender(tinyShop(), QUICK);
  const { folder } = await exportTrained(trained, { artifactsFolder, seed: 4, clock: CLOCK });
  bundle = await openBundle(folder);
  model = await openServingModel(bundle);
});
afterAll(async () => {
  await model?.close();
  await rm(artifactsFolder, { recursive: true, force: true });
});

describe('an exported bundle', () => {
  it('is named by the moment it was made', () => {
    expect(model.modelVersion).toBe('20240301T000000Z');
    expect(bundle.manifest.createdAt).toBe('2024-03-01T00:00:00.000Z');
  });

  it('says what it was made of: the training and validation windows', () => {
    const { events, userIds, catalogue } = trained.dataset;
    const iso = (row: number): string => new Date(events.atMs[row]!).toISOString();
    expect(bundle.manifest).toMatchObject({
      seed: 4,
      data: {
        dataset: 'test shop',
        from: iso(0),
        to: iso(trained.split.validationEnd - 1),
        eventCount: trained.split.validationEnd,
        userCount: userIds.length,
        itemCount: catalogue.size,
        exampleCount: trained.exampleCount,
      },
      metrics: { validationAuc: trained.validation.auc, testLogLoss: trained.test!.logLoss },
    });
    expect(Object.keys(bundle.manifest.metrics).sort()).toEqual(
      [
        'validationRecallAt100',
        ...['validation', 'test'].flatMap((window) =>
          ['Auc', 'GroupedAuc', 'LogLoss', 'CalibrationError'].map((name) => `${window}${name}`),
        ),
      ].sort(),
    );
  });

  it('gives back catalogue, schema, neighbours and popularity', () => {
    const { dataset, space } = trained;
    expect(model.schema).toEqual(space.schema);
    expect(model.catalogue.itemIds).toEqual(dataset.catalogue.itemIds);
    for (let row = 0; row < dataset.catalogue.size; row++)
      expect(model.catalogue.record(row)).toEqual(dataset.catalogue.record(row));
    const { count } = dataset.events;
    expect(model.neighbours.coView).toEqual(countCoOccurrence(dataset, count, CO_VIEW_OPTIONS));
    expect(model.neighbours.coPurchase).toEqual(countCoOccurrence(dataset, count, CO_PURCHASE_OPTIONS));
    expect(model.popularity).toEqual(countPopularity(dataset, 0, count));
  });

  it('finds the products whose embeddings are nearest', async () => {
    const { itemEmbeddings } = trained.models;
    const size = trained.dataset.catalogue.size;
    const { itemIndexes, similarities } = await model.retriever.search(itemEmbeddings.slice(), size, 1);
    expect(Array.from(similarities).every((similarity) => similarity > 0.9999)).toBe(true);
    expect(Array.from(itemIndexes)).toEqual(Array.from({ length: size }, (_, item) => item));
  });

  it('makes the features and probabilities of training from the replayed profiles', async () => {
    const { dataset, space, models } = trained;
    const examplesOf = (extractor: ServingModel['extractor']): ReturnType<ExampleMaker['build']> => {
      const replay = new ProfileReplay(dataset, model.policy);
      return new ExampleMaker(dataset, extractor, replay, {
        ...{ ...QUICK.examples, target: QUICK.target, seed: 3 },
      }).build(dataset.events.count);
    };
    const offline = examplesOf(space.extractor);
    const online = examplesOf(model.extractor);
    expect(online).toEqual(offline);
    const expected = await predictExamples(space.extractor, models, offline);
    const ranker = await OnnxRanker.open(await bundle.readFile(BUNDLE_FILES.ranker), model.extractor.layout.slotCount);
    const actual = await predictExamples(model.extractor, { ...models, ranker }, online);
    expect(actual).toEqual(expected);
    await ranker.close();
  });

  it('has golden cases of shoppers with history and of one nothing is known of', async () => {
    const { cases } = JSON.parse(await bundle.readText(BUNDLE_FILES.golden)) as Golden;
    const views = cases.map(
      ({ profile }) => decodeProfile(Buffer.from(profile, 'base64')).recent.view_item.itemIds.length,
    );
    expect(views.map((count) => count > 0)).toEqual([true, true, true, false]);
    for (const { itemIds, itemEmbeddings } of cases) {
      expect(new Set(itemIds).size).toBe(5);
      expect(itemEmbeddings).toHaveLength(5);
    }
  });

  it('is the same, byte for byte but for the time a search took, when it is made again', async () => {
    const again = await trainRecommender(tinyShop(), QUICK);
    const { folder } = await exportTrained(again, {
      artifactsFolder: join(artifactsFolder, 'again'),
      seed: 4,
      clock: CLOCK,
    });
    const withoutTime = ({ index: { searchUs: _, ...index }, ...rest }: Manifest): unknown => ({ index, ...rest });
    expect(withoutTime((await openBundle(folder)).manifest)).toEqual(withoutTime(bundle.manifest));
  });

  it('is not written over one of the same version', async () => {
    const before = await readFile(join(bundle.folder, 'manifest.json'), 'utf8');
    await expect(exportTrained(trained, { artifactsFolder, seed: 5, clock: CLOCK })).rejects.toThrow(/exists already/);
    expect(await readFile(join(bundle.folder, 'manifest.json'), 'utf8')).toBe(before);
  });

  it('can be made of events nobody is known to have done', async () => {
    const { events, ...shop } = tinyShop();
    const unknown = new Int32Array(events.count).fill(-1);
    const dataset = { ...shop, userIds: [], userAttributes: [], events: { ...events, user: unknown } };
    const nobody = await trainRecommender(dataset, QUICK);
    const { folder } = await exportTrained(nobody, { artifactsFolder, modelVersion: 'nobody', seed: 1, clock: CLOCK });
    const opened = await openBundle(folder);
    expect(opened.manifest.index).toMatchObject({ queryKind: 'unknown_user', annRecallAtK: { queryCount: 1 } });
    await (await openServingModel(opened)).close();
  });

  it('is tuned on shoppers as the data leave them when none came back in the validation window', async () => {
    const strangers = aDataset({
      events: Array.from({ length: 60 }, (_, i) => ({ minute: i, user: `user-${i}`, item: `item-${(i * 7) % 9}` })),
    });
    const { folder } = await exportTrained(await trainRecommender(strangers, QUICK), {
      ...{ artifactsFolder, modelVersion: 'strangers', seed: 1, clock: CLOCK },
    });
    const { manifest } = await openBundle(folder);
    expect(manifest.index).toMatchObject({ queryKind: 'users', annRecallAtK: { queryCount: 60 } });
  });

  it('is tuned for the quota asked for, and for more where products are sold out', async () => {
    const shop = aShop({ seed: 7, userCount: 12, itemCount: 40, visitCount: 4 });
    const items = shop.items!.map((item, i) => ({ ...item, isAvailable: i % 2 === 0 }));
    const half = await trainRecommender(aDataset({ ...shop, items }), QUICK);
    const { folder } = await exportTrained(half, {
      ...{ artifactsFolder, modelVersion: 'half', seed: 1, clock: CLOCK, annQuota: 5 },
    });
    const { manifest } = await openBundle(folder);
    const { size, availableCount } = half.dataset.catalogue;
    expect(availableCount).toBeLessThan(size);
    expect(manifest.index.annRecallAtK.k).toBe(Math.ceil((5 * size) / availableCount));
  });

  it('is tuned on shoppers who did something, however many the shop knows who did nothing', async () => {
    const users = Object.fromEntries(Array.from({ length: 2000 }, (_, u) => [`idle-${u}`, {}]));
    const few = aDataset({
      users,
      events: Array.from({ length: 60 }, (_, i) => ({
        minute: 10 * i,
        user: `busy-${i % 5}`,
        item: `item-${(i * 7) % 9}`,
      })),
    });
    const { folder } = await exportTrained(await trainRecommender(few, QUICK), {
      ...{ artifactsFolder, modelVersion: 'idle', seed: 1, clock: CLOCK },
    });
    const { manifest } = await openBundle(folder);
    expect(manifest.index).toMatchObject({
      annRecallAtK: { k: 9, queryCount: 6 },
      queryKind: 'validation_users',
      build: expect.stringMatching(/^(avx2|default)$/),
    });
    expect(manifest.index.searchUs).toBeGreaterThan(0);
  });
});

describe('versionAt', () => {
  it('sorts by age and is a valid version', () => {
    const moments = [Date.UTC(2024, 0, 31, 23, 59, 59), Date.UTC(2024, 1, 1), Date.UTC(2024, 9, 1)];
    const versions = moments.map((atMs) => versionAt(atMs));
    expect(versions).toEqual(['20240131T235959Z', '20240201T000000Z', '20241001T000000Z']);
    expect([...versions].sort()).toEqual(versions);
  });
});
