import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { type FieldLayout, type TableLayout, tableFieldsIn } from '../../features/schema/field-layout.ts';
import { OnnxSession, type TensorData } from '../../models/onnx/onnx-session.ts';
import { type DeepFmShape, type DeepFmWeights, deepFmParameters } from '../../models/ranking/deepfm-graph.ts';
import { auc, logLoss } from '../evaluate/metrics.ts';
import type { ExampleSet } from '../examples/example-set.ts';
import { DenseAdam, SparseAdam } from './adam.ts';
import { BatchBuffers } from './batch-buffers.ts';
import { PooledGradient, type RowGradients } from './pooled-gradient.ts';
import { buildRankerForwardModel, buildRankerTrainingModel } from './ranker-graphs.ts';
import { RowCompactor, SlotMapper } from './row-compactor.ts';

/** How a DeepFM is trained. */
export interface RankerTrainingOptions {
  /** @defaultValue 16 */
  readonly embeddingDim: number;
  /** @defaultValue [128, 64] */
  readonly hiddenUnits: readonly number[];
  readonly learningRate: number;
  /** Pull of touched embeddings towards zero. */
  readonly l2: number;
  /** Examples per step, about: a query is never split. */
  readonly batchSize: number;
  readonly maxEpochs: number;
  /** Epochs without a better validation loss after which training stops. */
  readonly patience: number;
  readonly seed: number;
  /** Threads of a graph run. @defaultValue 2 */
  readonly threadCount: number;
}

export const DEFAULT_RANKER_TRAINING: RankerTrainingOptions = {
  embeddingDim: 16,
  hiddenUnits: [128, 64],
  learningRate: 1e-3,
  l2: 1e-6,
  batchSize: 2048,
  maxEpochs: 10,
  patience: 1,
  seed: 1,
  threadCount: 2,
};

/** The layout and the catalogue's ids that turn an {@link ExampleSet} into rows. */
export interface ExampleSpace {
  readonly layout: FieldLayout;
  readonly table: TableLayout;
  /** Shape `[itemCount, itemSlotCount]`. */
  readonly itemRows: Int32Array;
  readonly itemSlotCount: number;
}

export interface EpochReport {
  readonly epoch: number;
  readonly trainLogLoss: number;
  readonly validationLogLoss: number;
  readonly validationAuc: number;
  readonly examplesPerSecond: number;
  readonly isBest: boolean;
}

export interface RankerTrainingResult {
  readonly weights: DeepFmWeights;
  readonly epochs: readonly EpochReport[];
}

const EMBEDDING_DEVIATION = 0.01;

/**
 * Trains a DeepFM on log loss and returns the weights of the epoch with the lowest validation loss.
 *
 * Deterministic for a seed and thread count. Errors: REC_INVALID_INPUT_DATA when the loss grows beyond all numbers.
 * Cost: about as long per epoch as `examples / examplesPerSecond` of the report says.
 */
export async function trainRanker(
  space: ExampleSpace,
  examples: { train: ExampleSet; validation: ExampleSet },
  options: RankerTrainingOptions,
  onProgress: (progress: { epoch: number; doneRatio: number; report?: EpochReport }) => void = () => {},
): Promise<RankerTrainingResult> {
  const trainer = await RankerTrainer.create(space, options);
  const epochs: EpochReport[] = [];
  let best = trainer.snapshot();
  let bestLoss = Number.POSITIVE_INFINITY;
  for (let epoch = 1; epoch <= options.maxEpochs; epoch++) {
    const startMs = performance.now();
    const trainLogLoss = await trainer.trainEpoch(examples.train, (doneRatio) => onProgress({ epoch, doneRatio }));
    const examplesPerSecond = examples.train.exampleCount / ((performance.now() - startMs) / 1000);
    const probabilities = await trainer.predict(examples.validation);
    const validationLogLoss = logLoss(probabilities, examples.validation.targets);
    if (Number.isNaN(validationLogLoss)) {
      await trainer.close();
      throw new VitrineError(
        'REC_INVALID_INPUT_DATA',
        `the ranker's loss is not a number after epoch ${epoch}: the learning rate ${options.learningRate} is too high; lower it`,
      );
    }
    const isBest = validationLogLoss < bestLoss;
    const validationAuc = auc(probabilities, examples.validation.targets);
    const report = { epoch, trainLogLoss, validationLogLoss, validationAuc, examplesPerSecond, isBest };
    epochs.push(report);
    onProgress({ epoch, doneRatio: 1, report });
    if (isBest) {
      best = trainer.snapshot();
      bestLoss = validationLogLoss;
    } else if (epochs.length - epochs.findLastIndex((one) => one.isBest) - 1 >= options.patience) break;
  }
  await trainer.close();
  return { weights: best, epochs };
}

