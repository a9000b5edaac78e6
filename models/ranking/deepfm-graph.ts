import type { TableLayout } from '../../features/schema/field-layout.ts';
import { GraphBuilder, type GraphValue } from '../onnx/graph-builder.ts';
import { pooledEmbeddings } from '../onnx/pooled-embeddings.ts';

/** Sizes of a DeepFM. */
export interface DeepFmShape {
  readonly fieldCount: number;
  readonly embeddingDim: number;
  /** Units of each hidden layer. */
  readonly hiddenUnits: readonly number[];
}

export interface DenseParameter {
  readonly name: string;
  readonly dims: readonly number[];
}

/** A trained DeepFM. */
export interface DeepFmWeights {
  readonly shape: DeepFmShape;
  /** Shape `[rowCount, embeddingDim]`, row-major. */
  readonly embeddings: Float32Array;
  /** First-order weights, shape `[rowCount]`. */
  readonly linear: Float32Array;
  /** By parameter name, row-major, see {@link deepFmParameters}. */
  readonly dense: ReadonlyMap<string, Float32Array>;
}

/** Dense parameters in a fixed order: hidden layers `w0 b0 w1 b1 ...`, output layer `w_out`, and the one bias of the sum. */
export function deepFmParameters(shape: DeepFmShape): DenseParameter[] {
  const parameters: DenseParameter[] = [];
  let width = shape.fieldCount * shape.embeddingDim;
  shape.hiddenUnits.forEach((units, layer) => {
    parameters.push({ name: `w${layer}`, dims: [width, units] }, { name: `b${layer}`, dims: [units] });
    width = units;
  });
  parameters.push({ name: 'w_out', dims: [width, 1] }, { name: 'bias', dims: [1] });
  return parameters;
}

/**
 * The one definition of DeepFM, for training and serving: first-order term + pairwise products of field embeddings + deep part.
 *
 * Shapes: `embeddings` `[batch, fieldCount * embeddingDim]`, `linear` `[batch, 1]` (sum of first-order weights), result `[batch, 1]`,
 * a logit. Source: Guo, Tang, Ye, Li, He, "DeepFM: A Factorization-Machine based Neural Network for CTR Prediction", IJCAI 2017,
 * section 2.1; pairwise products as 0.5 ((sum v)^2 - sum v^2), Rendle, "Factorization Machines", ICDM 2010, lemma 3.1.
 */
export function deepFmLogit(
  g: GraphBuilder,
  embeddings: GraphValue,
  linear: GraphValue,
  model: { shape: DeepFmShape; parameter: (name: string) => GraphValue },
): GraphValue {
  const { shape, parameter } = model;
  const { fieldCount, embeddingDim } = shape;
  const fields = g.reshape(embeddings, ['batch', fieldCount, embeddingDim]);
  const sum = g.reshape(g.reduceSum(fields, [1], true), ['batch', embeddingDim]);
  const squareOfSum = g.multiply(sum, sum);
  const sumOfSquares = g.reshape(g.reduceSum(g.multiply(fields, fields), [1], true), ['batch', embeddingDim]);
  const pairs = g.multiply(g.reduceSum(g.subtract(squareOfSum, sumOfSquares), [1], true), g.scalar(0.5));
  const [weights, bias] = layerParameters(shape, 0);
  const firstLayer = g.linear(embeddings, parameter(weights), parameter(bias));
  const deep = deepFmLayers(g, firstLayer, model);
  return g.add(g.add(linear, pairs), deep);
}

/** Names of weights and bias of a layer of the deep part; the output layer comes after the hidden ones. */
export function layerParameters({ hiddenUnits }: DeepFmShape, layer: number): [string, string] {
  return layer < hiddenUnits.length ? [`w${layer}`, `b${layer}`] : ['w_out', 'bias'];
}

/** The deep part from the sums of its first layer on, shape `[batch, units]`, before their ReLU; result `[batch, 1]`. */
export function deepFmLayers(
  g: GraphBuilder,
  firstLayer: GraphValue,
  model: { shape: DeepFmShape; parameter: (name: string) => GraphValue },
): GraphValue {
  let sums = firstLayer;
  for (let layer = 1; layer <= model.shape.hiddenUnits.length; layer++) {
    const [weights, bias] = layerParameters(model.shape, layer);
    sums = g.linear(g.relu(sums), model.parameter(weights), model.parameter(bias));
  }
  return sums;
}

/**
 * Writes `ranker.onnx`: input `field_ids` int32 `[batch, slotCount]`, output `probability` float32 `[batch]`. Portable: any ONNX runtime
 * can run it without our code.
 */
export function buildDeepFmModel(layout: TableLayout, slotCount: number, weights: DeepFmWeights): Uint8Array {
  const g = new GraphBuilder();
  const { shape } = weights;
  const fieldIds = g.input('field_ids', ['batch', slotCount], 'int32');
  const embeddingTable = g.initializer('embeddings', [layout.rowCount, shape.embeddingDim], weights.embeddings);
  const linearTable = g.initializer('linear', [layout.rowCount, 1], weights.linear);
  const embeddings = pooledEmbeddings(g, fieldIds, embeddingTable, { layout, width: shape.embeddingDim, firstSlot: 0 });
  const linear = pooledEmbeddings(g, fieldIds, linearTable, { layout, width: 1, firstSlot: 0 });
  const values = new Map(
    deepFmParameters(shape).map(({ name, dims }) => [name, g.initializer(name, dims, weights.dense.get(name)!)]),
  );
  const logit = deepFmLogit(g, embeddings, g.reduceSum(linear, [1], true), {
    shape,
    parameter: (name) => values.get(name)!,
  });
  return g.toModel('deepfm', { probability: g.reshape(g.sigmoid(logit), ['batch']) });
}
