import { assertContract } from '../../features/core/errors.ts';
import type { TableField, TableLayout } from '../../features/schema/field-layout.ts';

/** The fields a DeepFM reads, by what their values depend on; in the order of the table. */
export interface FoldParts {
  /** User and context fields: folded once per request. */
  readonly query: readonly TableField[];
  /** Folded once per product. */
  readonly item: readonly TableField[];
  /** Looked up in a table with one row per field and id; `firstRow` is that of the field's id 0. */
  readonly cross: readonly (TableField & { readonly firstRow: number })[];
  /** Rows of the table of cross values. */
  readonly crossRowCount: number;
}

/** Sorts the fields of a table, whose groups stand together in the order query, item, cross. */
export function foldParts({ fields }: TableLayout): FoldParts {
  let crossRowCount = 0;
  const cross: (TableField & { firstRow: number })[] = [];
  for (const field of fields) {
    if (field.field.group !== 'cross') continue;
    assertContract(field.slotCount === 1, `cross field "${field.field.name}" has one value`);
    cross.push({ ...field, firstRow: crossRowCount });
    crossRowCount += field.cardinality;
  }
  return {
    query: fields.filter(({ field }) => field.group === 'user' || field.group === 'context'),
    item: fields.filter(({ field }) => field.group === 'item'),
    cross,
    crossRowCount,
  };
}
