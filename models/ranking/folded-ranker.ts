import { VitrineError } from '../../features/core/errors.ts';
import type { MaybePromise } from '../../features/core/maybe-promise.ts';
import { isUsedByRanker } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, layoutTable } from '../../features/schema/field-layout.ts';
import type { Kernels } from '../native/kernels.ts';
import { readStoredTensors, type StoredTensor } from '../onnx/read-stored-tensors.ts';
import { foldParts } from './fold-parts.ts';
import { FOLD_TENSORS } from './folded-graph.ts';
import { FoldedItems, type ItemIds } from './folded-items.ts';
import { openFoldedKernel } from './folded-kernel.ts';
import type { FoldedScorer, PreparedRanking } from './folded-scorer.ts';
import { FoldedSession } from './folded-session.ts';
import type { Ranker, RankRequest } from './ranker.ts';

export interface FoldedRankerOptions {
  /** Ranks without the runtime where they give what it gives. @defaultValue the runtime ranks */
  readonly kernels?: Kernels | undefined;
}

/**
 * Ranks with `ranker.serving.onnx`: products are folded ahead, the request once, see `folded-graph.ts`.
 *
 * Products follow their fields: whenever the extractor computes a product's ids anew, its row is folded anew before anything else runs.
 * Cost: linear in candidates; the model's part blocks the event loop. Memory: {@link bytesPerItem} for each product.
 */
export class FoldedRanker implements Ranker {
  readonly form = 'folded';
  private readonly scorer: FoldedScorer;
  private readonly items: FoldedItems;
  private readonly unwatch: () => void;

  /**
   * Folds every product of `source`; nothing may change them before the promise settles.
   *
   * Errors: REC_BUNDLE_INVALID when the bytes are no folded ranker, or one of other fields than `layout` has.
   */
  static async open(
    model: Uint8Array,
    layout: FieldLayout,
    source: ItemIds,
    options: FoldedRankerOptions = {},
  ): Promise<FoldedRanker> {
    const table = layoutTable(layout, ({ field }) => isUsedByRanker(field));
    const parts = foldParts(table);
    const { embeddings, linear, item_fold: itemFold } = readStoredTensors(model, Object.values(FOLD_TENSORS));
    const [embeddingDim, units] = [embeddings.dims[1] ?? 0, itemFold.dims[1] ?? 0];
    requireDims('embeddings', embeddings, [table.rowCount, embeddingDim]);
    requireDims('linear', linear, [table.rowCount, 1]);
    requireDims('item_fold', itemFold, [parts.item.length * embeddingDim, units]);
    const tables = { embeddings: embeddings.data, linear: linear.data, embeddingDim };
    const session = await FoldedSession.open(model, parts, tables);
    try {
      const fold = { fields: parts.item, firstSlot: layout.groupSlots.item[0], weights: itemFold.data, units };
      const items = await FoldedItems.create(source, { ...tables, ...fold });
      session.attach(items);
      const kernel = await openFoldedKernel(options.kernels, { model, parts, tables, units, items, session, source });
      if (kernel !== undefined) await session.close();
      return new FoldedRanker(kernel ?? session, items, source);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private constructor(scorer: FoldedScorer, items: FoldedItems, source: ItemIds) {
    this.scorer = scorer;
    this.items = items;
    this.unwatch = source.watchItems((index) => this.refreshItem(index));
  }

  /** What computes: the ONNX runtime, or native code that gave the same when the model was opened. */
  get engine(): FoldedScorer['engine'] {
    return this.scorer.engine;
  }

  /** Memory a product takes here, besides its feature ids. */
  get bytesPerItem(): number {
    return this.items.width * Float32Array.BYTES_PER_ELEMENT;
  }

  /** Folds a product anew from the ids it has now; the extractor's changes come here by themselves. */
  refreshItem(index: number): void {
    this.items.refreshItem(index);
  }

  rank(request: RankRequest): MaybePromise<Float32Array> {
    return request.count === 0 ? new Float32Array(0) : this.scorer.rank(request);
  }

  /** A query's inputs in memory of their own, to be run any number of times as long as no product is added: measurements tell the two apart. */
  prepare(request: RankRequest): PreparedRanking {
    return this.scorer.prepare(request);
  }

  async close(): Promise<void> {
    this.unwatch();
    await this.scorer.close();
  }
}

function requireDims(name: string, tensor: StoredTensor, expected: readonly number[]): void {
  if (tensor.dims.length === expected.length && tensor.dims.every((dim, i) => dim === expected[i])) return;
  throw new VitrineError(
    'REC_BUNDLE_INVALID',
    `tensor "${name}" of the folded ranker has shape [${tensor.dims}], the feature schema needs [${expected}]`,
  );
}
