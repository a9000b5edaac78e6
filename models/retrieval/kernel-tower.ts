import { assertContract, messageOf, VitrineError } from '../../features/core/errors.ts';
import type { FieldLayout } from '../../features/schema/field-layout.ts';
import { type Kernels, kernelFields, type TowerKernel, type TowerKernelModel } from '../native/kernels.ts';
import type { Tower } from './tower.ts';
import { findTowerTensors, straightBiasOf, type TowerTensors } from './tower-tensors.ts';

/** A tower of `buildTowerModel` in native code, one call for a row: pooling, layers, length 1. Memory: the table, once, and the layers. */
export class KernelTower implements Tower {
  readonly form = 'kernel';
  readonly slotCount: number;
  readonly embeddingDim: number;
  private readonly kernel: TowerKernel;

  private constructor(kernel: TowerKernel, slotCount: number, embeddingDim: number) {
    this.kernel = kernel;
    this.slotCount = slotCount;
    this.embeddingDim = embeddingDim;
  }

  /**
   * Opens the user tower of a file; undefined without kernels, or when the file has not the tensors of ours. That its graph is ours, too, is
   * not known before both gave the same: see `openUserTower`.
   *
   * Errors: REC_BUNDLE_INVALID when the bytes are no model.
   */
  static open(
    kernels: Kernels | undefined,
    model: Uint8Array,
    layout: FieldLayout,
    embeddingDim: number,
  ): KernelTower | undefined {
    if (kernels === undefined) return undefined;
    const [start, end] = layout.groupSlots.user;
    const found = findTowerTensors(model, layout, embeddingDim);
    if (found === undefined || found.fields.length === 0) return undefined;
    const kernel = new kernels.TowerKernel(kernelModelOf(found, kernelFields(found.fields, start)));
    return new KernelTower(kernel, end - start, embeddingDim);
  }

  embed(fieldIds: Int32Array, rowCount: number): Float32Array {
    const { slotCount, embeddingDim } = this;
    assertContract(fieldIds.length >= rowCount * slotCount, 'a tower gets the ids of each row');
    const embeddings = new Float32Array(rowCount * embeddingDim);
    if (rowCount === 1) this.embedRow(fieldIds, embeddings, 0);
    else {
      for (let row = 0; row < rowCount; row++)
        this.embedRow(
          fieldIds.subarray(row * slotCount),
          embeddings.subarray(row * embeddingDim, (row + 1) * embeddingDim),
          row,
        );
    }
    return embeddings;
  }

  async close(): Promise<void> {}

  private embedRow(ids: Int32Array, embedding: Float32Array, row: number): void {
    let areFinite: boolean;
    try {
      areFinite = this.kernel.embed(ids, embedding);
    } catch (cause) {
      throw new VitrineError('REC_RETRIEVER_FAILED', `a tower failed: ${messageOf(cause)}`, { cause });
    }
    if (!areFinite)
      throw new VitrineError('REC_RETRIEVER_FAILED', `a tower answered numbers for row ${row} that are not finite`);
  }
}

function kernelModelOf({ shape, table, dense }: TowerTensors, fields: Int32Array): TowerKernelModel {
  const { fieldDim, hiddenUnits, embeddingDim } = shape;
  const straight = { straight: dense.get('w_straight')!, straightBias: straightBiasOf(dense) };
  const pooling = { embeddings: table, embeddingDim: fieldDim, fields, outputs: embeddingDim, hiddenUnits };
  if (hiddenUnits === 0) return { ...pooling, ...straight };
  const hidden = { hidden: dense.get('w_hidden')!, hiddenBias: dense.get('b_hidden')!, top: dense.get('w_top')! };
  return { ...pooling, ...straight, ...hidden };
}
