import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pauseMs } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFeatureStore } from '../features/store/open-feature-store.ts';
import { type StoreConfig, storeOptionsOf } from '../features/store/store-config.ts';
import { startRedisServer, type TestRedisServer } from '../features/store/testing/redis-server.ts';
import { defaultConfig } from './config/load-config.ts';
import type { TestModelOptions } from './pipeline/testing/a-model.ts';
import { UNKNOWN_ANGLE } from './pipeline/testing/a-model.ts';
import { writeTestBundle } from './testing/a-bundle.ts';
import { type ServerProcess, startServerProcess } from './testing/server-process.ts';

/** A hundred products in five categories, all of them popular; the boot lies where products lie that the model never saw. */
const SHOP: TestModelOptions = {
  items: [
    { itemId: 'boot', category: 'shoes', price: 40, angle: UNKNOWN_ANGLE },
    ...Array.from({ length: 99 }, (_, i) => ({
      itemId: `sku-${i}`,
      category: i < 5 ? 'shoes' : `c${i % 5}`,
      price: 10 + i,
      angle: UNKNOWN_ANGLE + 1 + i,
    })),
  ],
  popularByCategory: { shoes: ['sku-0', 'boot', 'sku-1', 'sku-2'] },
  coView: {
    boot: [
      ['sku-0', 3],
      ['sku-1', 2],
      ['sku-2', 1],
    ],
  },
  coPurchase: {
    'sku-1': [
      ['sku-0', 3],
      ['boot', 1],
    ],
  },
};

const scene = (kind: string, slateSize: number) => ({
  ...{ sources: [{ kind, quota: 100 }], filters: ['availability', 'excluded'], maxPerCategory: 0 },
  ...{ slateSize, maxSlateSize: 100, fallback: ['neighbours', 'popular'] },
});
/** A scene for each source there is. */
const SCENES = {
  ann: scene('ann', 20),
  popular: scene('popular', 100),
  neighbours: scene('neighbours', 3),
  category: scene('category', 4),
  recently_viewed: scene('recently_viewed', 2),
};
/** Every way to a slate, for a shopper who viewed the boot and two others. */
const PATHS: readonly Readonly<Record<string, unknown>>[] = [
  ...Object.keys(SCENES).map((name) => ({ scene: name, user_id: 'anna' })),
  ...Object.keys(SCENES).map((name) => ({ scene: name, item_ids: ['boot'] })),
  ...Object.keys(SCENES).map((name) => ({ scene: name })),
  { scene: 'popular', filter: { category: 'shoes' }, count: 100 },
  { scene: 'popular', user_id: 'anna', personalization: 'off' },
];

interface Slate {
  readonly items: readonly { readonly item_id: string; readonly source: string }[];
  readonly degraded: { readonly tier: string } | null;
}

let folder: string;
const running: ServerProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-live-'));
  await writeTestBundle(join(folder, 'artifacts'), 'v1', SHOP);
  const budgets = { requestMs: 2_000, storeMs: 500, retrievalMs: 500, rankMs: 500 };
  await writeFile(
    join(folder, 'vitrine.config.json'),
    JSON.stringify({ models: { artifacts: 'artifacts' }, store: { shop: 'test' }, scenes: SCENES, budgets }),
  );
});
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.signal('SIGKILL');
    await server.ended;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start(environment: Readonly<Record<string, string>>): Promise<ServerProcess> {
  const server = await startServerProcess(folder, environment);
  if (!('url' in server)) throw new Error(`the server did not start: ${server.message}`);
  running.push(server);
  return server;
}

async function send(server: ServerProcess, method: string, path: string, body?: unknown): Promise<number> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(server.url + path, { method, headers, ...content });
  await response.arrayBuffer();
  return response.status;
}

