import { describe, expect, it } from 'vitest';
import { growthOf } from './run-memory.ts';

const MIB = 2 ** 20;
/** Forty samples of memory that goes up and down by 2 MiB, and grows by so much per request. */
const samples = (bytesPerRequest: number) =>
  Array.from({ length: 40 }, (_, i): [number, number] => {
    const requests = (i + 1) * 5_000;
    return [requests, 400 * MIB + (i % 2 === 0 ? 2 : -2) * MIB + bytesPerRequest * requests];
  });

describe('growth of a worker', () => {
  it('is none when memory goes up and down', () => {
    const growth = growthOf(samples(0), [0, 0]);
    expect(growth.isFlat).toBe(true);
    expect(growth.requestCount).toBe(200_000);
  });

  it('is told from the noise when every request leaves a little behind', () => {
    const growth = growthOf(samples(40), [0, 0]);
    expect(growth.isFlat).toBe(false);
    // The saw-tooth tilts a line by a little: 40 within a twentieth.
    expect(Math.abs(growth.bytesPerRequest - 40)).toBeLessThan(2);
    expect(growth.grownBytes).toBeCloseTo(growth.bytesPerRequest * 200_000, -4);
  });

  it('is told of a single step, too, which the median slope leaves out', () => {
    const rose = samples(0).map(([requests, bytes], i): [number, number] => [
      requests,
      i < 8 ? bytes - 20 * MIB : bytes,
    ]);
    const growth = growthOf(rose, [0, 0]);
    expect(growth.isFlat).toBe(false);
    expect(Math.abs(growth.grownByMedianBytes)).toBeLessThan(growth.grownBytes / 10);
    expect(growth.risenBytes).toBe(16 * MIB);
  });

  it('is the same by both when memory rises in steps that do not end', () => {
    const steps = samples(0).map(([requests], i): [number, number] => [requests, (400 + Math.floor(i / 5)) * MIB]);
    const growth = growthOf(steps, [0, 0]);
    expect(growth.isFlat).toBe(false);
    expect(growth.grownByMedianBytes / growth.grownBytes).toBeCloseTo(1, 0);
  });

  it('is none when memory shrinks', () => {
    expect(growthOf(samples(-40), [0, 0]).isFlat).toBe(true);
  });
});
