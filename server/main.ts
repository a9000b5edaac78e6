import { closeSync, openSync } from 'node:fs';
import { messageOf, VitrineError } from '../features/core/errors.ts';
import { type LoadedConfig, loadConfig } from './config/load-config.ts';
import type { ListenAddress } from './http/http-server.ts';
import { noPortSharingReason } from './http/open-http-server.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { reload } from './workers/reload.ts';
import type { RunningServer } from './workers/running-server.ts';

type Ending = 'exit' | 'hang up';

const startedMs = performance.now();

/** Starts the server from the configuration of the working directory and runs it until a stop signal. */
async function main(): Promise<Ending> {
  const stop = stopSignal();
  const loaded = loadConfig();
  const logger = createLogger({ level: loaded.compiled.log.level });
  logger.info('configuration', {
    hash: loaded.hash,
    file: loaded.file ?? 'none',
    environment: loaded.environmentNames,
    effective: loaded.redacted,
  });
  let server: RunningServer | undefined;
  let ending: Ending = 'exit';
  // Before there is a model a reload has nothing to do; without a listener the signal would end the process.
  process.on('SIGHUP', () => {
    if (isTerminalGone()) {
      ending = 'hang up';
      process.kill(process.pid, 'SIGTERM');
    } else if (server !== undefined) void reload(server.control, loaded, logger);
  });
  server = await startServer(loaded, logger);
  announce(server, loaded, logger);
  const signal = await stop;
  logger.info('stopping: no new requests, those in work finish', { signal });
  await server.close();
  logger.info('stopped');
  return ending;
}

async function startServer(loaded: LoadedConfig, logger: Logger): Promise<RunningServer> {
  try {
    // Loaded only now: a faulty configuration is reported without waiting for native libraries.
    const { compiled } = loaded;
    if (compiled.server.workers === 1 || isOneWorkerForced(logger)) {
      const { runInProcess } = await import('./workers/run-in-process.ts');
      return await runInProcess(compiled, logger);
    }
    const { runSupervised } = await import('./workers/supervisor.ts');
    return await runSupervised(loaded, logger);
  } catch (error) {
    // The message that ends the process is for operators; the place in the code is for developers.
    logger.debug('start failed', { error });
    throw error;
  }
}

function isOneWorkerForced(logger: Logger): boolean {
  const reason = noPortSharingReason();
  if (reason !== undefined) logger.warn(`serving with one worker: ${reason}`);
  return reason !== undefined;
}

function announce(server: RunningServer, { compiled }: LoadedConfig, logger: Logger): void {
  const url = urlOf(server.address);
  const scene = compiled.scenes.has('home') ? 'home' : [...compiled.scenes.keys()][0];
  const example = `curl '${url}/v1/recommend/${scene}?count=3'`;
  logger.info('ready', {
    url,
    adminUrl: urlOf(server.adminAddress),
    workers: server.workerCount,
    modelVersion: server.control.versions.serving,
    startMs: Math.round(performance.now() - startedMs),
    example,
  });
  if (process.stdout.isTTY) process.stdout.write(`\nVitrine answers at ${url}. Try:\n\n  ${example}\n\n`);
}

/** An address people can paste: one that stands for all addresses is shown as this machine's own. */
function urlOf({ host, port }: ListenAddress): string {
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

/** Resolves at the first stop signal; a second one ends the process at once. */
function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}

/** Closing the terminal a server was started from sends the signal that elsewhere asks for a reload. */
function isTerminalGone(): boolean {
  if (!process.stdout.isTTY) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}

/** Whoever starts the server needs what is wrong and what to do, not where in the code it was found. */
function explainFailure(error: unknown): string {
  const code = error instanceof VitrineError ? error.code : 'REC_INTERNAL';
  return `Vitrine cannot start.\n${code}: ${messageOf(error)}\n`;
}

/** As signals are meant to end a process; Node's own exit crashes when it puts a terminal in order that is gone. */
function hangUp(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

main().then(
  (ending) => (ending === 'exit' ? process.exit(0) : hangUp()),
  (error: unknown) => {
    process.stderr.write(explainFailure(error), () => process.exit(1));
  },
);
