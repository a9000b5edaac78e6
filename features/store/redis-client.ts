import { Cluster, Redis } from 'ioredis';
import type { Deadline } from '../core/deadline.ts';
import { VitrineError } from '../core/errors.ts';

/** Where a Redis listens. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Which Redis to use, and how long to wait for it. */
export interface RedisConnectionOptions {
  /** `single`: one server at `url`; `cluster`: Redis Cluster reached through `nodes`; `sentinel`: the master named `masterName`. */
  readonly mode: 'single' | 'cluster' | 'sentinel';
  /** For `single`: `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS. */
  readonly url?: string;
  /** For `cluster`: some of its nodes; the rest is discovered. */
  readonly nodes?: readonly RedisNode[];
  /** For `sentinel`: the sentinels. */
  readonly sentinels?: readonly RedisNode[];
  readonly masterName?: string;
  /** For `cluster` and `sentinel`; with `single` they stand in the url. */
  readonly username?: string;
  readonly password?: string;
  /** For `sentinel`: password of the sentinels themselves. */
  readonly sentinelPassword?: string;
  /** Encrypts all connections of `cluster` and `sentinel`; with `single` the url says so. @defaultValue false */
  readonly isTls?: boolean;
  /**
   * Milliseconds after which any command is given up: a net below the deadline of the query. It also covers the handshake of a new
   * connection, so a few milliseconds would keep a busy server from ever being reached. @defaultValue 500
   */
  readonly commandTimeoutMs?: number;
}

export const DEFAULT_COMMAND_TIMEOUT_MS = 500;
const FIRST_RECONNECT_MS = 50;
const LONGEST_RECONNECT_MS = 2_000;
/** A connection that was asked and stays silent this long is replaced: half-open ones would otherwise last until TCP notices. */
const SILENCE_TIMEOUT_FACTOR = 4;

/** What the store uses of a connection, the same for a single server and a cluster. */
export type RedisClient = Redis | Cluster;

/**
 * Makes a client that never queues, never repeats a command by itself, and reconnects for as long as it takes.
 *
 * It does not connect before `connect()` is called. While there is no connection every command is refused at once: the query has a
 * fallback, and a queue would only make it late. Connection errors arrive through the commands they fail; the `error` event is
 * taken so that it never ends the process.
 */
export function createRedisClient(options: RedisConnectionOptions): RedisClient {
  const client = options.mode === 'cluster' ? createCluster(options) : createSingle(options);
  client.on('error', () => {});
  if (options.mode === 'sentinel') startAgainWhenGivenUp(client);
  return client;
}

/** ioredis gives a client up for good when a failover is announced while it asks a sentinel for the master. */
function startAgainWhenGivenUp(client: RedisClient): void {
  client.on('end', () => {
    const timer = setTimeout(() => {
      if (!closing.has(client)) client.connect().catch(() => {});
    }, FIRST_RECONNECT_MS);
    timer.unref();
  });
}

/** Clients that are to stay closed. */
const closing = new WeakSet<RedisClient>();

/** Ends a client. Commands under way are answered first; a server that does not answer in time is left. */
export async function closeRedisClient(client: RedisClient, deadline: Deadline): Promise<void> {
  closing.add(client);
  await deadline.race(client.quit(), 'closing the store').catch(() => {});
  client.disconnect();
}

/** Name and arguments of a command. */
export type RedisCommandLine = readonly [name: string, ...others: (string | number | Buffer)[]];

/**
 * Sends many commands without waiting between them: one round trip. Texts come back as Buffers.
 *
 * One server gets them as one pipeline. In a cluster they go to several nodes, each on its own, which costs about twice the time.
 * Order: one result per command, in their order.
 */
export async function sendTogether(
  client: RedisClient,
  commands: readonly RedisCommandLine[],
): Promise<PromiseSettledResult<unknown>[]> {
  if (commands.length === 0) return [];
  // A pipeline of one costs more than the command: what it keeps alive reaches the old generation, which is dear to collect.
  if (client instanceof Cluster || commands.length === 1) {
    return Promise.allSettled(commands.map(([name, ...others]) => client.callBuffer(name, ...others)));
  }
  const pipeline = client.pipeline();
  for (const [name, ...others] of commands) pipeline.callBuffer(name, ...others);
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, value]) =>
    error === null ? { status: 'fulfilled', value } : { status: 'rejected', reason: error },
  );
}

/** The masters of a cluster, or the one server. */
export function mastersOf(client: RedisClient): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}

