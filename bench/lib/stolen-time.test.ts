import { describe, expect, it } from 'vitest';
import { machineTime, parseMachineTime, stolenRatioSince } from './stolen-time.ts';

describe('stolen time', () => {
  it('is the eighth of what the kernel lists, beside the sum of all but guests', () => {
    const stat = 'cpu  100 2 30 400 5 6 7 50 90 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n';
    expect(parseMachineTime(stat)).toEqual({ total: 600, stolen: 50 });
  });

  it('is no number where the kernel does not tell', () => {
    expect(parseMachineTime('')).toEqual({ total: Number.NaN, stolen: Number.NaN });
  });

  it.runIf(process.platform === 'linux')('is a share of the time that passed', async () => {
    const before = await machineTime();
    const untilMs = performance.now() + 200;
    while (performance.now() < untilMs);
    const ratio = await stolenRatioSince(before);
    expect(ratio).toBeGreaterThanOrEqual(0);
    expect(ratio).toBeLessThanOrEqual(1);
  });
});
