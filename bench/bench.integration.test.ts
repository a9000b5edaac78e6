import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGuard } from './lib/guard-run.ts';
import { ownScript } from './lib/own-script.ts';
import type { SyntheticResult } from './run-synthetic.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TINY = [
  '--items',
  '60',
  '--candidates',
  '30',
  '--shoppers',
  '64',
  '--seconds',
  '1',
  '--rounds',
  '1',
  '--warm-up',
  '50',
];

/** A bench in a process group of its own, so that what it leaves running can be found. */
function startBench(args: readonly string[], environment: NodeJS.ProcessEnv = process.env): ChildProcess {
  const common = ['--out', join(folder, 'results'), '--bundles', join(folder, 'bundles')];
  return spawn(process.execPath, [...ownScript('main'), ...args, ...common], {
    detached: true,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function endOf(child: ChildProcess): Promise<{ code: number | null; stderr: string; stdout: string }> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Commands of the processes that are still there in a bench's group. */
function leftRunning({ pid }: ChildProcess): string[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pgid=,stat=,args='], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line.trim().startsWith(`${pid} `) && !/^\s*\d+ Z/.test(line));
}

describe('npm run bench', () => {
  it('measures a synthetic shop, prints a table and writes result and plots', async () => {
    const bench = startBench([...TINY, '--store', 'lmdb', '--connections', '2']);
    const { code, stdout, stderr } = await endOf(bench);
    const names = await readdir(join(folder, 'results'));
    expect(names.map((name) => name.replace(/\d{8}T\d{6}/, 'MOMENT')).sort()).toEqual([
      'synthetic-MOMENT-breakdown.svg',
      'synthetic-MOMENT-latency-by-rate.svg',
      'synthetic-MOMENT.json',
    ]);
    const jsonName = names.find((name) => name.endsWith('.json'))!;
    const result = JSON.parse(await readFile(join(folder, 'results', jsonName), 'utf8')) as SyntheticResult;
    // Noise may degrade a slate; then the bench has to say so and fail.
    expect(code, stderr).toBe(result.faults.length === 0 ? 0 : 1);
    expect(result.parameters).toMatchObject({ items: 60, candidates: 30, store: 'lmdb' });
    expect(result.environment.packages['onnxruntime-node']).toMatch(/^\d+\.\d+/);
    expect(result.alone.outcomes.sentCount).toBe(200);
    expect(result.alone.floor.candidateCount).toBe(30);
    expect(result.openLoop.map(({ loadRatio }) => loadRatio)).toEqual([0.25, 0.5, 0.75]);
    expect(Object.keys(result.aloneServer.stageMeanUs)).toEqual(expect.arrayContaining(['know', 'retrieve', 'rank']));
    expect(stdout).toContain('service alone / sum of bare calls');
    expect(leftRunning(bench)).toEqual([]);
  });

  it('leaves nothing running when it is stopped', async () => {
    const bench = startBench(TINY);
    const ended = endOf(bench);
    await new Promise<void>((resolve) => {
      bench.stderr?.on('data', (chunk: Buffer) => {
        if (chunk.includes('starting the server')) resolve();
      });
      void ended.then(() => resolve());
    });
    expect(leftRunning(bench).join('\n')).toMatch(/redis-server/);
    bench.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(leftRunning(bench)).toEqual([]);
  });

  it('says how to install redis-server when it is missing', async () => {
    const { code, stderr } = await endOf(startBench(TINY, { ...process.env, PATH: '/nowhere' }));
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^bench: redis-server was not found: install it/);
  });
});

describe('latency guard', () => {
  it('fails twice over when requests are held back on their way to the server', async () => {
    const { serviceToFloor } = JSON.parse(
      await readFile(new URL('./guard-thresholds.json', import.meta.url), 'utf8'),
    ) as { serviceToFloor: { limit: number } };
    const sizes = { items: 300, candidates: 100, warmUp: 50, rounds: 2, perRound: 10 };
    const outcome = await runGuard({ ...sizes, limit: serviceToFloor.limit, slowMs: 20, onStep: () => {} });
    expect(outcome.isPassed).toBe(false);
    expect(outcome.attempts).toHaveLength(2);
    for (const { isClean, ratio, serviceUs } of outcome.attempts) {
      expect(isClean).toBe(true);
      expect(serviceUs.p50).toBeGreaterThan(19_000);
      expect(ratio).toBeGreaterThan(serviceToFloor.limit);
    }
  });
});
