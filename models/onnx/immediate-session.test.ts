import { describe, expect, it } from 'vitest';
import { GraphBuilder } from './graph-builder.ts';
import { openImmediateSession } from './immediate-session.ts';
import { OnnxSession } from './onnx-session.ts';

function doubling(): Uint8Array {
  const g = new GraphBuilder();
  const x = g.input('x', ['batch']);
  return g.toModel('doubling', { y: g.add(x, x) });
}

describe('OnnxSession, immediate', () => {
  it('computes within the call', async () => {
    const session = await OnnxSession.open(doubling(), { isImmediate: true });
    const into = new Float32Array(1);
    const run = session.run({ x: { data: Float32Array.of(4), dims: [1] } }, { y: { data: into, dims: [1] } });
    expect(Array.from(into)).toEqual([8]);
    expect((await run).y!.data).toEqual(into);
    await session.close();
  });

  it('is had with the runtime that is installed', () => {
    const session = openImmediateSession(doubling(), {});
    expect([session?.inputNames, session?.outputNames]).toEqual([['x'], ['y']]);
    session?.release();
  });

  it('fails like the other', async () => {
    for (const isImmediate of [true, false]) {
      const session = await OnnxSession.open(doubling(), { isImmediate });
      const wrongType = async () => session.run({ x: { data: Int32Array.of(4), dims: [1] } });
      await expect(wrongType).rejects.toMatchObject({ code: 'REC_RANKER_FAILED' });
      const otherShape = async () =>
        session.run({ x: { data: Float32Array.of(4), dims: [1] } }, { y: { data: new Float32Array(2), dims: [2] } });
      await expect(otherShape).rejects.toMatchObject({ code: 'REC_RANKER_FAILED' });
      await session.close();
      await expect(OnnxSession.open(Buffer.from('no model'), { isImmediate })).rejects.toMatchObject({
        code: 'REC_BUNDLE_INVALID',
      });
    }
  });
});
