import { VitrineError } from '../../features/core/errors.ts';
import { afterwards, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import { type EmbeddingTable, FieldPooler } from '../onnx/field-pooler.ts';
import { OnnxSession, type TensorData } from '../onnx/onnx-session.ts';
import { CrossCombinations } from './cross-combinations.ts';
import type { FoldParts } from './fold-parts.ts';
import { FOLDED_INPUTS, FOLDED_OUTPUT } from './folded-graph.ts';
import type { FoldedItems } from './folded-items.ts';
import type { FoldedScorer, PreparedRanking } from './folded-scorer.ts';
import { checkProbabilities } from './probabilities.ts';
import type { RankRequest } from './ranker.ts';

/** What one query is ranked with, besides the products. */
interface Work {
  readonly query: Float32Array;
  readonly combinations: CrossCombinations;
}

type Feeds = Readonly<Record<string, TensorData>>;

/** Kept for later queries; more at once are rare. */
const MAX_FREE = 8;

/** Scores candidates by running `ranker.serving.onnx`. */
export class FoldedSession implements FoldedScorer {
  readonly engine = 'onnxruntime';
  private readonly session: OnnxSession;
  private readonly parts: FoldParts;
  private readonly pooler: FieldPooler;
  private items: FoldedItems | undefined;
  /** Not in use by a run: inputs are read in place, and runs of several queries overlap. */
  private readonly free: Work[] = [];

  /** Errors: REC_BUNDLE_INVALID when the bytes are no folded ranker. */
  static async open(model: Uint8Array, parts: FoldParts, tables: EmbeddingTable): Promise<FoldedSession> {
    const session = await OnnxSession.open(model, { isImmediate: true });
    try {
      requireInputs(session, parts);
      return new FoldedSession(session, parts, tables);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private constructor(session: OnnxSession, parts: FoldParts, tables: EmbeddingTable) {
    this.session = session;
    this.parts = parts;
    this.pooler = new FieldPooler(parts.query, tables, 0);
  }

  /** Gives it the products, once they are folded. */
  attach(items: FoldedItems): void {
    this.items = items;
  }

  rank(request: RankRequest): MaybePromise<Float32Array> {
    const work = this.free.pop() ?? this.newWork();
    return afterwards(
      () => this.run(this.write(request, work), request.count),
      () => {
        if (this.free.length < MAX_FREE) this.free.push(work);
      },
    );
  }

  prepare(request: RankRequest): PreparedRanking {
    const feeds = this.write(request, this.newWork());
    return { count: request.count, run: () => this.run(feeds, request.count) };
  }

  close(): Promise<void> {
    return this.session.close();
  }

  private run(feeds: Feeds, count: number): MaybePromise<Float32Array> {
    // Given to the runtime to write to: what it makes itself costs several microseconds more to hand over.
    const probabilities = new Float32Array(count);
    const outputs = this.session.run(feeds, { [FOLDED_OUTPUT]: { data: probabilities, dims: [count] } });
    return whenThere(outputs, () => {
      checkProbabilities(probabilities, count);
      return probabilities;
    });
  }

  private newWork(): Work {
    return {
      query: new Float32Array(this.pooler.width + 1),
      combinations: new CrossCombinations(this.parts),
    };
  }

  private write(request: RankRequest, { query, combinations }: Work): Feeds {
    const { pooler, parts } = this;
    const items = this.items!;
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
    return feeds;
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
