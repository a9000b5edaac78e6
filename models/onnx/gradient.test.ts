import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { gradients } from './gradient.ts';
import { GraphBuilder, type GraphValue } from './graph-builder.ts';
import { OnnxSession, type TensorData } from './onnx-session.ts';

const STEP = 1e-2;

interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  /** A smooth function to a value of any shape; its sum of squares is the loss. */
  readonly build: (g: GraphBuilder, inputs: Record<string, GraphValue>) => GraphValue;
  /** Keeps inputs where the function is smooth. */
  readonly value?: (random: SeededRandom) => number;
}

const positive = (random: SeededRandom): number => 0.5 + random.next();
const away = (random: SeededRandom): number => (random.next() < 0.5 ? -1 : 1) * (0.3 + random.next());

const CASES: readonly Case[] = [
  { name: 'sum with broadcast bias', inputs: { a: [3, 4], b: [4] }, build: (g, { a, b }) => g.add(a!, b!) },
  {
    name: 'difference with broadcast column',
    inputs: { a: [3, 4], b: [3, 1] },
    build: (g, { a, b }) => g.subtract(a!, b!),
  },
  {
    name: 'product of a matrix and a row',
    inputs: { a: [3, 4], b: [1, 4] },
    build: (g, { a, b }) => g.multiply(a!, b!),
  },
  { name: 'quotient', inputs: { a: [3, 2], b: [3, 1] }, build: (g, { a, b }) => g.divide(a!, b!), value: positive },
  { name: 'matrix product', inputs: { a: [3, 4], b: [4, 2] }, build: (g, { a, b }) => g.matrixProduct(a!, b!) },
  {
    name: 'matrix product with both transposed',
    inputs: { a: [4, 3], b: [2, 4] },
    build: (g, { a, b }) => g.matrixProduct(a!, b!, { transposeA: true, transposeB: true }),
  },
  {
    name: 'matrix product with the second transposed',
    inputs: { a: [3, 4], b: [2, 4] },
    build: (g, { a, b }) => g.matrixProduct(a!, b!, { transposeB: true }),
  },
  { name: 'linear layer', inputs: { x: [3, 4], w: [4, 2], b: [2] }, build: (g, { x, w, b }) => g.linear(x!, w!, b!) },
  { name: 'rectifier', inputs: { x: [3, 4] }, build: (g, { x }) => g.relu(x!), value: away },
  { name: 'sigmoid', inputs: { x: [3, 4] }, build: (g, { x }) => g.sigmoid(x!) },
  { name: 'softplus', inputs: { x: [3, 4] }, build: (g, { x }) => g.softplus(x!) },
  { name: 'square root', inputs: { x: [3, 4] }, build: (g, { x }) => g.squareRoot(x!), value: positive },
  { name: 'log of softmax', inputs: { x: [3, 4] }, build: (g, { x }) => g.logSoftmax(x!) },
  { name: 'sum over an axis', inputs: { x: [3, 4] }, build: (g, { x }) => g.reduceSum(x!, [1], true) },
  {
    name: 'reshape and concat',
    inputs: { a: [2, 6], b: [2, 2] },
    build: (g, { a, b }) => g.concat([g.reshape(b!, [2, 2]), a!], 1),
  },
  {
    name: 'gather with a row used twice',
    inputs: { table: [4, 3] },
    build: (g, { table }) => g.gatherRows(table!, g.initializer('rows', [2, 2], Int32Array.of(1, 3, 1, 0))),
  },
  {
    name: 'normalisation to length one',
    inputs: { x: [3, 4], y: [3, 4] },
    build: (g, { x, y }) => g.multiply(g.divide(x!, g.squareRoot(g.reduceSum(g.multiply(x!, x!), [1], true))), y!),
    value: away,
  },
];

function lossModel(one: Case): Uint8Array {
  const g = new GraphBuilder();
  const inputs = Object.fromEntries(Object.entries(one.inputs).map(([name, dims]) => [name, g.input(name, dims)]));
  const value = one.build(g, inputs);
  const weights = g.input('weights', value.dims);
  const axes = value.dims.map((_dim, axis) => axis);
  const loss = g.reshape(g.reduceSum(g.multiply(g.multiply(value, value), weights), axes, true), []);
  const grads = gradients(g, loss, Object.values(inputs));
  return g.toModel('test', {
    loss,
    ...Object.fromEntries(Object.keys(inputs).map((name, i) => [`d_${name}`, grads[i]!])),
  });
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

describe('gradients', () => {
  for (const one of CASES) {
    it(`equals finite differences for ${one.name}`, async () => {
      const random = new SeededRandom(11);
      const draw = one.value ?? ((source: SeededRandom) => source.nextNormal());
      const feeds: Record<string, TensorData> = {};
      for (const [name, dims] of Object.entries(one.inputs)) {
        feeds[name] = { data: Float32Array.from({ length: sizeOf(dims) }, () => draw(random)), dims };
      }
      const probe = new GraphBuilder();
      const probeInputs = Object.fromEntries(
        Object.entries(one.inputs).map(([name, dims]) => [name, probe.input(name, dims)]),
      );
      const outputDims = one.build(probe, probeInputs).dims.map(Number);
      feeds.weights = {
        data: Float32Array.from({ length: sizeOf(outputDims) }, () => 0.5 + random.next()),
        dims: outputDims,
      };
      const session = await OnnxSession.open(lossModel(one));
      const lossAt = async (): Promise<number> => (await session.run(feeds)).loss!.data[0]!;
      const result = await session.run(feeds);
      for (const name of Object.keys(one.inputs)) {
        const { data } = feeds[name]!;
        const grad = result[`d_${name}`]!.data.slice();
        for (let i = 0; i < data.length; i++) {
          const original = data[i]!;
          data[i] = original + STEP;
          const above = await lossAt();
          data[i] = original - STEP;
          const below = await lossAt();
          data[i] = original;
          const expected = (above - below) / (2 * STEP);
          expect(Math.abs(grad[i]! - expected)).toBeLessThan(0.02 * Math.max(1, Math.abs(expected)));
        }
      }
      await session.close();
    });
  }

  it('refuses a loss that does not depend on a source', () => {
    const g = new GraphBuilder();
    const x = g.input('x', []);
    const y = g.input('y', []);
    expect(() => gradients(g, g.multiply(x, x), [y])).toThrow(/does not depend on y/);
  });
});
