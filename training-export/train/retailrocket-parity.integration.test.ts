import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { asUserId, userKey } from '../../features/core/ids.ts';
import type { Profile } from '../../features/profile/profile.ts';
import type { CrossWriter } from '../../features/schema/cross-fields.ts';
import { DEFAULT_SCHEMA } from '../../features/schema/default-schema.ts';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { startRedisServer } from '../../features/store/testing/redis-server.ts';
import { ModelRegistry } from '../../models/bundle/model-registry.ts';
import type { ServingModel } from '../../models/bundle/serving-model.ts';
import { type Dataset, loadDataset } from '../datasets/dataset.ts';
import { importDataset } from '../datasets/import-dataset.ts';
import { auc, logLoss } from '../evaluate/metrics.ts';
import { DEFAULT_EXAMPLE_OPTIONS, ExampleMaker } from '../examples/build-examples.ts';
import type { ExampleSet } from '../examples/example-set.ts';
import { fitSchema } from '../examples/fit-schema.ts';
import { ProfileReplay } from '../examples/profile-replay.ts';
import { DEFAULT_TARGET } from '../examples/target-rule.ts';
import { splitByTime } from '../examples/time-split.ts';
import { exportTrained } from '../export/export-trained.ts';
import { materialize } from '../export/materialize.ts';
import { DEFAULT_RANKER_TRAINING, RankerTrainer } from './ranker-trainer.ts';
import { buildModels, type ModelSpace, modelSpace } from './recommender-model.ts';
import { DEFAULT_TOWER_TRAINING, trainTowers } from './tower-trainer.ts';
import { takenPairs } from './train-recommender.ts';

const SOURCE = resolve(
  process.env.VITRINE_TEST_DATA ?? join(import.meta.dirname, '../../../shared/data'),
  'retailrocket',
);
const hasData = existsSync(SOURCE);
if (!hasData) console.warn(`skipped: there is no ${SOURCE}; set VITRINE_TEST_DATA to test serving parity on it`);

const EXAMPLE_COUNT = 1000;
const EMBEDDING_DIM = 16;

interface Moment {
  readonly profile: Profile;
  readonly context: SignalContext;
}

/** Keeps what each example's features were computed from, while it is told to. */
class RecordingExtractor extends FeatureExtractor {
  isRecording = false;
  /** One per example, in the order examples are made. */
  readonly moments: Moment[] = [];

  override prepareCross(profile: Profile, context: SignalContext): CrossWriter {
    const writer = super.prepareCross(profile, context);
    const moment: Moment = { profile: structuredClone(profile), context };
    return {
      write: (itemIndex, ids, rowStart) => {
        if (this.isRecording) this.moments.push(moment);
        writer.write(itemIndex, ids, rowStart);
      },
      writeColumn: (...of) => writer.writeColumn(...of),
      constantOf: (slot) => writer.constantOf(slot),
      writeLookup: (...of) => writer.writeLookup(...of),
      cells: writer.cells,
      codes: writer.codes,
      codeStride: writer.codeStride,
    };
  }
}

interface Trained {
  readonly examples: ExampleSet;
  /** What the trainer itself says of each example. */
  readonly predicted: Float32Array;
  readonly moments: readonly Moment[];
}

/** Trains briefly, exports a bundle and returns what the trainer predicts for examples after the training window. */
async function trainAndExport(dataset: Dataset, artifactsFolder: string): Promise<Trained> {
  const split = splitByTime(dataset.events, { validationRatio: 0.05, testRatio: 0.1 });
  const { schema } = fitSchema(DEFAULT_SCHEMA, dataset, split.trainEnd);
  const space = modelSpace(schema, dataset.catalogue);
  const extractor = new RecordingExtractor(space.layout, dataset.catalogue);
  const replay = new ProfileReplay(dataset, { interestHalfLifeDays: schema.interestHalfLifeDays });
  const maker = new ExampleMaker(dataset, extractor, replay, {
    ...{ ...DEFAULT_EXAMPLE_OPTIONS, target: DEFAULT_TARGET, seed: 1 },
  });
  const train = maker.build(split.trainEnd);
  extractor.isRecording = true;
  const examples = maker.build(split.validationEnd);
  const { layout, rankerTable: table } = space;
  const { itemRows, itemSlotCount } = extractor;
  const options = { ...DEFAULT_RANKER_TRAINING, embeddingDim: 8, hiddenUnits: [32, 16], batchSize: 4096 };
  const trainer = await RankerTrainer.create({ layout, table, itemRows, itemSlotCount }, options);
  await trainer.trainEpoch(train);
  const predicted = await trainer.predict(examples);
  const ranker = trainer.snapshot();
  await trainer.close();
  const models = await buildModels(space, { ranker, towers: await trainTowersBriefly(space, train) });
  const metrics = {
    exampleCount: examples.exampleCount,
    auc: auc(predicted, examples.targets),
    groupedAuc: Number.NaN,
    logLoss: logLoss(predicted, examples.targets),
    ...{ calibrationError: Number.NaN, calibration: [] },
  };
  await exportTrained(
    {
      ...{ dataset, split, space, models, exampleCount: train.exampleCount, validation: metrics, test: undefined },
      ...{ towerValidationRecall: 0, rankerEpochs: [], towerEpochs: [] },
    },
    { artifactsFolder, modelVersion: 'parity', seed: 1 },
  );
  return { examples, predicted, moments: extractor.moments };
}

