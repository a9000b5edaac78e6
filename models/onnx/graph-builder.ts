import { assertContract, VitrineError } from '../../features/core/errors.ts';
import { onnx } from './generated/onnx.js';

/** A known size, or the name of one that is known at run time only. */
export type Dim = number | string;
export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';

/** A tensor in a graph under construction. */
export interface GraphValue {
  readonly name: string;
  readonly dims: readonly Dim[];
  readonly type: ElementType;
}

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly GraphValue[];
  readonly output: GraphValue;
  readonly attributes: NodeAttributes;
}

export type NodeAttributes = Readonly<Record<string, number | string>>;

interface Initializer {
  readonly value: GraphValue;
  readonly bytes: Uint8Array;
  /** Written to the model though no node reads it. */
  readonly isPassenger: boolean;
}

/** Codes of the ONNX format. Source: onnx.proto3, TensorProto.DataType and AttributeProto.AttributeType, IR version 8. */
const DATA_TYPE: Readonly<Record<ElementType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 };
const ATTRIBUTE_FLOAT = 1;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const IR_VERSION = 8;
const OPERATOR_SET_VERSION = 17;
/** Attributes that the format types as float. */
const FLOAT_ATTRIBUTES = new Set(['alpha', 'beta', 'epsilon']);

/**
 * Writes ONNX graphs: each method adds one node and returns its output, with the shape worked out, so that models are plain functions.
 *
 * Shapes: batch sizes may be names ('batch'); broadcasting follows numpy. Nodes that no output needs are left out of the model.
 */
export class GraphBuilder {
  private readonly nodeList: GraphNode[] = [];
  private readonly inputs: GraphValue[] = [];
  private readonly initializers: Initializer[] = [];
  private nextNumber = 0;

  /** Nodes in the order they were added: inputs stand before their users. */
  get nodes(): readonly GraphNode[] {
    return this.nodeList;
  }

  input(name: string, dims: readonly Dim[], type: ElementType = 'float32'): GraphValue {
    const value = { name, dims, type };
    this.inputs.push(value);
    return value;
  }

  /** An input added before. */
  existingInput(name: string): GraphValue | undefined {
    return this.inputs.find((value) => value.name === name);
  }

  /** A tensor stored in the model. */
  initializer(name: string, dims: readonly number[], data: Float32Array | Int32Array | BigInt64Array): GraphValue {
    return this.store(name, dims, data, false);
  }

  /** A tensor that no node reads: it travels in the file for the program that runs the model, see `readStoredTensors`. */
  passenger(name: string, dims: readonly number[], data: Float32Array | Int32Array): void {
    this.store(name, dims, data, true);
  }

