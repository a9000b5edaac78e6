import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const LOADER = new URL('../../features/store/testing/typescript-loader.mjs', import.meta.url).href;
// A path, not an import: the server knows nothing of the command line.
const MAIN = fileURLToPath(new URL('../../training-export/cli/main.ts', import.meta.url));

/** What a run of the command line ended with. */
export interface VitrineRun {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command `vitrine` as operators do: a process of its own. */
export async function runVitrine(...words: readonly string[]): Promise<VitrineRun> {
  const child = spawn(process.execPath, ['--import', LOADER, MAIN, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { exitCode: code, ...output };
}
