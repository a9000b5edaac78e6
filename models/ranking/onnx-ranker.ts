import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { OnnxSession } from '../onnx/onnx-session.ts';
import type { Ranker } from './ranker.ts';

const INPUT = 'field_ids';
const OUTPUT = 'probability';

/** Ranks with `ranker.onnx`, ours or any other model of the same inputs and outputs. Cost: linear in candidates; blocks the event loop. */
export class OnnxRanker implements Ranker {
  readonly slotCount: number;
  private readonly session: OnnxSession;

  private constructor(session: OnnxSession, slotCount: number) {
    this.session = session;
    this.slotCount = slotCount;
  }

  /** Errors: REC_BUNDLE_INVALID when the bytes are no model with input `field_ids` and output `probability`. */
  static async open(model: Uint8Array, slotCount: number): Promise<OnnxRanker> {
    const session = await OnnxSession.open(model);
    requirePorts(session, 'the ranker', INPUT, OUTPUT);
    return new OnnxRanker(session, slotCount);
  }

  async rank(featureMatrix: Int32Array, candidateCount: number): Promise<Float32Array> {
    const { slotCount } = this;
    assertContract(
      featureMatrix.length >= candidateCount * slotCount,
      'the feature matrix has a row for each candidate',
    );
    if (candidateCount === 0) return new Float32Array(0);
    const rows = featureMatrix.subarray(0, candidateCount * slotCount);
    const outputs = await this.session.run({ [INPUT]: { data: rows, dims: [candidateCount, slotCount] } });
    const probabilities = outputs[OUTPUT]!.data as Float32Array;
    if (probabilities.length !== candidateCount) {
      throw new VitrineError(
        'REC_RANKER_FAILED',
        `the ranker answered ${probabilities.length} numbers for ${candidateCount} candidates`,
      );
    }
    for (let i = 0; i < candidateCount; i++) {
      // Written so that it holds for NaN, too.
      if (!(probabilities[i]! >= 0 && probabilities[i]! <= 1)) {
        throw new VitrineError(
          'REC_RANKER_FAILED',
          `the ranker answered ${probabilities[i]} for candidate ${i}, expected 0..1`,
        );
      }
    }
    return probabilities;
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

/** Checks that a model has the named input and output. Errors: REC_BUNDLE_INVALID naming what it has instead. */
export function requirePorts(session: OnnxSession, what: string, input: string, output: string): void {
  if (session.inputNames.includes(input) && session.outputNames.includes(output)) return;
  throw new VitrineError(
    'REC_BUNDLE_INVALID',
    `${what} must have input "${input}" and output "${output}"; it has inputs ${session.inputNames.join(', ')} and outputs ${session.outputNames.join(', ')}`,
  );
}
