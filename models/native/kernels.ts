import type { TableField } from '../../features/schema/field-layout.ts';

/** What pools embeddings in native code, see `FieldPooler`. */
export interface PoolingModel {
  /** Shape `[rowCount, embeddingDim]`, row-major. Ownership: read in place, not to be changed. */
  readonly embeddings: Float32Array;
  /** First-order weights, shape `[rowCount]`. Ownership: as of the embeddings. */
  readonly linear?: Float32Array;
  readonly embeddingDim: number;
  /** Shape `[fields, 5]`: first slot in the ids given, slots, first row of the table, ids, 1 to take the mean and 0 the sum. */
  readonly fields: Int32Array;
}

/** Tensors of `ranker.serving.onnx`, row-major, `width` = units + embeddingDim + 1; copied. */
export interface RankerKernelModel extends Required<PoolingModel> {
  /** Of the first layer. */
  readonly units: number;
  /** Shape `[pooled numbers + 1, width]`. */
  readonly queryFold: Float32Array;
  /** Shape `[width]`. */
  readonly queryBias: Float32Array;
  /** Shape `[rows, width]`; empty without cross fields. */
  readonly crossRows: Float32Array;
  /** Shape `[cross fields, 2]`: first row, ids. */
  readonly crossFields: Int32Array;
  /** Boundaries of each cross field, for lookups of the kind `age`. */
  readonly crossBoundaries: readonly Float64Array[];
  /** Above the first, each shape `[inputs, outputs]` and `[outputs]`; the last one has one output. */
  readonly layers: readonly {
    readonly weights: Float32Array;
    readonly bias: Float32Array;
    readonly outputs: number;
  }[];
}

/** The folded ranker in native code. Errors: Error for inputs that do not go together, or an item or id there is none of. */
export interface RankerKernel {
  /**
   * Writes the probability of each candidate, within the call.
   *
   * @param itemRows shape `[items, width]`
   * @param lookups how ids of cross fields are found, see `CROSS_LOOKUP`; of the kind `each`, `place` is a column
   * @param moments see `CROSS_MOMENTS_SIZE`
   * @param columns shape `[columns, count]`: ids of fields whose lookup is `each`
   * @returns the first candidate whose probability is not within 0..1, -1 when all are
   */
  rank(
    itemRows: Float32Array,
    itemIndexes: Int32Array,
    count: number,
    queryIds: Int32Array,
    lookups: Int32Array,
    moments: Float64Array,
    cells: Int32Array,
    codes: Int32Array,
    codeStride: number,
    columns: Int32Array,
    probabilities: Float32Array,
  ): number;
}

/** A tower's layers, row-major; copied. The bias of the top layer is part of `straightBias`. */
export interface TowerKernelModel extends PoolingModel {
  /** Numbers of an embedding. */
  readonly outputs: number;
  /** 0 for a tower without hidden layer, which has none of the last three either. */
  readonly hiddenUnits: number;
  readonly straight: Float32Array;
  readonly straightBias: Float32Array;
  readonly hidden?: Float32Array;
  readonly hiddenBias?: Float32Array;
  readonly top?: Float32Array;
}

/** A tower in native code. */
export interface TowerKernel {
  /**
   * Writes the embedding of one row of ids, length 1; returns false when numbers came out that are not finite.
   *
   * Errors: Error for too few ids or places.
   */
  embed(ids: Int32Array, embedding: Float32Array): boolean;
}

/** Models in native code, where the native build is there. Errors of both: Error when tensors do not go together. */
export interface Kernels {
  readonly RankerKernel: new (model: RankerKernelModel) => RankerKernel;
  readonly TowerKernel: new (model: TowerKernelModel) => TowerKernel;
}

/** Fields as {@link PoolingModel} describes them. @param firstSlot the slot of a feature row that stands first in the ids given */
export function kernelFields(fields: readonly TableField[], firstSlot: number): Int32Array {
  return Int32Array.from(
    fields.flatMap(({ slot, slotCount, tableRow, cardinality, pooling }) => [
      slot - firstSlot,
      slotCount,
      tableRow,
      cardinality,
      pooling === 'mean' ? 1 : 0,
    ]),
  );
}