  private store(
    name: string,
    dims: readonly number[],
    data: Float32Array | Int32Array | BigInt64Array,
    isPassenger: boolean,
  ): GraphValue {
    const length = dims.reduce((product, dim) => product * dim, 1);
    assertContract(
      data.length === length,
      `initializer ${name} has ${data.length} numbers, its shape [${dims}] needs ${length}`,
    );
    const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64';
    const value: GraphValue = { name, dims, type };
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ value, bytes, isPassenger });
    return value;
  }

  scalar(value: number): GraphValue {
    return this.initializer(this.freshName('scalar'), [], Float32Array.of(value));
  }

  int32s(values: readonly number[]): GraphValue {
    return this.initializer(this.freshName('ints'), [values.length], Int32Array.from(values));
  }

  private int64s(values: readonly number[]): GraphValue {
    return this.initializer(this.freshName('ints'), [values.length], BigInt64Array.from(values.map((v) => BigInt(v))));
  }

  add(a: GraphValue, b: GraphValue): GraphValue {
    return this.node('Add', [a, b], broadcast(a.dims, b.dims));
  }
  subtract(a: GraphValue, b: GraphValue): GraphValue {
    return this.node('Sub', [a, b], broadcast(a.dims, b.dims));
  }
  multiply(a: GraphValue, b: GraphValue): GraphValue {
    return this.node('Mul', [a, b], broadcast(a.dims, b.dims));
  }
  divide(a: GraphValue, b: GraphValue): GraphValue {
    return this.node('Div', [a, b], broadcast(a.dims, b.dims));
  }
  maximum(a: GraphValue, b: GraphValue): GraphValue {
    return this.node('Max', [a, b], broadcast(a.dims, b.dims));
  }
  relu(x: GraphValue): GraphValue {
    return this.node('Relu', [x], x.dims);
  }
  /** -1, 0 or 1. */
  sign(x: GraphValue): GraphValue {
    return this.node('Sign', [x], x.dims);
  }
  sigmoid(x: GraphValue): GraphValue {
    return this.node('Sigmoid', [x], x.dims);
  }
  /** log(1 + exp(x)), computed without overflow. */
  softplus(x: GraphValue): GraphValue {
    return this.node('Softplus', [x], x.dims);
  }
  squareRoot(x: GraphValue): GraphValue {
    return this.node('Sqrt', [x], x.dims);
  }
  /** Over the last axis. */
  softmax(x: GraphValue): GraphValue {
    return this.node('Softmax', [x], x.dims, { axis: -1 });
  }
  /** Over the last axis. */
  logSoftmax(x: GraphValue): GraphValue {
    return this.node('LogSoftmax', [x], x.dims, { axis: -1 });
  }

  /** Matrix product of two matrices, either transposed first. */
  matrixProduct(
    a: GraphValue,
    b: GraphValue,
    options: { transposeA?: boolean; transposeB?: boolean } = {},
  ): GraphValue {
    assertContract(a.dims.length === 2 && b.dims.length === 2, `matrix product of [${a.dims}] and [${b.dims}]`);
    const [rows, innerA] = options.transposeA ? [a.dims[1]!, a.dims[0]!] : [a.dims[0]!, a.dims[1]!];
    const [innerB, columns] = options.transposeB ? [b.dims[1]!, b.dims[0]!] : [b.dims[0]!, b.dims[1]!];
    assertContract(innerA === innerB, `matrix product of [${a.dims}] and [${b.dims}]: ${innerA} is not ${innerB}`);
    return this.node('Gemm', [a, b], [rows, columns], {
      transA: options.transposeA ? 1 : 0,
      transB: options.transposeB ? 1 : 0,
    });
  }

  /** `x w + b` with x `[rows, in]`, w `[in, out]`, b `[out]` or, to add up products in one node less each, `[rows, out]`. */
  linear(x: GraphValue, w: GraphValue, b: GraphValue): GraphValue {
    const [rows, columns] = [x.dims[0]!, w.dims[1]!];
    const biasRows = b.dims.length === 2 ? b.dims[0] : rows;
    assertContract(
      x.dims[1] === w.dims[0] && biasRows === rows && b.dims.at(-1) === columns,
      `linear of [${x.dims}], [${w.dims}], [${b.dims}]`,
    );
    return this.node('Gemm', [x, w, b], [rows, columns], { transA: 0, transB: 0 });
  }

  /** Sums over `axes`; `keepDims` leaves them with size 1. */
  reduceSum(x: GraphValue, axes: readonly number[], keepDims: boolean): GraphValue {
    const dims = x.dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const kept = keepDims ? dims : dims.filter((_dim, axis) => !axes.includes(axis));
    return this.node('ReduceSum', [x, this.int64s(axes)], kept, { keepdims: keepDims ? 1 : 0 });
  }

  /** At most one of `dims` may be a name: it is inferred. */
  reshape(x: GraphValue, dims: readonly Dim[]): GraphValue {
    const shape = dims.map((dim) => (typeof dim === 'number' ? dim : -1));
    assertContract(shape.filter((dim) => dim === -1).length <= 1, `reshape to [${dims}] has several unknown sizes`);
    return this.node('Reshape', [x, this.int64s(shape)], dims);
  }

  /** Repeats x along axes of size 1 (or new leading axes) up to `like`'s shape. */
  broadcastLike(x: GraphValue, like: GraphValue): GraphValue {
    const shape = this.node('Shape', [like], [like.dims.length], {}, 'int64');
    return this.node('Expand', [x, shape], like.dims);
  }

  concat(parts: readonly GraphValue[], axis: number): GraphValue {
    const [first] = parts;
    assertContract(first !== undefined, 'concat of nothing');
    if (parts.length === 1) return first;
    const size = parts.reduce((sum, part) => sum + numericDim(part, axis), 0);
    return this.node(
      'Concat',
      parts,
      first.dims.map((dim, i) => (i === axis ? size : dim)),
      { axis },
    );
  }

  /** Columns `[start, end)` of `axis`. */
  slice(x: GraphValue, axis: number, start: number, end: number): GraphValue {
    const dims = x.dims.map((dim, i) => (i === axis ? end - start : dim));
    return this.node('Slice', [x, this.int64s([start]), this.int64s([end]), this.int64s([axis])], dims, {}, x.type);
  }

  /** Rows of `table` named by `rows`: shape `[...rows, ...table[1..]]`. */
  gatherRows(table: GraphValue, rows: GraphValue): GraphValue {
    return this.node('Gather', [table, rows], [...rows.dims, ...table.dims.slice(1)], { axis: 0 }, table.type);
  }

  /** Columns of a matrix, in the order given. */
  gatherColumns(x: GraphValue, columns: readonly number[]): GraphValue {
    const dims = [x.dims[0]!, columns.length];
    return this.node('Gather', [x, this.int32s(columns)], dims, { axis: 1 }, x.type);
  }

  /** Zeros of `like`'s shape, to whose row `rows[i]` each `updates[i]` is added: what carries a gradient through {@link gatherRows}. */
  scatterAddRows(like: GraphValue, rows: GraphValue, updates: GraphValue): GraphValue {
    const shape = this.node('Shape', [like], [like.dims.length], {}, 'int64');
    const zeros = this.node('ConstantOfShape', [shape], like.dims, {}, 'float32');
    const wide = this.node('Cast', [rows], rows.dims, { to: DATA_TYPE.int64 }, 'int64');
    const last = this.int64s([rows.dims.length]);
    const indices = this.node('Unsqueeze', [wide, last], [...rows.dims, 1], {}, 'int64');
    return this.node('ScatterND', [zeros, indices, updates], like.dims, { reduction: 'add' }, 'float32');
  }

  /** 1 where x >= 0, else 0, as float. */
  isNotNegative(x: GraphValue): GraphValue {
    const zero = this.initializer(this.freshName('zero'), [], Int32Array.of(0));
    const test = this.node('GreaterOrEqual', [x, zero], x.dims, {}, 'bool');
    return this.node('Cast', [test], x.dims, { to: DATA_TYPE.float32 }, 'float32');
  }

  /** Adds any node; the methods above are the usual way. */
  node(
    op: string,
    inputs: readonly GraphValue[],
    dims: readonly Dim[],
    attributes: NodeAttributes = {},
    type: ElementType = inputs[0]?.type ?? 'float32',
  ): GraphValue {
    const output: GraphValue = { name: this.freshName(op.toLowerCase()), dims, type };
    this.nodeList.push({ op, inputs, output, attributes });
    return output;
  }

  /** The ONNX model that computes `outputs`, by name. */
  toModel(name: string, outputs: Readonly<Record<string, GraphValue>>): Uint8Array {
    const wanted = Object.entries(outputs);
    const { nodes, used } = this.reachable(wanted.map(([, value]) => value));
    const graphNodes = nodes.map((node) => encodeNode(node));
    for (const [outputName, value] of wanted) {
      graphNodes.push({
        op_type: 'Identity',
        name: `output_${outputName}`,
        input: [value.name],
        output: [outputName],
        attribute: [],
      });
    }
    const duplicate = wanted.find(([outputName]) => used.has(outputName));
    if (duplicate) throw new VitrineError('REC_INTERNAL', `output "${duplicate[0]}" has the name of an inner value`);
    const model: onnx.IModelProto = {
      ir_version: IR_VERSION,
      producer_name: 'vitrine',
      opset_import: [{ domain: '', version: OPERATOR_SET_VERSION }],
      graph: {
        name,
        node: graphNodes,
        initializer: this.initializers
          .filter(({ value, isPassenger }) => isPassenger || used.has(value.name))
          .map(({ value, bytes }) => ({
            name: value.name,
            dims: value.dims.map(Number),
            data_type: DATA_TYPE[value.type],
            raw_data: bytes,
          })),
        input: this.inputs.filter((value) => used.has(value.name)).map((value) => valueInfo(value.name, value)),
        output: wanted.map(([outputName, value]) => valueInfo(outputName, value)),
      },
    };
    return onnx.ModelProto.encode(model).finish().slice();
  }

  private reachable(roots: readonly GraphValue[]): { nodes: GraphNode[]; used: Set<string> } {
    const used = new Set(roots.map((value) => value.name));
    const nodes: GraphNode[] = [];
    for (let i = this.nodeList.length - 1; i >= 0; i--) {
      const node = this.nodeList[i]!;
      if (!used.has(node.output.name)) continue;
      nodes.push(node);
      for (const input of node.inputs) used.add(input.name);
    }
    return { nodes: nodes.reverse(), used };
  }

  private freshName(stem: string): string {
    return `${stem}_${this.nextNumber++}`;
  }
}

