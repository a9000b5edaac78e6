import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['features', 'models', 'training-export'];

let build: string;

/** Compiled for this test alone, so that it does not depend on whether or when somebody built the project. */
beforeAll(() => {
  build = mkdtempSync(join(tmpdir(), 'vitrine-executable-'));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const flags = ['-p', ROOT, '--outDir', build, '--incremental', 'false', '--tsBuildInfoFile', 'null'];
  // Whether types fit is another check's business.
  spawnSync(process.execPath, [compiler, ...flags, '--noCheck', '--sourceMap', 'false'], { cwd: ROOT });
  for (const folder of FOLDERS) copyUncompiled(folder);
  writeFileSync(join(build, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(ROOT, 'node_modules'), join(build, 'node_modules'));
});
afterAll(() => {
  rmSync(build, { recursive: true, force: true });
});

/** Generated code and files that are read at run time. */
function copyUncompiled(folder: string): void {
  for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /\.(js|json)$/.test(entry.name)) cpSync(path, join(build, path.slice(ROOT.length)));
  }
}

function run(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(build, 'training-export/cli/main.js'), ...words],
    { encoding: 'utf8', cwd: build },
  );
  return { status, stdout, stderr };
}

describe('the command vitrine', () => {
  it('lists its commands', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    for (const command of [
      'import',
      'train',
      'evaluate',
      'materialize',
      'export-events',
      'verify-erasure',
      'inspect',
      'demo',
    ])
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  it.each<[string, string[], RegExp]>([
    ['an unknown command', ['trian'], /^error: unknown command 'trian'\n\(Did you mean train\?\)\n$/],
    ['an unknown option', ['train', '--dataset', 'x', '--epochs', '3'], /^error: unknown option '--epochs'/],
    ['a missing option', ['train'], /^error: required option '--dataset <folder>' not specified\n$/],
    [
      'a share beyond its range',
      ['train', '--dataset', 'x', '--test-ratio', '0.9'],
      /^error: option '--test-ratio <ratio>' argument '0\.9' is invalid\. expected a number from 0 to 0\.5\.\n$/,
    ],
    [
      'a count that is no integer',
      ['train', '--dataset', 'x', '--max-epochs', '1.5'],
      /^error: option '--max-epochs <n>' argument '1\.5' is invalid\. expected an integer from 1 to 1000\.\n$/,
    ],
    [
      'an empty number',
      ['evaluate', '--dataset', 'x', '--max-cases', ''],
      /^error: option '--max-cases <n>' argument '' is invalid\. expected an integer from 1 to 1000000\.\n$/,
    ],
    [
      'a folder that is no dataset',
      ['train', '--dataset', 'nowhere'],
      /^vitrine: REC_INVALID_INPUT_DATA: nowhere is not a dataset: it has no readable dataset\.json; make one with `vitrine import`\n$/,
    ],
    [
      'a format nobody reads',
      ['import', '--format', 'xlsx', '--from', '.', '--dataset', 'x'],
      /^vitrine: REC_INVALID_INPUT_DATA: .*xlsx.*\n$/,
    ],
    [
      'artifacts without a bundle',
      ['inspect'],
      /^vitrine: REC_BUNDLE_INVALID: artifacts folder \.vitrine\/artifacts does not exist; make one with `vitrine train`, .*\n$/,
    ],
  ])('ends with code 1 and one clear message on %s', (_what, words, message) => {
    const { status, stdout, stderr } = run(...words);
    expect(stderr).toMatch(message);
    expect([status, stdout]).toEqual([1, '']);
  });
});
