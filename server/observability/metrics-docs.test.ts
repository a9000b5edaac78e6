import { expect, it } from 'vitest';
import { createMetrics } from './metrics.ts';
import { metricsMarkdown } from './metrics-docs.ts';
import { createSupervisorMetrics } from './supervisor-metrics.ts';

it('keeps docs/metrics.md up to date', async () => {
  const snapshots = [await createMetrics().snapshot(), await createSupervisorMetrics().snapshot()];
  await expect(metricsMarkdown(snapshots)).toMatchFileSnapshot('../../docs/metrics.md');
});
