import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { OnnxSession } from '../../models/onnx/onnx-session.ts';
import { buildDeepFmModel } from '../../models/ranking/deepfm-graph.ts';
import { deepFmReferenceLogits, logistic } from '../../models/ranking/deepfm-reference.ts';
import { type ExampleSet, ExampleSetBuilder } from '../examples/example-set.ts';
import { DEFAULT_RANKER_TRAINING, type ExampleSpace, RankerTrainer, trainRanker } from './ranker-trainer.ts';

const ITEM_COUNT = 12;
const FIELDS: FeatureField[] = [
  { name: 'taste', group: 'user', kind: 'hashed', bucketCount: 6, signal: 'any' },
  {
    name: 'recent',
    group: 'user',
    kind: 'hashed',
    bucketCount: 6,
    signal: 'any',
    multiValued: { maxLength: 3, pooling: 'mean' },
  },
  { name: 'kind', group: 'item', kind: 'hashed', bucketCount: 6, signal: 'any' },
  { name: 'seen', group: 'cross', kind: 'bucketized', boundaries: [1], signal: 'any' },
];

function space(): ExampleSpace {
  const layout = layoutFields(FIELDS);
  const itemRows = Int32Array.from({ length: ITEM_COUNT }, (_, item) => 2 + (item % 6));
  return { layout, table: layoutTable(layout, () => true), itemRows, itemSlotCount: 1 };
}

/** A shopper takes an item when its kind equals the shopper's taste. */
function plantedExamples(queryCount: number, seed: number): ExampleSet {
  const random = new SeededRandom(seed);
  const builder = new ExampleSetBuilder(4, 1);
  for (let query = 0; query < queryCount; query++) {
    const { ids, start } = builder.beginQuery();
    const taste = random.nextInt(6);
    ids.set([2 + taste, 2 + random.nextInt(6), random.next() < 0.5 ? -1 : 2 + random.nextInt(6), -1], start);
    for (let i = 0; i < 3; i++) {
      const item = random.nextInt(ITEM_COUNT);
      const cross = builder.addExample(item, item % 6 === taste ? 1 : 0);
      cross.ids[cross.start] = 2 + random.nextInt(2);
    }
    builder.endQuery(query);
  }
  return builder.build();
}

/** Rows as the exported model reads them. */
function rowsOf(examples: ExampleSet): Int32Array {
  const rows = new Int32Array(examples.exampleCount * 6);
  const { itemRows } = space();
  for (let query = 0; query < examples.queryCount; query++) {
    for (let e = examples.queryStarts[query]!; e < examples.queryStarts[query + 1]!; e++) {
      rows.set(examples.queryRows.subarray(query * 4, query * 4 + 4), e * 6);
      rows[e * 6 + 4] = itemRows[examples.itemIndexes[e]!]!;
      rows[e * 6 + 5] = examples.crossIds[e]!;
    }
  }
  return rows;
}

function referenceLoss(examples: ExampleSet, weights: Parameters<typeof deepFmReferenceLogits>[1]): number {
  const logits = deepFmReferenceLogits(space().table, weights, rowsOf(examples), 6);
  let sum = 0;
  for (let e = 0; e < logits.length; e++) {
    const p = logistic(logits[e]!);
    sum -= Math.log(examples.targets[e] === 1 ? p : 1 - p);
  }
  return sum / logits.length;
}

const OPTIONS = {
  ...DEFAULT_RANKER_TRAINING,
  embeddingDim: 4,
  hiddenUnits: [8, 4],
  batchSize: 64,
  threadCount: 1,
  learningRate: 0.01,
};

