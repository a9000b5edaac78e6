import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { OnnxSession } from '../onnx/onnx-session.ts';
import { checkProbabilities } from './probabilities.ts';

const INPUT = 'field_ids';
const OUTPUT = 'probability';

/** Runs `ranker.onnx`, ours or any other model of the same inputs and outputs, on whole feature rows. */
export class OnnxRanker {
  /** Slots of one feature row; equals the schema's `slotCount`. */
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

  /**
   * @param featureMatrix field ids, shape `[rowCount, slotCount]`, row-major; may be longer than needed
   * @returns one probability per row, the caller's own
   * Errors: REC_RANKER_FAILED when the model fails or a number is not within 0..1. Cost: linear in rows; blocks the event loop.
   * Ownership: `featureMatrix` must not change before the promise settles.
   */
  async rankRows(featureMatrix: Int32Array, rowCount: number): Promise<Float32Array> {
    const { slotCount } = this;
    assertContract(featureMatrix.length >= rowCount * slotCount, 'the feature matrix has a row for each candidate');
    if (rowCount === 0) return new Float32Array(0);
    const rows = featureMatrix.subarray(0, rowCount * slotCount);
    const outputs = await this.session.run({ [INPUT]: { data: rows, dims: [rowCount, slotCount] } });
    const probabilities = outputs[OUTPUT]!.data as Float32Array;
    checkProbabilities(probabilities, rowCount);
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
