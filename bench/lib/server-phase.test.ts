import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { observePhase } from './server-phase.ts';
import { parseMetrics } from './server-process.ts';

it('counts the major collections of the phase', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const collectAndTell = async (): Promise<void> => {
    collect();
    // Collections are told in a later turn.
    await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const server = { metrics: async () => parseMetrics(await registry.metrics()) };
  await collectAndTell();
  const [result, { majorCollections, residentBytes }] = await observePhase(server, async () => {
    await collectAndTell();
    await collectAndTell();
    return 'done';
  });
  expect(result).toBe('done');
  // One of its own may come between.
  expect(majorCollections.count).toBeGreaterThanOrEqual(2);
  expect(majorCollections.ms).toBeGreaterThan(0);
  expect(residentBytes).toBeGreaterThan(1e6);
});
