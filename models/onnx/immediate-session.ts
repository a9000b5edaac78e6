import { createRequire } from 'node:module';
import ort from 'onnxruntime-node';
import { GraphBuilder } from './graph-builder.ts';

export type OnnxTensors = Readonly<Record<string, ort.Tensor>>;

/** A model that computes within the call, unlike the public session's, which waits for a turn of the event loop first. */
export interface ImmediateSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** @param fetches where outputs go; null for a new array */
  run(feeds: OnnxTensors, fetches: Readonly<Record<string, ort.Tensor | null>>): OnnxTensors;
  release(): void;
}

/** The class under the public one, as onnxruntime-node 1.30 has it. */
interface NativeSession {
  readonly inputMetadata: readonly { readonly name: string }[];
  readonly outputMetadata: readonly { readonly name: string }[];
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: object, fetches: object, options: object): OnnxTensors;
  dispose(): void;
}
interface NativeModule {
  readonly binding: { readonly InferenceSession: new () => NativeSession };
  readonly initOrt: () => void;
}

let nativeModule: NativeModule | undefined;
let isTried = false;

/**
 * Opens a model for immediate runs; undefined when this version of the runtime does not let us, then the public session serves.
 *
 * The class is not part of the package's interface. So it is tried once, on a small model with a known answer, before it is relied on.
 * Errors: those of the runtime when the bytes are no model.
 */
export function openImmediateSession(
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): ImmediateSession | undefined {
  if (!isTried) {
    isTried = true;
    nativeModule = loadNativeModule();
  }
  return nativeModule === undefined ? undefined : openWith(nativeModule, model, options);
}

function loadNativeModule(): NativeModule | undefined {
  try {
    const loaded = createRequire(import.meta.url)('onnxruntime-node/dist/binding.js') as NativeModule;
    loaded.initOrt();
    return isTrustworthy(loaded) ? loaded : undefined;
  } catch {
    // Whatever it is that differs in this version: the public way works.
    return undefined;
  }
}

/** Doubles two numbers, into an array of ours and into one of the runtime's. */
function isTrustworthy(loaded: NativeModule): boolean {
  const g = new GraphBuilder();
  const x = g.input('x', ['batch']);
  const session = openWith(loaded, g.toModel('trial', { y: g.add(x, x) }), {});
  const ours = new Float32Array(2);
  const feeds = { x: new ort.Tensor('float32', Float32Array.of(1, -3), [2]) };
  session.run(feeds, { y: new ort.Tensor('float32', ours, [2]) });
  const theirs = session.run(feeds, { y: null }).y?.data as Float32Array;
  session.release();
  return [ours, theirs].every((numbers) => numbers.length === 2 && numbers[0] === 2 && numbers[1] === -6);
}

function openWith(
  { binding }: NativeModule,
  model: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): ImmediateSession {
  const session = new binding.InferenceSession();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
  return {
    inputNames: session.inputMetadata.map(({ name }) => name),
    outputNames: session.outputMetadata.map(({ name }) => name),
    run: (feeds, fetches) => session.run(feeds, fetches, {}),
    release: () => session.dispose(),
  };
}
