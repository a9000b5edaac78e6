import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { type Answers, type MessagePort, Peer } from './peer.ts';

type Left = { readonly double: { readonly argument: number; readonly answer: number } };
type Right = { readonly name: { readonly argument: undefined; readonly answer: string } };

/** Two ends of a channel that delivers later, as a real one does. */
function aChannel() {
  const makeEnd = (deliver: (message: unknown) => void) => {
    const emitter = new EventEmitter();
    const end = {
      isOpen: true,
      receive: (message: unknown) => emitter.emit('message', message),
      on: (event: 'message', listener: (message: unknown) => void) => emitter.on(event, listener),
      send(message: unknown, callback: (error: Error | null) => void) {
        if (!end.isOpen) throw Object.assign(new Error('closed'), { code: 'ERR_IPC_CHANNEL_CLOSED' });
        const copy = structuredClone(message);
        setImmediate(() => {
          callback(null);
          deliver(copy);
        });
        return true;
      },
    };
    return end;
  };
  const left: ReturnType<typeof makeEnd> = makeEnd((message) => right.receive(message));
  const right: ReturnType<typeof makeEnd> = makeEnd((message) => left.receive(message));
  return { left, right };
}

function peersOn(left: MessagePort, right: MessagePort, answers: Answers<Left>) {
  return {
    asking: new Peer<Left, Right>(left, { name: async () => 'left' }),
    answering: new Peer<Right, Left>(right, answers),
  };
}

const double: Answers<Left> = { double: async (n) => 2 * n };

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof VitrineError ? error.code : error;
}

describe('Peer', () => {
  it('asks and answers in both directions at a time', async () => {
    const { left, right } = aChannel();
    const { asking, answering } = peersOn(left, right, double);
    const answers = [asking.ask('double', 1), answering.ask('name', undefined), asking.ask('double', 3)];
    expect(await Promise.all(answers)).toEqual([2, 'left', 6]);
  });

  it('passes errors on with code, message and details', async () => {
    const { left, right } = aChannel();
    const refusal = new VitrineError('REC_BUNDLE_INVALID', 'ranker.onnx is missing', {
      details: { file: 'ranker.onnx' },
    });
    const { asking } = peersOn(left, right, { double: () => Promise.reject(refusal) });
    await expect(asking.ask('double', 1)).rejects.toMatchObject({
      ...{ code: 'REC_BUNDLE_INVALID', category: 'artifact', message: 'ranker.onnx is missing' },
      details: { file: 'ranker.onnx' },
    });
  });

  it('calls what is no error of ours a bug, and keeps where it happened', async () => {
    const { left, right } = aChannel();
    const { asking } = peersOn(left, right, { double: () => Promise.reject(new TypeError('x is undefined')) });
    await expect(asking.ask('double', 1)).rejects.toMatchObject({
      ...{ code: 'REC_INTERNAL', message: 'x is undefined' },
      details: { stack: expect.stringContaining('peer.test.ts') },
    });
  });

  it('tells a message that cannot be sent from a peer that is gone', async () => {
    const { left, right } = aChannel();
    const { asking } = peersOn(left, right, { double: async () => (() => 1) as unknown as number });
    expect(await codeOf(asking.ask('double', 1))).toBe('REC_INTERNAL');
    expect(await codeOf(asking.ask('double', (() => 1) as unknown as number))).toBe('REC_INTERNAL');
    left.isOpen = false;
    expect(await codeOf(asking.ask('double', 1))).toBe('REC_WORKER_UNAVAILABLE');
  });

  it('rejects what is pending and all that follows when the peer is gone', async () => {
    const { left, right } = aChannel();
    const { asking } = peersOn(left, right, { double: () => new Promise(() => {}) });
    const pending = codeOf(asking.ask('double', 1));
    asking.end();
    expect([await pending, await codeOf(asking.ask('double', 1))]).toEqual([
      'REC_WORKER_UNAVAILABLE',
      'REC_WORKER_UNAVAILABLE',
    ]);
  });
});
