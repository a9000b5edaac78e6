import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ownScript } from './lib/own-script.ts';
import type { MemoryResult } from './run-memory.ts';
import type { SweepResult } from './run-sweep.ts';
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
  '--workers',
  '1',
  // Its packages are not part of the project's: see npm run test:peers.
  '--no-plain-service',
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
    const written = (await readdir(join(folder, 'results'))).filter((name) => name.startsWith('synthetic-'));
    // Made where the kernel samples memory.
    const names = written.filter((name) => !name.endsWith('-memory-sampling.svg'));
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
    // The server that only computes is asked at half of the capacity.
    const computing = result.openLoop.map(({ spinningUs }) => spinningUs);
    expect(computing).toEqual([undefined, expect.objectContaining({ p50: expect.any(Number) }), undefined]);
    expect(result.ratios.spinningP99ToP50).toBeCloseTo(computing[1]!.p99 / computing[1]!.p50, 2);
    for (const { report, memorySampling, serverCores, server } of result.openLoop) {
      expect(server.majorCollections.count).toBeGreaterThanOrEqual(0);
      expect(serverCores).toBeGreaterThan(0);
      const split = memorySampling === undefined ? [] : [memorySampling.duringUs, memorySampling.outsideUs];
      // Where the kernel samples memory, each recommendation is in one of both.
      for (const { count } of split) expect(count).toBeLessThanOrEqual(report.latencyUsByKind.recommend!.count);
      if (split.length > 0) expect(split[0]!.count + split[1]!.count).toBe(report.latencyUsByKind.recommend!.count);
      expect(report).not.toHaveProperty('encodedTimeline');
    }
    expect(Object.keys(result.aloneServer.stageMeanUs)).toEqual(expect.arrayContaining(['know', 'retrieve', 'rank']));
    expect(result.capacity.oneWorker.slatesPerSecond).toBeGreaterThan(0);
    expect(stdout).toContain('one request at a time / sum of bare calls');
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

  it.each<[string, readonly string[], NodeJS.ProcessEnv, RegExp]>([
    ['a missing redis-server', [], { PATH: '/nowhere' }, /^bench: redis-server was not found: install it/],
    [
      'more candidates than products',
      ['--items', '60', '--candidates', '70'],
      {},
      /^bench: --candidates 70 is more than --items 60; expected at most as many$/,
    ],
    [
      'a shop that does not fit the machine',
      ['--items', '2000000', '--embedding-dim', '4096'],
      {},
      /^bench: --items 2000000 with --embedding-dim 4096 needs about 310\.8 GiB, \S+ GiB are free; choose fewer$/,
    ],
    [
      'a point of a sweep that is no number',
      ['--sweep', 'items', '--points', '100,many'],
      {},
      /^bench: --points: many given, expected whole numbers above 0/,
    ],
    [
      'a point of a sweep that is too small',
      ['--sweep', 'candidates', '--points', '30,10'],
      {},
      /^bench: --count 20 is more than --candidates 10; expected at most as many$/,
    ],
    ['a size that is no number', ['--items', 'many'], {}, /option '--items <n>' argument 'many' is invalid/],
  ])('refuses %s with what to do, and leaves nothing running', async (_what, args, environment, message) => {
    const bench = startBench([...TINY, ...args], { ...process.env, ...environment });
    const { code, stderr } = await endOf(bench);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n').at(-1)).toMatch(message);
    expect(leftRunning(bench)).toEqual([]);
  });

  it('refuses a port in use before it makes anything, and leaves nothing running', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const bench = startBench([...TINY, '--port', String(port)]);
    const { code, stderr } = await endOf(bench);
    other.close();
    expect(code).toBe(1);
    expect(stderr.trim()).toMatch(
      new RegExp(`^bench: port ${port} of 127\\.0\\.0\\.1 cannot be used .* choose another`),
    );
    expect(leftRunning(bench)).toEqual([]);
  });

  it('measures a worker while it answers, and says whether it grows', async () => {
    const sizes = ['--memory', '--points', '60,120', '--requests', '400', '--name', 'memory-try'];
    const bench = startBench([...TINY, ...sizes]);
    const { code, stdout, stderr } = await endOf(bench);
    const result = JSON.parse(await readFile(join(folder, 'results', 'memory-try.json'), 'utf8')) as MemoryResult;
    // A server that has just started may still grow; then the bench has to say so and fail.
    expect(code, stderr).toBe(result.growth.isFlat ? 0 : 1);
    expect(result.workers.map(({ itemCount }) => itemCount)).toEqual([60, 120]);
    for (const { residentBytes, heapBytes } of result.workers) expect(residentBytes).toBeGreaterThan(heapBytes);
    for (const { bytesPerShopper } of result.shoppers) {
      expect(bytesPerShopper).toBeGreaterThan(300);
      expect(bytesPerShopper).toBeLessThan(20_000);
    }
    expect(result.growth.points.at(-1)![0]).toBe(400);
    expect(stdout).toContain('bytes in a worker');
    expect(leftRunning(bench)).toEqual([]);
  });

  it('measures one setting after another', async () => {
    const args = ['--sweep', 'candidates', '--points', '20,30', '--passes', '2', '--store', 'lmdb'];
    args.push('--name', 'sweep-try');
    const { code, stderr } = await endOf(startBench([...TINY, ...args]));
    const result = JSON.parse(await readFile(join(folder, 'results', 'sweep-try.json'), 'utf8')) as SweepResult;
    expect(code, stderr).toBe(result.faults.length === 0 ? 0 : 1);
    expect(result.rows.map(({ label }) => label)).toEqual(['20', '30']);
    for (const { slatesPerSecond, latencyUs, passP50Us, halfLoadUs } of result.rows) {
      expect(slatesPerSecond).toBeGreaterThan(0);
      expect(latencyUs.count).toBe(100);
      expect(passP50Us).toHaveLength(2);
      expect(latencyUs.p50).toBe(Math.min(...passP50Us!));
      expect(halfLoadUs?.count).toBeGreaterThan(0);
    }
    expect(await readdir(join(folder, 'results'))).toEqual(
      expect.arrayContaining(['sweep-try-latency.svg', 'sweep-try-capacity.svg']),
    );
  });
});
