import { type Static, Type } from 'typebox';
import { VitrineError } from '../core/errors.ts';
import type { LmdbStoreOptions } from './lmdb-feature-store.ts';
import { DEFAULT_EVENT_LOG_MAX_ENTRIES, DEFAULT_LOG_DAYS, DEFAULT_SLATE_LOG_MAX_ENTRIES } from './log-retention.ts';
import type { RedisNode } from './redis-client.ts';
import type { RedisStoreOptions } from './redis-feature-store.ts';

/** Where the feature store is, whichever technology it is. */
export type StoreOptions = LmdbStoreOptions | RedisStoreOptions;

const NODE_PATTERN = '^[^:\\s/@]+:[0-9]{1,5}$|^\\[[0-9a-fA-F:]+\\]:[0-9]{1,5}$';

const nodeList = (description: string, symptom: string) =>
  Type.Array(Type.String({ maxLength: 300, pattern: NODE_PATTERN, expected: 'host:port' }), {
    maxItems: 64,
    default: [],
    description,
    symptom,
  });

/** Section `store`: where profiles and products lie. */
export const storeConfigSchema = Type.Object(
  {
    kind: Type.Enum(['lmdb', 'redis'], {
      default: 'lmdb',
      description: 'lmdb: a folder of this machine, shared by its processes. redis: shared by any number of machines.',
      symptom: 'lmdb on several machines: each knows its own shoppers only.',
    }),
    path: Type.String({
      minLength: 1,
      maxLength: 4_096,
      default: '.vitrine/store',
      description: 'Folder of the lmdb store; made when missing; relative to the working directory.',
      symptom: 'Not writable: REC_INVALID_CONFIG at start. Another folder than the importer wrote: nobody is known.',
    }),
    url: Type.String({
      pattern: '^rediss?://.+',
      maxLength: 2_048,
      default: 'redis://127.0.0.1:6379',
      expected: 'redis://[user:password@]host:port[/database], or rediss:// for TLS',
      description: 'Redis server of mode single.',
      symptom: 'Wrong: slates without personalisation, readiness names the store.',
    }),
    mode: Type.Enum(['single', 'cluster', 'sentinel'], {
      default: 'single',
      description: 'How Redis is run: one server at `url`, a Cluster behind `nodes`, or a master named by `sentinels`.',
      symptom: 'single on a Cluster: every other key fails.',
    }),
    nodes: nodeList(
      'Some nodes of the Redis Cluster, as host:port; the rest is discovered.',
      'One node only: no start while that one is down.',
    ),
    sentinels: nodeList('The Redis Sentinels, as host:port.', 'One only: no failover while that one is down.'),
    masterName: Type.String({
      minLength: 1,
      maxLength: 256,
      default: 'mymaster',
      description: 'Name under which the sentinels know the master.',
      symptom: 'Wrong: the store stays unavailable.',
    }),
    username: Type.String({
      maxLength: 256,
      default: '',
      description: 'Redis user of modes cluster and sentinel; empty for none. In mode single it stands in the url.',
      symptom: 'Wrong: the store stays unavailable.',
    }),
    password: Type.String({
      maxLength: 1_024,
      default: '',
      description: 'Redis password of modes cluster and sentinel; empty for none. In mode single it stands in the url.',
      symptom: 'Wrong: the store stays unavailable.',
    }),
    sentinelPassword: Type.String({
      maxLength: 1_024,
      default: '',
      description: 'Password of the sentinels themselves; empty for none.',
      symptom: 'Wrong: the store stays unavailable.',
    }),
    tls: Type.Boolean({
      default: false,
      description: 'Encrypts the connections of modes cluster and sentinel. In mode single the url says so (rediss).',
      symptom: 'Different from what Redis expects: the store stays unavailable.',
    }),
    shop: Type.String({
      pattern: '^[A-Za-z0-9_.-]{1,64}$',
      default: 'demo',
      expected: 'name of 1 to 64 characters of [A-Za-z0-9_.-]',
      description: 'Name of the shop; part of every key, so that shops share a store without meeting.',
      symptom: 'Different from what the importer used: nobody is known and there are no products.',
    }),
    profileTtlDays: Type.Integer({
      minimum: 1,
      maximum: 3_650,
      default: 400,
      description: 'Days a shopper is remembered after the last event.',
      symptom: 'Too small: seasonal shoppers are strangers. Too large: memory, and data kept longer than needed.',
    }),
    logDays: Type.Integer({
      minimum: 1,
      maximum: 3_650,
      default: DEFAULT_LOG_DAYS,
      description: 'Days the logs of accepted events and of served slates are kept for training and replay.',
      symptom:
        'Too small: `export-events` misses what training needs. Too large: memory, and data kept longer than needed.',
    }),
    eventLogMaxEntries: Type.Integer({
      minimum: 1_000,
      maximum: 1_000_000_000,
      default: DEFAULT_EVENT_LOG_MAX_ENTRIES,
      description:
        'Most accepted events the log keeps, about; the oldest go first. See docs/features.md for bytes an entry.',
      symptom: 'Too small: events are gone before they are exported. Too large: a full Redis.',
    }),
    slateLogMaxEntries: Type.Integer({
      minimum: 1_000,
      maximum: 1_000_000_000,
      default: DEFAULT_SLATE_LOG_MAX_ENTRIES,
      description:
        'Most served slates the log keeps, about; the oldest go first. See docs/features.md for bytes an entry.',
      symptom: 'Too small: slates are gone before they are exported. Too large: a full Redis.',
    }),
    commandTimeoutMs: Type.Integer({
      minimum: 50,
      maximum: 10_000,
      default: 500,
      description:
        'Milliseconds after which any Redis command is given up, new connections included; the budgets of a request are tighter.',
      symptom: 'Too small: a busy Redis is never reached. Too large: a dead connection is noticed late.',
    }),
  },
  { additionalProperties: false },
);

