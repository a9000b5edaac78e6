import type { TableLayout } from '../../features/schema/field-layout.ts';
import type { DeepFmWeights } from './deepfm-graph.ts';

/**
 * DeepFM written out in float64 without any library: the oracle that graphs and trainers are tested against. Slow on purpose.
 *
 * @param fieldIds shape `[rowCount, slotCount]`, row-major
 * @returns one logit per row
 */
export function deepFmReferenceLogits(
  layout: TableLayout,
  weights: DeepFmWeights,
  fieldIds: Int32Array,
  slotCount: number,
): Float64Array {
  const rowCount = fieldIds.length / slotCount;
  const logits = new Float64Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    logits[row] = rowLogit(layout, weights, fieldIds.subarray(row * slotCount, (row + 1) * slotCount));
  }
  return logits;
}

/** 1 / (1 + exp(-x)). */
export function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function rowLogit(layout: TableLayout, weights: DeepFmWeights, ids: Int32Array): number {
  const { embeddingDim, hiddenUnits } = weights.shape;
  const pooled = layout.fields.map(() => new Array<number>(embeddingDim).fill(0));
  let linear = 0;
  layout.fields.forEach((field, f) => {
    const present = Array.from(ids.subarray(field.slot, field.slot + field.slotCount)).filter((id) => id >= 0);
    const share = field.pooling === 'mean' ? 1 / present.length : 1;
    for (const id of present) {
      const tableRow = field.tableRow + id;
      linear += share * weights.linear[tableRow]!;
      for (let d = 0; d < embeddingDim; d++) pooled[f]![d]! += share * weights.embeddings[tableRow * embeddingDim + d]!;
    }
  });
  let pairs = 0;
  for (let a = 0; a < pooled.length; a++) {
    for (let b = a + 1; b < pooled.length; b++) {
      for (let d = 0; d < embeddingDim; d++) pairs += pooled[a]![d]! * pooled[b]![d]!;
    }
  }
  let layer = pooled.flat();
  hiddenUnits.forEach((units, l) => {
    layer = denseLayer(layer, weights.dense.get(`w${l}`)!, weights.dense.get(`b${l}`)!, units).map((x) =>
      Math.max(0, x),
    );
  });
  const [deep] = denseLayer(layer, weights.dense.get('w_out')!, weights.dense.get('bias')!, 1);
  return linear + pairs + deep!;
}

function denseLayer(input: readonly number[], w: Float32Array, b: Float32Array, units: number): number[] {
  const output: number[] = [];
  for (let unit = 0; unit < units; unit++) {
    let sum = b[unit]!;
    for (let i = 0; i < input.length; i++) sum += input[i]! * w[i * units + unit]!;
    output.push(sum);
  }
  return output;
}
