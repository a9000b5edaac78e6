import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import { OnnxRanker } from './onnx-ranker.ts';
import type { Ranker, RankRequest } from './ranker.ts';

/** What whole feature rows come from. */
type RowWriter = Pick<FeatureExtractor, 'layout' | 'writeCandidate'>;

/** Feature matrices kept for later queries; more at once are rare. */
const MAX_FREE = 8;

/** Ranks with `ranker.onnx`: writes the whole feature row of every candidate. For models that cannot be folded. */
export class PlainRanker implements Ranker {
  readonly form = 'plain';
  private readonly model: OnnxRanker;
  private readonly extractor: RowWriter;
  /** Not in use by a run; the model reads matrices in place, and runs of several queries overlap. */
  private readonly free: Int32Array[] = [];

  /** @param model closed with the ranker */
  constructor(model: OnnxRanker, extractor: RowWriter) {
    this.model = model;
    this.extractor = extractor;
  }

  /** Errors: REC_BUNDLE_INVALID when the bytes are no model with input `field_ids` and output `probability`. */
  static async open(bytes: Uint8Array, extractor: RowWriter): Promise<PlainRanker> {
    return new PlainRanker(await OnnxRanker.open(bytes, extractor.layout.slotCount), extractor);
  }

  async rank({ queryIds, cross, itemIndexes, count }: RankRequest): Promise<Float32Array> {
    const { extractor } = this;
    const { slotCount } = extractor.layout;
    const last = this.free.pop();
    const matrix = last !== undefined && last.length >= count * slotCount ? last : new Int32Array(count * slotCount);
    const row = { ids: matrix, start: 0 };
    for (let i = 0; i < count; i++) {
      row.start = i * slotCount;
      extractor.writeCandidate(queryIds, cross, itemIndexes[i]!, row);
    }
    try {
      return await this.model.rankRows(matrix, count);
    } finally {
      if (this.free.length < MAX_FREE) this.free.push(matrix);
    }
  }

  close(): Promise<void> {
    return this.model.close();
  }
}
