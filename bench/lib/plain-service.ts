import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VitrineError } from '../../features/core/errors.ts';
import { freePort } from '../../features/store/testing/redis-server.ts';
import type { Cleanup } from './cleanup.ts';
import { HOST, startOwnProcess } from './own-process.ts';
import { IS_SOURCE, ownScript, TREE_URL } from './own-script.ts';
import { isReady, type ServiceProcess } from './server-process.ts';

export interface PlainServiceOptions {
  readonly bundleFolder: string;
  readonly redisUrl: string;
  readonly shop: string;
  readonly candidateCount: number;
  readonly slateSize: number;
}

/** Its folder in the checkout: what it needs beyond the project's packages is installed there and nowhere else. */
const FOLDER = new URL(IS_SOURCE ? 'bench/peers/plain-service/' : '../bench/peers/plain-service/', TREE_URL);
export const PLAIN_SERVICE_INSTALL = 'npm ci --prefix bench/peers/plain-service';

/**
 * Errors: REC_INVALID_CONFIG with the command that installs what is missing.
 *
 * @param folder @internal
 */
export function requirePlainService(folder: URL = FOLDER): void {
  if (existsSync(new URL('node_modules/fastify/package.json', folder))) return;
  throw new VitrineError(
    'REC_INVALID_CONFIG',
    `the packages of the plain service that capacity is compared with are not installed: run \`${PLAIN_SERVICE_INSTALL}\``,
  );
}

/** Starts bench/peers/plain-service on a free port and waits until it answers. Errors: see {@link requirePlainService}. */
export async function startPlainService(options: PlainServiceOptions, cleanup: Cleanup): Promise<ServiceProcess> {
  requirePlainService();
  const port = await freePort();
  const settings = {
    ...options,
    port,
    modulesUrl: TREE_URL.href,
    moduleExtension: IS_SOURCE ? '.ts' : '.js',
  };
  const script = fileURLToPath(new URL('main.js', FOLDER));
  const child = startOwnProcess(
    {
      what: 'the plain service',
      args: [...ownScript(script), JSON.stringify(settings)],
      folder: fileURLToPath(FOLDER),
      environment: process.env,
    },
    cleanup,
  );
  await child.untilReady(() => isReady(port));
  const { pid, stop } = child;
  return { host: HOST, port, pid, stop };
}
