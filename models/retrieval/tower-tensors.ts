import { type FieldLayout, type TableField, tableFieldsIn } from '../../features/schema/field-layout.ts';
import { findStoredTensors, type StoredTensor } from '../onnx/read-stored-tensors.ts';
import { layoutTowerTable, type TowerShape, towerParameters } from './tower-graph.ts';

/** What `user-tower.onnx` holds besides its graph. */
export interface TowerTensors {
  readonly shape: TowerShape;
  readonly table: Float32Array;
  /** By parameter name, see {@link towerParameters}. */
  readonly dense: ReadonlyMap<string, Float32Array>;
}

/**
 * The tensors of a user tower of ours, with shapes that fit each other and the layout, and the fields it pools; undefined for another model.
 *
 * Errors: REC_BUNDLE_INVALID when the bytes are no model.
 */
export function findTowerTensors(
  model: Uint8Array,
  layout: FieldLayout,
  embeddingDim: number,
): (TowerTensors & { readonly fields: readonly TableField[] }) | undefined {
  const table = layoutTowerTable(layout);
  const { fields } = tableFieldsIn(table, layout.groupSlots.user);
  const tensors = tensorsOf(model, { rowCount: table.rowCount, fieldCount: fields.length, embeddingDim });
  return tensors === undefined ? undefined : { ...tensors, fields };
}

/** The bias of the straight projection with that of the layer it is added to. */
export function straightBiasOf(dense: TowerTensors['dense']): Float32Array {
  const top = dense.get('b_top');
  return dense.get('b_straight')!.map((value, d) => value + (top?.[d] ?? 0));
}

function tensorsOf(
  model: Uint8Array,
  of: { rowCount: number; fieldCount: number; embeddingDim: number },
): TowerTensors | undefined {
  const names = ['table', ...towerParameters({ ...of, fieldDim: 0, hiddenUnits: 1 }).map(({ name }) => name)];
  const found = findStoredTensors(model, names);
  const { table, w_hidden: hidden } = found;
  const sizeOf = (tensor: StoredTensor | string | undefined): number =>
    typeof tensor === 'object' ? (tensor.dims[1] ?? 0) : 0;
  const shape = { ...of, fieldDim: sizeOf(table), hiddenUnits: sizeOf(hidden) };
  const expected = [{ name: 'table', dims: [of.rowCount, shape.fieldDim] }, ...towerParameters(shape)];
  const data = new Map<string, Float32Array>();
  for (const { name, dims } of expected) {
    const tensor = found[name];
    if (typeof tensor !== 'object' || tensor.dims.join() !== dims.join()) return undefined;
    data.set(name, tensor.data);
  }
  return { shape, table: data.get('table')!, dense: data };
}
