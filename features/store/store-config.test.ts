import { describe, expect, it } from 'vitest';
import { type StoreConfig, storeConfigSchema, storeOptionsOf } from './store-config.ts';

/** The section with every default. */
function defaults(): StoreConfig {
  const properties = storeConfigSchema.properties as unknown as Record<string, { default: unknown }>;
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, schema.default])) as StoreConfig;
}

describe('store configuration', () => {
  it('has a default, a meaning and a symptom for every key', () => {
    const properties: Record<string, object> = storeConfigSchema.properties;
    for (const [name, schema] of Object.entries(properties)) {
      expect(schema, name).toHaveProperty('default');
      expect(schema, name).toHaveProperty('description');
      expect(schema, name).toHaveProperty('symptom');
    }
  });

  it('means a folder of this machine by default', () => {
    expect(storeOptionsOf(defaults())).toEqual({
      kind: 'lmdb',
      path: '.vitrine/store',
      shop: 'demo',
      profileTtlDays: 400,
      logDays: 30,
      eventLogMaxEntries: 1_000_000,
      slateLogMaxEntries: 100_000,
    });
  });

  it('means one redis server when only the kind is changed', () => {
    expect(storeOptionsOf({ ...defaults(), kind: 'redis' })).toEqual({
      kind: 'redis',
      mode: 'single',
      url: 'redis://127.0.0.1:6379',
      shop: 'demo',
      profileTtlDays: 400,
      logDays: 30,
      eventLogMaxEntries: 1_000_000,
      slateLogMaxEntries: 100_000,
      commandTimeoutMs: 500,
    });
  });

  it('reads the nodes of a cluster, IPv6 included', () => {
    const options = storeOptionsOf({
      ...defaults(),
      kind: 'redis',
      mode: 'cluster',
      nodes: ['redis-0.shop:7000', '[::1]:7001'],
      username: 'me',
      password: 'p',
      tls: true,
    });
    expect(options).toMatchObject({
      nodes: [
        { host: 'redis-0.shop', port: 7000 },
        { host: '::1', port: 7001 },
      ],
      username: 'me',
      password: 'p',
      isTls: true,
    });
  });

  it('reads sentinels, and leaves out what is empty', () => {
    const options = storeOptionsOf({ ...defaults(), kind: 'redis', mode: 'sentinel', sentinels: ['a:26379'] });
    expect(options).toMatchObject({ sentinels: [{ host: 'a', port: 26379 }], masterName: 'mymaster' });
    expect(options).not.toHaveProperty('password');
    expect(options).not.toHaveProperty('sentinelPassword');
  });

  it.each([
    ['a cluster without nodes', { mode: 'cluster' as const }, 'store.nodes is empty'],
    ['sentinels missing', { mode: 'sentinel' as const }, 'store.sentinels is empty'],
    ['a port out of range', { mode: 'cluster' as const, nodes: ['a:70000'] }, 'store.nodes has "a:70000"'],
    ['a node without port', { mode: 'cluster' as const, nodes: ['a'] }, 'store.nodes has "a"'],
  ])('refuses %s, naming the key', (_, more, message) => {
    const convert = () => storeOptionsOf({ ...defaults(), kind: 'redis', ...more });
    expect(convert).toThrow(message);
    expect(convert).toThrow(expect.objectContaining({ code: 'REC_INVALID_CONFIG' }));
  });
});
