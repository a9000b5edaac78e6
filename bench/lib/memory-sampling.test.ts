import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { sharedClockMs } from '../load/arrival-ticker.ts';
import { MemorySamplingProbe, splitBySamplings } from './memory-sampling.ts';

const BUSY_NOW_AND_THEN = `
setInterval(() => {
  console.log(Number(process.hrtime.bigint()) / 1e6);
  const until = performance.now() + 40;
  while (performance.now() < until);
}, 300);
`;

it.skipIf(process.platform !== 'linux')('notices when a thread runs, once for each time', async () => {
  const child = spawn(process.execPath, ['-e', BUSY_NOW_AND_THEN], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    // Starting up is work, too.
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 150));
    const fromMs = sharedClockMs();
    const probe = new MemorySamplingProbe([child.pid!]);
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    const found = probe.stop();
    const busy = told.trim().split('\n').map(Number);
    const expected = busy.filter((atMs) => atMs > fromMs);
    expect(expected.length).toBeGreaterThan(2);
    expect(Math.abs(found.length - expected.length)).toBeLessThanOrEqual(1);
    for (const atMs of found) {
      const distances = busy.map((busyMs) => Math.abs(busyMs - atMs));
      expect(Math.min(...distances)).toBeLessThan(80);
    }
  } finally {
    child.kill('SIGKILL');
  }
});

it('tells requests that a sampling may have slowed from the others', () => {
  const requests = [
    { dueMs: 0, latencyMs: 1 },
    // Under way when it began.
    { dueMs: 995, latencyMs: 10 },
    { dueMs: 1_050, latencyMs: 20 },
    { dueMs: 1_151, latencyMs: 2 },
    { dueMs: 2_000, latencyMs: 3 },
  ];
  const { samplingCount, duringUs, outsideUs, sinceSampling } = splitBySamplings(requests, [1_000, 3_000]);
  expect(samplingCount).toBe(2);
  expect(duringUs).toMatchObject({ count: 2, max: expect.closeTo(20_000, -2) });
  expect(outsideUs).toMatchObject({ count: 3, max: expect.closeTo(3_000, -2) });
  const counts = sinceSampling.filter(({ count }) => count > 0);
  expect(counts.map(({ fromMs }) => fromMs)).toEqual([50, 150]);
  expect(counts[0]).toMatchObject({ count: 1, p50: expect.closeTo(20_000, -2), p99: expect.closeTo(20_000, -2) });
});
