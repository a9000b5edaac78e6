import ort from 'onnxruntime-node';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { attempt, type MaybePromise, whenThere } from '../../features/core/maybe-promise.ts';
import { type OnnxTensors, openImmediateSession } from './immediate-session.ts';

/** A dense array and its shape, row-major. */
export interface TensorData {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}

export interface OnnxSessionOptions {
  /** Threads one run may use; serving uses 1, training more. @defaultValue 1 */
  readonly threadCount?: number;
  /** Code of the error of a failed run: which part of a query it is that fails. @defaultValue REC_RANKER_FAILED */
  readonly failureCode?: 'REC_RANKER_FAILED' | 'REC_RETRIEVER_FAILED';
  /**
   * Computes within {@link OnnxSession.run} where the runtime lets us, instead of in a turn of the event loop of its own, which costs a
   * request some ten microseconds. For runs well below a millisecond: timers and sockets wait for a caller that makes many in a row.
   *
   * @defaultValue false
   */
  readonly isImmediate?: boolean;
}

/** The runtime's session, public or immediate. */
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: OnnxTensors, fetches: Record<string, ort.Tensor | null>): MaybePromise<OnnxTensors>;
  release(): void | Promise<void>;
}

/**
 * Runs one ONNX model held in memory.
 *
 * Cost: a run computes on the calling thread and blocks the event loop until done; about 20 us before any work.
 * Ownership: input arrays are read in place and must not change before the outputs are there.
 * Errors: REC_BUNDLE_INVALID when the bytes are no model, the `failureCode` of its options when a run fails, thrown or as a rejection.
 */
export class OnnxSession {
  private readonly session: Session;
  private readonly failureCode: NonNullable<OnnxSessionOptions['failureCode']>;

  private constructor(session: Session, options: OnnxSessionOptions) {
    this.session = session;
    this.failureCode = options.failureCode ?? 'REC_RANKER_FAILED';
  }

  static async open(model: Uint8Array, options: OnnxSessionOptions = {}): Promise<OnnxSession> {
    const runtimeOptions: ort.InferenceSession.SessionOptions = {
      intraOpNumThreads: options.threadCount ?? 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // Fatal only: what fails is thrown, with the runtime's message.
      logSeverityLevel: 4,
    };
    try {
      const immediate = options.isImmediate === true ? openImmediateSession(model, runtimeOptions) : undefined;
      return new OnnxSession(immediate ?? (await ort.InferenceSession.create(model, runtimeOptions)), options);
    } catch (cause) {
      throw new VitrineError('REC_BUNDLE_INVALID', `the ONNX model cannot be opened: ${messageOf(cause)}`, { cause });
    }
  }

  get inputNames(): readonly string[] {
    return this.session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.session.outputNames;
  }

  /**
   * Computes all outputs, at once when it is immediate; those named in `into` are written there instead of into new arrays.
   */
  run(
    feeds: Readonly<Record<string, TensorData>>,
    into: Readonly<Record<string, TensorData>> = {},
  ): MaybePromise<Record<string, TensorData>> {
    const tensors: Record<string, ort.Tensor> = {};
    for (const name in feeds) tensors[name] = toTensor(feeds[name]!);
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const name of this.session.outputNames) {
      const target = into[name];
      fetches[name] = target === undefined ? null : toTensor(target);
    }
    return attempt(
      () => whenThere(this.session.run(tensors, fetches), outputsOf),
      (cause) => {
        throw new VitrineError(this.failureCode, `the ONNX model failed: ${messageOf(cause)}`, { cause });
      },
    );
  }

  async close(): Promise<void> {
    await this.session.release();
  }
}

function outputsOf(results: OnnxTensors): Record<string, TensorData> {
  const outputs: Record<string, TensorData> = {};
  for (const name in results) {
    const { data, dims } = results[name]!;
    outputs[name] = { data: data as Float32Array | Int32Array, dims };
  }
  return outputs;
}

function toTensor({ data, dims }: TensorData): ort.Tensor {
  return data instanceof Float32Array ? new ort.Tensor('float32', data, dims) : new ort.Tensor('int32', data, dims);
}
