import type { FieldLayout, TableLayout } from '../../features/schema/field-layout.ts';
import { gradients } from '../../models/onnx/gradient.ts';
import { GraphBuilder, type GraphValue } from '../../models/onnx/graph-builder.ts';
import { pooledEmbeddings } from '../../models/onnx/pooled-embeddings.ts';
import { type TowerShape, towerEmbedding, towerParameters } from '../../models/retrieval/tower-graph.ts';
import { compactTable } from './ranker-graphs.ts';

export type TowerGroup = 'user' | 'item';

/** The layout, embedding table and sizes of both towers. */
export interface TwoTowerDefinition {
  readonly layout: FieldLayout;
  /** One table for both towers: a product in a shopper's history and the product itself share an embedding. */
  readonly table: TableLayout;
  readonly shapes: Readonly<Record<TowerGroup, TowerShape>>;
  /** What similarities are divided by before the softmax. */
  readonly temperature: number;
}

function tower(
  g: GraphBuilder,
  group: TowerGroup,
  table: GraphValue,
  definition: TwoTowerDefinition,
): { embedding: GraphValue; fields: GraphValue; sources: Map<string, GraphValue> } {
  const shape = definition.shapes[group];
  const slots = definition.layout.groupSlots[group];
  const batch = group === 'user' ? 'batch' : 'candidates';
  const ids = g.input(`${group}_ids`, [batch, slots[1] - slots[0]], 'int32');
  const sources = new Map<string, GraphValue>();
  for (const { name, dims } of towerParameters(shape))
    sources.set(`${group}_${name}`, g.input(`${group}_${name}`, dims));
  const layout = compactTable(definition.table, slots);
  const fields = pooledEmbeddings(g, ids, table, { layout, width: shape.fieldDim, firstSlot: slots[0], batch });
  const embedding = towerEmbedding(g, fields, { shape, parameter: (name) => sources.get(`${group}_${name}`)! });
  return { embedding, fields, sources };
}

/**
 * Forward and backward pass of both towers as one ONNX model: softmax over the candidates of a batch, corrected for how often each is drawn.
 *
 * Inputs: `user_ids` int32 `[batch, user slots]`, `item_ids` `[candidates, item slots]` (row i < batch is what user i took, further rows
 * are sampled), `table` (the batch's own rows), dense parameters as `user_<name>` and `item_<name>`, `offsets`
 * `[batch, candidates]` (minus log of the chance to be drawn, and a large negative number where a candidate is the user's own item again),
 * `is_target` `[batch, candidates]`, `share` `[]` (1 / batch). Outputs: `loss` `[]`, `d_<input>` for the parameters, and what
 * `PooledGradient` carries on to the rows: `d_user_fields` `[batch, fields * fieldDim]`, `d_item_fields` `[candidates, fields * fieldDim]`.
 * Source: sampled softmax with logQ correction, Yi et al., RecSys 2019, section 3.
 */
export function buildTowerTrainingModel(definition: TwoTowerDefinition): Uint8Array {
  const g = new GraphBuilder();
  const table = g.input('table', ['rows', definition.shapes.user.fieldDim]);
  const user = tower(g, 'user', table, definition);
  const item = tower(g, 'item', table, definition);
  const offsets = g.input('offsets', ['batch', 'candidates']);
  const isTarget = g.input('is_target', ['batch', 'candidates']);
  const share = g.input('share', []);
  const similarities = g.matrixProduct(user.embedding, item.embedding, { transposeB: true });
  const logits = g.add(g.multiply(similarities, g.scalar(1 / definition.temperature)), offsets);
  const taken = g.multiply(g.logSoftmax(logits), isTarget);
  const loss = g.multiply(g.reshape(g.reduceSum(taken, [0, 1], true), []), g.multiply(share, g.scalar(-1)));
  const sources: [string, GraphValue][] = [
    ['user_fields', user.fields],
    ['item_fields', item.fields],
    ...user.sources,
    ...item.sources,
  ];
  const grads = gradients(
    g,
    loss,
    sources.map(([, value]) => value),
  );
  return g.toModel('two_tower_training', {
    loss,
    ...Object.fromEntries(sources.map(([name], i) => [`d_${name}`, grads[i]!])),
  });
}
