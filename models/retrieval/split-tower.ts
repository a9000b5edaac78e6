import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { afterwards, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import type { FieldLayout } from '../../features/schema/field-layout.ts';
import { FieldPooler } from '../onnx/field-pooler.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { OnnxSession } from '../onnx/onnx-session.ts';
import type { Tower } from './tower.ts';
import { towerParameters } from './tower-graph.ts';
import { findTowerTensors, straightBiasOf, type TowerTensors } from './tower-tensors.ts';

const INPUT = 'pooled';
const OUTPUT = 'sums';
/** Under the root, as in `towerEmbedding`: an embedding of zeros stays one. */
const EPSILON = 1e-12;
/** Inputs kept for later runs; more at once are rare. */
const MAX_FREE = 8;

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
   * ours, too, is not known before both gave the same: see `openUserTower`.
   *
   * Errors: REC_BUNDLE_INVALID when the bytes are no model.
   */
  static async open(model: Uint8Array, layout: FieldLayout, embeddingDim: number): Promise<SplitTower | undefined> {
    const slots = layout.groupSlots.user;
    const found = findTowerTensors(model, layout, embeddingDim);
    if (found === undefined) return undefined;
    const { fields, ...tensors } = found;
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

/** A tower's layers from pooled fields up to where its embedding is brought to length 1; the same sums as `towerEmbedding`. */
function layersModel({ shape, dense }: TowerTensors): Uint8Array {
  const g = new GraphBuilder();
  const { hiddenUnits } = shape;
  const stored = new Map([...dense, ['b_straight', straightBiasOf(dense)]]);
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
