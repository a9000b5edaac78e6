import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedisServer, type TestRedisServer } from '../features/store/testing/redis-server.ts';
import { writeTestBundle } from './testing/a-bundle.ts';
import { type ServerProcess, startServerProcess } from './testing/server-process.ts';

const SHOES = ['boot', 'runner', 'sandal'];
const WINES = ['claret', 'rioja', 'tokay'];
const TAGS = {
  format: 'vitrine-tags',
  formatVersion: 1,
  tags: [
    {
      ...{ name: 'club', family: 'basic', title: 'Member of the wine club' },
      rule: { kind: 'attribute_equals', attribute: 'club', value: 'wine' },
    },
  ],
};
const SCENES = {
  home: { slateSize: 6, audiences: [{ tags: ['club'], mode: 'only', items: { categories: ['wine'] } }] },
};

let folder: string;
let redis: TestRedisServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-audiences-'));
  redis = await startRedisServer();
  await writeTestBundle(join(folder, 'artifacts'), 'v1', {
    items: [
      ...SHOES.map((itemId, i) => ({ itemId, category: 'shoes', price: 40, angle: i, logit: 0 })),
      ...WINES.map((itemId, i) => ({ itemId, category: 'wine > red', price: 9, angle: 90 + i, logit: 1 })),
    ],
    popular: [...WINES, ...SHOES],
  });
  await writeFile(join(folder, 'tags.json'), JSON.stringify(TAGS));
  await writeFile(
    join(folder, 'vitrine.config.json'),
    JSON.stringify({
      ...{ models: { artifacts: 'artifacts' }, features: { tags: 'tags.json' }, scenes: SCENES },
      budgets: { storeMs: 200, requestMs: 1_000 },
    }),
  );
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(['lmdb', 'redis'] as const)("a scene with an audience, and the shop's own tags, on %s", (kind) => {
  let server: ServerProcess;

  beforeAll(async () => {
    const started = await startServerProcess(
      folder,
      kind === 'lmdb'
        ? { VITRINE_STORE_PATH: join(folder, 'store') }
        : { VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: redis.url },
    );
    if (!('url' in started)) throw new Error(started.message);
    server = started;
  });
  afterAll(async () => {
    server?.signal('SIGKILL');
    await server?.ended;
  });

  async function winesFor(userId: string): Promise<string[]> {
    const response = await fetch(`${server.url}/v1/recommend/home?user_id=${userId}`);
    const { items } = (await response.json()) as { items: { item_id: string }[] };
    expect(items.map(({ item_id }) => item_id)).toEqual(expect.arrayContaining(SHOES));
    return items.map(({ item_id }) => item_id).filter((itemId) => WINES.includes(itemId));
  }

  async function setClub(club: string | null): Promise<void> {
    const response = await fetch(`${server.url}/v1/users/ida`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ attributes: { club } }),
    });
    expect(response.status).toBe(200);
  }

  it('shows its products from the request on after a shopper gets the tag, until they lose or delete it', async () => {
    expect(await winesFor('ida')).toEqual([]);
    await setClub('wine');
    expect((await winesFor('ida')).sort()).toEqual(WINES);
    expect(await winesFor('ben')).toEqual([]);
    await setClub(null);
    expect(await winesFor('ida')).toEqual([]);

    await setClub('wine');
    expect((await winesFor('ida')).sort()).toEqual(WINES);
    await fetch(`${server.url}/v1/users/ida/tags/club`, { method: 'DELETE' });
    expect(await winesFor('ida')).toEqual([]);
    await setClub('wine');
    expect(await winesFor('ida')).toEqual([]);
  });
});
