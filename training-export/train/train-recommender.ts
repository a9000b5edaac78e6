import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { FeatureSchemaDeclaration } from '../../features/schema/feature-schema.ts';
import { selectTopK } from '../../features/transform/top-k.ts';
import { OnnxTower } from '../../models/retrieval/onnx-tower.ts';
import { buildTowerModel } from '../../models/retrieval/tower-graph.ts';
import type { Dataset } from '../datasets/dataset.ts';
import {
  auc,
  type CalibrationBin,
  calibrationBins,
  calibrationError,
  groupedAuc,
  logLoss,
} from '../evaluate/metrics.ts';
import { DEFAULT_EXAMPLE_OPTIONS, ExampleMaker, type ExampleOptions } from '../examples/build-examples.ts';
import type { ExampleSet } from '../examples/example-set.ts';
import { fitSchema } from '../examples/fit-schema.ts';
import { ProfileReplay } from '../examples/profile-replay.ts';
import type { TargetRule } from '../examples/target-rule.ts';
import { splitByTime, type TimeSplit } from '../examples/time-split.ts';
import {
  DEFAULT_RANKER_TRAINING,
  type EpochReport,
  type RankerTrainingOptions,
  trainRanker,
} from './ranker-trainer.ts';
import { type BuiltModels, buildModels, embedItems, type ModelSpace, modelSpace } from './recommender-model.ts';
import {
  DEFAULT_TOWER_TRAINING,
  type PairSet,
  type TowerEpochReport,
  type TowerTrainingOptions,
  trainTowers,
} from './tower-trainer.ts';

/** Everything that decides what comes out of training. */
export interface TrainingOptions {
  readonly schema: FeatureSchemaDeclaration;
  readonly target: TargetRule;
  readonly examples: typeof DEFAULT_EXAMPLE_OPTIONS;
  readonly validationRatio: number;
  /** Share of events kept out of training and validation, for `evaluate`. */
  readonly testRatio: number;
  readonly ranker: RankerTrainingOptions;
  readonly towers: TowerTrainingOptions;
  readonly seed: number;
}

export const DEFAULT_TRAINING: Omit<TrainingOptions, 'schema' | 'target'> = {
  examples: DEFAULT_EXAMPLE_OPTIONS,
  validationRatio: 0.1,
  testRatio: 0.1,
  ranker: DEFAULT_RANKER_TRAINING,
  towers: DEFAULT_TOWER_TRAINING,
  seed: 1,
};

/** What training says while it works; `doneRatio` is of the current step. */
export type TrainingProgress =
  | { readonly step: 'examples' | 'towers' | 'ranker'; readonly doneRatio: number; readonly epoch?: number }
  | { readonly step: 'dropped fields'; readonly fields: readonly string[] }
  | { readonly step: 'tower epoch'; readonly report: TowerEpochReport }
  | { readonly step: 'ranker epoch'; readonly report: EpochReport };

/** Quality of the ranker's probabilities on one window. */
export interface RankerMetrics {
  readonly exampleCount: number;
  readonly auc: number;
  readonly groupedAuc: number;
  readonly logLoss: number;
  readonly calibrationError: number;
  readonly calibration: readonly CalibrationBin[];
}

/** A trained model with what is needed to export and to judge it. */
export interface TrainedRecommender {
  readonly dataset: Dataset;
  readonly split: TimeSplit;
  readonly space: ModelSpace;
  readonly models: BuiltModels;
  readonly exampleCount: number;
  readonly validation: RankerMetrics;
  /** Absent when the test window is empty. */
  readonly test: RankerMetrics | undefined;
  readonly towerValidationRecall: number;
  readonly rankerEpochs: readonly EpochReport[];
  readonly towerEpochs: readonly TowerEpochReport[];
}

/** Recall is measured at this k while the towers train, on at most this many pairs. */
const VALIDATION_K = 100;
const VALIDATION_PAIRS = 2000;

/**
 * Makes examples, trains both towers and the ranker, and judges the ranker on the test window.
 *
 * Errors: REC_INVALID_INPUT_DATA when the data have no examples; REC_INVALID_SCHEMA. Cost: see the bench training-throughput.
 */
