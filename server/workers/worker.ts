import { assertContract, messageOf } from '../../features/core/errors.ts';
import { type ComposedServer, composeServer } from '../compose.ts';
import { compileConfig } from '../config/load-config.ts';
import { createLogger } from '../observability/logger.ts';
import { Peer } from './peer.ts';
import type { SupervisorQuestions, WorkerOrder, WorkerQuestions } from './worker-questions.ts';

/**
 * The program of a worker process: does what its supervisor asks, and ends when it is told to or when the supervisor is gone.
 *
 * Signals of the terminal reach every process of the group; they are the supervisor's to handle.
 */
let server: ComposedServer | undefined;
let ending: Promise<void> | undefined;

const supervisor = new Peer<SupervisorQuestions, WorkerQuestions>(process, {
  start,
  listen: (address) => started().listen(address),
  activate: (version) => started().live.activate(version),
  readiness: () => started().operations.readiness(),
  metrics: () => started().metricsSnapshot(),
  alive: async () => undefined,
  stop: async () => {
    await close();
    return undefined;
  },
});

async function start({ number, config: source, modelVersion }: WorkerOrder) {
  const config = compileConfig(source);
  const logger = createLogger({ level: config.log.level, worker: number });
  server = await composeServer(config, {
    logger,
    modelVersion,
    together: {
      readiness: () => supervisor.ask('readiness', undefined),
      metrics: () => supervisor.ask('metrics', undefined),
    },
  });
  return server.live.versions;
}

function started(): ComposedServer {
  assertContract(server !== undefined, 'the worker has not been started');
  return server;
}

function close(): Promise<void> {
  ending ??= server?.close() ?? Promise.resolve();
  return ending;
}

async function closeAndExit(exitCode: number): Promise<void> {
  await close().catch((error: unknown) => {
    process.stderr.write(`worker ${process.pid}: ${messageOf(error)}\n`);
    exitCode = 1;
  });
  process.exit(exitCode);
}

process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => void closeAndExit(0));
process.on('disconnect', () => {
  supervisor.end();
  void closeAndExit(0);
});
