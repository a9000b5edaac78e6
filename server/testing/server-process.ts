import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One JSON line of the server's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The server as operators run it: a process of its own. */
export interface ServerProcess {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Of the admin listener. */
  readonly adminUrl: string;
  readonly pid: number;
  /** What it has logged so far. */
  logLines(): LogLine[];
  signal(name: NodeJS.Signals): void;
  /** Reads its log no more; further lines meet a closed pipe. */
  stopReading(): void;
  /** Resolves with the exit code when it ends. */
  readonly ended: Promise<number | null>;
}

/** A start that failed. */
export interface FailedStart {
  readonly exitCode: number | null;
  /** All it wrote to standard error. */
  readonly message: string;
}

const LOADER = new URL('../../features/store/testing/typescript-loader.mjs', import.meta.url).href;
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** One worker, where a test does not ask for more: it starts sooner. */
const DEFAULTS = { VITRINE_SERVER_PORT: '0', VITRINE_ADMIN_PORT: '0', VITRINE_SERVER_WORKERS: '1' };
const START_TIMEOUT_MS = 60_000;

/** Starts the server on a free port, in a folder, with settings from the environment; resolves when it is ready or has ended. */
export async function startServerProcess(
  workingDirectory: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess | FailedStart> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITRINE_'));
  const child = spawn(process.execPath, ['--import', LOADER, MAIN], {
    cwd: workingDirectory,
    env: { ...Object.fromEntries(inherited), ...DEFAULTS, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const timer = setTimeout(() => child.kill('SIGKILL'), START_TIMEOUT_MS);
  const ready = new Promise<LogLine>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const line = linesOf(output).find(({ msg }) => msg === 'ready');
      if (line !== undefined) resolve(line);
    });
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const outcome = await Promise.race([ready, ended]);
  clearTimeout(timer);
  if (outcome === null || typeof outcome === 'number') return { exitCode: outcome, message: errors };
  return {
    url: String(outcome.url),
    adminUrl: String(outcome.adminUrl),
    pid: child.pid!,
    logLines: () => linesOf(output),
    signal: (name) => void child.kill(name),
    stopReading: () => void child.stdout.destroy(),
    ended,
  };
}

function linesOf(output: string): LogLine[] {
  const whole = output.slice(0, output.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}