export async function trainRecommender(
  dataset: Dataset,
  options: TrainingOptions,
  onProgress: (progress: TrainingProgress) => void = () => {},
): Promise<TrainedRecommender> {
  const split = splitByTime(dataset.events, options);
  const { schema, droppedFields } = fitSchema(options.schema, dataset, split.trainEnd);
  if (droppedFields.length > 0) onProgress({ step: 'dropped fields', fields: droppedFields });
  const space = modelSpace(schema, dataset.catalogue);
  const windows = makeWindows(dataset, space, { ...options, split }, onProgress);
  const { towers, towerEpochs, towerValidationRecall } = await fitTowers(space, windows, options, onProgress);
  const { layout, extractor, rankerTable } = space;
  const exampleSpace = {
    layout,
    table: rankerTable,
    itemRows: extractor.itemRows,
    itemSlotCount: extractor.itemSlotCount,
  };
  const ranker = await trainRanker(exampleSpace, windows, options.ranker, ({ epoch, doneRatio, report }) => {
    onProgress({ step: 'ranker', doneRatio, epoch });
    if (report !== undefined) onProgress({ step: 'ranker epoch', report });
  });
  const models = await buildModels(space, { ranker: ranker.weights, towers });
  return {
    dataset,
    split,
    space,
    models,
    exampleCount: windows.train.exampleCount,
    validation: await judgeRanker(extractor, models, windows.validation),
    test: windows.test === undefined ? undefined : await judgeRanker(extractor, models, windows.test),
    towerValidationRecall,
    rankerEpochs: ranker.epochs,
    towerEpochs,
  };
}

interface Windows {
  readonly train: ExampleSet;
  readonly validation: ExampleSet;
  readonly test: ExampleSet | undefined;
}

function makeWindows(
  dataset: Dataset,
  { schema: { interestHalfLifeDays }, extractor }: ModelSpace,
  options: TrainingOptions & { split: TimeSplit },
  onProgress: (progress: TrainingProgress) => void,
): Windows {
  const replay = new ProfileReplay(dataset, { interestHalfLifeDays });
  const exampleOptions: ExampleOptions = { ...options.examples, target: options.target, seed: options.seed };
  const maker = new ExampleMaker(dataset, extractor, replay, exampleOptions);
  const train = maker.build(options.split.trainEnd, (doneRatio) => onProgress({ step: 'examples', doneRatio }));
  const validation = maker.build(options.split.validationEnd);
  const test = maker.build(dataset.events.count);
  for (const [name, window] of [
    ['training', train],
    ['validation', validation],
  ] as const) {
    if (window.targets.includes(1)) continue;
    const { target } = options;
    const what =
      target.kind === 'value' ? `a rating (column value) from ${target.atLeast} up` : target.types.join(', ');
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `the ${name} window of ${dataset.name} has no event with ${what}; choose other --target events`,
    );
  }
  return { train, validation, test: test.exampleCount > 0 ? test : undefined };
}

/** What was taken, as pairs for the towers. */
export function takenPairs(examples: ExampleSet, userSlotCount: number, maxPairs = Number.POSITIVE_INFINITY): PairSet {
  const queries: number[] = [];
  const items: number[] = [];
  for (let query = 0; query < examples.queryCount; query++) {
    for (let e = examples.queryStarts[query]!; e < examples.queryStarts[query + 1]!; e++) {
      if (examples.targets[e] !== 1) continue;
      queries.push(query);
      items.push(examples.itemIndexes[e]!);
    }
  }
  const stride = Math.max(1, Math.ceil(queries.length / maxPairs));
  const kept = queries.map((_, pair) => pair).filter((pair) => pair % stride === 0);
  const userRows = new Int32Array(kept.length * userSlotCount);
  kept.forEach((pair, i) => {
    const from = queries[pair]! * examples.querySlotCount;
    userRows.set(examples.queryRows.subarray(from, from + userSlotCount), i * userSlotCount);
  });
  return {
    pairCount: kept.length,
    userSlotCount,
    userRows,
    itemIndexes: Int32Array.from(kept, (pair) => items[pair]!),
  };
}

