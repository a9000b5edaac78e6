import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../features/core/deadline.ts';
import { asUserId, userKey } from '../features/core/ids.ts';
import { openFeatureStore } from '../features/store/open-feature-store.ts';
import type { StoreOptions } from '../features/store/store-config.ts';
import { startRedisServer, type TestRedisServer } from '../features/store/testing/redis-server.ts';
import { headText, RawConnection } from './http/testing/raw-connection.ts';
import type { TestModelOptions } from './pipeline/testing/a-model.ts';
import { writeTestBundle } from './testing/a-bundle.ts';
import { type FailedStart, type ServerProcess, startServerProcess } from './testing/server-process.ts';

/** Two ways to go: shoes around 0 degrees, lamps around 90; lamps are popular. */
const SHOP: TestModelOptions = {
  items: [
    ...['boot', 'runner', 'sandal', 'slipper', 'clog'].map((itemId, i) => ({
      itemId,
      title: `The ${itemId}`,
      category: 'shoes',
      brand: 'North',
      price: 40 + i,
      angle: i,
      logit: i / 10,
    })),
    ...['lantern', 'spot', 'bulb', 'chandelier', 'torch'].map((itemId, i) => ({
      itemId,
      category: 'lamps',
      price: 10 + i,
      angle: 90 + i,
      logit: i / 10,
    })),
  ],
  popular: ['lantern', 'spot', 'bulb', 'chandelier', 'torch'],
  coView: { boot: [['sandal', 2]] },
};

const SCENES = {
  home: {
    sources: [
      { kind: 'ann', quota: 3 },
      { kind: 'popular', quota: 2 },
    ],
    slateSize: 5,
    maxPerCategory: 0,
  },
  product_detail: { sources: [{ kind: 'neighbours', quota: 5 }], slateSize: 1, maxPerCategory: 0 },
};

interface Reply {
  readonly items: { readonly item_id: string; readonly source: string; readonly reasons?: string[] }[];
  readonly degraded: { readonly tier: string; readonly reasons: string[] } | null;
  readonly model_version: string;
  readonly attribution_token: string;
}

let folder: string;
const running: ServerProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-server-'));
  await writeTestBundle(join(folder, 'artifacts'), 'v1', SHOP);
  await writeFile(
    join(folder, 'vitrine.config.json'),
    JSON.stringify({ models: { artifacts: 'artifacts' }, store: { shop: 'test' }, scenes: SCENES }),
  );
});