async function slateOf(server: ServerProcess, query: Readonly<Record<string, unknown>>): Promise<Slate> {
  const response = await fetch(`${server.url}/v1/recommend`, {
    method: 'POST',
    // A connection of its own, so that each worker has its turn.
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(query),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Slate;
}

const idsOf = ({ items }: Slate): string[] => items.map((item) => item.item_id);

/** The paths whose slates have a product. */
async function pathsWith(server: ServerProcess, itemId: string): Promise<number[]> {
  const slates = await Promise.all(PATHS.map((query) => slateOf(server, query)));
  return slates.flatMap((slate, path) => (idsOf(slate).includes(itemId) ? [path] : []));
}

async function viewAsAnna(server: ServerProcess): Promise<void> {
  const events = ['sku-1', 'sku-0', 'boot'].map((itemId, i) => ({
    ...{ event_id: `e-${itemId}`, event: 'view_item', timestamp: Date.now() - 1_000 + i, user_id: 'anna' },
    items: [{ item_id: itemId }],
  }));
  expect(await send(server, 'POST', '/v1/events', { events })).toBe(202);
}

/** Milliseconds until something is so; as long as the promise lasts, and some for a machine that does other things too. */
async function timeUntil(isSo: () => Promise<boolean>, limitMs = 5_000): Promise<number> {
  const startedMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedMs > limitMs) throw new Error(`not so within ${limitMs} ms`);
    await pauseMs(5);
  }
  return performance.now() - startedMs;
}

const STORES = ['redis', 'lmdb'] as const;

