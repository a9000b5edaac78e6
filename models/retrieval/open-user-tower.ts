import { VitrineError } from '../../features/core/errors.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { MISSING_ID, PADDING_ID, UNKNOWN_ID } from '../../features/schema/feature-schema.ts';
import type { FieldLayout } from '../../features/schema/field-layout.ts';
import type { Kernels } from '../native/kernels.ts';
import { KernelTower } from './kernel-tower.ts';
import { OnnxTower } from './onnx-tower.ts';
import { SplitTower } from './split-tower.ts';
import type { Tower } from './tower.ts';

/** Largest difference to the plain graph: float32 sums in another order. */
const TOLERANCE = 1e-5;
const PROBE_ROWS = 32;

/** Forms of a user tower, the cheapest first; each gives the same embeddings. */
export type UserTower = KernelTower | SplitTower | OnnxTower;

export interface UserTowerOptions {
  /** Native code, where it is there. @defaultValue none */
  readonly kernels?: Kernels | undefined;
}

/**
 * Opens `user-tower.onnx` for serving: in native code or split when the file is a tower of ours and that form gives the embeddings of the
 * file's own graph, within 1e-5, of some rows of ids; else as it is, since any model of the same input and output may serve.
 *
 * Memory: what other forms hold is freed before the promise settles, among it a second copy of the table.
 * Errors: REC_BUNDLE_INVALID as {@link OnnxTower.open}.
 */
export async function openUserTower(
  model: Uint8Array,
  layout: FieldLayout,
  embeddingDim: number,
  { kernels }: UserTowerOptions = {},
): Promise<UserTower> {
  const [start, end] = layout.groupSlots.user;
  const plain = await OnnxTower.open(model, end - start, embeddingDim, { isImmediate: true });
  const forms: readonly (() => UserTower | undefined | Promise<UserTower | undefined>)[] = [
    () => KernelTower.open(kernels, model, layout, embeddingDim),
    () => SplitTower.open(model, layout, embeddingDim),
  ];
  try {
    for (const open of forms) {
      const other = await open();
      if (other === undefined) continue;
      if (await giveTheSame(plain, other, layout)) {
        await plain.close();
        return other;
      }
      await other.close();
    }
  } catch (error) {
    await plain.close();
    throw error;
  }
  return plain;
}

/** Compares two towers on rows as extractors write them: all missing, all unknown, the last values there are, then random ones. */
async function giveTheSame(plain: Tower, other: Tower, layout: FieldLayout): Promise<boolean> {
  const { slotCount } = plain;
  const rows = probeRows(layout, slotCount);
  try {
    for (let row = 0; row < PROBE_ROWS; row++) {
      // One row at a time, as requests come.
      const ids = rows.subarray(row * slotCount, (row + 1) * slotCount);
      const [ofPlain, ofOther] = [await plain.embed(ids, 1), await other.embed(ids, 1)];
      for (let d = 0; d < ofPlain.length; d++) {
        if (!(Math.abs(ofPlain[d]! - ofOther[d]!) <= TOLERANCE)) return false;
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
