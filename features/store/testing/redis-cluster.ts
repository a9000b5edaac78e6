import type { RedisNode } from '../redis-client.ts';
import { freePort, startRedisServer, type TestRedisServer } from './redis-server.ts';

/** A Redis Cluster of the test's own: three masters on 127.0.0.1, no replicas. */
export interface TestRedisCluster {
  readonly nodes: readonly RedisNode[];
  readonly servers: readonly TestRedisServer[];
  stop(): Promise<void>;
}

const SLOT_RANGES = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;
const READY_TIMEOUT_MS = 20_000;

/** Starts three redis-servers, joins them and waits until each of them sees the whole cluster. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const servers: TestRedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const busPorts: number[] = [];
    for (const _ of SLOT_RANGES) {
      // The default bus port, 10 000 above the other, may lie beyond the last port.
      const busPort = await freePort();
      const extraArguments = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
      extraArguments.push('--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no');
      servers.push(await startRedisServer({ extraArguments }));
      busPorts.push(busPort);
    }
    await join(servers, busPorts);
    await Promise.all(servers.map(waitUntilWhole));
    return { servers, nodes: servers.map(({ port }) => ({ host: '127.0.0.1', port })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function join(servers: readonly TestRedisServer[], busPorts: readonly number[]): Promise<void> {
  for (const [index, server] of servers.entries()) {
    const [first, last] = SLOT_RANGES[index]!;
    await expectOk(server, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    await expectOk(server, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(last));
  }
  for (const [index, server] of servers.entries()) {
    if (index === 0) continue;
    await expectOk(servers[0]!, 'CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(busPorts[index]));
  }
}

async function expectOk(server: TestRedisServer, ...words: string[]): Promise<void> {
  const reply = await server.command(...words);
  if (reply !== '+OK') throw new Error(`${words.join(' ')} was answered with ${reply}`);
}

async function waitUntilWhole(server: TestRedisServer): Promise<void> {
  const giveUpAtMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const state = await server.command('CLUSTER', 'INFO');
    const isWhole = ['cluster_state:ok', 'cluster_slots_ok:16384', 'cluster_known_nodes:3'].every((line) =>
      state.includes(line),
    );
    if (isWhole) return;
    if (performance.now() > giveUpAtMs) throw new Error(`the cluster did not form: ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
