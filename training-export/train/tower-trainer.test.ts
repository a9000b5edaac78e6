import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { OnnxTower } from '../../models/retrieval/onnx-tower.ts';
import { buildTowerModel } from '../../models/retrieval/tower-graph.ts';
import {
  DEFAULT_TOWER_TRAINING,
  type PairSet,
  type TowerSpace,
  type TowerTrainingOptions,
  type TwoTowerWeights,
  trainTowers,
} from './tower-trainer.ts';

const GROUPS = 4;
const ITEM_COUNT = 32;
const GROUP_SIZE = ITEM_COUNT / GROUPS;
const ITEM_IDS = Array.from({ length: ITEM_COUNT }, (_, i) => `item ${i}`);
const FIELDS: FeatureField[] = [
  {
    ...{ name: 'recent', group: 'user', kind: 'categorical', signal: 'any', vocabulary: ITEM_IDS },
    vocabularyOf: 'item_id',
    multiValued: { maxLength: 3, pooling: 'mean' },
  },
  { name: 'region', group: 'user', kind: 'hashed', bucketCount: 3, signal: 'any' },
  { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id', vocabulary: ITEM_IDS },
  { name: 'colour', group: 'item', kind: 'hashed', bucketCount: 5, signal: 'any' },
];
const LAYOUT = layoutFields(FIELDS);
const TABLE = layoutTable(LAYOUT, () => true);

/** Item i is of group i % 4; its colour says nothing of the group. */
const ITEM_ROWS = Int32Array.from(ITEM_IDS.flatMap((_, i) => [2 + i, 2 + (Math.floor(i / GROUPS) % 5)]));
const SPACE: TowerSpace = {
  ...{ layout: LAYOUT, table: TABLE, itemRows: ITEM_ROWS, itemSlotCount: 2, itemCount: ITEM_COUNT },
  ...{ itemIdSlots: [0], itemIdTableRow: TABLE.fields.find(({ field }) => field.name === 'item_id')!.tableRow },
};
const OPTIONS: TowerTrainingOptions = {
  ...DEFAULT_TOWER_TRAINING,
  ...{ embeddingDim: 8, hiddenUnits: 8, batchSize: 32, uniformNegativeCount: 16, learningRate: 0.01, threadCount: 1 },
  ...{ maxEpochs: 4, patience: 4, seed: 1 },
};

/** A shopper whose history is of one group takes an item of it. */
function plantedPairs(pairCount: number, seed: number): PairSet {
  const random = new SeededRandom(seed);
  const itemOf = (group: number): number => group + GROUPS * random.nextInt(GROUP_SIZE);
  const userRows = new Int32Array(pairCount * 4);
  const itemIndexes = new Int32Array(pairCount);
  for (let pair = 0; pair < pairCount; pair++) {
    const group = random.nextInt(GROUPS);
    const history = [2 + itemOf(group), random.next() < 0.5 ? 2 + itemOf(group) : -1, -1];
    userRows.set([...history, 2 + random.nextInt(3)], pair * 4);
    itemIndexes[pair] = itemOf(group);
  }
  return { pairCount, userSlotCount: 4, userRows, itemIndexes };
}

async function open(weights: TwoTowerWeights): Promise<{ user: OnnxTower; item: OnnxTower }> {
  return {
    user: await OnnxTower.open(buildTowerModel('user', LAYOUT, TABLE, weights.user), 4, OPTIONS.embeddingDim),
    item: await OnnxTower.open(buildTowerModel('item', LAYOUT, TABLE, weights.item), 2, OPTIONS.embeddingDim),
  };
}

/** Share of a shopper's group among the nearest items, as many as the group has. */
async function groupRecall(weights: TwoTowerWeights, held: PairSet): Promise<number> {
  const towers = await open(weights);
  const users = await towers.user.embed(held.userRows, held.pairCount);
  const items = await towers.item.embed(ITEM_ROWS, ITEM_COUNT);
  const dim = OPTIONS.embeddingDim;
  let found = 0;
  for (let pair = 0; pair < held.pairCount; pair++) {
    const similarities = ITEM_IDS.map((_, item) => {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += users[pair * dim + d]! * items[item * dim + d]!;
      return { item, sum };
    });
    const nearest = similarities.sort((a, b) => b.sum - a.sum).slice(0, GROUP_SIZE);
    found += nearest.filter(({ item }) => item % GROUPS === held.itemIndexes[pair]! % GROUPS).length / GROUP_SIZE;
  }
  await towers.user.close();
  await towers.item.close();
  return found / held.pairCount;
}

describe('trainTowers', () => {
  it('learns which products go together, from a chance level of one in four', async () => {
    const held = plantedPairs(60, 2);
    const recalls: number[] = [];
    const { weights, epochs } = await trainTowers(SPACE, plantedPairs(1200, 1), OPTIONS, {
      measure: async (candidate) => {
        recalls.push(await groupRecall(candidate, held));
        return recalls.at(-1)!;
      },
    });
    const recall = await groupRecall(weights, held);
    expect(recall).toBeGreaterThan(0.95);
    expect(recall).toBe(Math.max(...recalls));
    expect(epochs.map(({ validationRecall }) => validationRecall)).toEqual(recalls);
    expect(epochs.at(-1)!.trainLoss).toBeLessThan(epochs[0]!.trainLoss);
  });

  it('gives the same weights for the same seed, others for another', async () => {
    const train = async (seed: number): Promise<TwoTowerWeights> => {
      const options = { ...OPTIONS, maxEpochs: 1, seed };
      return (await trainTowers(SPACE, plantedPairs(200, 1), options, { measure: async () => 0 })).weights;
    };
    const first = await train(9);
    expect(await train(9)).toEqual(first);
    expect((await train(10)).user.table).not.toEqual(first.user.table);
  });

  it('keeps the weights of the best epoch and stops when patience ends', async () => {
    const measured: Float32Array[] = [];
    const values = [0.2, 0.6, 0.5, 0.4, 0.9];
    const { weights, epochs } = await trainTowers(
      SPACE,
      plantedPairs(64, 1),
      { ...OPTIONS, maxEpochs: 5, patience: 2 },
      { measure: async (candidate) => values[measured.push(candidate.user.table) - 1]! },
    );
    expect(epochs.map(({ isBest }) => isBest)).toEqual([true, true, false, false]);
    expect(weights.user.table).toEqual(measured[1]);
  });

  it('works without a hidden layer and without sampled products', async () => {
    const options = { ...OPTIONS, hiddenUnits: 0, uniformNegativeCount: 0, maxEpochs: 2 };
    const held = plantedPairs(30, 2);
    const { epochs } = await trainTowers(SPACE, plantedPairs(1200, 1), options, {
      measure: (candidate) => groupRecall(candidate, held),
    });
    expect(epochs.at(-1)!.validationRecall).toBeGreaterThan(0.7);
  });

  it('gives embeddings of length one', async () => {
    const { weights } = await trainTowers(
      SPACE,
      plantedPairs(64, 1),
      { ...OPTIONS, maxEpochs: 1 },
      {
        measure: async () => 0,
      },
    );
    const towers = await open(weights);
    for (const embeddings of [
      await towers.user.embed(Int32Array.of(0, -1, -1, 0), 1),
      await towers.item.embed(ITEM_ROWS, 1),
    ]) {
      expect(Math.hypot(...embeddings)).toBeCloseTo(1, 5);
    }
    await towers.user.close();
    await towers.item.close();
  });
});
