import { describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { TurnQueue } from './turn-queue.ts';

const LATER = Deadline.after(60_000);

function turn<Answer>(ask: () => Promise<Answer>, take: (answer: Answer) => void = () => {}, deadline = LATER) {
  return { what: 'the test', deadline, ask, take };
}

describe('TurnQueue', () => {
  it('lets one at a time at the thing, in the order they came', async () => {
    const turns = new TurnQueue();
    const steps: string[] = [];
    const join = (name: string, waits: number) =>
      turns.join(
        turn(
          async () => {
            steps.push(`${name} asks`);
            for (let i = 0; i < waits; i++) await Promise.resolve();
          },
          () => steps.push(`${name} takes`),
        ),
      );
    await Promise.all([join('a', 5), join('b', 0), join('c', 1)]);
    expect(steps).toEqual(['a asks', 'a takes', 'b asks', 'b takes', 'c asks', 'c takes']);
  });

  it('starts at once when nobody is before', () => {
    let hasStarted = false;
    void new TurnQueue().join(
      turn(async () => {
        hasStarted = true;
      }),
    );
    expect(hasStarted).toBe(true);
  });

  it('goes on after a failure, which only its own caller sees', async () => {
    const turns = new TurnQueue();
    const failing = turns.join(turn(() => Promise.reject(new Error('no'))));
    const answers: string[] = [];
    const next = turns.join(turn(async () => 'served', answers.push.bind(answers)));
    await expect(failing).rejects.toThrow('no');
    await next;
    expect(answers).toEqual(['served']);
  });

  it('keeps an answer that is valid until the next call from being overwritten', async () => {
    const shared = new Float32Array(1);
    const ask = (value: number) => async (): Promise<Float32Array> => {
      shared[0] = value;
      return shared;
    };
    const turns = new TurnQueue();
    const taken: number[] = [];
    await Promise.all([1, 2, 3].map((value) => turns.join(turn(ask(value), (answer) => taken.push(answer[0]!)))));
    expect(taken).toEqual([1, 2, 3]);
  });

  it('gives up on an answer that is late, never takes it, and lets the next one in', async () => {
    const turns = new TurnQueue();
    let answerLate = (): void => {};
    const late = new Promise<string>((resolve) => {
      answerLate = () => resolve('late');
    });
    const answers: string[] = [];
    const stuck = turns.join(turn(() => late, answers.push.bind(answers), Deadline.after(5)));
    const next = turns.join(turn(async () => 'in time', answers.push.bind(answers)));
    await expect(stuck).rejects.toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
    await next;
    answerLate();
    await late;
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual(['in time']);
  });

  it('does not ask when the time has passed in the queue', async () => {
    const turns = new TurnQueue();
    let hasAsked = false;
    const first = turns.join(turn(() => new Promise((resolve) => setTimeout(resolve, 20))));
    const ask = async (): Promise<void> => {
      hasAsked = true;
    };
    await expect(turns.join(turn(ask, () => {}, Deadline.after(1)))).rejects.toMatchObject({
      code: 'REC_DEADLINE_EXCEEDED',
    });
    await first;
    expect(hasAsked).toBe(false);
  });
});