/** Place without secrets, for logs. */
export function describeConnection(options: RedisConnectionOptions): string {
  if (options.mode === 'single') {
    const { hostname, port, pathname } = parseRedisUrl(requiredOption(options.url, 'url', options.mode));
    return `redis ${hostname}:${port === '' ? '6379' : port}${pathname === '/' ? '' : pathname}`;
  }
  const nodes = options.mode === 'cluster' ? options.nodes : options.sentinels;
  const places = (nodes ?? []).map(({ host, port }) => `${host}:${port}`).join(',');
  return options.mode === 'cluster' ? `redis cluster ${places}` : `redis sentinel ${options.masterName} ${places}`;
}

function parseRedisUrl(url: string): URL {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return new URL(url);
  // The value is not repeated here: it may hold a password.
  throw new VitrineError(
    'REC_INVALID_CONFIG',
    'store.url is not a URL of the form redis://[user:password@]host:port[/database]',
  );
}

function createSingle(options: RedisConnectionOptions): Redis {
  const common = { ...commonOptions(options), enableOfflineQueue: false, lazyConnect: true, retryStrategy };
  if (options.mode === 'single') return new Redis(requiredOption(options.url, 'url', options.mode), common);
  return new Redis({
    ...common,
    ...credentials(options),
    ...sentinelSecurity(options),
    sentinels: requiredOption(options.sentinels, 'sentinels', options.mode).map((node) => ({ ...node })),
    name: requiredOption(options.masterName, 'masterName', options.mode),
    sentinelRetryStrategy: retryStrategy,
    sentinelCommandTimeout: commandTimeoutOf(options),
    failoverDetector: true,
  });
}

/**
 * Refuses commands while the cluster is not known, and lets those for a master whose connection is being opened wait for it.
 *
 * Without an offline queue ioredis sends the latter to masters picked at random, to be turned away, and gives up after a few times;
 * with one it would also keep the former.
 */
class RefusingCluster extends Cluster {
  override sendCommand(...[command, ...others]: Parameters<Cluster['sendCommand']>): unknown {
    // What asks for the state of the cluster has to go out before it is known.
    if (this.status !== 'ready' && command.name !== 'cluster') {
      command.reject(new Error('the cluster is not connected'));
      return command.promise;
    }
    return super.sendCommand(command, ...others);
  }
}

function createCluster(options: RedisConnectionOptions): Cluster {
  const nodes = requiredOption(options.nodes, 'nodes', options.mode);
  return new RefusingCluster(
    nodes.map((node) => ({ ...node })),
    {
      lazyConnect: true,
      clusterRetryStrategy: retryStrategy,
      // The defaults (16 redirections, 100 ms apart) would hide 1.6 s of a moving slot behind one command.
      maxRedirections: 3,
      retryDelayOnFailover: 20,
      retryDelayOnClusterDown: 20,
      retryDelayOnTryAgain: 20,
      slotsRefreshInterval: 10_000,
      redisOptions: { ...commonOptions(options), ...credentials(options) },
    },
  );
}

function commonOptions(options: RedisConnectionOptions) {
  const commandTimeout = commandTimeoutOf(options);
  return {
    commandTimeout,
    socketTimeout: commandTimeout * SILENCE_TIMEOUT_FACTOR,
    connectTimeout: Math.max(commandTimeout, LONGEST_RECONNECT_MS),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: false,
    connectionName: 'vitrine',
    // After a failover an old connection may lead to a server that has become a replica; READONLY is Redis's error code for that.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY '),
  };
}

function credentials(options: RedisConnectionOptions) {
  return {
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password }),
    ...(options.isTls === true ? { tls: {} } : {}),
  };
}

function sentinelSecurity(options: RedisConnectionOptions) {
  return {
    ...(options.sentinelPassword === undefined ? {} : { sentinelPassword: options.sentinelPassword }),
    ...(options.isTls === true ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  };
}

function commandTimeoutOf(options: RedisConnectionOptions): number {
  return options.commandTimeoutMs ?? DEFAULT_COMMAND_TIMEOUT_MS;
}

/** Doubles up to two seconds, with jitter so that many processes do not return in step. */
function retryStrategy(attempt: number): number {
  const delayMs = Math.min(FIRST_RECONNECT_MS * 2 ** (attempt - 1), LONGEST_RECONNECT_MS);
  return delayMs * (0.5 + Math.random() / 2);
}

function requiredOption<T>(value: T | undefined, name: string, mode: string): T {
  const isMissing = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  if (!isMissing) return value;
  throw new VitrineError(
    'REC_INVALID_CONFIG',
    `store.${name} is missing: mode "${mode}" needs it (the modes are single with url, cluster with nodes, sentinel with sentinels and masterName)`,
  );
}
