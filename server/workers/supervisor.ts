import { VitrineError } from '../../features/core/errors.ts';
import { SerialQueue } from '../../features/core/serial-queue.ts';
import { newestBundle } from '../../models/bundle/list-bundles.ts';
import { createAdminServer } from '../admin/admin-server.ts';
import type { CompiledConfig, LoadedConfig } from '../config/load-config.ts';
import type { HttpServer, ListenAddress } from '../http/http-server.ts';
import type { Logger } from '../observability/logger.ts';
import { createSupervisorMetrics } from '../observability/supervisor-metrics.ts';
import { claimPort, freePort, type PortClaim } from './claim-port.ts';
import { GroupModel } from './group-model.ts';
import { JoinedOperations } from './joined-operations.ts';
import type { RunningServer } from './running-server.ts';
import { WorkerSlot } from './worker-slot.ts';

/**
 * Runs the server as several worker processes that share the port, and supervises them.
 *
 * A worker that dies is replaced; changes of the model reach all workers or none; health and metrics are those of all together, whichever
 * worker or listener is asked. This process answers no shoppers and loads no model.
 *
 * Errors: what keeps a worker from starting the first time, as in one process: REC_INVALID_CONFIG, REC_PORT_IN_USE, REC_BUNDLE_INVALID,
 * REC_BUNDLE_INCOMPATIBLE, REC_INVALID_SCHEMA; REC_WORKER_UNAVAILABLE when all workers die at once.
 */
export async function runSupervised(loaded: LoadedConfig, logger: Logger): Promise<RunningServer> {
  const config = loaded.compiled;
  const { artifactsPath, version } = config.models;
  // Decided once: a bundle that is published during the start must not divide the workers.
  const modelVersion = version === '' ? await newestBundle(artifactsPath) : version;
  const claim = await claimPort(config.server);
  const group = new WorkerGroup(loaded, modelVersion, logger);
  const admin = createAdminServer({ control: group.model, operations: group.operations, logger });
  const parts: SupervisedParts = { config, group, admin, claim };
  try {
    const adminAddress = { host: config.admin.host, ...(await admin.listen(config.admin)) };
    await group.start();
    return runningServerOf(parts, adminAddress, await group.address());
  } catch (error) {
    await close(parts);
    throw error;
  }
}

interface SupervisedParts {
  readonly config: CompiledConfig;
  readonly group: WorkerGroup;
  readonly admin: HttpServer;
  readonly claim: PortClaim;
}

function runningServerOf(parts: SupervisedParts, adminAddress: ListenAddress, address: ListenAddress): RunningServer {
  let closing: Promise<void> | undefined;
  return {
    address,
    adminAddress,
    workerCount: parts.group.slots.length,
    control: parts.group.model,
    close: () => {
      closing ??= close(parts);
      return closing;
    },
  };
}

/** The admin listener answers, as not ready, until the last worker is gone. */
async function close({ config, group, admin, claim }: SupervisedParts): Promise<void> {
  await group.stop(config.server.shutdownGraceMs);
  await admin.close(0);
  claim.release();
}

/** The workers and what is asked of all of them. */
class WorkerGroup {
  readonly slots: readonly WorkerSlot[];
  readonly model: GroupModel;
  readonly operations: JoinedOperations;
  private readonly config: CompiledConfig;
  private readonly metrics = createSupervisorMetrics();
  private sharedAddress: Promise<ListenAddress> | undefined;
  private isStopping = false;

  constructor({ compiled: config, source }: LoadedConfig, modelVersion: string, logger: Logger) {
    this.config = config;
    const changes = new SerialQueue();
    const makeSlot = (number: number) =>
      new WorkerSlot({
        number,
        order: () => ({ number, config: source, modelVersion: this.model.versions.serving }),
        address: () => this.address(),
        inTurn: (steps) => changes.run(steps),
        answers: { readiness: () => this.operations.readiness(), metrics: () => this.operations.metrics() },
        logger,
        onEnd: (how) => {
          this.metrics.countWorkerEnd(how);
          this.operations.onEnd(number);
        },
      });
    this.slots = Array.from({ length: config.server.workers }, (_, i) => makeSlot(i + 1));
    const { slots, metrics } = this;
    this.model = new GroupModel({ artifactsPath: config.models.artifactsPath, modelVersion, slots, changes, logger });
    this.operations = new JoinedOperations({ slots, metrics, isStopping: () => this.isStopping });
  }

  /** Resolves when each worker has had its first try and at least one answers. */
  async start(): Promise<void> {
    const areAnswering = await Promise.all(this.slots.map((slot) => slot.start()));
    if (areAnswering.some((isAnswering) => isAnswering)) return;
    const message =
      'every worker process died while it started; its last words are above, the system may have ended it for memory';
    throw new VitrineError('REC_WORKER_UNAVAILABLE', message);
  }

  /** Chosen when the first worker is about to listen, so that nobody else takes a free port meanwhile; then it stays. */
  address(): Promise<ListenAddress> {
    const { host, port } = this.config.server;
    this.sharedAddress ??= (port === 0 ? freePort({ host, port }) : Promise.resolve(port)).then((number) => ({
      ...{ host, port: number, isShared: true },
    }));
    return this.sharedAddress;
  }

  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.slots.map((slot) => slot.stop(graceMs)));
  }
}
