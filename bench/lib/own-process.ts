import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import type { Cleanup } from './cleanup.ts';

/** A process of the bench that serves requests. */
export interface OwnProcess {
  readonly pid: number;
  /** What it wrote last, for messages. */
  output(): string;
  /** Ends it, and waits until it has ended. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends it as a crash would (SIGKILL), and waits until it has ended. */
  kill(): Promise<void>;
  /** Waits until it answers. Errors: what it wrote when it ends before that, or does not answer in time. */
  untilReady(isReady: () => Promise<boolean>): Promise<void>;
}

export interface OwnProcessOptions {
  /** For messages: "the server". */
  readonly what: string;
  /** Of Node. */
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: NodeJS.ProcessEnv;
}

export const HOST = '127.0.0.1';
/** Opening a bundle of a million products takes the better part of a minute, once for each worker. */
const READY_TIMEOUT_MS = 300_000;
const POLL_MS = 50;
const STOP_GRACE_MS = 5_000;
const KEPT_OUTPUT = 4_000;

/** Starts a Node process that ends with the bench at the latest. */
export function startOwnProcess(options: OwnProcessOptions, cleanup: Cleanup): OwnProcess {
  const { what, args, folder, environment } = options;
  const child = spawn(process.execPath, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT);
    });
  }
  cleanup.add(() => stop(child));
  return {
    pid: child.pid ?? 0,
    output: () => output.trim(),
    stop: () => stop(child),
    kill: () => kill(child),
    untilReady: (isReady) => untilReady(child, { what, isReady, output: () => output.trim() }),
  };
}

/**
 * Whoever listens there might answer like ours.
 *
 * Errors: REC_PORT_IN_USE.
 */
export function requireFreePort(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause) => {
      const message = `port ${port} of ${HOST} cannot be used (${messageOf(cause)}): stop what listens there or choose another with --port`;
      reject(new VitrineError('REC_PORT_IN_USE', message, { cause }));
    });
    probe.listen({ host: HOST, port, exclusive: true }, () => probe.close(() => resolve()));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await ended;
  clearTimeout(timer);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function untilReady(
  child: ChildProcess,
  { what, isReady, output }: { what: string; isReady: () => Promise<boolean>; output: () => string },
): Promise<void> {
  const giveUpMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${what} did not start: ${output()}`);
    if (await isReady()) return;
    if (performance.now() > giveUpMs) throw new Error(`${what} did not get ready: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