async function trainTowersBriefly(
  space: ModelSpace,
  train: ExampleSet,
): Promise<Parameters<typeof buildModels>[1]['towers']> {
  const { layout, towerTable: table, extractor, catalogue } = space;
  const { itemRows, itemSlotCount } = extractor;
  const itemId = table.fields.find(({ field }) => field.group === 'item' && field.signal === 'item_id')!;
  const { weights } = await trainTowers(
    {
      ...{ layout, table, itemRows, itemSlotCount, itemCount: catalogue.size },
      ...{ itemIdSlots: [itemId.slot - layout.groupSlots.item[0]], itemIdTableRow: itemId.tableRow },
    },
    takenPairs(train, layout.groupSlots.user[1]),
    { ...DEFAULT_TOWER_TRAINING, embeddingDim: EMBEDDING_DIM, hiddenUnits: 16, maxEpochs: 1 },
    { measure: async () => 0 },
  );
  return weights;
}

/** What a server makes of one shopper and product. */
async function serve(model: ServingModel, { profile, context }: Moment, item: number): Promise<number> {
  const { extractor, ranker } = model;
  const queryIds = new Int32Array(extractor.querySlotCount);
  extractor.writeQuery(profile, context, queryIds);
  const cross = extractor.prepareCross(profile, context);
  return (await ranker.rank({ queryIds, cross, itemIndexes: Int32Array.of(item), count: 1 }))[0]!;
}

describe.skipIf(!hasData)('serving parity on Retailrocket', () => {
  const closing: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  it('gives the probability of the trainer for each of 1 000 examples, profile read back from Redis', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vitrine-parity-'));
    closing.push(() => rm(folder, { recursive: true, force: true }));
    const redis = await startRedisServer();
    closing.push(() => redis.stop());
    await importDataset({ format: 'retailrocket', folder: SOURCE, output: join(folder, 'dataset') });
    const dataset = await loadDataset(join(folder, 'dataset'));
    const { examples, predicted, moments } = await trainAndExport(dataset, join(folder, 'artifacts'));
    expect(moments).toHaveLength(examples.exampleCount);

    const registry = new ModelRegistry(join(folder, 'artifacts'));
    closing.push(() => registry.close());
    const model = await registry.activate('');
    const store: FeatureStore = await openFeatureStore({
      ...{ kind: 'redis', mode: 'single', url: redis.url, shop: 'parity', profileTtlDays: 10_000 },
      commandTimeoutMs: 5000,
    });
    closing.push(() => store.close());
    await materialize(dataset, store, model.policy);

    const stride = Math.floor(examples.exampleCount / EXAMPLE_COUNT);
    const chosen = Array.from({ length: EXAMPLE_COUNT }, (_, i) => i * stride);
    const keyOf = (e: number) => userKey(asUserId(`as of example ${e}`));
    await store.writeProfiles(chosen.map((e) => [keyOf(e), moments[e]!.profile]));
    let furthest = 0;
    for (const e of chosen) {
      const profile = await store.readProfile(keyOf(e), Deadline.after(5000));
      const probability = await serve(
        model,
        { profile: profile!, context: moments[e]!.context },
        examples.itemIndexes[e]!,
      );
      furthest = Math.max(furthest, Math.abs(probability - predicted[e]!));
    }
    expect(furthest).toBeLessThan(1e-5);
    // With the profile of somebody else it is another probability.
    const [first, other] = [chosen[0]!, chosen[EXAMPLE_COUNT / 2]!];
    const swapped = await serve(model, moments[other]!, examples.itemIndexes[first]!);
    expect(Math.abs(swapped - predicted[first]!)).toBeGreaterThan(1e-3);
    // The examples are worth comparing: of many shoppers, some taken and some not, with probabilities that differ.
    expect(new Set(chosen.map((e) => moments[e]!.context.userId)).size).toBeGreaterThan(100);
    expect(new Set(chosen.map((e) => examples.targets[e]))).toEqual(new Set([0, 1]));
    expect(new Set(chosen.map((e) => predicted[e]!.toFixed(3))).size).toBeGreaterThan(50);
    await expectMaterialized(dataset, store, model);
  });
});

/** The store holds the profiles a replay of all events ends with. */
async function expectMaterialized(dataset: Dataset, store: FeatureStore, model: ServingModel): Promise<void> {
  const replay = new ProfileReplay(dataset, model.policy);
  replay.playTo(dataset.events.count);
  for (const [number, [key, profile]] of [...replay.entries()].entries()) {
    if (number % 50 === 0) expect(await store.readProfile(key, Deadline.after(5000))).toEqual(profile);
  }
}
