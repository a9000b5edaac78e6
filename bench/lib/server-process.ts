import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../features/store/testing/redis-server.ts';
import { loadConfig, type RawConfig } from '../../server/config/load-config.ts';
import type { Cleanup } from './cleanup.ts';
import { HOST, requireFreePort, startOwnProcess } from './own-process.ts';
import { ownScript } from './own-script.ts';

/** Where requests go. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** A service that runs in a process of the bench's. */
export interface ServiceProcess extends Target {
  readonly pid: number;
  /** Ends it before the bench ends. */
  stop(): Promise<void>;
}

/** The server as operators run it: a process of its own with a configuration file. */
export interface BenchServer extends ServiceProcess {
  /** As the server logs it. */
  readonly configHash: string;
  /** Numbers of /metrics by name with labels; those of the event loop cover the time since the last call. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
}

export interface BenchServerOptions {
  /** Where its configuration file is written. */
  readonly folder: string;
  readonly port: number;
  /** All but `server.host` and `server.port`. */
  readonly config: RawConfig;
  /** Modules loaded before the server: what makes it slow on purpose. */
  readonly preloads?: readonly URL[];
}

/**
 * Starts the server and waits until /readyz says that it is ready with store and catalogue.
 *
 * Errors: what the server says when it cannot start, as for a port in use; or that it did not get ready in time.
 */
export async function startBenchServer(options: BenchServerOptions, cleanup: Cleanup): Promise<BenchServer> {
  const { folder, port, config, preloads = [] } = options;
  await mkdir(folder, { recursive: true });
  const file = join(folder, `vitrine-${port}.config.json`);
  const server = { workers: 1, ...(config.server as object | undefined), host: HOST, port };
  const adminPort = await freePort();
  const written = { log: { level: 'warn' }, admin: { host: HOST, port: adminPort }, ...config, server };
  await writeFile(file, JSON.stringify(written, null, 2));
  const { hash } = loadConfig({ environment: { VITRINE_CONFIG: file }, workingDirectory: folder });
  await requireFreePort(port);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITRINE_'));
  const child = startOwnProcess(
    {
      what: 'the server',
      args: ownScript('../server/main', preloads),
      folder,
      environment: { ...Object.fromEntries(inherited), VITRINE_CONFIG: file },
    },
    cleanup,
  );
  await child.untilReady(() => isReady(port));
  const { pid, stop, kill } = child;
  return { host: HOST, port, pid, configHash: hash, metrics: () => readMetrics(port), stop, kill };
}

/** Whether /readyz of a service of the bench says so. */
export async function isReady(port: number): Promise<boolean> {
  try {
    const reply = await fetch(`http://${HOST}:${port}/readyz`);
    return ((await reply.json()) as { status?: unknown }).status === 'ready';
  } catch {
    return false;
  }
}

async function readMetrics(port: number): Promise<ReadonlyMap<string, number>> {
  return parseMetrics(await (await fetch(`http://${HOST}:${port}/metrics`)).text());
}

/** Numbers of a Prometheus text by name with labels. */
export function parseMetrics(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const space = line.lastIndexOf(' ');
    values.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return values;
}
