import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { Deadline } from './deadline.ts';

const never = new Promise<never>(() => {});

describe('deadline', () => {
  it('counts down and never below zero', () => {
    const deadline = Deadline.after(1_000);
    const left = deadline.remainingMs();
    expect(left).toBeGreaterThan(900);
    expect(left).toBeLessThanOrEqual(1_000);
    expect(deadline.isPast()).toBe(false);
    expect(Deadline.after(-5).remainingMs()).toBe(0);
    expect(Deadline.after(-5).isPast()).toBe(true);
    expect(Deadline.after(0).isPast()).toBe(true);
  });

  it('takes the earlier of two moments', () => {
    const deadline = Deadline.after(1_000);
    expect(deadline.within(5_000).atMonotonicMs).toBe(deadline.atMonotonicMs);
    expect(deadline.within(10).remainingMs()).toBeLessThanOrEqual(10);
  });

  it('passes on the result of work that is in time', async () => {
    await expect(Deadline.after(1_000).race(Promise.resolve(7), 'counting')).resolves.toBe(7);
  });

  it('passes on the failure of work that is in time', async () => {
    const failure = new Error('broken');
    await expect(Deadline.after(1_000).race(Promise.reject(failure), 'counting')).rejects.toBe(failure);
  });

  it('ends the wait for work that is late, naming it', async () => {
    const startedMs = performance.now();
    await expect(Deadline.after(20).race(never, 'reading a profile')).rejects.toMatchObject({
      code: 'REC_DEADLINE_EXCEEDED',
      message: 'reading a profile did not finish in time',
      isRetryable: true,
    });
    // Node's clock of timers ticks in whole milliseconds.
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(19);
  });

  it('takes a result that came while the process was busy, although its time is over when it can be looked at', async () => {
    // From here on the turn's timers come before its files and sockets.
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = Deadline.after(5).race(stat(import.meta.filename), 'looking at a file');
    // A thread looks at the file meanwhile.
    for (const untilMs = performance.now() + 60; performance.now() < untilMs; );
    await expect(waiting).resolves.toMatchObject({ size: expect.any(Number) });
  });

  it('swallows the failure of work that nobody waits for any more', async () => {
    let fail: (error: Error) => void = () => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    await expect(Deadline.after(1).race(work, 'x')).rejects.toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
    // An unhandled rejection would fail the test run.
    fail(new Error('too late'));
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('waits for as long as it takes when the deadline is beyond what timers can count', async () => {
    const work = new Promise((resolve) => setTimeout(() => resolve('done'), 20));
    await expect(Deadline.after(Number.POSITIVE_INFINITY).race(work, 'x')).resolves.toBe('done');
    await expect(Deadline.after(2 ** 40).race(work, 'x')).resolves.toBe('done');
  });
});
