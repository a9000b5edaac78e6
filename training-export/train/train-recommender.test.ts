import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { buildDeepFmModel } from '../../models/ranking/deepfm-graph.ts';
import { deepFmReferenceLogits, logistic } from '../../models/ranking/deepfm-reference.ts';
import { OnnxRanker } from '../../models/ranking/onnx-ranker.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { ExampleMaker } from '../examples/build-examples.ts';
import type { ExampleSet } from '../examples/example-set.ts';
import { ProfileReplay } from '../examples/profile-replay.ts';
import { aDataset, aShop, type TestEvent } from '../examples/testing/a-dataset.ts';
import { RankerTrainer } from './ranker-trainer.ts';
import type { ModelSpace } from './recommender-model.ts';
import { SMALL_TRAINING } from './testing/small-training.ts';
import {
  predictExamples,
  type TrainedRecommender,
  type TrainingOptions,
  type TrainingProgress,
  takenPairs,
  trainRecommender,
} from './train-recommender.ts';

const QUICK: TrainingOptions = {
  ...SMALL_TRAINING,
  ranker: { ...SMALL_TRAINING.ranker, maxEpochs: 1 },
  towers: { ...SMALL_TRAINING.towers, maxEpochs: 1 },
};

/** All bytes that training decided. */
function bytesOf({ models }: TrainedRecommender): string {
  return Object.values(models.bytes)
    .map((bytes) => Buffer.from(bytes).toString('base64'))
    .join(' ');
}

/** Feature rows as the exported ranker reads them. */
function rowsOf({ layout, extractor }: ModelSpace, examples: ExampleSet): Int32Array {
  const { querySlotCount, itemSlotCount, crossSlotCount, itemRows } = extractor;
  const rows: number[] = [];
  for (let query = 0; query < examples.queryCount; query++) {
    for (let e = examples.queryStarts[query]!; e < examples.queryStarts[query + 1]!; e++) {
      rows.push(...examples.queryRows.subarray(query * querySlotCount, (query + 1) * querySlotCount));
      const item = examples.itemIndexes[e]! * itemSlotCount;
      rows.push(...itemRows.subarray(item, item + itemSlotCount));
      rows.push(...examples.crossIds.subarray(e * crossSlotCount, (e + 1) * crossSlotCount));
    }
  }
  expect(rows).toHaveLength(examples.exampleCount * layout.slotCount);
  return Int32Array.from(rows);
}

describe('trainRecommender', () => {
  it('learns what the shoppers of a small shop want', async () => {
    const dataset = aDataset(aShop({ seed: 1, userCount: 40 }));
    const progress: TrainingProgress[] = [];
    const trained = await trainRecommender(dataset, SMALL_TRAINING, (one) => progress.push(one));
    expect(trained.validation.auc).toBeGreaterThan(0.7);
    expect(trained.test!.auc).toBeGreaterThan(0.7);
    // 100 of 24 products: everything is found.
    expect(trained.towerValidationRecall).toBe(1);
    expect(trained.models.itemEmbeddings).toHaveLength(24 * SMALL_TRAINING.towers.embeddingDim);
    expect(trained.rankerEpochs.length).toBeGreaterThan(0);
    const steps = new Set(progress.map(({ step }) => step));
    expect(steps).toEqual(new Set(['dropped fields', 'examples', 'towers', 'tower epoch', 'ranker', 'ranker epoch']));
  });

  it('gives the same models for the same seed, others for another', async () => {
    const dataset = aDataset(aShop({ seed: 2, userCount: 12 }));
    const first = bytesOf(await trainRecommender(dataset, QUICK));
    expect(bytesOf(await trainRecommender(dataset, QUICK))).toBe(first);
    expect(bytesOf(await trainRecommender(dataset, { ...QUICK, seed: 2 }))).not.toBe(first);
  });

  it('gives the same models whatever happens in the test window', async () => {
    const dataset = aDataset(aShop({ seed: 2, userCount: 12 }));
    const trained = await trainRecommender(dataset, QUICK);
    const { events, catalogue } = dataset;
    const { validationEnd } = trained.split;
    expect(events.count - validationEnd).toBeGreaterThan(20);
    const later = (column: Int32Array, change: (value: number) => number): Int32Array =>
      column.map((value, row) => (row < validationEnd ? value : change(value)));
    const altered: Dataset = {
      ...dataset,
      events: {
        ...events,
        item: later(events.item, (item) => (item + 1) % catalogue.size),
        user: later(events.user, (user) => 11 - user),
      },
    };
    const other = await trainRecommender(altered, QUICK);
    expect(bytesOf(other)).toBe(bytesOf(trained));
    expect(other.validation).toEqual(trained.validation);
    expect(other.test).not.toEqual(trained.test);
  });

  it('judges nothing when there is no test window', async () => {
    const dataset = aDataset(aShop({ seed: 2, userCount: 12 }));
    expect((await trainRecommender(dataset, { ...QUICK, testRatio: 0 })).test).toBeUndefined();
  });

  it('learns from ratings', async () => {
    const eight = [0, 1, 2, 3, 4, 5, 6, 7];
    const events: TestEvent[] = eight.flatMap((round) =>
      eight.flatMap((u) =>
        eight.map((i) => ({
          ...{ minute: 1000 * round + 10 * u + i, user: `u${u}`, item: `i${i}` },
          value: (u + i) % 2 === 0 ? 5 : 1,
        })),
      ),
    );
    const options: TrainingOptions = {
      ...QUICK,
      schema: {
        fields: [
          { name: 'user', group: 'user', kind: 'categorical', signal: 'user_id' },
          { name: 'item', group: 'item', kind: 'categorical', signal: 'item_id' },
        ],
      },
      target: { kind: 'value', atLeast: 4 },
      ranker: { ...SMALL_TRAINING.ranker, batchSize: 32, learningRate: 0.03, maxEpochs: 6, patience: 6 },
    };
    const trained = await trainRecommender(aDataset({ events }), options);
    expect(trained.test!.auc).toBeGreaterThan(0.95);
    // Every rating is an example, no negative is drawn.
    expect(trained.exampleCount).toBe(trained.split.trainEnd);
  });

  it('trains on visitors known by session alone', async () => {
    const { events, ...shop } = aShop({ seed: 2, userCount: 12 });
    const visitors = events.map(({ user, ...event }) => ({ ...event, session: user! }));
    const trained = await trainRecommender(aDataset({ ...shop, users: {}, events: visitors }), QUICK);
    expect(trained.exampleCount).toBeGreaterThan(100);
  });

  it.each<[string, Partial<TrainingOptions>, RegExp]>([
    [
      'no event of the target',
      { target: { kind: 'events', types: ['refund'] } },
      /training window of test shop has no event with refund/,
    ],
    [
      'no rating',
      { target: { kind: 'value', atLeast: 4 }, examples: QUICK.examples },
      /no event with a rating \(column value\) from 4 up/,
    ],
    ['windows without events', { validationRatio: 0.5, testRatio: 0.5 }, /too few to cut into windows/],
    [
      'a schema without fields for the shop',
      { schema: { fields: [{ name: 'id', group: 'item', kind: 'categorical', signal: 'item_id' }] } },
      /no user field/,
    ],
    [
      'a learning rate at which the loss is no longer a number',
      { ranker: { ...SMALL_TRAINING.ranker, learningRate: 1e30 } },
      /REC_INVALID_INPUT_DATA.*ranker.*not a number.*learning rate/s,
    ],
  ])('refuses %s', async (_what, options, message) => {
    const { events, ...shop } = aShop({ seed: 2, userCount: 12 });
    const dataset = aDataset({ ...shop, events: events.map(({ value: _, ...event }) => event) });
    const outcome = await trainRecommender(dataset, { ...QUICK, ...options }).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(VitrineError);
    const { code, message: text } = outcome as VitrineError;
    expect(`${code}: ${text}`).toMatch(message);
  });
});

