// Compiles the tree to dist/ when a source is newer than the last build, so that a second start does not wait for it; and the index
// library for this machine's CPU when that can be done (`--native`: again if it failed, and says what came of it).
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDERS = ['features', 'models', 'server', 'training-export', 'bench'];
const STAMP = 'dist/.built';
const SOURCE = /\.(ts|js|json|html|css|cc|h)$/;

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else yield path;
  }
}

function compileTree() {
  const sources = FOLDERS.flatMap((folder) => [...files(folder)]).filter((path) => SOURCE.test(path));
  const inputs = [...sources, 'tsconfig.json', 'package-lock.json', 'build.mjs'];
  const builtAtMs = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0;
  if (inputs.every((path) => statSync(path).mtimeMs < builtAtMs)) return;
  const startedAtMs = Date.now();
  const compiler = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
    stdio: 'inherit',
  });
  if (compiler.status !== 0) process.exit(compiler.status ?? 1);
  // Generated protobuf code and files read at run time are not the compiler's to copy.
  for (const path of sources) if (!path.endsWith('.ts')) cpSync(path, join('dist', path));
  writeFileSync(STAMP, '');
  console.log(`built in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
}

async function compileAddon() {
  const isAsked = process.argv.includes('--native');
  const { buildAddon } = await import('./dist/models/native/build-addon.js');
  const { outcome, text } = buildAddon({ isRetry: isAsked });
  if (isAsked || outcome === 'built' || outcome === 'failed') console.log(text);
  if (isAsked && outcome === 'failed') process.exit(1);
}

compileTree();
await compileAddon();
