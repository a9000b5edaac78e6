import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { afterwards, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { MISSING_ID, PADDING_ID, UNKNOWN_ID } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, tableFieldsIn } from '../../features/schema/field-layout.ts';
import { FieldPooler } from '../onnx/field-pooler.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { OnnxSession } from '../onnx/onnx-session.ts';
import { findStoredTensors, type StoredTensor } from '../onnx/read-stored-tensors.ts';
import { OnnxTower } from './onnx-tower.ts';
import type { Tower } from './tower.ts';
import { layoutTowerTable, type TowerShape, towerParameters } from './tower-graph.ts';

const INPUT = 'pooled';
const OUTPUT = 'sums';
/** Under the root, as in `towerEmbedding`: an embedding of zeros stays one. */
const EPSILON = 1e-12;
/** Largest difference to the plain graph: float32 sums in another order. */
const TOLERANCE = 1e-5;
const PROBE_ROWS = 32;
/** Inputs kept for later runs; more at once are rare. */
const MAX_FREE = 8;

/** What `user-tower.onnx` holds besides its graph. */
interface TowerTensors {
  readonly shape: TowerShape;
  readonly table: Float32Array;
  /** By parameter name, see {@link towerParameters}. */
  readonly dense: ReadonlyMap<string, Float32Array>;
}

/**
 * A tower of `buildTowerModel` with its fields pooled and its result brought to length 1 here, and a graph of three nodes between, where
 * the file's has two dozen: for the one row of a request nodes cost more than numbers.
 *
 * Memory: the embedding table, once, as numbers of ours; the session holds the layers alone.
 */
export class SplitTower implements Tower {
  readonly form = 'split';
  readonly slotCount: number;
  readonly embeddingDim: number;
  private readonly session: OnnxSession;
  private readonly pooler: FieldPooler;
  /** Not in use by a run: inputs are read in place, and where runs wait for a turn of the event loop they overlap. */
  private readonly free: Float32Array[] = [];

  private constructor(session: OnnxSession, pooler: FieldPooler, of: { slotCount: number; embeddingDim: number }) {
    this.session = session;
    this.pooler = pooler;
    this.slotCount = of.slotCount;
    this.embeddingDim = of.embeddingDim;
  }

  /**
   * Opens the user tower of a file; undefined when the file has not the tensors of ours, with shapes that fit the layout. That its graph is
   * ours, too, is not known before both gave the same: see {@link openUserTower}.
   *
   * Errors: REC_BUNDLE_INVALID when the bytes are no model.
   */
  static async open(model: Uint8Array, layout: FieldLayout, embeddingDim: number): Promise<SplitTower | undefined> {
    const slots = layout.groupSlots.user;
    const table = layoutTowerTable(layout);
    const { fields } = tableFieldsIn(table, slots);
    const tensors = tensorsOf(model, { rowCount: table.rowCount, fieldCount: fields.length, embeddingDim });
    if (tensors === undefined) return undefined;
    const pooled = { embeddings: tensors.table, embeddingDim: tensors.shape.fieldDim };
    const session = await OnnxSession.open(layersModel(tensors), {
      isImmediate: true,
      failureCode: 'REC_RETRIEVER_FAILED',
    });
    const size = { slotCount: slots[1] - slots[0], embeddingDim };
    return new SplitTower(session, new FieldPooler(fields, pooled, slots[0]), size);
  }

