import { isUsedByTowers } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, layoutTable, type TableLayout, tableFieldsIn } from '../../features/schema/field-layout.ts';
import { GraphBuilder, type GraphValue } from '../onnx/graph-builder.ts';
import { pooledEmbeddingsAtOnce } from '../onnx/pooled-embeddings.ts';
import type { DenseParameter } from '../ranking/deepfm-graph.ts';

/** Sizes of one tower. */
export interface TowerShape {
  readonly fieldCount: number;
  /** Width of a field's embedding at the bottom. */
  readonly fieldDim: number;
  /** Units of the one hidden layer; 0 = none. */
  readonly hiddenUnits: number;
  /** Width of the result. */
  readonly embeddingDim: number;
}

/** A trained tower. */
export interface TowerWeights {
  readonly shape: TowerShape;
  /** Shape `[rowCount, fieldDim]`, row-major; one array for both towers. */
  readonly table: Float32Array;
  readonly dense: ReadonlyMap<string, Float32Array>;
}

/** The table both towers share: user and item fields that are theirs. */
export function layoutTowerTable(layout: FieldLayout): TableLayout {
  return layoutTable(
    layout,
    ({ field }) => (field.group === 'user' || field.group === 'item') && isUsedByTowers(field),
  );
}

/** Dense parameters in a fixed order: a straight projection, and a hidden layer beside it. */
export function towerParameters(shape: TowerShape): DenseParameter[] {
  const { fieldCount, fieldDim, hiddenUnits, embeddingDim } = shape;
  const width = fieldCount * fieldDim;
  const straight: DenseParameter[] = [
    { name: 'w_straight', dims: [width, embeddingDim] },
    { name: 'b_straight', dims: [embeddingDim] },
  ];
  if (hiddenUnits === 0) return straight;
  return [
    ...straight,
    { name: 'w_hidden', dims: [width, hiddenUnits] },
    { name: 'b_hidden', dims: [hiddenUnits] },
    { name: 'w_top', dims: [hiddenUnits, embeddingDim] },
    { name: 'b_top', dims: [embeddingDim] },
  ];
}

/**
 * The one definition of a tower, for training and serving: pooled field embeddings to one embedding of length 1.
 *
 * Shapes: `fields` `[batch, fieldCount * fieldDim]`, result `[batch, embeddingDim]`. Source: two towers as in Yi et al.,
 * "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", RecSys 2019; the straight projection beside the hidden
 * layer is ours: on small shops it learns where a hidden layer alone does not (see bench/quality).
 */
export function towerEmbedding(
  g: GraphBuilder,
  fields: GraphValue,
  model: { shape: TowerShape; parameter: (name: string) => GraphValue },
): GraphValue {
  const { shape, parameter } = model;
  let embedding = g.linear(fields, parameter('w_straight'), parameter('b_straight'));
  if (shape.hiddenUnits > 0) {
    const hidden = g.relu(g.linear(fields, parameter('w_hidden'), parameter('b_hidden')));
    embedding = g.add(embedding, g.linear(hidden, parameter('w_top'), parameter('b_top')));
  }
  const length = g.squareRoot(g.add(g.reduceSum(g.multiply(embedding, embedding), [1], true), g.scalar(1e-12)));
  return g.divide(embedding, length);
}

/** Writes a tower's ONNX file: input `field_ids` int32 `[batch, slots of its group]`, output `embedding` `[batch, embeddingDim]`. */
export function buildTowerModel(
  group: 'user' | 'item',
  layout: FieldLayout,
  table: TableLayout,
  weights: TowerWeights,
): Uint8Array {
  const g = new GraphBuilder();
  const [start, end] = layout.groupSlots[group];
  const fieldIds = g.input('field_ids', ['batch', end - start], 'int32');
  const values = new Map(
    towerParameters(weights.shape).map(({ name, dims }) => [name, g.initializer(name, dims, weights.dense.get(name)!)]),
  );
  const tableValue = g.initializer('table', [table.rowCount, weights.shape.fieldDim], weights.table);
  const ownFields = tableFieldsIn(table, [start, end]);
  const fields = pooledEmbeddingsAtOnce(g, fieldIds, tableValue, {
    layout: ownFields,
    width: weights.shape.fieldDim,
    firstSlot: start,
  });
  const embedding = towerEmbedding(g, fields, { shape: weights.shape, parameter: (name) => values.get(name)! });
  return g.toModel(`${group}_tower`, { embedding });
}
