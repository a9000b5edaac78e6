import { describe, expect, it } from 'vitest';
import { TurnQueue } from './turn-queue.ts';

describe('TurnQueue', () => {
  it('lets one at a time at the thing, in the order they came', async () => {
    const turns = new TurnQueue();
    const steps: string[] = [];
    const use = (name: string, waits: number) =>
      turns.take(async () => {
        steps.push(`${name} begins`);
        for (let i = 0; i < waits; i++) await Promise.resolve();
        steps.push(`${name} ends`);
        return name;
      });
    expect(await Promise.all([use('a', 5), use('b', 0), use('c', 1)])).toEqual(['a', 'b', 'c']);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('starts at once when nobody is before', () => {
    const turns = new TurnQueue();
    let hasStarted = false;
    void turns.take(async () => {
      hasStarted = true;
    });
    expect(hasStarted).toBe(true);
  });

  it('goes on after a failure, which only its own caller sees', async () => {
    const turns = new TurnQueue();
    const failing = turns.take(() => Promise.reject(new Error('no')));
    const next = turns.take(async () => 'served');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('served');
  });

  it('keeps an answer that is valid until the next call from being overwritten', async () => {
    const shared = new Float32Array(1);
    const answer = async (value: number): Promise<Float32Array> => {
      shared[0] = value;
      return shared;
    };
    const turns = new TurnQueue();
    const read = (value: number) => turns.take(async () => (await answer(value))[0]);
    expect(await Promise.all([read(1), read(2), read(3)])).toEqual([1, 2, 3]);
  });
});
