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

/** What a writer process does, see writer-process.ts. */
export interface WriterWork {
  readonly key: ShopperKey;
  /** Updates each writer makes, one after another. */
  readonly updates: number;
  /** Writers at once. @defaultValue 1 */
  readonly writers?: number;
  /** Start of the ids of its log entries. @defaultValue writer */
  readonly name?: string;
}

/** Starts writer-process.ts in a process of its own. */
export function startWriterProcess(options: StoreOptions, work: WriterWork): WriterProcess {
  const { key, updates, writers = 1, name = 'writer' } = work;
  return start('writer-process.ts', [JSON.stringify(options), key, String(updates), String(writers), name]);
}

/** Starts many-profiles-process.ts in a process of its own: it writes until it is killed. */
export function startManyProfilesProcess(options: StoreOptions): WriterProcess {
  return start('many-profiles-process.ts', [JSON.stringify(options)]);
}

function start(scriptName: string, words: readonly string[]): WriterProcess {
  const loader = new URL('./typescript-loader.mjs', import.meta.url).href;
  const script = fileURLToPath(new URL(scriptName, import.meta.url));
  const child = spawn(process.execPath, ['--import', loader, script, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
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
