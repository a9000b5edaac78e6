import { VitrineError } from '../../features/core/errors.ts';
import type { Dim, GraphBuilder, GraphNode, GraphValue } from './graph-builder.ts';

/** Gradients of one node's inputs, given its output's; undefined where none flows (shapes, integer inputs). */
type BackwardRule = (g: GraphBuilder, node: GraphNode, grad: GraphValue) => (GraphValue | undefined)[];

/**
 * Adds to the graph the nodes that compute the gradient of `loss` with respect to each of `sources`: reverse-mode differentiation.
 *
 * @param loss a scalar (shape `[]`)
 * @returns one value per source, of the source's shape
 * Errors: REC_INTERNAL when a node on the way has no rule below.
 */
export function gradients(g: GraphBuilder, loss: GraphValue, sources: readonly GraphValue[]): GraphValue[] {
  const forward = [...g.nodes];
  const needed = dependents(forward, sources);
  const gradOf = new Map<string, GraphValue>([[loss.name, g.scalar(1)]]);
  for (let i = forward.length - 1; i >= 0; i--) {
    const node = forward[i]!;
    const grad = gradOf.get(node.output.name);
    if (grad === undefined || !needed.has(node.output.name)) continue;
    const rule = RULES[node.op];
    if (rule === undefined) throw new VitrineError('REC_INTERNAL', `no gradient rule for ${node.op}`);
    rule(g, node, grad).forEach((inputGrad, position) => {
      const input = node.inputs[position]!;
      if (inputGrad === undefined || !needed.has(input.name)) return;
      const sum = gradOf.get(input.name);
      gradOf.set(input.name, sum === undefined ? inputGrad : g.add(sum, inputGrad));
    });
  }
  return sources.map((source) => {
    const grad = gradOf.get(source.name);
    if (grad === undefined) throw new VitrineError('REC_INTERNAL', `the loss does not depend on ${source.name}`);
    return grad;
  });
}

/** Names of all values that depend on a source, sources included. */
function dependents(nodes: readonly GraphNode[], sources: readonly GraphValue[]): Set<string> {
  const names = new Set(sources.map((source) => source.name));
  for (const node of nodes) if (node.inputs.some((input) => names.has(input.name))) names.add(node.output.name);
  return names;
}

/** Undoes broadcasting: sums over the axes along which an input was repeated. */
function reduceTo(g: GraphBuilder, grad: GraphValue, dims: readonly Dim[]): GraphValue {
  const offset = grad.dims.length - dims.length;
  const axes = grad.dims
    .map((_dim, axis) => axis)
    .filter((axis) => axis < offset || (dims[axis - offset] === 1 && grad.dims[axis] !== 1));
  if (axes.length === 0) return grad;
  return g.reshape(g.reduceSum(grad, axes, true), dims);
}

function gemmGradients(g: GraphBuilder, node: GraphNode, grad: GraphValue): (GraphValue | undefined)[] {
  const [a, b, c] = node.inputs as [GraphValue, GraphValue, GraphValue | undefined];
  const transposeA = node.attributes.transA === 1;
  const transposeB = node.attributes.transB === 1;
  const gradA = transposeA
    ? g.matrixProduct(b, grad, { transposeA: transposeB, transposeB: true })
    : g.matrixProduct(grad, b, { transposeB: !transposeB });
  const gradB = transposeB
    ? g.matrixProduct(grad, a, { transposeA: true, transposeB: transposeA })
    : g.matrixProduct(a, grad, { transposeA: !transposeA });
  return c === undefined ? [gradA, gradB] : [gradA, gradB, reduceTo(g, grad, c.dims)];
}

const RULES: Readonly<Record<string, BackwardRule>> = {
  Add: (g, node, grad) => node.inputs.map((input) => reduceTo(g, grad, input.dims)),
  Sub: (g, node, grad) => [
    reduceTo(g, grad, node.inputs[0]!.dims),
    reduceTo(g, g.multiply(grad, g.scalar(-1)), node.inputs[1]!.dims),
  ],
  Mul: (g, node, grad) => {
    const [a, b] = node.inputs as [GraphValue, GraphValue];
    return [reduceTo(g, g.multiply(grad, b), a.dims), reduceTo(g, g.multiply(grad, a), b.dims)];
  },
  Div: (g, node, grad) => {
    const [a, b] = node.inputs as [GraphValue, GraphValue];
    const gradA = g.divide(grad, b);
    const gradB = g.multiply(g.multiply(gradA, node.output), g.scalar(-1));
    return [reduceTo(g, gradA, a.dims), reduceTo(g, gradB, b.dims)];
  },
  Relu: (g, node, grad) => [g.multiply(grad, g.sign(node.output))],
  Sigmoid: (g, node, grad) => [g.multiply(grad, g.multiply(node.output, g.subtract(g.scalar(1), node.output)))],
  Softplus: (g, node, grad) => [g.multiply(grad, g.sigmoid(node.inputs[0]!))],
  Sqrt: (g, node, grad) => [g.divide(g.multiply(grad, g.scalar(0.5)), node.output)],
  LogSoftmax: (g, node, grad) => {
    const total = g.reduceSum(grad, [grad.dims.length - 1], true);
    return [g.subtract(grad, g.multiply(g.softmax(node.inputs[0]!), total))];
  },
  ReduceSum: (g, node, grad) => {
    const [x] = node.inputs as [GraphValue];
    if (node.attributes.keepdims === 1) return [g.broadcastLike(grad, x), undefined];
    if (node.output.dims.length === 0) return [g.broadcastLike(grad, x), undefined];
    throw new VitrineError(
      'REC_INTERNAL',
      'gradient of a sum that drops axes is written for scalars only: keep the axes, then reshape',
    );
  },
  Reshape: (g, node, grad) => [g.reshape(grad, node.inputs[0]!.dims), undefined],
  Concat: (g, node, grad) => {
    const axis = Number(node.attributes.axis);
    let start = 0;
    return node.inputs.map((input) => {
      const end = start + Number(input.dims[axis]);
      const part = g.slice(grad, axis, start, end);
      start = end;
      return part;
    });
  },
  Gemm: gemmGradients,
  Gather: (g, node, grad) => {
    const [table, rows] = node.inputs as [GraphValue, GraphValue];
    return [g.scatterAddRows(table, rows, grad), undefined];
  },
};