interface DenseState {
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly dims: readonly number[];
  readonly adam: DenseAdam;
}

/** The state of one training run: weights, optimizers and reusable buffers. */
export class RankerTrainer {
  private readonly space: ExampleSpace;
  private readonly options: RankerTrainingOptions;
  private readonly shape: DeepFmShape;
  private readonly random: SeededRandom;
  private readonly embeddings: SparseAdam;
  private readonly linear: SparseAdam;
  private readonly dense: ReadonlyMap<string, DenseState>;
  private readonly compactor: RowCompactor;
  private readonly queryMapper: SlotMapper;
  private readonly itemMapper: SlotMapper;
  private readonly crossMapper: SlotMapper;
  private readonly pooled: Readonly<Record<'query' | 'item' | 'cross', PooledGradient>>;
  private readonly training: OnnxSession;
  private readonly forward: OnnxSession;
  private readonly buffers = new BatchBuffers();

  static async create(space: ExampleSpace, options: RankerTrainingOptions): Promise<RankerTrainer> {
    const { layout, table } = space;
    const shape = {
      fieldCount: table.fields.length,
      embeddingDim: options.embeddingDim,
      hiddenUnits: options.hiddenUnits,
    };
    const threads = { threadCount: options.threadCount };
    const training = await OnnxSession.open(buildRankerTrainingModel(layout, table, shape), threads);
    const forward = await OnnxSession.open(buildRankerForwardModel(layout, table, shape), threads);
    return new RankerTrainer(space, options, { shape, training, forward });
  }

  private constructor(
    space: ExampleSpace,
    options: RankerTrainingOptions,
    graphs: { shape: DeepFmShape; training: OnnxSession; forward: OnnxSession },
  ) {
    this.space = space;
    this.options = options;
    this.shape = graphs.shape;
    this.training = graphs.training;
    this.forward = graphs.forward;
    this.random = new SeededRandom(options.seed);
    const { rowCount, fields } = space.table;
    const { learningRate, l2 } = options;
    const start = Float32Array.from(
      { length: rowCount * options.embeddingDim },
      () => EMBEDDING_DEVIATION * this.random.nextNormal(),
    );
    this.embeddings = new SparseAdam(start, options.embeddingDim, { learningRate, l2 });
    this.linear = new SparseAdam(new Float32Array(rowCount), 1, { learningRate, l2 });
    this.dense = new Map(
      deepFmParameters(this.shape).map(({ name, dims }) => {
        const weights = initialWeights(dims, this.random);
        const adam = new DenseAdam(weights, { learningRate });
        return [name, { weights, gradient: new Float32Array(weights.length), dims, adam }];
      }),
    );
    const { context, item, cross } = space.layout.groupSlots;
    this.compactor = new RowCompactor(rowCount);
    this.queryMapper = new SlotMapper(fields, [0, context[1]]);
    this.itemMapper = new SlotMapper(fields, item);
    this.crossMapper = new SlotMapper(fields, cross);
    const pooled = (slots: readonly [number, number]): PooledGradient =>
      new PooledGradient(tableFieldsIn(space.table, slots).fields, slots[0], options.embeddingDim);
    this.pooled = { query: pooled([0, context[1]]), item: pooled(item), cross: pooled(cross) };
  }

  /** One pass over all queries in a new order; returns the mean log loss of the steps. */
  async trainEpoch(examples: ExampleSet, onProgress: (doneRatio: number) => void = () => {}): Promise<number> {
    const order = Int32Array.from({ length: examples.queryCount }, (_, query) => query);
    this.random.shuffle(order);
    let lossSum = 0;
    let done = 0;
    for (let from = 0; from < order.length; ) {
      const to = this.batchEnd(examples, order, from);
      const feeds = this.fill(examples, order.subarray(from, to));
      const count = feeds.targets!.dims[0]!;
      lossSum += (await this.step(feeds, count)) * count;
      done += count;
      from = to;
      onProgress(done / examples.exampleCount);
    }
    return lossSum / done;
  }