export type StoreConfig = Readonly<Static<typeof storeConfigSchema>>;

/**
 * The options of the store a configuration section names.
 *
 * Errors: REC_INVALID_CONFIG when the mode lacks the nodes or sentinels it needs.
 */
export function storeOptionsOf(config: StoreConfig): StoreOptions {
  const { shop, profileTtlDays, logDays, eventLogMaxEntries, slateLogMaxEntries } = config;
  const kept = { shop, profileTtlDays, logDays, eventLogMaxEntries, slateLogMaxEntries };
  if (config.kind === 'lmdb') return { kind: 'lmdb', path: config.path, ...kept };
  const common = { kind: 'redis' as const, ...kept, commandTimeoutMs: config.commandTimeoutMs };
  if (config.mode === 'single') return { ...common, mode: 'single', url: config.url };
  const secured = {
    ...common,
    isTls: config.tls,
    ...(config.username === '' ? {} : { username: config.username }),
    ...(config.password === '' ? {} : { password: config.password }),
  };
  if (config.mode === 'cluster') {
    return { ...secured, mode: 'cluster', nodes: nodesOf(config.nodes, 'store.nodes') };
  }
  return {
    ...secured,
    mode: 'sentinel',
    sentinels: nodesOf(config.sentinels, 'store.sentinels'),
    masterName: config.masterName,
    ...(config.sentinelPassword === '' ? {} : { sentinelPassword: config.sentinelPassword }),
  };
}

function nodesOf(texts: readonly string[], key: string): RedisNode[] {
  if (texts.length === 0) {
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `${key} is empty, expected at least one host:port for this store.mode`,
    );
  }
  return texts.map((text) => {
    const colon = text.lastIndexOf(':');
    const host = text.slice(0, colon);
    const port = Number(text.slice(colon + 1));
    if (host === '' || !Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new VitrineError(
        'REC_INVALID_CONFIG',
        `${key} has "${text}", expected host:port with a port from 1 to 65535`,
      );
    }
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port };
  });
}
