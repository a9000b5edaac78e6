import { SeededRandom } from '../../features/core/seeded-random.ts';
import { UNKNOWN_ID } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, type TableLayout, tableFieldsIn } from '../../features/schema/field-layout.ts';
import { OnnxSession, type TensorData } from '../../models/onnx/onnx-session.ts';
import { type TowerShape, type TowerWeights, towerParameters } from '../../models/retrieval/tower-graph.ts';
import { DenseAdam, SparseAdam } from './adam.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { PooledGradient } from './pooled-gradient.ts';
import { initialWeights } from './ranker-trainer.ts';
import { RowCompactor, SlotMapper } from './row-compactor.ts';
import { buildTowerTrainingModel, type TowerGroup, type TwoTowerDefinition } from './tower-graphs.ts';

/** How the two towers are trained. */
export interface TowerTrainingOptions {
  /** Width of field embeddings and of the result alike. */
  readonly embeddingDim: number;
  /** 0 = no hidden layer. */
  readonly hiddenUnits: number;
  readonly temperature: number;
  readonly learningRate: number;
  readonly l2: number;
  /** Users per step. */
  readonly batchSize: number;
  /** Items drawn uniformly from the catalogue per step, beside those of the batch. */
  readonly uniformNegativeCount: number;
  /** Share of items whose id is hidden in training, so that a product never seen gets a sensible embedding from its other fields. */
  readonly itemIdDropoutRatio: number;
  readonly maxEpochs: number;
  readonly patience: number;
  readonly seed: number;
  readonly threadCount: number;
}

export const DEFAULT_TOWER_TRAINING: TowerTrainingOptions = {
  embeddingDim: 64,
  hiddenUnits: 128,
  temperature: 0.1,
  learningRate: 2e-3,
  l2: 1e-5,
  batchSize: 512,
  uniformNegativeCount: 512,
  itemIdDropoutRatio: 0.05,
  maxEpochs: 12,
  patience: 3,
  seed: 1,
  threadCount: 2,
};

/** What was taken: user ids at the moment, shape `[pairCount, user slots]`, and the item. */
export interface PairSet {
  readonly pairCount: number;
  readonly userSlotCount: number;
  readonly userRows: Int32Array;
  readonly itemIndexes: Int32Array;
}

/** Where the pairs live: layouts and the catalogue's ids. */
export interface TowerSpace {
  readonly layout: FieldLayout;
  readonly table: TableLayout;
  /** Shape `[itemCount, itemSlotCount]`. */
  readonly itemRows: Int32Array;
  readonly itemSlotCount: number;
  readonly itemCount: number;
  /** Item slots that hold the item's own id. */
  readonly itemIdSlots: readonly number[];
  /** First table row of item ids; -1 when the towers do not read them. */
  readonly itemIdTableRow: number;
}

export interface TowerEpochReport {
  readonly epoch: number;
  readonly trainLoss: number;
  /** What `measure` returned; higher is better. */
  readonly validationRecall: number;
  readonly pairsPerSecond: number;
  readonly isBest: boolean;
}

export type TwoTowerWeights = Readonly<Record<TowerGroup, TowerWeights>>;

/** Keeps a candidate that is the user's own item a second time out of the softmax. */
const EXCLUDED = -1e9;
const NO_LINEAR_WEIGHTS = new Float32Array(0);
/** How much fields other than item ids count at the start. */
const OTHER_FIELD_SCALE = 0.3;

/**
 * Trains both towers and returns the weights of the epoch with the best validation recall.
 *
 * @param measure recall on the validation window of the weights it gets
 * Deterministic for a seed and thread count.
 */
