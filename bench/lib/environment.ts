import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { type HnswLibrary, hnswLibrary } from '../../models/retrieval/hnsw-library.ts';

/** Where and with what a result was measured. */
export interface Environment {
  readonly at: string;
  /** As it can be typed again, from the project's folder. */
  readonly command: string;
  /** Missing: '' outside a git checkout. */
  readonly commit: string;
  /** Whether files other than results differed from the commit. */
  readonly isCommitChanged: boolean;
  readonly node: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly redis: string;
  /** Build of the index library this machine uses. */
  readonly hnswBuild: HnswLibrary['build'];
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** Processes that wanted a core in the last minute, before the bench began: above 0.5 something else ran. */
  readonly loadAverageBefore: number;
}

/** Everything but what recordings write: the next one of a series is of the same code. */
const CODE = ['.', ':!bench/results', ':!bench/guard-thresholds.json'];

/** Looks at the machine; call it before the bench makes load of its own. */
export function describeEnvironment(command: string): Environment {
  const [cpu] = cpus();
  return {
    at: new Date().toISOString(),
    command,
    commit: outputOf('git', 'rev-parse', 'HEAD'),
    isCommitChanged: outputOf('git', 'status', '--porcelain', '--untracked-files=no', '--', ...CODE) !== '',
    node: process.version,
    packages: packageVersions(),
    hnswBuild: hnswLibrary().build,
    redis: /v=(\S+)/.exec(outputOf('redis-server', '--version'))?.[1] ?? '',
    cpuModel: cpu?.model ?? '',
    cpuCount: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    loadAverageBefore: loadAverage(),
  };
}

/** Processes that wanted a core in the last minute. */
export function loadAverage(): number {
  return Math.round(loadavg()[0]! * 100) / 100;
}

function outputOf(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
}

/** The packages a request passes through, also in the plain service, and autocannon. Missing: none when the working directory is not the project's. */
function packageVersions(): Record<string, string> {
  const measured = [
    'uWebSockets.js',
    'onnxruntime-node',
    'hnswlib-node',
    'ioredis',
    'lmdb',
    'protobufjs',
    'autocannon',
    'fastify',
  ];
  try {
    const all = { ...packagesIn('.'), ...packagesIn('bench/peers/plain-service') };
    return Object.fromEntries(measured.map((name) => [name, all[name] ?? '']));
  } catch {
    return {};
  }
}

function packagesIn(folder: string): Record<string, string> {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return { ...devDependencies, ...dependencies };
}
