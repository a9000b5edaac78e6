import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreOptions } from '../../features/store/store-config.ts';
import { startRedisServer } from '../../features/store/testing/redis-server.ts';
import type { Cleanup } from './cleanup.ts';

export const STORE_KINDS = ['redis', 'lmdb'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

/** A store of the bench's own, as the server's configuration names it and as code opens it. */
export interface BenchStore {
  readonly options: StoreOptions;
  readonly config: Readonly<Record<string, string>>;
}

const SHOP = 'bench';
const PROFILE_TTL_DAYS = 400;

/**
 * Starts a redis-server on a free port, or makes a folder for the embedded store; both are gone after the bench.
 *
 * Errors: how to install redis-server when it is missing.
 */
export async function startBenchStore(kind: StoreKind, cleanup: Cleanup): Promise<BenchStore> {
  const common = { shop: SHOP, profileTtlDays: PROFILE_TTL_DAYS };
  if (kind === 'redis') {
    const server = await startRedisServer();
    cleanup.add(() => server.stop());
    const { url } = server;
    return { options: { kind, mode: 'single', url, ...common }, config: { kind, url, shop: SHOP } };
  }
  const path = await benchFolder(cleanup);
  return { options: { kind, path, ...common }, config: { kind, path, shop: SHOP } };
}

/** A folder that is removed after the bench. */
export async function benchFolder(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