afterEach(async () => {
  for (const server of running.splice(0)) {
    server.signal('SIGKILL');
    await server.ended;
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(environment: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const server = await startServerProcess(folder, environment);
  if (!('url' in server)) throw new Error(`the server did not start: ${server.message}`);
  running.push(server);
  return server;
}

async function failToStart(environment: Readonly<Record<string, string>>, at = folder): Promise<FailedStart> {
  const server = await startServerProcess(at, environment);
  if ('url' in server) {
    running.push(server);
    throw new Error('the server started');
  }
  return server;
}

async function post(server: ServerProcess, path: string, body: unknown, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(server.url + path, { method: 'POST', headers: { 'content-type': type }, body: text });
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

async function recommend(server: ServerProcess, body: Record<string, unknown>): Promise<Reply> {
  const { status, json } = await post(server, '/v1/recommend', { scene: 'home', ...body });
  expect(status).toBe(200);
  return json as unknown as Reply;
}

async function readiness(server: ServerProcess) {
  const response = await fetch(`${server.url}/readyz`);
  const body = (await response.json()) as { status: string; checks: { name: string; status: string }[] };
  return { status: response.status, state: body.status, checks: body.checks };
}

function idsOf(reply: Reply): string[] {
  return reply.items.map((item) => item.item_id);
}

function view(itemId: string, userId: string, eventId = `${userId}-${itemId}`) {
  return {
    event_id: eventId,
    event: 'view_item',
    timestamp: Date.now(),
    user_id: userId,
    items: [{ item_id: itemId }],
  };
}

async function withStore(options: StoreOptions, use: (store: Awaited<ReturnType<typeof openFeatureStore>>) => unknown) {
  const store = await openFeatureStore(options);
  await use(store);
  await store.close();
}

const TIMES = { VITRINE_BUDGETS_STORE_MS: '200', VITRINE_BUDGETS_REQUEST_MS: '1000' };

describe('the server on an embedded store', () => {
  const lmdb = (name: string) => ({ VITRINE_STORE_PATH: join(folder, name), ...TIMES });

  it('answers a known shopper, an unknown one and one who does not say who they are', async () => {
    const server = await start(lmdb('store-a'));
    await post(server, '/v1/events', { events: [view('boot', 'anna')] });
    const known = await recommend(server, { user_id: 'anna', explain: true });
    expect(idsOf(known).filter((itemId) => ['boot', 'runner', 'sandal'].includes(itemId))).toHaveLength(3);
    expect(known.items.find((item) => item.item_id === 'runner')?.reasons?.[0]).toBe('similar to The boot you viewed');
    for (const body of [{ user_id: 'nobody' }, { session_id: 'visit-1' }, {}]) {
      const reply = await recommend(server, body);
      expect(idsOf(reply).slice(0, 2).sort()).not.toContain('boot');
      expect(reply.items).toHaveLength(5);
      expect(reply.degraded).toBeNull();
    }
  });

  it('lets an event change the next list, and counts it once however often it comes', async () => {
    const server = await start(lmdb('store-b'));
    const before = await recommend(server, { user_id: 'ben' });
    expect(idsOf(before).sort()).toEqual(['bulb', 'chandelier', 'lantern', 'spot', 'torch']);
    const sent = await post(server, '/v1/events', { events: [view('boot', 'ben'), view('boot', 'ben')] });
    expect(sent).toEqual({ status: 202, json: { accepted: 1, duplicates: 1, ignored: 0, rejected: [] } });
    const after = await recommend(server, { user_id: 'ben' });
    expect(idsOf(after).sort()).toEqual(['boot', 'lantern', 'runner', 'sandal', 'spot']);
  });

  it('measures how soon an event shows, store calls and profile sizes, and logs nothing of that', async () => {
    const server = await start(lmdb('store-lag'));
    await post(server, '/v1/events', { events: [view('boot', 'ben')] });
    const sampleOf = async (name: string): Promise<number> => {
      const lines = (await (await fetch(`${server.url}/metrics`)).text()).split('\n');
      return Number(lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? 0);
    };
    const giveUpMs = performance.now() + 30_000;
    while ((await sampleOf('vitrine_event_visible_lag_seconds_count')) < 2) {
      expect(performance.now(), 'two measurements').toBeLessThan(giveUpMs);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await sampleOf('vitrine_event_visible_lag_seconds_bucket{le="5"}')).toBeGreaterThanOrEqual(2);
    expect(await sampleOf('vitrine_profile_bytes_count')).toBeGreaterThanOrEqual(3);
    const updates = 'vitrine_store_duration_seconds_count{operation="update_profiles",outcome="ok"}';
    expect(await sampleOf(updates)).toBeGreaterThanOrEqual(3);
    expect(await sampleOf('vitrine_events_total{type="view_item",result="accepted"}')).toBe(1);
    expect(await sampleOf('vitrine_events_total{type="search",result="accepted"}')).toBe(0);
    await withStore(
      { kind: 'lmdb', path: join(folder, 'store-lag'), shop: 'test', profileTtlDays: 1 },
      async (store) => {
        const logged: unknown[] = [];
        for await (const { text } of store.readLog('events')) logged.push(JSON.parse(text));
        expect(logged).toEqual([expect.objectContaining({ event_id: 'ben-boot', user_id: 'ben' })]);
      },
    );
  });

  it('serves a product that is new in the store, and none that is sold out there', async () => {
    const path = join(folder, 'store-c');
    await withStore({ kind: 'lmdb', path, shop: 'test', profileTtlDays: 1 }, (store) =>
      store.writeItems([
        { itemId: 'lantern', category: 'lamps', price: 10, isAvailable: false },
        { itemId: 'gnome', category: 'garden', price: 7, isAvailable: true },
      ]),
    );
    const server = await start(lmdb('store-c'));
    const ids = new Set<string>();
    for (const body of [
      {},
      { user_id: 'cleo' },
      { item_ids: ['spot'] },
      { filter: { category: 'lamps' }, count: 100 },
    ]) {
      for (const itemId of idsOf(await recommend(server, body))) ids.add(itemId);
    }
    expect(ids).not.toContain('lantern');
    expect(idsOf(await recommend(server, { filter: { category: 'garden' } }))).toEqual(['gnome']);
    const item = await fetch(`${server.url}/v1/items/lantern`);
    expect(await item.json()).toMatchObject({ item_id: 'lantern', available: false });
    expect(idsOf(await recommend(server, { item_ids: ['gnome'], count: 100 }))).toHaveLength(9);
  });

  it('refuses what is not a proper request, each with its code', async () => {
    const server = await start(lmdb('store-d'));
    const refused = async (body: unknown, type?: string) => {
      const { status, json } = await post(server, '/v1/recommend', body, type);
      return [status, json.code];
    };
    expect(await refused('{"scene": "home"')).toEqual([400, 'REC_INVALID_JSON']);
    expect(await refused({ scene: 'home', count: 101 })).toEqual([400, 'REC_INVALID_REQUEST']);
    expect(await refused({ scene: 'home', counts: 3 })).toEqual([400, 'REC_INVALID_REQUEST']);
    expect(await refused({ scene: 'cellar' })).toEqual([404, 'REC_UNKNOWN_SCENE']);
    expect(await refused({ scene: 'home' }, 'text/plain')).toEqual([415, 'REC_UNSUPPORTED_MEDIA_TYPE']);
    expect(await refused({ scene: 'home', user_id: 'x'.repeat(300_000) })).toEqual([413, 'REC_BODY_TOO_LARGE']);
    expect((await recommend(server, {})).degraded).toBeNull();
  });

  it('answers widgets, health, metrics and its own description', async () => {
    const server = await start(lmdb('store-e'));
    const widget = await fetch(`${server.url}/v1/recommend/product_detail?item_id=boot`);
    expect(((await widget.json()) as Reply).items.map(({ item_id, source }) => [item_id, source])).toEqual([
      ['sandal', 'neighbours'],
    ]);
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    const ready = await readiness(server);
    expect([ready.status, ready.state]).toEqual([200, 'ready']);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('vitrine_stage_duration_seconds_count{stage="rank"} 1');
    expect(metrics).toContain('vitrine_model_info{model_version="v1"');
    const description = (await (await fetch(`${server.url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(description.paths)).toContain('/v1/recommend');
  });

  it('says what it runs with, and shows a command to try that works', async () => {
    const server = await start(lmdb('store-f'));
    const lines = server.logLines();
    const configuration = lines.find((line) => line.msg === 'configuration')!;
    expect(configuration.hash).toMatch(/^[0-9a-f]{12}$/);
    expect(configuration.effective).toMatchObject({ models: { artifacts: 'artifacts' } });
    const ready = lines.find((line) => line.msg === 'ready')!;
    expect(ready).toMatchObject({ url: server.url, modelVersion: 'v1' });
    const [, url] = /'(.+)'/.exec(String(ready.example))!;
    expect(((await (await fetch(url!)).json()) as Reply).items).toHaveLength(3);
  });

  it('goes on when nobody reads its log any more', async () => {
    const server = await start({ ...lmdb('store-h'), VITRINE_LOG_LEVEL: 'debug' });
    server.stopReading();
    for (let i = 0; i < 20; i++) {
      expect((await post(server, '/v1/recommend', '{')).status).toBe(400); // each is a line
      await recommend(server, {});
    }
    server.signal('SIGTERM');
    expect(await server.ended).toBe(0);
  });

  it('finishes what is in work when told to stop, and ends with 0', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const server = await start(lmdb('store-g'));
      const { hostname, port } = new URL(server.url);
      const connection = new RawConnection(hostname, Number(port));
      const body = '{"scene": "home"}';
      const headers = ['content-type: application/json', `content-length: ${body.length}`];
      connection.send(headText('POST /v1/recommend', ...headers), body.slice(0, 5));
      // A reply on another connection proves that the server has begun to read the first.
      await recommend(server, {});
      server.signal(signal);
      await expect.poll(() => server.logLines().at(-1)?.msg).toMatch(/^stopping/);
      connection.send(body.slice(5));
      expect(await connection.until(/"attribution_token"/)).toMatch(/^HTTP\/1.1 200 /);
      expect(await server.ended).toBe(0);
      expect(server.logLines().at(-1)?.msg).toBe('stopped');
    }
  });
});

describe('the server on Redis', () => {
  let redis: TestRedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.stop());

  const environment = () => ({ VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: redis.url, ...TIMES });
  const redisOptions = () => ({
    kind: 'redis' as const,
    mode: 'single' as const,
    url: redis.url,
    shop: 'test',
    profileTtlDays: 1,
  });

  it('keeps answering while Redis is gone, says so, and recovers by itself', async () => {
    const server = await start(environment());
    await post(server, '/v1/events', { events: [view('boot', 'emil')] });
    expect((await recommend(server, { user_id: 'emil' })).degraded).toBeNull();

    await redis.kill();
    const home = await recommend(server, { user_id: 'emil' });
    expect(home.degraded?.tier).toBe('popularity');
    expect(home.items).toHaveLength(5);
    const page = await recommend(server, { scene: 'product_detail', user_id: 'emil', item_ids: ['boot'] });
    expect(page.degraded?.tier).toBe('session_neighbours');
    expect(idsOf(page)).toEqual(['sandal']);
    const ready = await readiness(server);
    expect([ready.status, ready.state]).toEqual([200, 'degraded']);
    expect((await post(server, '/v1/events', { events: [view('spot', 'emil')] })).status).toBe(503);
    expect(await (await fetch(`${server.url}/metrics`)).text()).toMatch(/vitrine_degraded_total\{tier="popularity",/);

    await redis.start();
    await expect
      .poll(async () => (await recommend(server, { user_id: 'emil' })).degraded, { timeout: 20_000, interval: 100 })
      .toBeNull();
    expect((await readiness(server)).state).toBe('ready');
  });

  it('does not wait for a Redis that hangs', async () => {
    const server = await start(environment());
    await recommend(server, { user_id: 'hugo' });
    await redis.command('CLIENT', 'PAUSE', '3000', 'ALL');
    const startedMs = performance.now();
    const reply = await recommend(server, { user_id: 'hugo' });
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    expect(reply.degraded).toEqual({ tier: 'popularity', reasons: ['store_timeout'] });
    expect(reply.items).toHaveLength(5);
    await expect
      .poll(async () => (await recommend(server, { user_id: 'hugo' })).degraded, { timeout: 20_000, interval: 100 })
      .toBeNull();
  });

  it('starts while Redis is down, serves what the bundle knows, and reads the products when it is back', async () => {
    // Keeps what is stored over its death, so that the products are there from the moment it is back.
    const durable = await startRedisServer({ extraArguments: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    try {
      const soldOut = [{ itemId: 'lantern', isAvailable: false }];
      await withStore({ ...redisOptions(), url: durable.url }, (store) => store.writeItems(soldOut));
      await durable.kill();
      const server = await start({ ...environment(), VITRINE_STORE_URL: durable.url });
      const ready = await readiness(server);
      expect([ready.status, ready.state]).toEqual([200, 'degraded']);
      expect(ready.checks.filter(({ status }) => status === 'failed').map(({ name }) => name)).toEqual([
        'store',
        'catalogue',
      ]);
      const reply = await recommend(server, { user_id: 'fred' });
      expect(reply.degraded).toEqual({ tier: 'popularity', reasons: ['store_unavailable'] });
      expect(idsOf(reply)).toContain('lantern');

      await durable.start();
      await expect.poll(async () => (await readiness(server)).state, { timeout: 30_000, interval: 100 }).toBe('ready');
      expect(idsOf(await recommend(server, { user_id: 'fred' }))).not.toContain('lantern');

      await durable.kill();
      expect(idsOf(await recommend(server, { user_id: 'fred' }))).not.toContain('lantern');
    } finally {
      await durable.stop();
    }
  });

  it('shares what it knows of a shopper with every other server on the same Redis', async () => {
    const [one, other] = [await start(environment()), await start(environment())];
    await post(one, '/v1/events', { events: [view('boot', 'gina')] });
    expect(idsOf(await recommend(other, { user_id: 'gina' }))).toContain('runner');
    await withStore(redisOptions(), async (store) => {
      const profile = await store.readProfile(userKey(asUserId('gina')), Deadline.after(1_000));
      expect(profile?.recent.view_item.itemIds).toEqual(['boot']);
    });
  });
});

describe('a start that cannot succeed', () => {
  const store = () => ({ VITRINE_STORE_PATH: join(folder, 'store-z') });

  it('names the file of a corrupt bundle', async () => {
    const artifacts = join(folder, 'corrupt');
    const bundle = await writeTestBundle(artifacts, 'v2', SHOP);
    const file = join(bundle, 'ranker.onnx');
    const bytes = await readFile(file);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(file, bytes);
    const { exitCode, message } = await failToStart({ ...store(), VITRINE_MODELS_ARTIFACTS: artifacts });
    expect(exitCode).toBe(1);
    expect(message).toContain('REC_BUNDLE_INVALID: ranker.onnx of bundle v2');
    expectOneMessage(message);
  });

  it('says how to get a model when there is none', async () => {
    const { exitCode, message } = await failToStart({ ...store(), VITRINE_MODELS_ARTIFACTS: 'nowhere' });
    expect(exitCode).toBe(1);
    expect(message).toMatch(/REC_BUNDLE_INVALID: .*nowhere.*vitrine train.*npm start/);
    expectOneMessage(message);
  });

  it('names the port that is taken', async () => {
    const server = await start(store());
    const { port } = new URL(server.url);
    const { exitCode, message } = await failToStart({
      VITRINE_STORE_PATH: join(folder, 'store-y'),
      VITRINE_SERVER_PORT: port,
    });
    expect(exitCode).toBe(1);
    expect(message).toContain(`REC_PORT_IN_USE: server.port: 127.0.0.1:${port}`);
    expectOneMessage(message);
  });

  it('names every problem of the configuration', async () => {
    const { exitCode, message } = await failToStart({
      ...store(),
      VITRINE_SERVER_PRT: '1',
      VITRINE_BUDGETS_RANK_MS: '5O',
    });
    expect(exitCode).toBe(1);
    expect(message).toContain('REC_INVALID_CONFIG');
    expect(message).toContain('VITRINE_SERVER_PRT');
    expect(message).toContain('VITRINE_BUDGETS_RANK_MS');
    expectOneMessage(message);
  });

  it('names the folder of a store that is something else', async () => {
    const path = join(folder, 'vitrine.config.json');
    const { exitCode, message } = await failToStart({ VITRINE_STORE_PATH: path });
    expect(exitCode).toBe(1);
    expect(message).toContain(`REC_INVALID_CONFIG: store.path "${path}"`);
    expectOneMessage(message);
  });
});

/** For people: what and why, no place in the code. */
function expectOneMessage(message: string): void {
  expect(message.startsWith('Vitrine cannot start.\nREC_')).toBe(true);
  expect(message).not.toMatch(/^\s+at /m);
}
