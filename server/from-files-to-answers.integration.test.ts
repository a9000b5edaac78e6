import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MS_PER_DAY, MS_PER_MINUTE } from '../features/core/clock.ts';
import { SeededRandom } from '../features/core/seeded-random.ts';
import { startRedisServer, type TestRedisServer } from '../features/store/testing/redis-server.ts';
import { runVitrine } from './testing/run-vitrine.ts';
import { type ServerProcess, startServerProcess } from './testing/server-process.ts';

const SHOPPER_COUNT = 60;
const DAYS = 30;
const KINDS = ['lamp', 'shoe', 'book'] as const;
const ITEMS_PER_KIND = 12;

interface Slate {
  readonly items: readonly { readonly item_id: string; readonly source: string; readonly reasons?: string[] }[];
  readonly model_version: string;
  readonly degraded: unknown;
}

let folder: string;
let redis: TestRedisServer;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-files-'));
  redis = await startRedisServer();
});
afterAll(async () => {
  server?.signal('SIGKILL');
  await server?.ended;
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The files of a shop where everybody likes one kind of products. */
async function writeShop(source: string): Promise<void> {
  const random = new SeededRandom(5);
  const startMs = Date.now() - (DAYS + 1) * MS_PER_DAY;
  const rows: string[] = [];
  for (let day = 0; day < DAYS; day++) {
    for (let shopper = 0; shopper < SHOPPER_COUNT; shopper++) {
      const visitMs = startMs + day * MS_PER_DAY + shopper * MS_PER_MINUTE;
      if (random.next() < 0.5) continue;
      for (let step = 0; step < 3; step++) {
        const kind = KINDS[random.next() < 0.9 ? shopper % KINDS.length : random.nextInt(KINDS.length)]!;
        const event = step === 2 && random.next() < 0.4 ? 'purchase' : 'view_item';
        rows.push(
          [visitMs + step * 1_000, event, `u${shopper}`, `${kind}-${random.nextInt(ITEMS_PER_KIND)}`].join(','),
        );
      }
    }
  }
  const items = KINDS.flatMap((kind, k) =>
    Array.from({ length: ITEMS_PER_KIND }, (_, i) => `${kind}-${i},${kind} ${i},${kind}s,brand ${k},${5 + i}`),
  );
  await mkdir(source);
  await writeFile(join(source, 'events.csv'), ['timestamp,event,user_id,item_id', ...rows, ''].join('\n'));
  await writeFile(join(source, 'items.csv'), ['item_id,title,category,brand,price', ...items, ''].join('\n'));
}

async function vitrine(...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runVitrine(...words);
  expect(exitCode, `${words[0]}: ${stderr}`).toBe(0);
  return stdout;
}

async function start(): Promise<ServerProcess> {
  const started = await startServerProcess(folder, {
    ...{ VITRINE_STORE_KIND: 'redis', VITRINE_STORE_URL: redis.url, VITRINE_STORE_SHOP: 'files' },
    ...{ VITRINE_MODELS_ARTIFACTS: 'artifacts', VITRINE_BUDGETS_STORE_MS: '200', VITRINE_BUDGETS_REQUEST_MS: '1000' },
  });
  if (!('url' in started)) throw new Error(started.message);
  return started;
}

async function recommend(query: string): Promise<Slate> {
  const response = await fetch(`${server.url}/v1/recommend/home?${query}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Slate;
}

describe('a shop that has files of events and products', () => {
  it('has them imported, a model trained and judged, Redis filled, and answers that follow each event', async () => {
    await writeShop(join(folder, 'source'));
    const [dataset, artifacts] = [join(folder, 'dataset'), join(folder, 'artifacts')];
    const where = ['--dataset', dataset, '--artifacts', artifacts];
    const report = ['--report', join(folder, 'reports')];

    expect(
      await vitrine('import', '--format', 'plain', '--from', join(folder, 'source'), '--dataset', dataset),
    ).toMatch(/ event rows, 60 users, 36 items, /);
    expect(await vitrine('train', ...where, ...report, '--version', 'v1', '--embedding-dim', '8')).toMatch(
      /^test +AUC 0\./m,
    );
    expect(await vitrine('evaluate', ...where, ...report, '--protocol', 'next')).toMatch(/^\| retrieval \+ DeepFM \|/m);
    expect(await vitrine('materialize', ...where, '--redis', redis.url, '--shop', 'files')).toMatch(
      /60 profiles, 36 items/,
    );
    server = await start();

    const known = await recommend('user_id=u0&count=5&explain=true');
    expect([known.model_version, known.degraded]).toEqual(['v1', null]);
    // Shopper 0 likes lamps: the profile that was materialized is read.
    expect(known.items.filter(({ item_id }) => item_id.startsWith('lamp')).length).toBeGreaterThanOrEqual(3);

    const before = await recommend('user_id=stranger&count=5');
    const reply = await fetch(`${server.url}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        events: [
          {
            ...{ event_id: 'e1', event: 'view_item', timestamp: Date.now(), user_id: 'stranger' },
            items: [{ item_id: 'book-3' }],
          },
        ],
      }),
    });
    expect([reply.status, await reply.json()]).toEqual([202, { accepted: 1, duplicates: 0, ignored: 0, rejected: [] }]);
    const after = await recommend('user_id=stranger&count=5&explain=true');
    expect(after.items.map(({ item_id }) => item_id)).not.toEqual(before.items.map(({ item_id }) => item_id));
    expect(after.items[0]).toMatchObject({ item_id: expect.stringMatching(/^book-/), source: 'ann' });
    expect(after.items.flatMap(({ reasons = [] }) => reasons)).toContain('similar to book 3 you viewed');
  });
});