  embed(fieldIds: Int32Array, rowCount: number): MaybePromise<Float32Array> {
    const { slotCount, embeddingDim, pooler, free } = this;
    assertContract(fieldIds.length >= rowCount * slotCount, 'a tower gets the ids of each row');
    const { width } = pooler;
    const pooled = (rowCount === 1 ? free.pop() : undefined) ?? new Float32Array(rowCount * width);
    const embeddings = new Float32Array(rowCount * embeddingDim);
    for (let row = 0; row < rowCount; row++) pooler.pool(fieldIds, row * slotCount, pooled, row * width);
    const feeds = { [INPUT]: { data: pooled, dims: [rowCount, width] } };
    const into = { [OUTPUT]: { data: embeddings, dims: [rowCount, embeddingDim] } };
    const run = afterwards(
      () => this.session.run(feeds, into),
      () => {
        if (rowCount === 1 && free.length < MAX_FREE) free.push(pooled);
      },
    );
    return whenThere(run, () => {
      for (let row = 0; row < rowCount; row++) toLengthOne(embeddings, row * embeddingDim, embeddingDim);
      return embeddings;
    });
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/**
 * Opens `user-tower.onnx` for serving: split when the file is a tower of ours and both forms give the same embeddings, within 1e-5, of
 * some rows of ids; else as it is, since any model of the same input and output may serve.
 *
 * Memory: what the other form holds is freed before the promise settles, among it a second copy of the table.
 * Errors: REC_BUNDLE_INVALID as {@link OnnxTower.open}.
 */
export async function openUserTower(
  model: Uint8Array,
  layout: FieldLayout,
  embeddingDim: number,
): Promise<SplitTower | OnnxTower> {
  const [start, end] = layout.groupSlots.user;
  const plain = await OnnxTower.open(model, end - start, embeddingDim, { isImmediate: true });
  let split: SplitTower | undefined;
  try {
    split = await SplitTower.open(model, layout, embeddingDim);
  } catch (error) {
    await plain.close();
    throw error;
  }
  if (split === undefined) return plain;
  const [chosen, other] = (await giveTheSame(plain, split, layout)) ? [split, plain] : [plain, split];
  await other.close();
  return chosen;
}

/** The tensors of a tower of ours, with shapes that fit each other and `of`; undefined for another model. */
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

/** A tower's layers from pooled fields up to where its embedding is brought to length 1; the same sums as `towerEmbedding`. */
function layersModel({ shape, dense }: TowerTensors): Uint8Array {
  const g = new GraphBuilder();
  const { hiddenUnits } = shape;
  const bias = dense.get('b_straight')!.map((value, d) => value + (dense.get('b_top')?.[d] ?? 0));
  const stored = new Map([...dense, ['b_straight', bias]]);
  const dimsOf = new Map(towerParameters(shape).map(({ name, dims }) => [name, dims]));
  const parameter = (name: string) => g.initializer(name, dimsOf.get(name)!, stored.get(name)!);
  const fields = g.input(INPUT, ['batch', shape.fieldCount * shape.fieldDim]);
  let sums = g.linear(fields, parameter('w_straight'), parameter('b_straight'));
  if (hiddenUnits > 0) {
    const hidden = g.relu(g.linear(fields, parameter('w_hidden'), parameter('b_hidden')));
    sums = g.linear(hidden, parameter('w_top'), sums);
  }
  return g.toModel('tower_layers', { [OUTPUT]: sums });
}

function toLengthOne(embeddings: Float32Array, start: number, width: number): void {
  let squares = 0;
  for (let d = start; d < start + width; d++) squares += embeddings[d]! * embeddings[d]!;
  if (!Number.isFinite(squares)) {
    throw new VitrineError(
      'REC_RETRIEVER_FAILED',
      `a tower answered numbers for row ${start / width} that are not finite`,
    );
  }
  const factor = 1 / Math.sqrt(squares + EPSILON);
  for (let d = start; d < start + width; d++) embeddings[d]! *= factor;
}

/** Compares two towers on rows as extractors write them: all missing, all unknown, the last values there are, then random ones. */
async function giveTheSame(plain: Tower, split: Tower, layout: FieldLayout): Promise<boolean> {
  const { slotCount } = plain;
  const rows = probeRows(layout, slotCount);
  try {
    for (let row = 0; row < PROBE_ROWS; row++) {
      // One row at a time, as requests come.
      const ids = rows.subarray(row * slotCount, (row + 1) * slotCount);
      const [ofPlain, ofSplit] = [await plain.embed(ids, 1), await split.embed(ids, 1)];
      for (let d = 0; d < ofPlain.length; d++) {
        if (!(Math.abs(ofPlain[d]! - ofSplit[d]!) <= TOLERANCE)) return false;
      }
    }
    return true;
  } catch (error) {
    // A graph that cannot answer them is judged by the golden cases, as it always was.
    if (error instanceof VitrineError && error.code === 'REC_RETRIEVER_FAILED') return false;
    throw error;
  }
}

function probeRows(layout: FieldLayout, width: number): Int32Array {
  const random = new SeededRandom(1);
  const fields = layout.fields.filter(({ field }) => field.group === 'user');
  const rows = new Int32Array(PROBE_ROWS * width).fill(PADDING_ID);
  for (let row = 0; row < PROBE_ROWS; row++) {
    for (const { slot, slotCount, cardinality } of fields) {
      const last = cardinality - 1;
      const fixed = [MISSING_ID, Math.min(UNKNOWN_ID, last), last][row];
      const present = row === 2 ? slotCount : fixed === undefined ? 1 + random.nextInt(slotCount) : 1;
      for (let i = 0; i < present; i++) rows[row * width + slot + i] = fixed ?? random.nextInt(cardinality);
    }
  }
  return rows;
}
