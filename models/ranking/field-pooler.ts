import type { TableField } from '../../features/schema/field-layout.ts';

/** The embedding table of a ranker. */
export interface EmbeddingTable {
  /** Shape `[rowCount, embeddingDim]`, row-major. */
  readonly embeddings: Float32Array;
  /** First-order weights, shape `[rowCount]`. */
  readonly linear: Float32Array;
  readonly embeddingDim: number;
}

/** Looks up the embeddings of a group of fields and pools those of multi-valued ones: the part of a DeepFM below its sums. */
export class FieldPooler {
  /** Numbers of one result. */
  readonly width: number;
  private readonly fields: readonly TableField[];
  private readonly table: EmbeddingTable;
  private readonly firstSlot: number;

  /** @param firstSlot the slot of a feature row that stands first in the ids given to {@link pool} */
  constructor(fields: readonly TableField[], table: EmbeddingTable, firstSlot: number) {
    this.fields = fields;
    this.table = table;
    this.firstSlot = firstSlot;
    this.width = fields.length * table.embeddingDim;
  }

  /**
   * Writes the pooled embedding of each field, `width` numbers from `outStart` on.
   *
   * @param idStart where the group's ids begin in `ids`
   * @returns the fields' first-order weights less half the sum of squares of their embeddings
   */
  pool(ids: Int32Array, idStart: number, out: Float32Array, outStart: number): number {
    const { linear, embeddings, embeddingDim } = this.table;
    let linearPart = 0;
    let squares = 0;
    let at = outStart;
    for (const { slot, slotCount, tableRow, pooling } of this.fields) {
      const first = idStart + slot - this.firstSlot;
      let share = 1;
      if (pooling === 'mean') {
        let count = 0;
        for (let i = 0; i < slotCount; i++) if (ids[first + i]! >= 0) count++;
        share = 1 / count;
      }
      for (let d = 0; d < embeddingDim; d++) out[at + d] = 0;
      for (let i = 0; i < slotCount; i++) {
        const id = ids[first + i]!;
        if (id < 0) continue;
        const row = tableRow + id;
        linearPart += share * linear[row]!;
        const from = row * embeddingDim;
        for (let d = 0; d < embeddingDim; d++) out[at + d]! += share * embeddings[from + d]!;
      }
      for (let d = 0; d < embeddingDim; d++) squares += out[at + d]! * out[at + d]!;
      at += embeddingDim;
    }
    return linearPart - 0.5 * squares;
  }
}
