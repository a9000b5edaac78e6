import { createAdminServer } from '../admin/admin-server.ts';
import { composeServer } from '../compose.ts';
import type { CompiledConfig } from '../config/load-config.ts';
import type { Logger } from '../observability/logger.ts';
import type { RunningServer } from './running-server.ts';

/** Runs the whole server in this process: one worker, nobody to supervise. Errors: those of `composeServer` and of listening. */
export async function runInProcess(config: CompiledConfig, logger: Logger): Promise<RunningServer> {
  const server = await composeServer(config, { logger });
  const admin = createAdminServer({ control: server.live, operations: server.operations, logger });
  const close = async (): Promise<void> => {
    await server.close();
    await admin.close(0);
  };
  try {
    const adminAddress = { host: config.admin.host, ...(await admin.listen(config.admin)) };
    const { host, port } = config.server;
    const address = { host, ...(await server.listen({ host, port })) };
    return { address, adminAddress, workerCount: 1, control: server.live, close };
  } catch (error) {
    await close();
    throw error;
  }
}
