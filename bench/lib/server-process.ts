import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { loadConfig, type RawConfig } from '../../server/config/load-config.ts';
import type { Cleanup } from './cleanup.ts';
import { ownScript } from './own-script.ts';

/** The server as operators run it: a process of its own with a configuration file. */
export interface BenchServer {
  readonly host: string;
  readonly port: number;
  /** As the server logs it. */
  readonly configHash: string;
  /** Numbers of /metrics by name with labels; those of the event loop cover the time since the last call. */
  metrics(): Promise<ReadonlyMap<string, number>>;
}

export interface BenchServerOptions {
  /** Where its configuration file is written. */
  readonly folder: string;
  readonly port: number;
  /** All but `server.host` and `server.port`. */
  readonly config: RawConfig;
}

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 50;
const STOP_GRACE_MS = 5_000;

/**
 * Starts the server and waits until /readyz says that it is ready with store and catalogue.
 *
 * Errors: what the server says when it cannot start, as for a port in use; or that it did not get ready in time.
 */
export async function startBenchServer(options: BenchServerOptions, cleanup: Cleanup): Promise<BenchServer> {
  const { folder, port, config } = options;
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'vitrine.config.json');
  const serverSection = { ...(config.server as object | undefined), host: HOST, port };
  await writeFile(file, JSON.stringify({ log: { level: 'warn' }, ...config, server: serverSection }, null, 2));
  const { hash } = loadConfig({ environment: { VITRINE_CONFIG: file }, workingDirectory: folder });
  await requireFreePort(port);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITRINE_'));
  const child = spawn(process.execPath, ownScript('../server/main'), {
    cwd: folder,
    env: { ...Object.fromEntries(inherited), VITRINE_CONFIG: file },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  cleanup.add(() => stop(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
    });
  }
  await waitUntilReady(child, port, () => output);
  return { host: HOST, port, configHash: hash, metrics: () => readMetrics(port) };
}

/** Whoever listens there might answer /readyz like ours. */
function requireFreePort(port: number): Promise<void> {
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

async function waitUntilReady(child: ChildProcess, port: number, output: () => string): Promise<void> {
  const giveUpMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the server did not start: ${output().trim()}`);
    }
    const status = await fetch(`http://${HOST}:${port}/readyz`).then(
      async (reply) => ((await reply.json()) as { status?: unknown }).status,
      () => 'not listening',
    );
    if (status === 'ready') return;
    if (performance.now() > giveUpMs) throw new Error(`the server did not get ready (${status}): ${output().trim()}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function readMetrics(port: number): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`http://${HOST}:${port}/metrics`)).text();
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    values.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return values;
}
