import { spawn } from 'node:child_process';
import { describe, expect, it, vi } from 'vitest';
import { processorSeconds } from './processor-time.ts';

describe.runIf(process.platform === 'linux')('processor time', () => {
  it('is that of the process asked for', async () => {
    const before = await processorSeconds(process.pid);
    const { user, system } = process.cpuUsage();
    expect(Math.abs(before - (user + system) / 1e6)).toBeLessThan(0.1);
    const untilMs = performance.now() + 100;
    while (performance.now() < untilMs);
    expect(await processorSeconds(process.pid)).toBeGreaterThan(before);
  });

  it('counts the processes it has started', async () => {
    const busy = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
    try {
      const own = process.cpuUsage();
      const before = await processorSeconds(process.pid);
      await vi.waitUntil(async () => (await processorSeconds(process.pid)) - before > 0.3, 20_000);
      const { user, system } = process.cpuUsage(own);
      expect((await processorSeconds(process.pid)) - before).toBeGreaterThan((user + system) / 1e6);
    } finally {
      busy.kill('SIGKILL');
    }
  });

  it('is no number for a process that is not there', async () => {
    expect(await processorSeconds(2 ** 30)).toBeNaN();
  });
});
