import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import { OnnxSession, type OnnxSessionOptions } from '../onnx/onnx-session.ts';
import { requirePorts } from '../ranking/onnx-ranker.ts';
import type { Tower } from './tower.ts';

const INPUT = 'field_ids';
const OUTPUT = 'embedding';

/** Turns the field ids of shoppers or products into embeddings with `user-tower.onnx` or `item-tower.onnx`. */
export class OnnxTower implements Tower {
  readonly form = 'plain';
  readonly slotCount: number;
  readonly embeddingDim: number;
  private readonly session: OnnxSession;

  private constructor(session: OnnxSession, slotCount: number, embeddingDim: number) {
    this.session = session;
    this.slotCount = slotCount;
    this.embeddingDim = embeddingDim;
  }

  /** Errors: REC_BUNDLE_INVALID when the bytes are no model with input `field_ids` and output `embedding`. */
  static async open(
    model: Uint8Array,
    slotCount: number,
    embeddingDim: number,
    options: Pick<OnnxSessionOptions, 'isImmediate'> = {},
  ): Promise<OnnxTower> {
    const session = await OnnxSession.open(model, { ...options, failureCode: 'REC_RETRIEVER_FAILED' });
    requirePorts(session, 'a tower', INPUT, OUTPUT);
    return new OnnxTower(session, slotCount, embeddingDim);
  }

  embed(fieldIds: Int32Array, rowCount: number): MaybePromise<Float32Array> {
    const { slotCount, embeddingDim } = this;
    assertContract(fieldIds.length >= rowCount * slotCount, 'a tower gets the ids of each row');
    const rows = fieldIds.subarray(0, rowCount * slotCount);
    // An array of ours for the runtime to write to: handing over one of its own costs several microseconds.
    const result = { data: new Float32Array(rowCount * embeddingDim), dims: [rowCount, embeddingDim] };
    const feeds = { [INPUT]: { data: rows, dims: [rowCount, slotCount] } };
    return whenThere(this.session.run(feeds, { [OUTPUT]: result }), (outputs) => {
      const embeddings = outputs[OUTPUT]!.data as Float32Array;
      if (embeddings.length !== rowCount * embeddingDim || !embeddings.every(Number.isFinite)) {
        throw new VitrineError(
          'REC_RETRIEVER_FAILED',
          `a tower answered ${embeddings.length} numbers for ${rowCount} rows, expected ${rowCount * embeddingDim} finite ones`,
        );
      }
      return embeddings;
    });
  }

  close(): Promise<void> {
    return this.session.close();
  }
}