export async function trainTowers(
  space: TowerSpace,
  pairs: PairSet,
  options: TowerTrainingOptions,
  hooks: {
    measure: (weights: TwoTowerWeights) => Promise<number>;
    onProgress?: (progress: { epoch: number; doneRatio: number; report?: TowerEpochReport }) => void;
  },
): Promise<{ weights: TwoTowerWeights; epochs: readonly TowerEpochReport[] }> {
  const trainer = await TowerTrainer.create(space, options);
  const epochs: TowerEpochReport[] = [];
  let best = trainer.snapshot();
  let bestRecall = Number.NEGATIVE_INFINITY;
  for (let epoch = 1; epoch <= options.maxEpochs; epoch++) {
    const startMs = performance.now();
    const trainLoss = await trainer.trainEpoch(pairs, (doneRatio) => hooks.onProgress?.({ epoch, doneRatio }));
    const pairsPerSecond = pairs.pairCount / ((performance.now() - startMs) / 1000);
    const weights = trainer.snapshot();
    const validationRecall = await hooks.measure(weights);
    const isBest = validationRecall > bestRecall;
    const report = { epoch, trainLoss, validationRecall, pairsPerSecond, isBest };
    epochs.push(report);
    hooks.onProgress?.({ epoch, doneRatio: 1, report });
    if (isBest) {
      best = weights;
      bestRecall = validationRecall;
    } else if (epochs.length - epochs.findLastIndex((one) => one.isBest) - 1 >= options.patience) break;
  }
  await trainer.close();
  return { weights: best, epochs };
}

interface TowerState {
  readonly mapper: SlotMapper;
  readonly pooled: PooledGradient;
  readonly dense: ReadonlyMap<
    string,
    { weights: Float32Array; gradient: Float32Array; dims: readonly number[]; adam: DenseAdam }
  >;
}

/** The state of one training run of both towers. */
class TowerTrainer {
  private readonly space: TowerSpace;
  private readonly options: TowerTrainingOptions;
  private readonly definition: TwoTowerDefinition;
  private readonly session: OnnxSession;
  private readonly random: SeededRandom;
  private readonly table: SparseAdam;
  private readonly compactor: RowCompactor;
  private readonly towers: Readonly<Record<TowerGroup, TowerState>>;
  private readonly buffers = new BatchBuffers();
  private drawRatio = new Float64Array(0);
  private knownItems = new Int32Array(0);

  static async create(space: TowerSpace, options: TowerTrainingOptions): Promise<TowerTrainer> {
    const { embeddingDim, hiddenUnits, temperature } = options;
    const { layout, table } = space;
    const shape = (group: TowerGroup): TowerShape => ({
      fieldCount: tableFieldsIn(table, layout.groupSlots[group]).fields.length,
      fieldDim: embeddingDim,
      hiddenUnits,
      embeddingDim,
    });
    const definition = { layout, table, shapes: { user: shape('user'), item: shape('item') }, temperature };
    const session = await OnnxSession.open(buildTowerTrainingModel(definition), { threadCount: options.threadCount });
    return new TowerTrainer(space, options, { definition, session });
  }

  private constructor(
    space: TowerSpace,
    options: TowerTrainingOptions,
    graph: { definition: TwoTowerDefinition; session: OnnxSession },
  ) {
    this.space = space;
    this.options = options;
    this.definition = graph.definition;
    this.session = graph.session;
    this.random = new SeededRandom(options.seed);
    const { learningRate, l2, embeddingDim } = options;
    const { rowCount } = space.table;
    const deviation = 1 / Math.sqrt(embeddingDim);
    const values = Float32Array.from({ length: rowCount * embeddingDim }, () => deviation * this.random.nextNormal());
    this.table = new SparseAdam(values, embeddingDim, { learningRate, l2 });
    this.compactor = new RowCompactor(rowCount);
    this.towers = { user: this.newTower('user'), item: this.newTower('item') };
  }

  async trainEpoch(pairs: PairSet, onProgress: (doneRatio: number) => void): Promise<number> {
    this.countDraws(pairs);
    const order = Int32Array.from({ length: pairs.pairCount }, (_, pair) => pair);
    this.random.shuffle(order);
    let lossSum = 0;
    let done = 0;
    for (let from = 0; from < order.length; from += this.options.batchSize) {
      const batch = order.subarray(from, Math.min(order.length, from + this.options.batchSize));
      lossSum += (await this.step(pairs, batch)) * batch.length;
      done += batch.length;
      onProgress(done / order.length);
    }
    return lossSum / done;
  }

