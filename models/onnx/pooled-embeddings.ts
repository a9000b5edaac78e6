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

/**
 * The same as {@link pooledEmbeddings} in a dozen nodes, however many fields there are: all slots are looked up at once and pooled by one
 * multiplication with a constant matrix. For one row, where nodes cost more than numbers, several times faster; has no gradient.
 */
export function pooledEmbeddingsAtOnce(
  g: GraphBuilder,
  fieldIds: GraphValue,
  table: GraphValue,
  options: { layout: TableLayout; width: number; firstSlot: number },
): GraphValue {
  const { layout, width, firstSlot } = options;
  const { fields } = layout;
  if (fields.every(({ pooling }) => pooling === undefined)) return pooledEmbeddings(g, fieldIds, table, options);
  const slots = fields.flatMap(({ slot, slotCount }) =>
    Array.from({ length: slotCount }, (_, i) => slot - firstSlot + i),
  );
  const fieldOfSlot = fields.flatMap(({ slotCount }, field) => new Array<number>(slotCount).fill(field));
  const ids = g.gatherColumns(fieldIds, slots);
  const offsets = fieldOfSlot.map((field) => fields[field]!.tableRow);
  const rows = g.add(g.maximum(ids, g.int32s([0])), g.int32s(offsets));
  const present = g.isNotNegative(ids);
  const embeddings = g.multiply(g.gatherRows(table, rows), g.reshape(present, ['batch', slots.length, 1]));
  const sumOfField = new Float32Array(fields.length * slots.length);
  const countOfField = new Float32Array(slots.length * fields.length);
  fieldOfSlot.forEach((field, slot) => {
    sumOfField[field * slots.length + slot] = 1;
    if (fields[field]!.pooling === 'mean') countOfField[slot * fields.length + field] = 1;
  });
  const sums = g.node(
    'MatMul',
    [g.initializer('sum_of_field', [fields.length, slots.length], sumOfField), embeddings],
    ['batch', fields.length, width],
  );
  const counts = g.linear(
    present,
    g.initializer('count_of_field', [slots.length, fields.length], countOfField),
    g.initializer(
      'count_of_others',
      [fields.length],
      Float32Array.from(fields, (f) => (f.pooling === 'mean' ? 0 : 1)),
    ),
  );
  const pooled = g.divide(sums, g.reshape(counts, ['batch', fields.length, 1]));
  return g.reshape(pooled, ['batch', fields.length * width]);
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
