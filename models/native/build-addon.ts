import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '../../features/core/errors.ts';
import { ADDON_SOURCE, addonFile, COMPILER_FLAGS, hasAvx2, hnswlibPackage, thisMachine } from './addon-file.ts';

/** What came of it, and a sentence that says so. */
export interface AddonBuild {
  readonly outcome: 'built' | 'already there' | 'not for this machine' | 'failed' | 'failed before';
  readonly text: string;
}

export interface AddonBuildOptions {
  /** Tries again what failed before. @defaultValue false */
  readonly isRetry?: boolean;
  /** Where it goes. @defaultValue where the library is looked for */
  readonly file?: string;
  /** @defaultValue what the environment variable CXX names, or g++ */
  readonly compiler?: string;
}

const COMPILER_TIME_LIMIT_MS = 300_000;
const SHOWN_COMPILER_OUTPUT = 2_000;

/**
 * Compiles the AVX2 build of the index library when this machine can use it and it is not there yet. Never throws: without it the
 * build that came with the package serves. What failed once is not tried again by itself.
 *
 * Cost: a few seconds of the compiler, once per version; then the look at a file.
 */
export function buildAddon(options: AddonBuildOptions = {}): AddonBuild {
  try {
    return build(options);
  } catch (error) {
    return { outcome: 'failed', text: `the AVX2 build of hnswlib could not be made: ${messageOf(error)}` };
  }
}

function build(options: AddonBuildOptions): AddonBuild {
  const { isRetry = false, file = addonFile(), compiler = process.env.CXX ?? 'g++' } = options;
  if (!hasAvx2(thisMachine())) {
    return {
      outcome: 'not for this machine',
      text: 'no AVX2 and FMA here, or not Linux on x64; hnswlib as installed is used',
    };
  }
  if (existsSync(file)) return { outcome: 'already there', text: `hnswlib for AVX2: ${file}` };
  const failure = `${file}.failed`;
  if (existsSync(failure) && !isRetry) {
    return {
      outcome: 'failed before',
      text: `the AVX2 build of hnswlib failed before, see ${failure}; npm run build:native tries again`,
    };
  }
  mkdirSync(dirname(file), { recursive: true });
  // Under a name of its own until it is whole: several processes may build at once.
  const unfinished = `${file}.${process.pid}`;
  const startedAtMs = Date.now();
  const fault = compile(compiler, unfinished);
  if (fault !== undefined) {
    rmSync(unfinished, { force: true });
    writeFileSync(failure, `${fault}\n`);
    return {
      outcome: 'failed',
      text: `the AVX2 build of hnswlib could not be made, hnswlib as installed is used: ${fault}`,
    };
  }
  renameSync(unfinished, file);
  rmSync(failure, { force: true });
  return {
    outcome: 'built',
    text: `native build for AVX2 made in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`,
  };
}

/** Returns what went wrong. */
function compile(compiler: string, output: string): string | undefined {
  const headers = nodeHeaders();
  if (headers === undefined) return 'headers of Node are neither beside it nor where node-gyp keeps them';
  const { folder } = hnswlibPackage();
  const napi = dirname(createRequire(join(folder, 'package.json')).resolve('node-addon-api/package.json'));
  const includes = [headers, napi, join(folder, 'src')].map((path) => `-I${path}`);
  const { status, error, stderr } = spawnSync(compiler, [...COMPILER_FLAGS, ...includes, ADDON_SOURCE, '-o', output], {
    encoding: 'utf8',
    timeout: COMPILER_TIME_LIMIT_MS,
  });
  if (error !== undefined) return `${compiler}: ${error.message}`;
  return status === 0 ? undefined : `${compiler} ended with ${status}: ${stderr.slice(0, SHOWN_COMPILER_OUTPUT)}`;
}

/** The folder of `node_api.h`: beside this Node, where npm is told it is, or where node-gyp put it when it compiled the package. */
function nodeHeaders(): string | undefined {
  const { npm_config_nodedir: nodeFolder, npm_config_devdir: gypFolder, XDG_CACHE_HOME: cacheFolder } = process.env;
  const folders = [
    resolve(dirname(process.execPath), '..'),
    nodeFolder,
    join(gypFolder ?? join(cacheFolder ?? join(homedir(), '.cache'), 'node-gyp'), process.versions.node),
  ];
  return folders
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, 'include', 'node'))
    .find((folder) => existsSync(join(folder, 'node_api.h')));
}
