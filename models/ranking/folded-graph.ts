import type { TableLayout } from '../../features/schema/field-layout.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { type DeepFmWeights, deepFmLayers, deepFmParameters, layerParameters } from './deepfm-graph.ts';
import { type FoldParts, foldParts } from './fold-parts.ts';

/** Inputs of `ranker.serving.onnx`; the two of cross values are absent when the ranker reads none. */
export const FOLDED_INPUTS = {
  /** float32 `[items, width]`: every product folded. */
  itemRows: 'item_rows',
  /** int32 `[batch]`: the candidates' rows there. */
  itemIndex: 'item_index',
  /** float32 `[1, query fields * embeddingDim + 1]`: pooled embeddings of the request, then its linear part. */
  query: 'query',
  /** int32 `[combinations, cross fields]`: the distinct combinations of cross values, as rows of the table of cross values. */
  crossIds: 'cross_ids',
  /** int32 `[batch]`: which combination each candidate has. */
  crossIndex: 'cross_index',
} as const;
export const FOLDED_OUTPUT = 'probability';

/** Tensors in `ranker.serving.onnx` that products and requests are folded with; no node reads them. */
export const FOLD_TENSORS = {
  /** `[rowCount, embeddingDim]` */
  embeddings: 'embeddings',
  /** `[rowCount, 1]` */
  linear: 'linear',
  /** `[item fields * embeddingDim, first layer's units]` */
  itemFold: 'item_fold',
} as const;

/**
 * Writes `ranker.serving.onnx`: the same function as `ranker.onnx`, taken apart by what its terms depend on.
 *
 * The first layer of the deep part is a sum over fields, and the pairwise term needs of all fields only the sum of their embeddings and
 * the sum of squares. So each field, and each group of fields, is one row of `width` = first units + embeddingDim + 1 numbers
 * (sums of the first layer, sum of embeddings, linear weights less half of the squares), and rows are added. Products are folded ahead,
 * the request once; combinations of cross values are few and folded once each. Per candidate remain two look-ups, one addition, and the
 * layers above. Source: Rendle, "Factorization Machines", ICDM 2010, lemma 3.1, for the pairwise term.
 */
export function buildServingModel(table: TableLayout, weights: DeepFmWeights): Uint8Array {
  const { shape } = weights;
  const { embeddingDim } = shape;
  const units = shape.hiddenUnits[0] ?? 1;
  const width = units + embeddingDim + 1;
  const parts = foldParts(table);
  const g = new GraphBuilder();
  const itemRows = g.input(FOLDED_INPUTS.itemRows, ['items', width]);
  const itemIndex = g.input(FOLDED_INPUTS.itemIndex, ['batch'], 'int32');
  const querySize = parts.query.length * embeddingDim + 1;
  const query = g.linear(
    g.input(FOLDED_INPUTS.query, [1, querySize]),
    g.initializer('query_fold', [querySize, width], queryFold(parts, weights, units)),
    g.initializer('query_bias', [width], queryBias(weights, width)),
  );
  let shared = query;
  if (parts.cross.length > 0) {
    const crossRows = g.initializer('cross_rows', [parts.crossRowCount, width], crossTable(parts, weights, units));
    const crossIds = g.input(FOLDED_INPUTS.crossIds, ['combinations', parts.cross.length], 'int32');
    const combinations = g.add(g.reduceSum(g.gatherRows(crossRows, crossIds), [1], false), query);
    shared = g.gatherRows(combinations, g.input(FOLDED_INPUTS.crossIndex, ['batch'], 'int32'));
  }
  const sums = g.add(g.gatherRows(itemRows, itemIndex), shared);
  const firstLayer = g.slice(sums, 1, 0, units);
  const embeddingSum = g.slice(sums, 1, units, units + embeddingDim);
  const linear = g.slice(sums, 1, units + embeddingDim, width);
  const squares = g.reduceSum(g.multiply(embeddingSum, embeddingSum), [1], true);
  const pairsAndLinear = g.add(g.multiply(squares, g.scalar(0.5)), linear);
  const folded = layerParameters(shape, 0);
  const upper = new Map(
    deepFmParameters(shape)
      .filter(({ name }) => !folded.includes(name))
      .map(({ name, dims }) => [name, g.initializer(name, dims, weights.dense.get(name)!)]),
  );
  const deep = deepFmLayers(g, firstLayer, { shape, parameter: (name) => upper.get(name)! });
  g.passenger(FOLD_TENSORS.embeddings, [table.rowCount, embeddingDim], weights.embeddings);
  g.passenger(FOLD_TENSORS.linear, [table.rowCount, 1], weights.linear);
  g.passenger(
    FOLD_TENSORS.itemFold,
    [parts.item.length * embeddingDim, units],
    firstWeights(weights, parts.query.length, parts.item.length, units),
  );
  return g.toModel('deepfm_folded', {
    [FOLDED_OUTPUT]: g.reshape(g.sigmoid(g.add(pairsAndLinear, deep)), ['batch']),
  });
}

/** Rows of the first layer's weights that belong to `count` fields from `first` on. */
function firstWeights({ shape, dense }: DeepFmWeights, first: number, count: number, units: number): Float32Array {
  const [name] = layerParameters(shape, 0);
  const perField = shape.embeddingDim * units;
  return dense.get(name)!.subarray(first * perField, (first + count) * perField);
}

/** Takes the pooled embeddings of a request to its row: first layer's weights, copies of identity for the sum, and the linear part. */
function queryFold(parts: FoldParts, weights: DeepFmWeights, units: number): Float32Array {
  const { embeddingDim } = weights.shape;
  const width = units + embeddingDim + 1;
  const size = parts.query.length * embeddingDim;
  const first = firstWeights(weights, 0, parts.query.length, units);
  const fold = new Float32Array((size + 1) * width);
  for (let i = 0; i < size; i++) {
    fold.set(first.subarray(i * units, (i + 1) * units), i * width);
    fold[i * width + units + (i % embeddingDim)] = 1;
  }
  fold[size * width + width - 1] = 1;
  return fold;
}

function queryBias({ shape, dense }: DeepFmWeights, width: number): Float32Array {
  const bias = new Float32Array(width);
  bias.set(dense.get(layerParameters(shape, 0)[1])!);
  return bias;
}

/** The row of every cross field and id, shape `[crossRowCount, width]`. */
function crossTable(parts: FoldParts, weights: DeepFmWeights, units: number): Float32Array {
  const { embeddingDim } = weights.shape;
  const width = units + embeddingDim + 1;
  const rows = new Float32Array(parts.crossRowCount * width);
  parts.cross.forEach(({ cardinality, tableRow, firstRow }, place) => {
    const first = firstWeights(weights, parts.query.length + parts.item.length + place, 1, units);
    for (let id = 0; id < cardinality; id++) {
      const embedding = weights.embeddings.subarray((tableRow + id) * embeddingDim, (tableRow + id + 1) * embeddingDim);
      const row = rows.subarray((firstRow + id) * width, (firstRow + id + 1) * width);
      let linear = weights.linear[tableRow + id]!;
      embedding.forEach((value, d) => {
        for (let unit = 0; unit < units; unit++) row[unit]! += value * first[d * units + unit]!;
        row[units + d] = value;
        linear -= 0.5 * value * value;
      });
      row[width - 1] = linear;
    }
  });
  return rows;
}
