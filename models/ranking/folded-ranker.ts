import { VitrineError } from '../../features/core/errors.ts';
import { afterwards, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import { isUsedByRanker } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, layoutTable } from '../../features/schema/field-layout.ts';
import { FieldPooler } from '../onnx/field-pooler.ts';
import { OnnxSession, type TensorData } from '../onnx/onnx-session.ts';
import { readStoredTensors, type StoredTensor } from '../onnx/read-stored-tensors.ts';
import { CrossCombinations } from './cross-combinations.ts';
import { type FoldParts, foldParts } from './fold-parts.ts';
import { FOLD_TENSORS, FOLDED_INPUTS, FOLDED_OUTPUT } from './folded-graph.ts';
import { FoldedItems, type ItemIds } from './folded-items.ts';
import { checkProbabilities } from './probabilities.ts';
import type { Ranker, RankRequest } from './ranker.ts';

/** What one query is ranked with, besides the products. */
interface Work {
  readonly query: Float32Array;
  readonly combinations: CrossCombinations;
}

/** A query ready for the model. */
export interface PreparedRanking {
  readonly feeds: Readonly<Record<string, TensorData>>;
  readonly count: number;
}

/** Kept for later queries; more at once are rare. */
const MAX_FREE = 8;

/**
 * Ranks with `ranker.serving.onnx`: products are folded ahead, the request once, see `folded-graph.ts`.
 *
 * Products follow their fields: whenever the extractor computes a product's ids anew, its row is folded anew before anything else runs.
 * Cost: linear in candidates; the model's part blocks the event loop. Memory: {@link bytesPerItem} for each product.
 */
export class FoldedRanker implements Ranker {
  readonly form = 'folded';
  private readonly session: OnnxSession;
  private readonly items: FoldedItems;
  private readonly unwatch: () => void;
  private readonly parts: FoldParts;
  private readonly pooler: FieldPooler;
  /** Not in use by a run: inputs are read in place, and runs of several queries overlap. */
  private readonly free: Work[] = [];

  /**
   * Folds every product of `source`; nothing may change them before the promise settles.
   *
   * Errors: REC_BUNDLE_INVALID when the bytes are no folded ranker, or one of other fields than `layout` has.
   */
  static async open(model: Uint8Array, layout: FieldLayout, source: ItemIds): Promise<FoldedRanker> {
    const table = layoutTable(layout, ({ field }) => isUsedByRanker(field));
    const parts = foldParts(table);
    const { embeddings, linear, item_fold: itemFold } = readStoredTensors(model, Object.values(FOLD_TENSORS));
    const [embeddingDim, units] = [embeddings.dims[1] ?? 0, itemFold.dims[1] ?? 0];
    requireDims('embeddings', embeddings, [table.rowCount, embeddingDim]);
    requireDims('linear', linear, [table.rowCount, 1]);
    requireDims('item_fold', itemFold, [parts.item.length * embeddingDim, units]);
    const tables = { embeddings: embeddings.data, linear: linear.data, embeddingDim };
    const session = await OnnxSession.open(model, { isImmediate: true });
    try {
      requireInputs(session, parts);
      const fold = { fields: parts.item, firstSlot: layout.groupSlots.item[0], weights: itemFold.data, units };
      const items = await FoldedItems.create(source, { ...tables, ...fold });
      const pooler = new FieldPooler(parts.query, tables, 0);
      return new FoldedRanker({ session, items, source, parts, pooler });
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private constructor(of: {
    session: OnnxSession;
    items: FoldedItems;
    source: ItemIds;
    parts: FoldParts;
    pooler: FieldPooler;
  }) {
    this.session = of.session;
    this.items = of.items;
    this.parts = of.parts;
    this.pooler = of.pooler;
    this.unwatch = of.source.watchItems((index) => this.refreshItem(index));
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
    if (request.count === 0) return new Float32Array(0);
    const work = this.free.pop() ?? this.newWork();
    return afterwards(
      () => this.run(this.write(request, work)),
      () => {
        if (this.free.length < MAX_FREE) this.free.push(work);
      },
    );
  }

  /** The model's inputs for a query, in memory of their own, for {@link run}: measurements tell the two apart. */
  prepare(request: RankRequest): PreparedRanking {
    return this.write(request, this.newWork());
  }

  /** Runs the model on a prepared query; any number of times, as long as no product was added. */
  run({ feeds, count }: PreparedRanking): MaybePromise<Float32Array> {
    // Given to the runtime to write to: what it makes itself costs several microseconds more to hand over.
    const probabilities = new Float32Array(count);
    const outputs = this.session.run(feeds, { [FOLDED_OUTPUT]: { data: probabilities, dims: [count] } });
    return whenThere(outputs, () => {
      checkProbabilities(probabilities, count);
      return probabilities;
    });
  }

  async close(): Promise<void> {
    this.unwatch();
    await this.session.close();
  }

  private newWork(): Work {
    return {
      query: new Float32Array(this.pooler.width + 1),
      combinations: new CrossCombinations(this.parts),
    };
  }

  private write(request: RankRequest, { query, combinations }: Work): PreparedRanking {
    const { items, pooler, parts } = this;
    const { count, itemIndexes, queryIds } = request;
    query[pooler.width] = pooler.pool(queryIds, 0, query, 0);
    const feeds: Record<string, TensorData> = {
      [FOLDED_INPUTS.itemRows]: { data: items.rows, dims: [items.capacity, items.width] },
      [FOLDED_INPUTS.itemIndex]: { data: itemIndexes.subarray(0, count), dims: [count] },
      [FOLDED_INPUTS.query]: { data: query, dims: [1, query.length] },
    };
    const fieldCount = parts.cross.length;
    if (fieldCount > 0) {
      combinations.collect(request);
      const found = combinations.count;
      feeds[FOLDED_INPUTS.crossIds] = {
        data: combinations.ids.subarray(0, found * fieldCount),
        dims: [found, fieldCount],
      };
      feeds[FOLDED_INPUTS.crossIndex] = { data: combinations.index.subarray(0, count), dims: [count] };
    }
    return { feeds, count };
  }
}

function requireInputs(session: OnnxSession, parts: FoldParts): void {
  const { crossIds, crossIndex, ...always } = FOLDED_INPUTS;
  const expected: string[] = [...Object.values(always), ...(parts.cross.length > 0 ? [crossIds, crossIndex] : [])];
  const { inputNames, outputNames } = session;
  if (expected.toSorted().join() === inputNames.toSorted().join() && outputNames.includes(FOLDED_OUTPUT)) return;
  throw new VitrineError(
    'REC_BUNDLE_INVALID',
    `the folded ranker must have inputs ${expected.join(', ')} and output ${FOLDED_OUTPUT}; it has inputs ${inputNames.join(', ')} and outputs ${outputNames.join(', ')}`,
  );
}

function requireDims(name: string, tensor: StoredTensor, expected: readonly number[]): void {
  if (tensor.dims.length === expected.length && tensor.dims.every((dim, i) => dim === expected[i])) return;
  throw new VitrineError(
    'REC_BUNDLE_INVALID',
    `tensor "${name}" of the folded ranker has shape [${tensor.dims}], the feature schema needs [${expected}]`,
  );
}