  /** Probability per example, in example order. */
  async predict(examples: ExampleSet): Promise<Float32Array> {
    const probabilities = new Float32Array(examples.exampleCount);
    const order = Int32Array.from({ length: examples.queryCount }, (_, query) => query);
    let done = 0;
    for (let from = 0; from < order.length; ) {
      const to = this.batchEnd(examples, order, from);
      const { targets, share, ...feeds } = this.fill(examples, order.subarray(from, to));
      const { logit } = await this.forward.run(feeds);
      assertContract(logit !== undefined, 'the forward model has an output "logit"');
      for (let i = 0; i < logit.data.length; i++) probabilities[done + i] = 1 / (1 + Math.exp(-logit.data[i]!));
      done += logit.data.length;
      from = to;
    }
    return probabilities;
  }

  /** Loss and gradients of one batch of all examples, without a step: what tests compare with finite differences. @internal */
  async gradientsOf(
    examples: ExampleSet,
  ): Promise<{ loss: number; embeddings: Float32Array; rows: Int32Array; dense: Map<string, Float32Array> }> {
    const feeds = this.fill(
      examples,
      Int32Array.from({ length: examples.queryCount }, (_, query) => query),
    );
    const outputs = await this.training.run(feeds);
    const float = (name: string): Float32Array => outputs[name]!.data as Float32Array;
    const { embeddings } = this.rowGradients(feeds, { fields: float('d_fields'), linear: float('d_linear') });
    return {
      loss: float('loss')[0]!,
      embeddings,
      rows: this.compactor.rows.slice(0, this.compactor.count),
      dense: new Map([...this.dense.keys()].map((name) => [name, float(`d_${name}`)])),
    };
  }

  /** A copy of the weights. */
  snapshot(): DeepFmWeights {
    const dense = new Map([...this.dense].map(([name, { weights }]) => [name, weights.slice()]));
    return { shape: this.shape, embeddings: this.embeddings.values.slice(), linear: this.linear.values.slice(), dense };
  }

  async close(): Promise<void> {
    await this.training.close();
    await this.forward.close();
  }

  private batchEnd(examples: ExampleSet, order: Int32Array, from: number): number {
    let count = 0;
    let to = from;
    while (to < order.length && count < this.options.batchSize) {
      count += examples.queryStarts[order[to]! + 1]! - examples.queryStarts[order[to]!]!;
      to++;
    }
    return to;
  }

  /** Maps the batch's ids to a small table of the rows it touches and copies those rows. */
  private fill(examples: ExampleSet, queries: Int32Array): Record<string, TensorData> {
    const { queryStarts, querySlotCount, crossSlotCount, itemIndexes, queryRows, crossIds, targets } = examples;
    const { itemRows, itemSlotCount } = this.space;
    const { compactor, queryMapper, itemMapper, crossMapper, buffers } = this;
    const queryCount = queries.length;
    let count = 0;
    for (let q = 0; q < queryCount; q++) count += queryStarts[queries[q]! + 1]! - queryStarts[queries[q]!]!;
    const queryIds = buffers.ints('query_ids', queryCount * querySlotCount);
    const itemIds = buffers.ints('item_ids', count * itemSlotCount);
    const crossPlaces = buffers.ints('cross_ids', count * crossSlotCount);
    const queryOf = buffers.ints('query_of', count);
    const targetValues = buffers.floats('targets', count);
    compactor.reset();
    let row = 0;
    for (let q = 0; q < queryCount; q++) {
      const query = queries[q]!;
      queryMapper.map(compactor, queryRows, query * querySlotCount, queryIds, q * querySlotCount);
      for (let e = queryStarts[query]!, end = queryStarts[query + 1]!; e < end; e++, row++) {
        itemMapper.map(compactor, itemRows, itemIndexes[e]! * itemSlotCount, itemIds, row * itemSlotCount);
        crossMapper.map(compactor, crossIds, e * crossSlotCount, crossPlaces, row * crossSlotCount);
        queryOf[row] = q;
        targetValues[row] = targets[e]!;
      }
    }
    const feeds: Record<string, TensorData> = {
      query_ids: { data: queryIds, dims: [queryCount, querySlotCount] },
      item_ids: { data: itemIds, dims: [count, itemSlotCount] },
      cross_ids: { data: crossPlaces, dims: [count, crossSlotCount] },
      query_of: { data: queryOf, dims: [count] },
      targets: { data: targetValues, dims: [count, 1] },
      share: { data: Float32Array.of(1 / count), dims: [] },
      embeddings: this.touchedRows('embeddings', this.embeddings),
      linear: this.touchedRows('linear', this.linear),
    };
    for (const [name, { weights, dims }] of this.dense) feeds[name] = { data: weights, dims };
    return pick(feeds, this.training.inputNames);
  }

