import type { TableField } from '../../features/schema/field-layout.ts';

/** One field of a row of ids, as gradients flow back to it. */
interface FieldRange {
  /** First place in the row of ids. */
  readonly start: number;
  readonly slotCount: number;
  readonly isMean: boolean;
  /** First column of the field in the gradient. */
  readonly column: number;
}

/** Rows of ids, as they went into the graph. */
export interface IdRows {
  /** Numbers of a `RowCompactor`, padding below 0; shape `[rows, slotCount]`. */
  readonly ids: Int32Array;
  readonly slotCount: number;
  /** Row of ids of each example, ascending, where examples share rows; without it example e has row e. */
  readonly rowOf?: Int32Array;
}

/** What came back from the graph, for each example. */
export interface ExampleGradients {
  readonly exampleCount: number;
  /** Gradients of pooled fields, shape `[exampleCount, stride]`; those of the group begin at column `offset`. */
  readonly fields: Float32Array;
  readonly stride: number;
  readonly offset: number;
  /** Gradients of the sum of first-order weights, shape `[exampleCount]`; absent when the model has none. */
  readonly linear?: Float32Array;
}

/** Gradients of the table rows a batch touches, by number of the `RowCompactor`. */
export interface RowGradients {
  /** Shape `[rows, width]`. */
  readonly embeddings: Float32Array;
  /** Shape `[rows]`, or empty when the model has no first-order weights. */
  readonly linear: Float32Array;
}

/**
 * Carries gradients of pooled field embeddings back to the table rows they were pooled from: the backward side of `pooledEmbeddings`.
 *
 * Done here and not in the graph because ONNX Runtime adds to one row from several threads at once and loses additions (ScatterND with
 * reduction, version 1.30: with two threads up to three of four were lost); its ScatterElements does not, and takes several times as long.
 */
export class PooledGradient {
  readonly width: number;
  /** Numbers of one row of the gradient: a field's embedding each. */
  readonly columnCount: number;
  private readonly ranges: readonly FieldRange[];
  private readonly sum: Float32Array;

  /** @param fields those of one group, in table order, as in the graph; @param firstSlot layout slot of the first id */
  constructor(fields: readonly TableField[], firstSlot: number, width: number) {
    this.width = width;
    this.columnCount = fields.length * width;
    this.sum = new Float32Array(this.columnCount);
    this.ranges = fields.map(({ slot, slotCount, pooling }, field) => ({
      ...{ start: slot - firstSlot, slotCount, column: field * width },
      isMean: pooling === 'mean',
    }));
  }

  /** Adds to `into` what the group has a part in. Cost: linear in examples and ids; the bench training-throughput counts it. */
  add(rows: IdRows, gradients: ExampleGradients, into: RowGradients): void {
    if (this.columnCount === 0) return;
    if (rows.rowOf !== undefined) this.addShared(rows, rows.rowOf, gradients, into);
    else {
      const { exampleCount, fields, stride, offset, linear } = gradients;
      for (let e = 0; e < exampleCount; e++)
        this.addRow(rows.ids, e * rows.slotCount, fields, e * stride + offset, linear?.[e] ?? 0, into);
    }
  }

  /** Examples that share a row of ids are added up first, since their number is larger than that of their rows. */
  private addShared(rows: IdRows, rowOf: Int32Array, gradients: ExampleGradients, into: RowGradients): void {
    const { exampleCount, fields, stride, offset, linear } = gradients;
    const { sum, columnCount } = this;
    let linearSum = 0;
    sum.fill(0);
    for (let e = 0; e < exampleCount; e++) {
      addScaled(sum, 0, fields, e * stride + offset, columnCount, 1);
      if (linear !== undefined) linearSum += linear[e]!;
      const row = rowOf[e]!;
      if (e + 1 < exampleCount && rowOf[e + 1] === row) continue;
      this.addRow(rows.ids, row * rows.slotCount, sum, 0, linearSum, into);
      sum.fill(0);
      linearSum = 0;
    }
  }

  // Plain parameters: an object for each row of each batch would be most of the cost.
  private addRow(
    ids: Int32Array,
    idsStart: number,
    fields: Float32Array,
    fieldsStart: number,
    linearGradient: number,
    into: RowGradients,
  ): void {
    const { width, ranges } = this;
    const { embeddings, linear } = into;
    const hasLinear = linear.length > 0;
    for (let r = 0; r < ranges.length; r++) {
      const { start, slotCount, isMean, column } = ranges[r]!;
      const first = idsStart + start;
      const share = isMean ? 1 / presentCount(ids, first, slotCount) : 1;
      for (let slot = first; slot < first + slotCount; slot++) {
        const row = ids[slot]!;
        if (row < 0) continue;
        addScaled(embeddings, row * width, fields, fieldsStart + column, width, share);
        if (hasLinear) linear[row] = linear[row]! + share * linearGradient;
      }
    }
  }
}

/** `target[to + i] += share * source[from + i]` for `width` numbers, four at a time: three times as fast as one at a time. */
function addScaled(
  target: Float32Array,
  to: number,
  source: Float32Array,
  from: number,
  width: number,
  share: number,
): void {
  const end = to + width;
  const endOfFours = to + width - (width % 4);
  for (; to < endOfFours; to += 4, from += 4) {
    target[to] = target[to]! + share * source[from]!;
    target[to + 1] = target[to + 1]! + share * source[from + 1]!;
    target[to + 2] = target[to + 2]! + share * source[from + 2]!;
    target[to + 3] = target[to + 3]! + share * source[from + 3]!;
  }
  for (; to < end; to++, from++) target[to] = target[to]! + share * source[from]!;
}

function presentCount(ids: Int32Array, first: number, slotCount: number): number {
  let count = 0;
  for (let slot = first; slot < first + slotCount; slot++) if (ids[slot]! >= 0) count++;
  return count;
}
