import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { VitrineError } from '../../features/core/errors.ts';
import type { ListenAddress } from '../http/http-server.ts';
import { listenError } from '../http/listen-error.ts';

/** A port that is ours to share among workers. */
export interface PortClaim {
  release(): void;
}

/**
 * Makes sure that nobody else listens on an address which several workers are going to share.
 *
 * Sharing (SO_REUSEPORT) is open to every process of the same user: a second Vitrine would take half of the connections and nobody
 * would notice. An exclusive listen shows whether the port is free now; a lock in the network namespace's table of abstract socket
 * names, which the kernel drops with the process, keeps two that start at the same time apart. Port 0 needs neither.
 * Errors: REC_PORT_IN_USE, REC_INVALID_CONFIG when the address cannot be used.
 */
export async function claimPort(address: ListenAddress): Promise<PortClaim> {
  if (address.port === 0) return { release: () => {} };
  const lock = createServer();
  try {
    await listening(lock, { path: `\0vitrine ${address.host}:${address.port}` });
    await freePort(address);
  } catch (error) {
    lock.close();
    throw error instanceof VitrineError ? error : listenError('server', address, error);
  }
  // The lock is no reason to keep the process alive.
  lock.unref();
  return { release: () => void lock.close() };
}

/**
 * The number of a port that is free now: the address's own, or one the system chooses for 0.
 *
 * Errors: as {@link claimPort}.
 */
export async function freePort(address: ListenAddress): Promise<number> {
  const probe = createServer();
  try {
    await listening(probe, { host: address.host, port: address.port });
  } catch (error) {
    throw listenError('server', address, error);
  }
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function listening(server: Server, options: { path: string } | { host: string; port: number }): Promise<void> {
  server.listen({ ...options, exclusive: true });
  // Rejects with the error when that comes first.
  await once(server, 'listening');
}
