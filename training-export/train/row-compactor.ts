import { PADDING_ID } from '../../features/schema/feature-schema.ts';
import type { TableField } from '../../features/schema/field-layout.ts';

/**
 * Numbers the table rows a batch touches 0, 1, 2, ..., so that the graph sees a small table of just those rows.
 *
 * A row is numbered at its first touch; {@link reset} forgets the batch.
 */
export class RowCompactor {
  /** Touched rows in the order of their numbers; the first `count` are valid. */
  readonly rows: Int32Array;
  count = 0;
  private readonly placeOfRow: Int32Array;

  constructor(rowCount: number) {
    this.rows = new Int32Array(rowCount);
    this.placeOfRow = new Int32Array(rowCount).fill(-1);
  }

  place(row: number): number {
    let place = this.placeOfRow[row]!;
    if (place < 0) {
      place = this.count++;
      this.placeOfRow[row] = place;
      this.rows[place] = row;
    }
    return place;
  }

  reset(): void {
    for (let place = 0; place < this.count; place++) this.placeOfRow[this.rows[place]!] = -1;
    this.count = 0;
  }
}

/** Turns the field ids of one group into numbers of a {@link RowCompactor}: padding stays padding, slots no field reads become padding. */
export class SlotMapper {
  readonly slotCount: number;
  /** Table row of each slot's field, -1 for a slot no field of the model reads. */
  private readonly tableRows: Int32Array;

  /** @param slots layout slots `[start, end)` of the group */
  constructor(fields: readonly TableField[], slots: readonly [number, number]) {
    const [start, end] = slots;
    this.slotCount = end - start;
    this.tableRows = new Int32Array(this.slotCount).fill(-1);
    for (const field of fields) {
      if (field.slot < start || field.slot >= end) continue;
      this.tableRows.fill(field.tableRow, field.slot - start, field.slot - start + field.slotCount);
    }
  }

  map(compactor: RowCompactor, ids: Int32Array, idsStart: number, out: Int32Array, outStart: number): void {
    const { tableRows, slotCount } = this;
    for (let slot = 0; slot < slotCount; slot++) {
      const id = ids[idsStart + slot]!;
      const tableRow = tableRows[slot]!;
      out[outStart + slot] = id < 0 || tableRow < 0 ? PADDING_ID : compactor.place(tableRow + id);
    }
  }
}