async function fitTowers(
  space: ModelSpace,
  windows: Windows,
  options: TrainingOptions,
  onProgress: (progress: TrainingProgress) => void,
): Promise<{
  towers: Awaited<ReturnType<typeof trainTowers>>['weights'];
  towerEpochs: readonly TowerEpochReport[];
  towerValidationRecall: number;
}> {
  const { layout, extractor, towerTable } = space;
  const userSlotCount = layout.groupSlots.user[1];
  const itemStart = layout.groupSlots.item[0];
  const itemIdFields = towerTable.fields.filter(({ field }) => field.group === 'item' && field.signal === 'item_id');
  const towerSpace = {
    layout,
    table: towerTable,
    itemRows: extractor.itemRows,
    itemSlotCount: extractor.itemSlotCount,
    itemCount: extractor.catalogue.size,
    itemIdSlots: itemIdFields.map(({ slot }) => slot - itemStart),
    itemIdTableRow: itemIdFields[0]?.tableRow ?? -1,
  };
  const held = takenPairs(windows.validation, userSlotCount, VALIDATION_PAIRS);
  const { weights, epochs } = await trainTowers(towerSpace, takenPairs(windows.train, userSlotCount), options.towers, {
    measure: (candidate) => recallOfTowers(space, candidate, held),
    onProgress: ({ epoch, doneRatio, report }) => {
      onProgress({ step: 'towers', doneRatio, epoch });
      if (report !== undefined) onProgress({ step: 'tower epoch', report });
    },
  });
  return {
    towers: weights,
    towerEpochs: epochs,
    towerValidationRecall: Math.max(...epochs.map((one) => one.validationRecall)),
  };
}

/** Share of held-out pairs whose item is among the user's {@link VALIDATION_K} nearest. */
async function recallOfTowers(
  space: ModelSpace,
  towers: Awaited<ReturnType<typeof trainTowers>>['weights'],
  held: PairSet,
): Promise<number> {
  const { layout, extractor, towerTable } = space;
  const dim = towers.user.shape.embeddingDim;
  const userTower = await OnnxTower.open(
    buildTowerModel('user', layout, towerTable, towers.user),
    held.userSlotCount,
    dim,
  );
  const itemTower = await OnnxTower.open(
    buildTowerModel('item', layout, towerTable, towers.item),
    extractor.itemSlotCount,
    dim,
  );
  const items = await embedItems(itemTower, extractor);
  const users = await userTower.embed(held.userRows, held.pairCount);
  const itemCount = extractor.catalogue.size;
  const similarities = new Float64Array(itemCount);
  const order = new Int32Array(VALIDATION_K);
  let found = 0;
  for (let pair = 0; pair < held.pairCount; pair++) {
    for (let item = 0; item < itemCount; item++) {
      let sum = 0;
      for (let d = 0; d < dim; d++) sum += users[pair * dim + d]! * items[item * dim + d]!;
      similarities[item] = sum;
    }
    const count = selectTopK(similarities, itemCount, VALIDATION_K, order);
    if (order.subarray(0, count).includes(held.itemIndexes[pair]!)) found++;
  }
  await userTower.close();
  await itemTower.close();
  return found / held.pairCount;
}

const ROWS_PER_RUN = 4096;

/** Probabilities of the exported ranker for all examples, in example order. */
export async function predictExamples(
  extractor: FeatureExtractor,
  models: BuiltModels,
  examples: ExampleSet,
): Promise<Float32Array> {
  const { layout, querySlotCount, itemSlotCount, crossSlotCount, itemRows } = extractor;
  const [itemStart] = layout.groupSlots.item;
  const [crossStart] = layout.groupSlots.cross;
  const rows = new Int32Array(ROWS_PER_RUN * layout.slotCount);
  const probabilities = new Float32Array(examples.exampleCount);
  let query = 0;
  for (let from = 0; from < examples.exampleCount; from += ROWS_PER_RUN) {
    const count = Math.min(ROWS_PER_RUN, examples.exampleCount - from);
    for (let i = 0; i < count; i++) {
      const e = from + i;
      while (examples.queryStarts[query + 1]! <= e) query++;
      const start = i * layout.slotCount;
      rows.set(examples.queryRows.subarray(query * querySlotCount, (query + 1) * querySlotCount), start);
      const item = examples.itemIndexes[e]! * itemSlotCount;
      rows.set(itemRows.subarray(item, item + itemSlotCount), start + itemStart);
      rows.set(examples.crossIds.subarray(e * crossSlotCount, (e + 1) * crossSlotCount), start + crossStart);
    }
    probabilities.set(await models.ranker.rankRows(rows, count), from);
  }
  return probabilities;
}

async function judgeRanker(
  extractor: FeatureExtractor,
  models: BuiltModels,
  examples: ExampleSet,
): Promise<RankerMetrics> {
  const probabilities = await predictExamples(extractor, models, examples);
  const calibration = calibrationBins(probabilities, examples.targets);
  return {
    exampleCount: examples.exampleCount,
    auc: auc(probabilities, examples.targets),
    groupedAuc: groupedAuc(probabilities, examples.targets, examples.queryStarts),
    logLoss: logLoss(probabilities, examples.targets),
    calibrationError: calibrationError(calibration),
    calibration,
  };
}
