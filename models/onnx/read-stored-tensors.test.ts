import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './graph-builder.ts';
import { OnnxSession } from './onnx-session.ts';
import { findStoredTensors, readStoredTensors } from './read-stored-tensors.ts';

function aModel(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', ['batch', 1]);
  g.passenger('table', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  g.passenger('empty', [0, 3], new Float32Array(0));
  g.passenger('whole', [1], Int32Array.of(7));
  g.initializer('unused', [1], Float32Array.of(1));
  return g.toModel('passengers', { y: g.multiply(x, g.initializer('factor', [1], Float32Array.of(3))) });
}

describe('readStoredTensors', () => {
  it('reads tensors that nodes use and tensors that only travel along', () => {
    const { table, factor, empty } = readStoredTensors(aModel(), ['table', 'factor', 'empty']);
    expect(table).toEqual({ dims: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(factor.data).toEqual(Float32Array.of(3));
    expect(empty).toEqual({ dims: [0, 3], data: new Float32Array(0) });
  });

  it('does not get in the way of running the model', async () => {
    const session = await OnnxSession.open(aModel());
    const { y } = await session.run({ x: { data: Float32Array.of(2), dims: [1, 1] } });
    expect(Array.from(y!.data)).toEqual([6]);
    await session.close();
  });

  it('refuses what is missing, not float32, or no model', () => {
    expect(() => readStoredTensors(aModel(), ['unused'])).toThrow('the ONNX model has no tensor "unused"');
    expect(() => readStoredTensors(aModel(), ['whole'])).toThrow(/tensor "whole" is not 1 float32 numbers/);
    expect(() => readStoredTensors(Buffer.from('text'), ['table'])).toThrow(/the ONNX model cannot be read/);
  });
});

describe('findStoredTensors', () => {
  it('says what is wrong with a tensor in its place', () => {
    expect(findStoredTensors(aModel(), ['factor', 'unused', 'whole'])).toEqual({
      factor: { dims: [1], data: Float32Array.of(3) },
      unused: 'has no tensor "unused"',
      whole: 'tensor "whole" is not 1 float32 numbers in raw form, as its shape [1] says',
    });
  });
});
