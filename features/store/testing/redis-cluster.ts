import type { RedisNode } from '../redis-client.ts';
import { until } from './contract-context.ts';
import { freePort, startRedisServer, type TestRedisServer } from './redis-server.ts';

/** A Redis Cluster of the test's own: three masters on 127.0.0.1, without replicas at first. */
export interface TestRedisCluster {
  readonly nodes: readonly RedisNode[];
  readonly servers: readonly TestRedisServer[];
  /** Starts a replica of a master and waits until it has what the master has and the others know of it. */
  addReplica(master: TestRedisServer): Promise<TestRedisServer>;
  stop(): Promise<void>;
}

const SLOT_RANGES = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;

/** Starts three redis-servers, joins them and waits until each of them sees the whole cluster. */
export async function startRedisCluster(): Promise<TestRedisCluster> {
  const servers: TestRedisServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  try {
    const busPorts: number[] = [];
    const startNode = async (): Promise<TestRedisServer> => {
      // The default bus port, 10 000 above the other, may lie beyond the last port.
      const busPort = await freePort();
      const extraArguments = ['--cluster-enabled', 'yes', '--cluster-port', String(busPort)];
      extraArguments.push('--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no');
      // A replica usually waits five seconds for others to be served with it.
      extraArguments.push('--repl-diskless-sync-delay', '0');
      const server = await startRedisServer({ extraArguments });
      servers.push(server);
      busPorts.push(busPort);
      return server;
    };
    for (const _ of SLOT_RANGES) await startNode();
    const masters = servers.slice();
    await join(masters, busPorts);
    await Promise.all(masters.map(waitUntilWhole));
    const addReplica = async (master: TestRedisServer): Promise<TestRedisServer> => {
      const replica = await startNode();
      await meet(replica, master, busPorts[servers.indexOf(master)]!);
      const id = (await master.command('CLUSTER', 'MYID')).split('\r\n')[1]!;
      await until(
        async () => (await replica.command('CLUSTER', 'REPLICATE', id)) === '+OK',
        'the replica knows its master',
      );
      const isLinkUp = async () => (await replica.command('INFO', 'replication')).includes('master_link_status:up');
      await until(isLinkUp, 'the replica has what the master has');
      const isKnownTo = async (server: TestRedisServer) =>
        (await server.command('CLUSTER', 'NODES'))
          .split('\n')
          .some((line) => line.includes(`:${replica.port}@`) && line.includes('slave'));
      for (const server of masters) await until(() => isKnownTo(server), 'the cluster knows the replica');
      return replica;
    };
    return { servers: masters, nodes: masters.map(({ port }) => ({ host: '127.0.0.1', port })), addReplica, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function meet(server: TestRedisServer, other: TestRedisServer, otherBusPort: number): Promise<void> {
  return expectOk(server, 'CLUSTER', 'MEET', '127.0.0.1', String(other.port), String(otherBusPort));
}

async function join(servers: readonly TestRedisServer[], busPorts: readonly number[]): Promise<void> {
  for (const [index, server] of servers.entries()) {
    const [first, last] = SLOT_RANGES[index]!;
    await expectOk(server, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    await expectOk(server, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(last));
  }
  for (const [index, server] of servers.entries()) {
    if (index === 0) continue;
    await meet(servers[0]!, server, busPorts[index]!);
  }
}

async function expectOk(server: TestRedisServer, ...words: string[]): Promise<void> {
  const reply = await server.command(...words);
  if (reply !== '+OK') throw new Error(`${words.join(' ')} was answered with ${reply}`);
}

async function waitUntilWhole(server: TestRedisServer): Promise<void> {
  await until(async () => {
    const state = await server.command('CLUSTER', 'INFO');
    return ['cluster_state:ok', 'cluster_slots_ok:16384', 'cluster_known_nodes:3'].every((line) =>
      state.includes(line),
    );
  }, 'the cluster is whole');
}
