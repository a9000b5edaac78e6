import { freePort } from '../../features/store/testing/redis-server.ts';
import type { Cleanup } from './cleanup.ts';
import { HOST, startOwnProcess } from './own-process.ts';
import { ownScript } from './own-script.ts';
import { isReady, type ServiceProcess } from './server-process.ts';

/** Starts load/spinning-server on a free port. @param spinUs computed for each request, microseconds */
export async function startSpinningService(spinUs: number, cleanup: Cleanup): Promise<ServiceProcess> {
  const port = await freePort();
  const child = startOwnProcess(
    {
      what: 'the server that only computes',
      args: [...ownScript('load/spinning-server'), String(port), String(Math.round(spinUs))],
      folder: process.cwd(),
      environment: process.env,
    },
    cleanup,
  );
  await child.untilReady(() => isReady(port));
  const { pid, stop } = child;
  return { host: HOST, port, pid, stop };
}
