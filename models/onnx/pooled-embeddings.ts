import type { TableField, TableLayout } from '../../features/schema/field-layout.ts';
import type { GraphBuilder, GraphValue } from './graph-builder.ts';

/**
 * Adds the lookup part of a model: field ids in, one pooled row of the table per field out.
 *
 * Shapes: `fieldIds` int32 `[batch, slots]` (the model's slots are picked by column; `firstSlot` is the layout slot of column 0),
 * `table` `[rowCount, width]`; the result is `[batch, fieldCount * width]`, fields in table order. Padding counts for nothing.
 */
export function pooledEmbeddings(
  g: GraphBuilder,
  fieldIds: GraphValue,
  table: GraphValue,
  options: { layout: TableLayout; width: number; firstSlot: number; batch?: string },
): GraphValue {
  const { layout, width, firstSlot, batch = 'batch' } = options;
  const parts: GraphValue[] = [];
  for (const run of runsOf(layout.fields)) {
    const [first] = run as [TableField];
    const start = first.slot - firstSlot;
    const slotCount = run.reduce((sum, field) => sum + field.slotCount, 0);
    const ids = g.slice(fieldIds, 1, start, start + slotCount);
    const offsets = run.flatMap((field) => new Array<number>(field.slotCount).fill(field.tableRow));
    const zero = g.int32s([0]);
    const rows = g.add(g.maximum(ids, zero), g.int32s(offsets));
    const embeddings = g.gatherRows(table, rows);
    if (first.pooling === undefined) {
      parts.push(g.reshape(embeddings, [batch, slotCount * width]));
      continue;
    }
    const present = g.isNotNegative(ids);
    const masked = g.multiply(embeddings, g.reshape(present, [batch, slotCount, 1]));
    const sum = g.reshape(g.reduceSum(masked, [1], true), [batch, width]);
    parts.push(first.pooling === 'sum' ? sum : g.divide(sum, g.reduceSum(present, [1], true)));
  }
  return g.concat(parts, 1);
}

/** Neighbouring single-valued fields are looked up together; a multi-valued field stands alone. */
function runsOf(fields: readonly TableField[]): TableField[][] {
  const runs: TableField[][] = [];
  for (const field of fields) {
    const last = runs.at(-1)?.at(-1);
    const continues = last?.pooling === undefined && field.pooling === undefined && last?.slot === field.slot - 1;
    if (last !== undefined && continues) runs.at(-1)!.push(field);
    else runs.push([field]);
  }
  return runs;
}
