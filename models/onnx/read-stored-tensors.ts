import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { onnx } from './generated/onnx.js';

/** A float tensor kept in a model file, row-major. */
export interface StoredTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** TensorProto.DataType FLOAT. */
const FLOAT = 1;

/**
 * Copies float tensors out of an ONNX file by name.
 *
 * Errors: REC_BUNDLE_INVALID when the bytes are no model, or a tensor is missing, of another type, or not as long as its shape says.
 */
export function readStoredTensors<Name extends string>(
  model: Uint8Array,
  names: readonly Name[],
): Record<Name, StoredTensor> {
  const found = findStoredTensors(model, names);
  for (const name of names) if (typeof found[name] === 'string') refuse(found[name]);
  return found as Record<Name, StoredTensor>;
}

/**
 * The same for a model that may not have them: in place of a tensor that cannot be read stands what is wrong with it.
 *
 * Errors: REC_BUNDLE_INVALID when the bytes are no model.
 */
export function findStoredTensors<Name extends string>(
  model: Uint8Array,
  names: readonly Name[],
): Record<Name, StoredTensor | string> {
  const found = new Map(initializersOf(model).map((tensor) => [tensor.name, tensor]));
  const tensors = names.map((name) => [name, tensorOf(found.get(name), name)] as const);
  return Object.fromEntries(tensors) as Record<Name, StoredTensor | string>;
}

function initializersOf(model: Uint8Array): readonly onnx.ITensorProto[] {
  try {
    return onnx.ModelProto.decode(model).graph?.initializer ?? [];
  } catch (cause) {
    throw new VitrineError('REC_BUNDLE_INVALID', `the ONNX model cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function tensorOf(tensor: onnx.ITensorProto | undefined, name: string): StoredTensor | string {
  if (tensor === undefined) return `has no tensor "${name}"`;
  const dims = (tensor.dims ?? []).map(Number);
  const bytes = tensor.raw_data ?? new Uint8Array(0);
  const length = dims.reduce((product, dim) => product * dim, 1);
  if (tensor.data_type !== FLOAT || bytes.length !== length * Float32Array.BYTES_PER_ELEMENT)
    return `tensor "${name}" is not ${length} float32 numbers in raw form, as its shape [${dims}] says`;
  // Copied, since a tensor begins anywhere in the file and numbers must lie on a multiple of four bytes.
  return { dims, data: new Float32Array(new Uint8Array(bytes).buffer, 0, length) };
}

function refuse(fault: string): never {
  throw new VitrineError('REC_BUNDLE_INVALID', `the ONNX model ${fault}`);
}