  private touchedRows(name: string, table: SparseAdam): TensorData {
    const { count, rows } = this.compactor;
    const data = this.buffers.floats(name, count * table.width);
    table.copyRows(rows, count, data);
    return { data, dims: [count, table.width] };
  }

  private async step(feeds: Record<string, TensorData>, count: number): Promise<number> {
    assertContract(count > 0, 'a batch has examples');
    const { compactor, buffers, embeddings, linear } = this;
    const { fieldCount, embeddingDim } = this.shape;
    const loss = buffers.floats('loss', 1);
    const fieldGradient = buffers.floats('d_fields', count * fieldCount * embeddingDim);
    const linearGradient = buffers.floats('d_linear', count);
    const into: Record<string, TensorData> = {
      loss: { data: loss, dims: [] },
      d_fields: { data: fieldGradient, dims: [count, fieldCount * embeddingDim] },
      d_linear: { data: linearGradient, dims: [count, 1] },
    };
    for (const [name, { gradient, dims }] of this.dense) into[`d_${name}`] = { data: gradient, dims };
    await this.training.run(feeds, into);
    const rows = this.rowGradients(feeds, { fields: fieldGradient, linear: linearGradient });
    embeddings.apply(compactor.rows, compactor.count, rows.embeddings);
    linear.apply(compactor.rows, compactor.count, rows.linear);
    for (const { gradient, adam } of this.dense.values()) adam.apply(gradient);
    return loss[0]!;
  }

  /** Gradients of the batch's rows from those of its pooled fields; what a query's examples share is added up first. */
  private rowGradients(
    feeds: Record<string, TensorData>,
    gradient: { fields: Float32Array; linear: Float32Array },
  ): RowGradients {
    const { buffers, compactor } = this;
    const { query, item, cross } = this.pooled;
    const rows = {
      embeddings: buffers.floats('row_gradient', compactor.count * query.width).fill(0),
      linear: buffers.floats('row_linear_gradient', compactor.count).fill(0),
    };
    const ids = (name: string): Int32Array => (feeds[name]?.data as Int32Array | undefined) ?? new Int32Array(0);
    const stride = query.columnCount + item.columnCount + cross.columnCount;
    const common = { exampleCount: gradient.linear.length, fields: gradient.fields, stride, linear: gradient.linear };
    const queryRows = { ids: ids('query_ids'), slotCount: this.queryMapper.slotCount, rowOf: ids('query_of') };
    query.add(queryRows, { ...common, offset: 0 }, rows);
    const itemRows = { ids: ids('item_ids'), slotCount: this.itemMapper.slotCount };
    item.add(itemRows, { ...common, offset: query.columnCount }, rows);
    const crossRows = { ids: ids('cross_ids'), slotCount: this.crossMapper.slotCount };
    cross.add(crossRows, { ...common, offset: query.columnCount + item.columnCount }, rows);
    return rows;
  }
}

/** A group without fields is no input of the graph. */
function pick(feeds: Record<string, TensorData>, names: readonly string[]): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => names.includes(name)));
}

/** Biases start at 0, matrices uniform in +-sqrt(6 / (in + out)). Source: Glorot and Bengio, AISTATS 2010, equation 16. */
export function initialWeights(dims: readonly number[], random: SeededRandom): Float32Array {
  const weights = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
  const [inputs, outputs] = dims;
  if (inputs === undefined || outputs === undefined) return weights;
  const limit = Math.sqrt(6 / (inputs + outputs));
  for (let i = 0; i < weights.length; i++) weights[i] = limit * (2 * random.next() - 1);
  return weights;
}
