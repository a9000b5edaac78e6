import { type FieldLayout, type TableLayout, tableFieldsIn } from '../../features/schema/field-layout.ts';
import { gradients } from '../../models/onnx/gradient.ts';
import { GraphBuilder, type GraphValue } from '../../models/onnx/graph-builder.ts';
import { pooledEmbeddings } from '../../models/onnx/pooled-embeddings.ts';
import { type DeepFmShape, deepFmLogit, deepFmParameters } from '../../models/ranking/deepfm-graph.ts';

/** Fields of one group as the training graph reads them: ids are numbers of the batch's own small table. */
export function compactTable(table: TableLayout, slots: readonly [number, number]): TableLayout {
  const { fields, rowCount } = tableFieldsIn(table, slots);
  return { fields: fields.map((field) => ({ ...field, tableRow: 0 })), rowCount };
}

interface RankerGraph {
  readonly g: GraphBuilder;
  readonly logit: GraphValue;
  /** Pooled embeddings, `[batch, fields * embeddingDim]`. */
  readonly fields: GraphValue;
  /** Sum of first-order weights, `[batch, 1]`. */
  readonly linear: GraphValue;
  readonly parameters: readonly { readonly name: string; readonly value: GraphValue }[];
}

/**
 * Inputs: `query_ids` int32 `[queries, query slots]`, `item_ids` `[batch, item slots]`, `cross_ids` `[batch, cross slots]` (numbers of the
 * compact table), `query_of` int32 `[batch]` (which query a row belongs to), `embeddings` `[rows, embeddingDim]`, `linear` `[rows, 1]`, and
 * each dense parameter by name.
 */
function rankerGraph(layout: FieldLayout, table: TableLayout, shape: DeepFmShape): RankerGraph {
  const g = new GraphBuilder();
  const embeddings = g.input('embeddings', ['rows', shape.embeddingDim]);
  const linearTable = g.input('linear', ['rows', 1]);
  const { context, item, cross } = layout.groupSlots;
  const groups: { name: string; slots: readonly [number, number]; batch: string }[] = [
    { name: 'query_ids', slots: [0, context[1]], batch: 'queries' },
    { name: 'item_ids', slots: item, batch: 'batch' },
    { name: 'cross_ids', slots: cross, batch: 'batch' },
  ];
  const embeddingParts: GraphValue[] = [];
  const linearParts: GraphValue[] = [];
  for (const { name, slots, batch } of groups) {
    const own = compactTable(table, slots);
    if (own.fields.length === 0) continue;
    const ids = g.input(name, [batch, slots[1] - slots[0]], 'int32');
    for (const [source, width, parts] of [
      [embeddings, shape.embeddingDim, embeddingParts],
      [linearTable, 1, linearParts],
    ] as const) {
      const pooled = pooledEmbeddings(g, ids, source, { layout: own, width, firstSlot: slots[0], batch });
      parts.push(batch === 'batch' ? pooled : g.gatherRows(pooled, queryOf(g)));
    }
  }
  const parameters = deepFmParameters(shape).map(({ name, dims }) => ({ name, value: g.input(name, dims) }));
  const byName = new Map(parameters.map(({ name, value }) => [name, value]));
  const fields = g.concat(embeddingParts, 1);
  const linear = g.reduceSum(g.concat(linearParts, 1), [1], true);
  const logit = deepFmLogit(g, fields, linear, { shape, parameter: (name) => byName.get(name)! });
  return { g, logit, fields, linear, parameters };
}

function queryOf(g: GraphBuilder): GraphValue {
  return g.existingInput('query_of') ?? g.input('query_of', ['batch'], 'int32');
}

/**
 * Forward and backward pass of DeepFM as one ONNX model: the inputs above, `targets` `[batch, 1]` and `share` `[]` (1 / batch).
 *
 * Outputs: `loss` `[]` (mean log loss), `d_<name>` per dense parameter, and what `PooledGradient` carries on to the rows: `d_fields`
 * `[batch, fields * embeddingDim]`, `d_linear` `[batch, 1]`.
 */
export function buildRankerTrainingModel(layout: FieldLayout, table: TableLayout, shape: DeepFmShape): Uint8Array {
  const { g, logit, fields, linear, parameters } = rankerGraph(layout, table, shape);
  const targets = g.input('targets', ['batch', 1]);
  const share = g.input('share', []);
  const losses = g.subtract(g.softplus(logit), g.multiply(logit, targets));
  const loss = g.multiply(g.reshape(g.reduceSum(losses, [0], true), []), share);
  const grads = gradients(g, loss, [fields, linear, ...parameters.map(({ value }) => value)]);
  return g.toModel('deepfm_training', {
    loss,
    d_fields: grads[0]!,
    d_linear: grads[1]!,
    ...Object.fromEntries(parameters.map(({ name }, i) => [`d_${name}`, grads[i + 2]!])),
  });
}

/** The forward pass alone, for validation; output `logit` `[batch, 1]`. */
export function buildRankerForwardModel(layout: FieldLayout, table: TableLayout, shape: DeepFmShape): Uint8Array {
  const { g, logit } = rankerGraph(layout, table, shape);
  return g.toModel('deepfm_forward', { logit });
}
