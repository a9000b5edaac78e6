import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTestBundle } from '../testing/a-bundle.ts';
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts';

const ITEMS = ['boot', 'runner', 'sandal'].map((itemId, i) => ({ itemId, category: 'shoes', price: 40, angle: i }));

let folder: string;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-admin-'));
  for (const version of ['v1', 'v2']) await writeTestBundle(join(folder, 'made'), version, { items: ITEMS });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  await cp(join(folder, 'made'), join(folder, 'artifacts'), { recursive: true });
  const config = { models: { artifacts: 'artifacts', version: 'v1' }, store: { path: 'store' } };
  await writeFile(join(folder, 'vitrine.config.json'), JSON.stringify(config));
  const started = await startServerProcess(folder);
  if (!('url' in started)) throw new Error(started.message);
  server = started;
});
afterEach(async () => {
  server.signal('SIGKILL');
  await server.ended;
  await rm(join(folder, 'artifacts'), { recursive: true });
});

async function ask(path: string, method = 'GET', headers: Record<string, string> = {}) {
  const response = await fetch(server.adminUrl + path, { method, headers });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

async function servedVersion(): Promise<unknown> {
  const response = await fetch(`${server.url}/v1/recommend/home?count=1`);
  return ((await response.json()) as Record<string, unknown>).model_version;
}

/** Changes one byte in the middle of the ranker. */
async function breakBundle(version: string): Promise<void> {
  const file = join(folder, 'artifacts', version, 'ranker.onnx');
  const bytes = await readFile(file);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(file, bytes);
}

describe('the admin listener', () => {
  it('lists, activates and rolls back versions', async () => {
    const models = [
      { model_version: 'v1', state: 'serving' },
      { model_version: 'v2', state: 'available' },
    ];
    expect(await ask('/v1/models')).toEqual({ status: 200, json: { serving: 'v1', previous: null, models } });
    const activated = await ask('/v1/models/v2:activate', 'POST');
    expect(activated).toEqual({ status: 200, json: { serving: 'v2', previous: 'v1' } });
    expect(await servedVersion()).toBe('v2');
    expect((await ask('/v1/models')).json.models).toEqual([
      { model_version: 'v1', state: 'previous' },
      { model_version: 'v2', state: 'serving' },
    ]);
    expect((await ask('/v1/models:rollback', 'POST')).json).toEqual({ serving: 'v1', previous: 'v2' });
    expect(await servedVersion()).toBe('v1');
  });

  it('keeps what serves when a version is broken, unknown or there is none to go back to, and says why', async () => {
    await breakBundle('v2');
    const broken = await ask('/v1/models/v2:activate', 'POST');
    expect([broken.status, broken.json.code]).toEqual([409, 'REC_MODEL_NOT_ACTIVATED']);
    expect(broken.json.detail).toMatch(/^REC_BUNDLE_INVALID: ranker.onnx of bundle v2 has sha256/);
    const unknown = await ask('/v1/models/v9:activate', 'POST');
    expect([unknown.status, unknown.json.code]).toEqual([404, 'REC_UNKNOWN_MODEL']);
    expect(unknown.json.detail).toContain('"v9" given, expected one of the artifacts folder; newest first: v2, v1');
    expect((await ask('/v1/models/..%2Fmade:activate', 'POST')).json.code).toBe('REC_UNKNOWN_MODEL');
    const rollback = await ask('/v1/models:rollback', 'POST');
    expect([rollback.status, rollback.json.detail]).toEqual([
      409,
      'REC_BUNDLE_INVALID: there is no earlier model to go back to',
    ]);
    expect(await servedVersion()).toBe('v1');
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
    expect(metrics).toContain('vitrine_model_activations_total{result="refused"} 2');
  });

  it('refuses what a web page sends, and wrong methods', async () => {
    const fromPage = await ask('/v1/models:rollback', 'POST', { origin: 'http://evil.example' });
    expect([fromPage.status, fromPage.json.code]).toEqual([403, 'REC_FORBIDDEN']);
    expect((await ask('/v1/models:rollback')).json.code).toBe('REC_METHOD_NOT_ALLOWED');
  });

  it('is not reachable through the public listener', async () => {
    for (const path of ['/v1/models', '/v1/models/v2:activate', '/v1/models:rollback']) {
      expect((await fetch(server.url + path, { method: 'POST' })).status).toBe(404);
    }
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(paths).filter((path) => path.startsWith('/v1/models'))).toEqual([]);
    expect(Object.keys((await ask('/openapi.json')).json.paths as object)).toContain('/v1/models:rollback');
  });

  it('answers health and metrics as the public listener does', async () => {
    expect((await ask('/livez')).status).toBe(200);
    expect((await ask('/readyz')).json.status).toBe('ready');
  });
});

describe('a reload signal', () => {
  const reloaded = () => server.logLines().filter(({ msg }) => msg === 'reload').length;

  it('lets the version serve that the configuration names now', async () => {
    const config = { models: { artifacts: 'artifacts', version: 'v2' }, store: { path: 'store' } };
    await writeFile(join(folder, 'vitrine.config.json'), JSON.stringify(config));
    server.signal('SIGHUP');
    await expect.poll(servedVersion, { timeout: 10_000 }).toBe('v2');
  });

  it('lets the newest version serve when the configuration names none, and says what else it ignored', async () => {
    const config = { models: { artifacts: 'artifacts' }, store: { path: 'other' } };
    await writeFile(join(folder, 'vitrine.config.json'), JSON.stringify(config));
    server.signal('SIGHUP');
    await expect.poll(servedVersion, { timeout: 10_000 }).toBe('v2');
    expect(server.logLines().map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/only models.version/));
  });

  it('keeps what serves when the configuration or the bundle is broken', async () => {
    await breakBundle('v2');
    const errors = () => server.logLines().filter(({ level }) => level === 'error');
    await writeFile(
      join(folder, 'vitrine.config.json'),
      '{"models": {"artifacts": "artifacts"}, "store": {"path": "store"}}',
    );
    server.signal('SIGHUP');
    await expect.poll(() => errors().length, { timeout: 10_000 }).toBe(1);
    expect(reloaded()).toBe(1);
    await writeFile(join(folder, 'vitrine.config.json'), '{');
    server.signal('SIGHUP');
    await expect.poll(() => errors().length, { timeout: 10_000 }).toBe(2);
    expect(errors().map(({ error }) => (error as { code: string }).code)).toEqual([
      'REC_BUNDLE_INVALID',
      'REC_INVALID_CONFIG',
    ]);
    expect(await servedVersion()).toBe('v1');
  });
});
