import { SeededRandom } from '../../../features/core/seeded-random.ts';
import type { FeatureField } from '../../../features/schema/feature-schema.ts';
import {
  type FieldLayout,
  layoutFields,
  type TableLayout,
  tableFieldsIn,
} from '../../../features/schema/field-layout.ts';
import { layoutTowerTable, type TowerShape, type TowerWeights, towerParameters } from '../tower-graph.ts';

/** A user tower with random weights, and random shoppers. */
export interface RandomTower {
  readonly layout: FieldLayout;
  readonly table: TableLayout;
  readonly weights: TowerWeights;
  /** Ids as an extractor writes them: missing, unknown and known ones, padding behind. Shape `[rowCount, user slots]`. */
  rows(rowCount: number): Int32Array;
}

/** Makes everything random but the fields; equal arguments give equal results. */
export function randomTower(
  fields: readonly FeatureField[],
  options: { seed: number; shape: Omit<TowerShape, 'fieldCount'> },
): RandomTower {
  const random = new SeededRandom(options.seed);
  const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => 0.3 * random.nextNormal());
  const layout = layoutFields(fields);
  const table = layoutTowerTable(layout);
  const { user } = layout.groupSlots;
  const shape = { ...options.shape, fieldCount: tableFieldsIn(table, user).fields.length };
  const dense = towerParameters(shape).map(({ name, dims }) => [name, draw(dims.reduce((a, b) => a * b, 1))] as const);
  return {
    layout,
    table,
    weights: { shape, table: draw(table.rowCount * shape.fieldDim), dense: new Map(dense) },
    rows: (rowCount) => {
      const ids = new Int32Array(rowCount * user[1]).fill(-1);
      for (let row = 0; row < rowCount; row++) {
        for (const { field, slot, slotCount, cardinality } of layout.fields) {
          if (field.group !== 'user') continue;
          const present = 1 + random.nextInt(slotCount);
          for (let i = 0; i < present; i++) ids[row * user[1] + slot + i] = random.nextInt(cardinality);
        }
      }
      return ids;
    },
  };
}
