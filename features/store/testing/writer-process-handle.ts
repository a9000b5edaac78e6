import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ShopperKey } from '../../core/ids.ts';
import type { StoreOptions } from '../store-config.ts';

/** A process that writes one shopper. */
export interface WriterProcess {
  /** Resolves when all updates are acknowledged; fails with the output of the process when it ends otherwise. */
  readonly done: Promise<void>;
  /** Ends it as a crash would. */
  kill(): void;
}

/** Starts writer-process.ts in a process of its own. */
export function startWriterProcess(options: StoreOptions, key: ShopperKey, updates: number): WriterProcess {
  const loader = new URL('./typescript-loader.mjs', import.meta.url).href;
  const script = fileURLToPath(new URL('./writer-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', loader, script, JSON.stringify(options), key, String(updates)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    });
  }
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the writer process ended with code ${code}: ${output}`));
    });
  });
  return { done, kill: () => child.kill('SIGKILL') };
}
