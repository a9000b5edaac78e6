import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runLagBench } from './run-lag.ts';

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'vitrine-lag-test-'));
});
afterAll(() => rm(out, { recursive: true, force: true }));

describe('npm run bench -- --lag', () => {
  it('finds every acknowledged event in the next list of the other server, and writes how long that took', async () => {
    const result = await runLagBench({ store: 'redis', seconds: 2, seed: 1, out, command: 'test' });
    // Times are the machine's; that no list lacks an acknowledged event is ours.
    expect(result.lateReplies).toBe(0);
    expect(result.lagUs.count).toBe(40);
    expect(result.recommendUs.count).toBe(40);
    expect(await readdir(out)).toEqual([expect.stringMatching(/^lag-redis-\d{8}T\d{6}\.json$/)]);
  });
});