function numericDim(value: GraphValue, axis: number): number {
  const dim = value.dims[axis];
  assertContract(typeof dim === 'number', `size of axis ${axis} of ${value.name} must be known`);
  return dim;
}

/** Shape of an element-wise result under numpy broadcasting. */
export function broadcast(a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  const dims: Dim[] = [];
  for (let i = 0; i < rank; i++) {
    const dimA = a[i - rank + a.length] ?? 1;
    const dimB = b[i - rank + b.length] ?? 1;
    assertContract(dimA === dimB || dimA === 1 || dimB === 1, `shapes [${a}] and [${b}] do not broadcast`);
    dims.push(dimA === 1 ? dimB : dimA);
  }
  return dims;
}

function valueInfo(name: string, value: GraphValue): onnx.IValueInfoProto {
  const dim = value.dims.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size }));
  return { name, type: { tensor_type: { elem_type: DATA_TYPE[value.type], shape: { dim } } } };
}

function encodeNode(node: GraphNode): onnx.INodeProto {
  const attribute = Object.entries(node.attributes).map(([name, value]): onnx.IAttributeProto => {
    if (typeof value === 'string') return { name, s: new TextEncoder().encode(value), type: ATTRIBUTE_STRING };
    return FLOAT_ATTRIBUTES.has(name)
      ? { name, f: value, type: ATTRIBUTE_FLOAT }
      : { name, i: value, type: ATTRIBUTE_INT };
  });
  return {
    op_type: node.op,
    name: `node_${node.output.name}`,
    input: node.inputs.map((input) => input.name),
    output: [node.output.name],
    attribute,
  };
}
