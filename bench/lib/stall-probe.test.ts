import { expect, it } from 'vitest';
import { StallProbe } from './stall-probe.ts';

it('counts the time in which its timers could not come, and little else', async () => {
  const probe = new StallProbe();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const untilMs = performance.now() + 100;
  while (performance.now() < untilMs);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const ratio = probe.stop();
  expect(ratio).toBeGreaterThan(0.3);
  expect(ratio).toBeLessThanOrEqual(1);
});