describe.each(STORES)('two servers on one store (%s)', (kind) => {
  let redis: TestRedisServer;
  let storeCount = 0;
  let environment: Record<string, string>;
  let config: StoreConfig;

  beforeAll(async () => {
    // Keeps what is stored over its death.
    if (kind === 'redis')
      redis = await startRedisServer({ extraArguments: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  });
  afterAll(() => redis?.stop());
  beforeEach(() => {
    const shop = `test-${storeCount++}`;
    const path = join(folder, shop);
    config = { ...defaultConfig().store, kind, shop, path, url: redis?.url ?? '' };
    environment = { VITRINE_STORE_KIND: kind, VITRINE_STORE_SHOP: shop, VITRINE_STORE_PATH: path };
    if (kind === 'redis') environment.VITRINE_STORE_URL = redis.url;
  });

  it('hide what is sold out: on every path, at once where it was told, within a second elsewhere', async () => {
    const [a, b] = [await start(environment), await start(environment)];
    await viewAsAnna(a);
    for (const server of [a, b]) expect((await pathsWith(server, 'sku-0')).length).toBeGreaterThan(10);
    expect(await send(a, 'PATCH', '/v1/items/sku-0', { available: false })).toBe(200);
    expect(await pathsWith(a, 'sku-0')).toEqual([]);
    const lagMs = await timeUntil(async () => !idsOf(await slateOf(b, { scene: 'popular' })).includes('sku-0'));
    expect(lagMs).toBeLessThan(1_000);
    expect(await pathsWith(b, 'sku-0')).toEqual([]);
    expect(await send(b, 'PATCH', '/v1/items/sku-0', { available: true })).toBe(200);
    expect((await pathsWith(b, 'sku-0')).length).toBeGreaterThan(10);
  });

  it('find a new product by similarity, for a shopper who likes its kind, within a second', async () => {
    const [a, b] = [await start(environment), await start(environment)];
    await viewAsAnna(a);
    const isFound = async (): Promise<boolean> => {
      const { items } = await slateOf(b, { scene: 'ann', user_id: 'anna' });
      return items.some(({ item_id, source }) => item_id === 'new' && source === 'ann');
    };
    expect(await isFound()).toBe(false);
    expect(await send(a, 'PUT', '/v1/items/new', { category: 'shoes', price: 41 })).toBe(201);
    expect(await timeUntil(isFound)).toBeLessThan(1_000);
  });

  it('hide what was deleted after a restart too, over a bundle that has it, and keep new products and prices', async () => {
    const a = await start(environment);
    await viewAsAnna(a);
    expect(await send(a, 'DELETE', '/v1/items/sku-1')).toBe(200);
    expect(await send(a, 'PATCH', '/v1/items/sku-0', { available: false, price: 7 })).toBe(200);
    expect(await send(a, 'PUT', '/v1/items/new', { category: 'shoes', price: 41 })).toBe(201);
    a.signal('SIGKILL');
    await a.ended;
    const again = await start(environment);
    for (const itemId of ['sku-0', 'sku-1']) expect(await pathsWith(again, itemId)).toEqual([]);
    expect(idsOf(await slateOf(again, { scene: 'popular', filter: { category: 'shoes' }, count: 100 }))).toContain(
      'new',
    );
    expect(await (await fetch(`${again.url}/v1/items/sku-0`)).json()).toMatchObject({ price: 7, category: 'shoes' });
    expect((await fetch(`${again.url}/v1/items/sku-1`)).status).toBe(404);
    const isFound = async (): Promise<boolean> =>
      idsOf(await slateOf(again, { scene: 'ann', user_id: 'anna' })).includes('new');
    await timeUntil(isFound);
  });

  it('follow what a bulk load writes while they serve', async () => {
    const [a, b] = [await start(environment), await start(environment)];
    const store = await openFeatureStore(storeOptionsOf(config));
    const loaded = Array.from({ length: 12_000 }, (_, i) => ({
      ...{ itemId: `load-${i}`, category: 'loaded', price: i, isAvailable: true },
    }));
    await store.writeItems([...loaded, { itemId: 'boot', category: 'shoes', isAvailable: false }]);
    await store.close();
    for (const server of [a, b]) {
      const query = { scene: 'popular', filter: { category: 'loaded', min_price: 11_999 } };
      await timeUntil(async () => idsOf(await slateOf(server, query)).includes('load-11999'), 20_000);
      expect(await pathsWith(server, 'boot')).toEqual([]);
    }
  });

  it('see 200 changes within a second each', async () => {
    const [a, b] = [await start(environment), await start(environment)];
    const itemIds = Array.from({ length: 99 }, (_, i) => `sku-${i}`).concat('boot');
    const isShown = new Map(itemIds.map((itemId) => [itemId, true]));
    const waiting = new Map<string, number>();
    const lagsMs: number[] = [];
    let isSending = true;
    const watch = async (): Promise<void> => {
      while (isSending || waiting.size > 0) {
        const acknowledged = new Map(waiting);
        const shown = new Set(idsOf(await slateOf(b, { scene: 'popular' })));
        for (const [itemId, atMs] of acknowledged) {
          if (shown.has(itemId) !== isShown.get(itemId)) continue;
          lagsMs.push(performance.now() - atMs);
          waiting.delete(itemId);
        }
      }
    };
    const watching = watch();
    for (const available of [false, true]) {
      for (const itemId of itemIds) {
        expect(await send(a, 'PATCH', `/v1/items/${itemId}`, { available })).toBe(200);
        isShown.set(itemId, available);
        waiting.set(itemId, performance.now());
        await pauseMs(10);
      }
      while (waiting.size > 0) await pauseMs(10);
    }
    isSending = false;
    await watching;
    expect(lagsMs).toHaveLength(200);
    lagsMs.sort((x, y) => x - y);
    const [p50, p99, longest] = [lagsMs[99]!, lagsMs[197]!, lagsMs[199]!];
    console.info(
      `${kind}: 200 changes, acknowledged to served by another process: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, longest ${longest.toFixed(0)} ms`,
    );
    expect(p99).toBeLessThan(1_000);
    const metrics = await (await fetch(`${b.url}/metrics`)).text();
    const sample = (line: string): number => Number(new RegExp(`^${line} (\\S+)$`, 'm').exec(metrics)?.[1]);
    expect(sample('vitrine_catalogue_lag_seconds_count')).toBe(200);
    expect(sample('vitrine_catalogue_lag_seconds_bucket\\{le="1"\\}')).toBeGreaterThanOrEqual(198);
    expect(sample('vitrine_catalogue_items\\{state="available"\\}')).toBe(100);
  });

  it('bring a change to every worker', async () => {
    const server = await start({ ...environment, VITRINE_SERVER_WORKERS: '2' });
    const shows = async (): Promise<boolean[]> =>
      Promise.all(
        Array.from({ length: 30 }, async () => idsOf(await slateOf(server, { scene: 'popular' })).includes('sku-0')),
      );
    expect(await shows()).not.toContain(false);
    expect(await send(server, 'PATCH', '/v1/items/sku-0', { available: false })).toBe(200);
    const applied = async (): Promise<boolean> => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return metrics.includes('vitrine_catalogue_changes_total{kind="changed"} 2');
    };
    expect(await timeUntil(applied)).toBeLessThan(1_000);
    expect(await shows()).not.toContain(true);
  });
});

describe('servers whose Redis is killed', () => {
  let redis: TestRedisServer;
  beforeEach(async () => {
    redis = await startRedisServer({ extraArguments: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  });
  afterEach(() => redis.stop());
  const environment = () => ({ VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: redis.url });

  it('still hide what was sold out or deleted, on every rung of the fallback', async () => {
    const [a, b] = [await start(environment()), await start(environment())];
    await viewAsAnna(a);
    await send(a, 'PATCH', '/v1/items/sku-0', { available: false });
    await send(a, 'DELETE', '/v1/items/sku-2');
    // Products no table of the bundle knows: the last rung alone has them.
    await send(a, 'PUT', '/v1/items/gnome', { category: 'garden' });
    await send(a, 'PUT', '/v1/items/sold-gnome', { category: 'garden', available: false });
    await send(a, 'PUT', '/v1/items/old-gnome', { category: 'garden' });
    await send(a, 'DELETE', '/v1/items/old-gnome');
    const garden = { scene: 'popular', user_id: 'anna', filter: { category: 'garden' } };
    await timeUntil(async () => idsOf(await slateOf(b, garden)).join() === 'gnome');
    await redis.kill();
    const tiers = new Set<string | undefined>();
    for (const server of [a, b]) {
      const slates = await Promise.all([
        ...Object.keys(SCENES).map((name) => slateOf(server, { scene: name, user_id: 'anna', item_ids: ['boot'] })),
        slateOf(server, { scene: 'neighbours', user_id: 'anna', count: 100 }),
        slateOf(server, { scene: 'popular', user_id: 'anna', filter: { min_price: 40 }, count: 100 }),
        slateOf(server, garden),
      ]);
      for (const slate of slates) {
        tiers.add(slate.degraded?.tier);
        for (const hidden of ['sku-0', 'sku-2', 'sold-gnome', 'old-gnome']) expect(idsOf(slate)).not.toContain(hidden);
        expect(slate.items.length).toBeGreaterThan(0);
      }
    }
    expect([...tiers].sort()).toEqual(['popularity', 'resident_list', 'session_neighbours']);
    expect(await send(a, 'PATCH', '/v1/items/sku-3', { available: false })).toBe(503);
  });

  it('follow again when it is back, and show what changed meanwhile', async () => {
    const [a, b] = [await start(environment()), await start(environment())];
    await redis.kill();
    await timeUntil(async () => b.logLines().some(({ msg }) => String(msg).startsWith('changes of products cannot')));
    await redis.start();
    await timeUntil(async () => (await send(a, 'PATCH', '/v1/items/sku-0', { available: false })) === 200, 20_000);
    await timeUntil(async () => (await pathsWith(b, 'sku-0')).length === 0, 20_000);
    await timeUntil(async () => {
      const response = await fetch(`${b.url}/readyz`);
      return ((await response.json()) as { status: string }).status === 'ready';
    }, 20_000);
  });

  it('keep what they know when it comes back with nothing', async () => {
    const forgetful = await startRedisServer();
    try {
      const server = await start({ ...environment(), VITRINE_STORE_URL: forgetful.url });
      await send(server, 'PATCH', '/v1/items/sku-0', { available: false });
      await forgetful.kill();
      await forgetful.start();
      await timeUntil(
        async () => server.logLines().some(({ msg }) => String(msg).startsWith('changes of products were missed')),
        20_000,
      );
      expect(await pathsWith(server, 'sku-0')).toEqual([]);
    } finally {
      await forgetful.stop();
    }
  });
});
