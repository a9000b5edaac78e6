import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { configurationMarkdown, undocumentedKeysOf } from './config-docs.ts';
import { configKeysOf } from './config-keys.ts';
import { configSchema } from './config-schema.ts';
import { compileConfig, DEFAULT_CONFIG_FILE, defaultConfig, type LoadedConfig, loadConfig } from './load-config.ts';
import { DEFAULT_SCENES, sceneConfigSchema } from './scene-config.ts';
import { problemsOf } from './schema-problems.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(content: unknown, name = DEFAULT_CONFIG_FILE): void {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

function load(environment: Record<string, string> = {}): LoadedConfig {
  return loadConfig({ environment, workingDirectory: folder });
}

/** The lines of the refusal, one per problem. */
function problemsWith(environment: Record<string, string> = {}): string[] {
  try {
    load(environment);
  } catch (error) {
    if (!(error instanceof VitrineError) || error.code !== 'REC_INVALID_CONFIG') throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('gives the defaults when nothing is configured', () => {
    const loaded = load();
    expect(loaded.defaulted).toEqual(defaultConfig());
    expect(loaded.file).toBeUndefined();
    expect(loaded.compiled.server).toMatchObject({ host: '127.0.0.1', port: 8080, maxBodyBytes: 262_144 });
    expect([...loaded.compiled.scenes.keys()]).toEqual(['home', 'product_detail']);
  });

  it('prefers the environment to the file and the file to the defaults', () => {
    write({ server: { port: 9000, host: '0.0.0.0' } });
    const { compiled, file, environmentNames } = load({ VITRINE_SERVER_PORT: '9001', PATH: '/bin' });
    expect(compiled.server).toMatchObject({ port: 9001, host: '0.0.0.0', maxInFlight: 256 });
    expect(file).toBe(join(folder, DEFAULT_CONFIG_FILE));
    expect(environmentNames).toEqual(['VITRINE_SERVER_PORT']);
  });

  it('reads the file VITRINE_CONFIG names instead of the usual one', () => {
    write({ server: { port: 9000 } });
    write('\uFEFF{"server": {"port": 9002}}', 'other.json');
    expect(load({ VITRINE_CONFIG: 'other.json' }).compiled.server.port).toBe(9002);
    expect(load({ VITRINE_CONFIG: '' }).compiled.server.port).toBe(9000);
  });

  it('refuses a named file that is not there, and a file that cannot be read', () => {
    expect(problemsWith({ VITRINE_CONFIG: 'missing.json' })).toEqual([
      expect.stringMatching(/^VITRINE_CONFIG: "ENOENT.*expected a readable file, or VITRINE_CONFIG unset$/),
    ]);
    expect(problemsWith({ VITRINE_CONFIG: '.' })).toEqual([expect.stringMatching(/^VITRINE_CONFIG: "EISDIR/)]);
  });

  it('leaves the variable of the tests alone', () => {
    expect(load({ VITRINE_TEST_DATA: '/data' }).environmentNames).toEqual([]);
  });

  it('names line and column of broken JSON', () => {
    write('{\n  "server": {\n    "port": 80,\n  }\n}');
    expect(problemsWith()).toEqual([
      `${join(folder, DEFAULT_CONFIG_FILE)}: invalid JSON at line 4, column 3: "}" given, expected a key in double quotes`,
    ]);
  });

  it('reports all problems of file and environment at once, each with path, value and expectation', () => {
    write({
      server: { prot: 80, port: 'eighty' },
      srever: {},
      budgets: { rankMs: 0 },
      scenes: { home: { slateSize: 500, sources: [{ kind: 'magic', quota: 1 }] }, 'Bad Name': {} },
    });
    expect(
      problemsWith({ VITRINE_SERVER_PORTT: '1', VITRINE_BUDGETS_STORE_MS: '5O0', VITRINE_LOG_LEVEL: 'loud' }),
    ).toEqual([
      'server.port: "eighty" given, expected integer 0..65535',
      'server.prot: 80 given, expected no such key; did you mean port?',
      'budgets.rankMs: 0 given, expected integer 1..60000',
      'scenes.home.sources[0].kind: "magic" given, expected one of "ann", "popular", "neighbours", "recently_viewed", "category"',
      'scenes.home.slateSize: 500 given, expected integer 1..100',
      'scenes.Bad Name: object given, expected a key matching ^[a-z][a-z0-9_-]{0,63}$',
      'srever: object given, expected no such key; did you mean server?',
      'VITRINE_BUDGETS_STORE_MS (budgets.storeMs): "5O0" given, expected integer 1..60000',
      'VITRINE_LOG_LEVEL (log.level): "loud" given, expected one of "debug", "info", "warn", "error", "silent"',
      'VITRINE_SERVER_PORTT: a value given, expected no such variable; did you mean VITRINE_SERVER_PORT?',
    ]);
  });

  it('refuses numbers that only begin like numbers', () => {
    for (const text of ['', ' 80', '80ms', '0x50', '1_000', 'NaN', 'Infinity', '80.5', '-1', '1e9']) {
      expect(problemsWith({ VITRINE_SERVER_PORT: text }), text).toHaveLength(1);
    }
    expect(load({ VITRINE_SERVER_PORT: '8e3' }).compiled.server.port).toBe(8_000);
  });

  it('refuses a file that is no object', () => {
    write('[]');
    expect(problemsWith()).toEqual([`${join(folder, DEFAULT_CONFIG_FILE)}: array of 0 given, expected object`]);
  });

  it('refuses keys that would reach the prototype', () => {
    write('{"__proto__": {"server": 1}, "scenes": {"__proto__": {}, "constructor": {"slateSize": 0}}}');
    expect(problemsWith().map((line) => line.split(':')[0])).toEqual([
      'scenes.__proto__',
      'scenes.constructor.slateSize',
      '__proto__',
    ]);
  });

  it('ignores what Kubernetes sets for a service called vitrine, and only that', () => {
    const links = {
      VITRINE_SERVICE_HOST: '10.0.0.1',
      VITRINE_SERVICE_PORT: '8080',
      VITRINE_SERVICE_PORT_HTTP: '8080',
      VITRINE_PORT: 'tcp://10.0.0.1:8080',
      VITRINE_PORT_8080_TCP: 'tcp://10.0.0.1:8080',
      VITRINE_PORT_8080_TCP_PROTO: 'tcp',
      VITRINE_REDIS_PORT: 'tcp://10.0.0.2:6379',
    };
    expect(load(links).environmentNames).toEqual([]);
    expect(problemsWith({ VITRINE_PORT: '8080' })).toHaveLength(1);
  });

  it('lays a scene over the default scene of its name, and a new one over the defaults of a scene', () => {
    write({ scenes: { home: { slateSize: 8 }, cart: { sources: [{ kind: 'neighbours', quota: 40 }] } } });
    const { scenes } = load().compiled;
    expect(scenes.get('home')).toEqual({ ...DEFAULT_SCENES.home, slateSize: 8 });
    expect(scenes.get('product_detail')).toEqual(DEFAULT_SCENES.product_detail);
    expect(scenes.get('cart')).toMatchObject({
      sources: [{ kind: 'neighbours', quota: 40 }],
      filters: ['availability', 'excluded', 'context_items', 'already_bought'],
      slateSize: 20,
    });
  });

  it('takes tables from the environment as JSON', () => {
    const { scenes } = load({ VITRINE_SCENES: '{"home": {"slateSize": 9}}' }).compiled;
    expect(scenes.get('home')!.slateSize).toBe(9);
    expect(problemsWith({ VITRINE_SCENES: '{"home"' })).toEqual([
      'VITRINE_SCENES (scenes): "{\\"home\\"" given, expected object',
    ]);
    expect(problemsWith({ VITRINE_SCENES: '{"home":{"slateSize":0}}' })).toEqual([
      'VITRINE_SCENES home.slateSize (scenes): 0 given, expected integer 1..100',
    ]);
  });

  it('refuses sizes and budgets that do not fit together', () => {
    write({
      scenes: { home: { slateSize: 30, maxSlateSize: 20, maxCandidates: 10 } },
      budgets: { storeMs: 50, rankMs: 60 },
      server: { requestTimeoutMs: 50 },
    });
    expect(problemsWith()).toEqual([
      'budgets: storeMs + retrievalMs + rankMs = 140 given, expected at most budgets.requestMs (100)',
      'budgets.requestMs: 100 given, expected at most server.requestTimeoutMs (50)',
      'events.storeMs: 1000 given, expected at most server.requestTimeoutMs (50)',
      'items.storeMs: 1000 given, expected at most server.requestTimeoutMs (50)',
      'scenes.home.slateSize: 30 given, expected at most scenes.home.maxSlateSize (20)',
      'scenes.home.maxSlateSize: 20 given, expected at most scenes.home.maxCandidates (10)',
    ]);
  });

  it('remembers erased shoppers for longer than it accepts events', () => {
    const problem =
      'events.maxEventAgeDays: 365 given, expected less than store.profileTtlDays (365), for which erased shoppers are remembered as such';
    expect(problemsWith({ VITRINE_STORE_PROFILE_TTL_DAYS: '365' })).toEqual([problem]);
    expect(() => load({ VITRINE_STORE_PROFILE_TTL_DAYS: '366' })).not.toThrow();
  });

  it('refuses a scene without the availability filter or with a source named twice', () => {
    write({
      scenes: {
        home: {
          filters: ['excluded'],
          sources: [
            { kind: 'ann', quota: 1 },
            { kind: 'ann', quota: 2 },
          ],
        },
      },
    });
    expect(problemsWith()).toEqual([
      'scenes.home.filters: [excluded] given, expected a list with "availability": what is not available is never served',
      'scenes.home.sources: [ann, ann] given, expected each kind once',
    ]);
  });

  it('refuses a Redis mode without the addresses it needs', () => {
    expect(problemsWith({ VITRINE_STORE_KIND: 'redis', VITRINE_STORE_MODE: 'cluster' })).toEqual([
      'store.nodes: [] given, expected at least one host:port when store.mode is cluster',
    ]);
  });

  it('never repeats a secret, not even in a refusal', () => {
    const secrets = {
      VITRINE_STORE_PASSWORD: `hunter2${'x'.repeat(2_000)}`,
      VITRINE_STORE_URL: 'rediss:/user:hunter2@a',
      VITRINE_STORE_PASSWROD: 'hunter2',
    };
    write({ store: { url: ['redis://:hunter2@a'], sentinelPassword: 'hunter2'.repeat(500) } });
    expect(problemsWith(secrets)).toHaveLength(5);
    expect(problemsWith(secrets).join('\n')).not.toContain('hunter2');
  });

  it('logs the effective configuration without secrets, and the same hash whatever they are', () => {
    const first = load({ VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: 'redis://:hunter2@a:1' });
    const second = load({ VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: 'redis://:hunter3@a:1' });
    expect(first.compiled.store).toMatchObject({ kind: 'redis', url: 'redis://:hunter2@a:1' });
    expect(JSON.stringify(first.redacted)).not.toContain('hunter');
    expect(first.hash).toBe(second.hash);
  });

  it('compiles paths to absolute ones and days to milliseconds', () => {
    const { compiled } = load({ VITRINE_MODELS_ARTIFACTS: 'bundles', VITRINE_EVENTS_MAX_EVENT_AGE_DAYS: '2' });
    expect(compiled.models.artifactsPath).toBe(join(folder, 'bundles'));
    expect(compiled.store).toMatchObject({ kind: 'lmdb', path: join(folder, '.vitrine/store') });
    expect(compiled.events.maxEventAgeMs).toBe(172_800_000);
  });

  it('can be sent to another process as it is', () => {
    const { compiled, source } = load({ VITRINE_STORE_KIND: 'redis', VITRINE_SERVER_WORKERS: '3' });
    expect(JSON.stringify(compileConfig(structuredClone(source)))).toBe(JSON.stringify(compiled));
    expect(compileConfig(source).scenes).toEqual(compiled.scenes);
  });

  it('starts as many workers as there are cores, or as many as it is told', () => {
    expect(load().compiled.server.workers).toBe(availableParallelism());
    expect(load({ VITRINE_SERVER_WORKERS: '3' }).compiled.server.workers).toBe(3);
    for (const text of ['0', '-1', '1.5', 'all', '257']) {
      expect(problemsWith({ VITRINE_SERVER_WORKERS: text })).toEqual([
        expect.stringMatching(
          /^VITRINE_SERVER_WORKERS \(server.workers\): .* given, expected integer 1..256 or "cores"$/,
        ),
      ]);
    }
  });

  it('is frozen to the last scene', () => {
    const { compiled, defaulted } = load();
    expect(() => {
      (compiled.server as { port: number }).port = 1;
    }).toThrow(TypeError);
    expect(() => {
      (defaulted.scenes.home!.sources as unknown[]).push(1);
    }).toThrow(TypeError);
  });

  it('does not change the defaults of the next load', () => {
    write({ scenes: { home: { slateSize: 8 } }, server: { port: 1 } });
    load();
    rmSync(join(folder, DEFAULT_CONFIG_FILE));
    expect(load().defaulted).toEqual(defaultConfig());
  });

  it('has one hash for equal configurations, wherever they come from, and another for others', () => {
    const { hash } = load();
    expect(hash).toMatch(/^[0-9a-f]{12}$/);
    expect(load({ VITRINE_SERVER_PORT: '8080' }).hash).toBe(hash);
    write({ log: { level: 'info' } });
    expect(load().hash).toBe(hash);
    expect(load({ VITRINE_SERVER_PORT: '8081' }).hash).not.toBe(hash);
  });
});

describe('the table of keys', () => {
  it('has one environment variable for each key', () => {
    const names = configKeysOf(configSchema).map((key) => key.environmentName);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('VITRINE_SERVER_REQUEST_TIMEOUT_MS');
    for (const name of names) expect(name).toMatch(/^VITRINE(_[A-Z0-9]+)+$/);
  });

  it('takes the default of every key from its variable', () => {
    for (const key of configKeysOf(configSchema)) {
      const value = key.schema.default;
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      const { defaulted, environmentNames } = load({ [key.environmentName]: text });
      expect(environmentNames).toEqual([key.environmentName]);
      expect(defaulted, key.path).toEqual(defaultConfig());
    }
  });

  it('documents every key and default', () => {
    expect(undocumentedKeysOf(configSchema)).toEqual([]);
    expect(undocumentedKeysOf(sceneConfigSchema)).toEqual([]);
  });
});

describe('files derived from the schema', () => {
  it('has defaults that fit the schema', () => {
    expect(problemsOf(configSchema, defaultConfig())).toEqual([]);
  });

  it('keeps config.example.json equal to the defaults', () => {
    const example: unknown = JSON.parse(readFileSync(new URL('../../config.example.json', import.meta.url), 'utf8'));
    expect(example).toEqual(defaultConfig());
  });

  it('loads config.example.json as a configuration', () => {
    write(readFileSync(new URL('../../config.example.json', import.meta.url), 'utf8'));
    expect(load().defaulted).toEqual(defaultConfig());
  });

  it('keeps docs/configuration.md up to date', async () => {
    await expect(configurationMarkdown()).toMatchFileSnapshot('../../docs/configuration.md');
  });
});