  snapshot(): TwoTowerWeights {
    const table = this.table.values.slice();
    const copy = (group: TowerGroup): TowerWeights => ({
      shape: this.definition.shapes[group],
      table,
      dense: new Map([...this.towers[group].dense].map(([name, { weights }]) => [name, weights.slice()])),
    });
    return { user: copy('user'), item: copy('item') };
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  private newTower(group: TowerGroup): TowerState {
    const { learningRate } = this.options;
    const { layout, table } = this.space;
    const slots = layout.groupSlots[group];
    const dense = new Map(
      towerParameters(this.definition.shapes[group]).map(({ name, dims }) => {
        const weights = initialWeights(dims, this.random);
        if (name === 'w_straight') this.startFromItemIds(weights, tableFieldsIn(table, slots));
        if (name === 'w_top') weights.fill(0);
        return [
          name,
          { weights, gradient: new Float32Array(weights.length), dims, adam: new DenseAdam(weights, { learningRate }) },
        ];
      }),
    );
    const pooled = new PooledGradient(tableFieldsIn(table, slots).fields, slots[0], this.options.embeddingDim);
    return { mapper: new SlotMapper(table.fields, slots), pooled, dense };
  }

  /**
   * Lets both towers begin as the identity on item ids, so that a shopper starts near the products of their own history and training only
   * has to move products that go together nearer to each other; without it a small shop's data do not suffice.
   */
  private startFromItemIds(weights: Float32Array, fields: TableLayout): void {
    const { embeddingDim } = this.options;
    fields.fields.forEach(({ tableRow }, field) => {
      const isItemId = tableRow === this.space.itemIdTableRow;
      for (let i = 0; i < embeddingDim; i++) {
        const row = (field * embeddingDim + i) * embeddingDim;
        for (let j = 0; j < embeddingDim; j++) {
          if (isItemId) weights[row + j] = i === j ? 1 : 0;
          else weights[row + j]! *= OTHER_FIELD_SCALE;
        }
      }
    });
  }

  /** How often each item is what a pair took, as a share of all pairs. */
  private countDraws(pairs: PairSet): void {
    if (this.drawRatio.length > 0) return;
    this.drawRatio = new Float64Array(this.space.itemCount);
    for (const item of pairs.itemIndexes) this.drawRatio[item]! += 1 / pairs.pairCount;
    // A product nobody took may be one not launched yet: drawing it would teach that unknown products are wrong.
    this.knownItems = Int32Array.from(this.drawRatio.keys()).filter((item) => this.drawRatio[item]! > 0);
  }

  private async step(pairs: PairSet, batch: Int32Array): Promise<number> {
    const candidates = this.drawCandidates(pairs, batch);
    this.compactor.reset();
    const feeds: Record<string, TensorData> = {
      user_ids: this.userIds(pairs, batch),
      item_ids: this.itemIds(candidates),
      table: this.touchedRows(),
      ...this.targetFeeds(batch.length, candidates),
    };
    const loss = this.buffers.floats('loss', 1);
    const into: Record<string, TensorData> = { loss: { data: loss, dims: [] } };
    const { table, compactor } = this;
    for (const [group, rowCount] of [
      ['user', batch.length],
      ['item', candidates.length],
    ] as const) {
      const { columnCount } = this.towers[group].pooled;
      const data = this.buffers.floats(`d_${group}_fields`, rowCount * columnCount);
      into[`d_${group}_fields`] = { data, dims: [rowCount, columnCount] };
      for (const [name, { weights, gradient, dims }] of this.towers[group].dense) {
        feeds[`${group}_${name}`] = { data: weights, dims };
        into[`d_${group}_${name}`] = { data: gradient, dims };
      }
    }
    await this.session.run(feeds, into);
    table.apply(compactor.rows, compactor.count, this.rowGradients(feeds, into));
    for (const { dense } of Object.values(this.towers))
      for (const { gradient, adam } of dense.values()) adam.apply(gradient);
    return loss[0]!;
  }

  /** Gradients of the batch's rows from those of its pooled fields. */
  private rowGradients(feeds: Record<string, TensorData>, outputs: Record<string, TensorData>): Float32Array {
    const embeddings = this.buffers.floats('row_gradient', this.compactor.count * this.table.width).fill(0);
    for (const group of ['user', 'item'] as const) {
      const { pooled, mapper } = this.towers[group];
      const ids = feeds[`${group}_ids`]!;
      const gradients = {
        ...{ exampleCount: ids.dims[0]!, stride: pooled.columnCount, offset: 0 },
        fields: outputs[`d_${group}_fields`]!.data as Float32Array,
      };
      const rows = { ids: ids.data as Int32Array, slotCount: mapper.slotCount };
      pooled.add(rows, gradients, { embeddings, linear: NO_LINEAR_WEIGHTS });
    }
    return embeddings;
  }

  /** The batch's own items, then uniformly drawn ones. */
  private drawCandidates(pairs: PairSet, batch: Int32Array): Int32Array {
    const candidates = new Int32Array(batch.length + this.options.uniformNegativeCount);
    for (let i = 0; i < batch.length; i++) candidates[i] = pairs.itemIndexes[batch[i]!]!;
    for (let i = batch.length; i < candidates.length; i++)
      candidates[i] = this.knownItems[this.random.nextInt(this.knownItems.length)]!;
    return candidates;
  }

  private userIds(pairs: PairSet, batch: Int32Array): TensorData {
    const { mapper } = this.towers.user;
    const width = pairs.userSlotCount;
    const ids = this.buffers.ints('user_ids', batch.length * width);
    for (let i = 0; i < batch.length; i++)
      mapper.map(this.compactor, pairs.userRows, batch[i]! * width, ids, i * width);
    return { data: ids, dims: [batch.length, width] };
  }

  private itemIds(candidates: Int32Array): TensorData {
    const { mapper } = this.towers.item;
    const { itemRows, itemSlotCount: width, itemIdSlots } = this.space;
    const raw = new Int32Array(width);
    const ids = this.buffers.ints('item_ids', candidates.length * width);
    for (let i = 0; i < candidates.length; i++) {
      const from = candidates[i]! * width;
      for (let slot = 0; slot < width; slot++) raw[slot] = itemRows[from + slot]!;
      if (this.random.next() < this.options.itemIdDropoutRatio) for (const slot of itemIdSlots) raw[slot] = UNKNOWN_ID;
      mapper.map(this.compactor, raw, 0, ids, i * width);
    }
    return { data: ids, dims: [candidates.length, width] };
  }

  private targetFeeds(userCount: number, candidates: Int32Array): Record<string, TensorData> {
    const count = candidates.length;
    const offsets = this.buffers.floats('offsets', userCount * count);
    const isTarget = this.buffers.floats('is_target', userCount * count);
    const { uniformNegativeCount } = this.options;
    const logChance = new Float64Array(count);
    for (let j = 0; j < count; j++) {
      const expected = userCount * this.drawRatio[candidates[j]!]! + uniformNegativeCount / this.knownItems.length;
      logChance[j] = Math.log(expected);
    }
    isTarget.fill(0);
    for (let i = 0; i < userCount; i++) {
      const own = candidates[i]!;
      for (let j = 0; j < count; j++)
        offsets[i * count + j] = j !== i && candidates[j] === own ? EXCLUDED : -logChance[j]!;
      isTarget[i * count + i] = 1;
    }
    const dims = [userCount, count];
    return {
      offsets: { data: offsets, dims },
      is_target: { data: isTarget, dims },
      share: { data: Float32Array.of(1 / userCount), dims: [] },
    };
  }

  private touchedRows(): TensorData {
    const { table, compactor } = this;
    const data = this.buffers.floats('table', compactor.count * table.width);
    table.copyRows(compactor.rows, compactor.count, data);
    return { data, dims: [compactor.count, table.width] };
  }
}
