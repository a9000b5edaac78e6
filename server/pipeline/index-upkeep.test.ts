import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { RebuildOutcome } from '../../models/retrieval/hnsw-rebuild.ts';
import { IndexUpkeep } from './index-upkeep.ts';
import { aQuietLog } from './testing/a-growing-model.ts';

function anUpkeep(rebuild: (signal: AbortSignal) => Promise<RebuildOutcome>) {
  const index = { tombstoneCount: 0, tombstoneRatio: 0 };
  const results: string[] = [];
  const { lines, logger } = aQuietLog();
  const upkeep = new IndexUpkeep({
    ...{ index, rebuild, logger, rebuildRatio: 0.2, busyRetryMs: 1, failurePauseMs: 1 },
    onRebuild: (result) => results.push(result),
  });
  const wear = (tombstoneCount: number, tombstoneRatio: number): void => {
    Object.assign(index, { tombstoneCount, tombstoneRatio });
    upkeep.look();
  };
  return { index, upkeep, wear, results, lines };
}

describe('IndexUpkeep', () => {
  it('rebuilds past the stated share, not before, and not for a handful', async () => {
    let count = 0;
    const { index, upkeep, wear, results, lines } = anUpkeep(async () => {
      count++;
      await Promise.resolve();
      Object.assign(index, { tombstoneCount: 0, tombstoneRatio: 0 });
      return 'rebuilt';
    });
    wear(10_000, 0.2);
    wear(99, 0.9);
    expect(count).toBe(0);
    wear(100, 0.21);
    upkeep.look();
    await expect.poll(() => results).toEqual(['rebuilt']);
    expect(count).toBe(1);
    expect(lines).toMatchObject([{ level: 'info', fields: { tombstoneCount: 100 } }]);
  });

  it('waits for another process that rebuilds, and says nothing', async () => {
    let count = 0;
    const { index, wear, results, lines } = anUpkeep(async () => {
      if (++count < 3) return 'busy';
      Object.assign(index, { tombstoneCount: 0, tombstoneRatio: 0 });
      return 'rebuilt';
    });
    wear(100, 0.5);
    await expect.poll(() => results).toEqual(['rebuilt']);
    expect(count).toBe(3);
    expect(lines).toHaveLength(1);
  });

  it('says when it fails, and tries again', async () => {
    let count = 0;
    const { index, wear, results, lines } = anUpkeep(async () => {
      if (++count === 1) throw new VitrineError('REC_RETRIEVER_FAILED', 'the process ended with SIGKILL');
      Object.assign(index, { tombstoneCount: 0, tombstoneRatio: 0 });
      return 'rebuilt';
    });
    wear(100, 0.5);
    await expect.poll(() => results).toEqual(['failed', 'rebuilt']);
    expect(lines[0]).toMatchObject({ level: 'error', fields: { error: { code: 'REC_RETRIEVER_FAILED' } } });
  });

  it('rebuilds again when the index was worn out meanwhile', async () => {
    let count = 0;
    const { index, wear, results } = anUpkeep(async () => {
      if (++count === 2) Object.assign(index, { tombstoneCount: 0, tombstoneRatio: 0 });
      return 'rebuilt';
    });
    wear(100, 0.5);
    await expect.poll(() => results).toEqual(['rebuilt', 'rebuilt']);
  });

  it('gives up a rebuild under way when it is stopped, and begins none after', async () => {
    let count = 0;
    const { upkeep, wear, results, lines } = anUpkeep((signal) => {
      count++;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    wear(100, 0.5);
    await upkeep.stop();
    wear(100, 0.5);
    expect([count, results, lines]).toEqual([1, [], []]);
  });
});