describe('takenPairs', () => {
  it('pairs what was taken with the shopper at the moment', () => {
    const examples = {
      ...{ queryCount: 3, exampleCount: 6, querySlotCount: 3, crossSlotCount: 0 },
      queryRows: Int32Array.of(1, 2, 90, 3, 4, 91, 5, 6, 92),
      queryStarts: Int32Array.of(0, 2, 5, 6),
      queryAtMs: Float64Array.of(0, 1, 2),
      itemIndexes: Int32Array.of(10, 11, 12, 13, 14, 15),
      crossIds: new Int32Array(0),
      targets: Uint8Array.of(1, 0, 1, 0, 1, 0),
    };
    expect(takenPairs(examples, 2)).toEqual({
      ...{ pairCount: 3, userSlotCount: 2 },
      userRows: Int32Array.of(1, 2, 3, 4, 3, 4),
      itemIndexes: Int32Array.of(10, 12, 14),
    });
    expect(takenPairs(examples, 2, 2)).toMatchObject({ pairCount: 2, itemIndexes: Int32Array.of(10, 14) });
  });
});

describe('predictExamples', () => {
  it('gives what the trainer itself predicts and the float64 reference computes', async () => {
    const dataset = aDataset(aShop({ seed: 3, userCount: 16 }));
    const { space, models, split } = await trainRecommender(dataset, QUICK);
    const { layout, rankerTable: table, extractor, schema } = space;
    const replay = new ProfileReplay(dataset, { interestHalfLifeDays: schema.interestHalfLifeDays });
    const maker = new ExampleMaker(dataset, extractor, replay, {
      ...{ ...QUICK.examples, target: QUICK.target, seed: 5 },
    });
    const train = maker.build(split.trainEnd);
    const examples = maker.build(dataset.events.count);
    const exampleSpace = { layout, table, itemRows: extractor.itemRows, itemSlotCount: extractor.itemSlotCount };
    const trainer = await RankerTrainer.create(exampleSpace, QUICK.ranker);
    await trainer.trainEpoch(train);
    const predicted = await trainer.predict(examples);
    const weights = trainer.snapshot();
    await trainer.close();
    const ranker = await OnnxRanker.open(buildDeepFmModel(table, layout.slotCount, weights), layout.slotCount);
    const exported = await predictExamples(extractor, { ...models, ranker }, examples);
    const reference = deepFmReferenceLogits(table, weights, rowsOf(space, examples), layout.slotCount);
    expect(exported.length).toBeGreaterThan(100);
    let furthest = 0;
    for (let e = 0; e < exported.length; e++) {
      const truth = logistic(reference[e]!);
      furthest = Math.max(furthest, Math.abs(exported[e]! - truth), Math.abs(predicted[e]! - truth));
    }
    expect(furthest).toBeLessThan(1e-5);
  });
});
