import { messageOf, VitrineError } from '../features/core/errors.ts';
import type { ComposedServer } from './compose.ts';
import { type LoadedConfig, loadConfig } from './config/load-config.ts';
import type { ListenAddress } from './http/http-server.ts';
import { createLogger, type Logger } from './observability/logger.ts';

const startedMs = performance.now();

/** Starts the server from the configuration of the working directory and runs it until a stop signal. */
async function main(): Promise<void> {
  const stop = stopSignal();
  const loaded = loadConfig();
  const logger = createLogger({ level: loaded.compiled.log.level });
  logger.info('configuration', {
    hash: loaded.hash,
    file: loaded.file ?? 'none',
    environment: loaded.environmentNames,
    effective: loaded.redacted,
  });
  const server = await startServer(loaded, logger);
  const signal = await stop;
  logger.info('stopping: no new requests, those in work finish', { signal });
  await server.close();
  logger.info('stopped');
}

async function startServer(loaded: LoadedConfig, logger: Logger): Promise<ComposedServer> {
  try {
    return await composeAndListen(loaded, logger);
  } catch (error) {
    // The message that ends the process is for operators; the place in the code is for developers.
    logger.debug('start failed', { error });
    throw error;
  }
}

async function composeAndListen({ compiled }: LoadedConfig, logger: Logger): Promise<ComposedServer> {
  // Loaded only now: a faulty configuration is reported without waiting for native libraries.
  const { composeServer } = await import('./compose.ts');
  const server = await composeServer(compiled, { logger });
  try {
    const url = urlOf(await server.listen());
    const scene = compiled.scenes.has('home') ? 'home' : [...compiled.scenes.keys()][0];
    const example = `curl '${url}/v1/recommend/${scene}?count=3'`;
    const startMs = Math.round(performance.now() - startedMs);
    logger.info('ready', { url, modelVersion: server.modelVersion, startMs, example });
    if (process.stdout.isTTY) process.stdout.write(`\nVitrine answers at ${url}. Try:\n\n  ${example}\n\n`);
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
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

/** Whoever starts the server needs what is wrong and what to do, not where in the code it was found. */
function explainFailure(error: unknown): string {
  const code = error instanceof VitrineError ? error.code : 'REC_INTERNAL';
  return `Vitrine cannot start.\n${code}: ${messageOf(error)}\n`;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(explainFailure(error), () => process.exit(1));
  },
);