describe('RankerTrainer', () => {
  it('computes the gradients of the float64 reference', async () => {
    const examples = plantedExamples(20, 3);
    const trainer = await RankerTrainer.create(space(), OPTIONS);
    await trainer.trainEpoch(plantedExamples(200, 4));
    const { loss, embeddings, rows, dense } = await trainer.gradientsOf(examples);
    const weights = trainer.snapshot();
    expect(loss).toBeCloseTo(referenceLoss(examples, weights), 5);
    const step = 1e-4;
    const slope = (array: Float32Array, at: number): number => {
      const original = array[at]!;
      array[at] = original + step;
      const above = referenceLoss(examples, weights);
      const upper = array[at]!;
      array[at] = original - step;
      const below = referenceLoss(examples, weights);
      const lower = array[at]!;
      array[at] = original;
      return (above - below) / (upper - lower);
    };
    rows.forEach((row, place) => {
      for (let d = 0; d < 4; d++)
        expect(embeddings[place * 4 + d]!).toBeCloseTo(slope(weights.embeddings, row * 4 + d), 4);
    });
    for (const [name, gradient] of dense) {
      gradient.forEach((value, at) => {
        expect(value).toBeCloseTo(slope(weights.dense.get(name)!, at), 4);
      });
    }
    await trainer.close();
  });

  it('computes the same gradients on two threads as on one, however many examples share a row', async () => {
    const examples = plantedExamples(30_000, 3);
    const gradientsOn = async (threadCount: number): Promise<Float32Array> => {
      const trainer = await RankerTrainer.create(space(), { ...OPTIONS, threadCount });
      const { embeddings } = await trainer.gradientsOf(examples);
      await trainer.close();
      return embeddings.slice();
    };
    const onOne = await gradientsOn(1);
    for (let run = 0; run < 3; run++) expect(await gradientsOn(2)).toEqual(onOne);
  });

  it('learns a planted interaction that no single field shows', async () => {
    const result = await trainRanker(
      space(),
      { train: plantedExamples(1500, 1), validation: plantedExamples(300, 2) },
      { ...OPTIONS, maxEpochs: 12, patience: 3 },
    );
    expect(result.epochs.at(-1)!.validationAuc).toBeGreaterThan(0.98);
  });

  it('gives the same weights for the same seed, others for another', async () => {
    const train = async (seed: number): Promise<Float32Array> => {
      const data = { train: plantedExamples(200, 1), validation: plantedExamples(50, 2) };
      return (await trainRanker(space(), data, { ...OPTIONS, maxEpochs: 2, seed })).weights.embeddings;
    };
    const first = await train(9);
    expect(await train(9)).toEqual(first);
    expect(await train(10)).not.toEqual(first);
  });

  it('keeps the weights of the best epoch and stops when patience ends', async () => {
    const held = plantedExamples(100, 2);
    // So few examples at such a rate are soon learnt by heart, and what was not seen gets worse.
    const { weights, epochs } = await trainRanker(
      space(),
      { train: plantedExamples(30, 1), validation: held },
      { ...OPTIONS, learningRate: 0.1, maxEpochs: 40, patience: 3 },
    );
    const losses = epochs.map(({ validationLogLoss }) => validationLogLoss);
    const best = losses.indexOf(Math.min(...losses));
    expect(epochs.length).toBeLessThan(40);
    expect(epochs.length).toBe(best + 1 + 3);
    expect(referenceLoss(held, weights)).toBeCloseTo(losses[best]!, 5);
    expect(losses.at(-1)!).toBeGreaterThan(losses[best]! + 0.001);
  });

  it('predicts what the exported model predicts', async () => {
    const examples = plantedExamples(50, 6);
    const trainer = await RankerTrainer.create(space(), OPTIONS);
    await trainer.trainEpoch(plantedExamples(300, 5));
    const predicted = await trainer.predict(examples);
    const session = await OnnxSession.open(buildDeepFmModel(space().table, 6, trainer.snapshot()));
    const { probability } = await session.run({
      field_ids: { data: rowsOf(examples), dims: [examples.exampleCount, 6] },
    });
    for (let e = 0; e < predicted.length; e++) expect(predicted[e]!).toBeCloseTo(probability!.data[e]!, 6);
    await session.close();
    await trainer.close();
  });
});
