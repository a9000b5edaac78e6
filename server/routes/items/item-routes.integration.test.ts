import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deletedItem, type ItemRecord } from '../../../features/catalogue/catalogue.ts';
import { Deadline } from '../../../features/core/deadline.ts';
import { VitrineError } from '../../../features/core/errors.ts';
import type { FeatureStore } from '../../../features/store/feature-store.ts';
import { openFeatureStore } from '../../../features/store/open-feature-store.ts';
import { createRouter, type RouteMethod } from '../../http/router.ts';
import { aRequest } from '../../http/testing/a-request.ts';
import { CatalogueFeed } from '../../pipeline/catalogue-feed.ts';
import { ModelContext } from '../../pipeline/model-context.ts';
import { aGrowingModel, aQuietLog } from '../../pipeline/testing/a-growing-model.ts';
import { type ItemRouteParts, makeItemRoutes } from './item-routes.ts';

const BUNDLED: ItemRecord = { itemId: 'boot', title: 'The boot', price: 100, category: 'shoes', isAvailable: true };

let folder: string;
let storeCount = 0;
let store: FeatureStore;
let model: Awaited<ReturnType<typeof aGrowingModel>>;
let feed: CatalogueFeed;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-items-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(async () => {
  const path = join(folder, `store-${storeCount++}`);
  store = await openFeatureStore({ kind: 'lmdb', path, shop: 'test', profileTtlDays: 1 });
  model = await aGrowingModel({ items: [BUNDLED] });
  const { logger } = aQuietLog();
  const context = new ModelContext(model);
  // Looks at the store only when it is asked to: what is in effect after a reply, the reply waited for.
  feed = new CatalogueFeed({ context, index: model.retriever, store, logger, pollMs: 3_600_000 });
  await feed.start();
});
afterEach(async () => {
  await feed.stop();
  await store.close();
});

async function send(method: RouteMethod, path: string, body?: unknown, parts: Partial<ItemRouteParts> = {}) {
  const { handler } = createRouter(
    makeItemRoutes({
      ...{ store, catalogue: () => model.catalogue, catchUp: (deadline) => feed.catchUp(deadline) },
      limits: { maxBatchSize: 500, storeMs: 5_000 },
      ...parts,
    }),
  );
  const text = body === undefined ? '' : JSON.stringify(body);
  const request = aRequest({ method, path, body: Buffer.from(text), headers: { 'content-type': 'application/json' } });
  const reply = await handler(request);
  return { status: reply.status, json: JSON.parse(reply.body as string) as Record<string, unknown> };
}
const on = (id: string): string => `/v1/items/${encodeURIComponent(id)}`;
const stored = (id: string) => store.readItem(id, Deadline.after(1_000));
/** As this process serves it. */
function served(id: string): ItemRecord | undefined {
  const item = model.catalogue.indexOf(id);
  return item < 0 ? undefined : model.catalogue.record(item);
}

describe('PUT /v1/items/{id}', () => {
  it('adds a product, replaces it, and has it in effect before it answers', async () => {
    const body = { category: 'shoes', price: 30, attributes: { colour: ['red', 'blue'] } };
    expect(await send('PUT', on('clog'), body)).toEqual({
      status: 201,
      json: { item_id: 'clog', available: true, category: 'shoes', price: 30, attributes: { colour: 'red|blue' } },
    });
    expect(served('clog')).toEqual(await stored('clog'));
    expect(await send('PUT', on('clog'), { price: 25 })).toEqual({
      status: 200,
      json: { item_id: 'clog', available: true, price: 25 },
    });
    expect(served('clog')).toEqual({ itemId: 'clog', price: 25, isAvailable: true });
    await expect.poll(() => model.retriever.has(model.catalogue.indexOf('clog'))).toBe(true);
  });

  it('replaces one the store was never told of, which is in the bundle', async () => {
    expect((await send('PUT', on('boot'), { price: 1 })).status).toBe(200);
    expect(served('boot')).toEqual({ itemId: 'boot', price: 1, isAvailable: true });
  });

  it('changes nothing the second time', async () => {
    await send('PUT', on('clog'), { price: 25 });
    const position = await store.itemChangesPosition(Deadline.after(1_000));
    await send('PUT', on('clog'), { price: 25 });
    expect((await store.readItemChanges(position, Deadline.after(1_000))).changes).toEqual([]);
  });

  it('takes any id there can be', async () => {
    for (const id of ['shoe/42 "wide"', '__proto__', 'a:batch', 'ü', '%7B', '{x}', 'x'.repeat(256)]) {
      expect((await send('PUT', on(id), { item_id: id, price: 2 })).json).toMatchObject({ item_id: id, price: 2 });
      expect((await send('GET', on(id))).json).toMatchObject({ item_id: id, price: 2, read_from: 'store' });
    }
  });

  it('refuses mistakes and stores nothing', async () => {
    await expect(send('PUT', on('clog'), { price: -1 })).rejects.toMatchObject({
      code: 'REC_INVALID_REQUEST',
      problems: [{ path: 'price', value: '-1' }],
    });
    await expect(send('PUT', on('x'.repeat(257)), {})).rejects.toMatchObject({ code: 'REC_INVALID_REQUEST' });
    await expect(send('PUT', on('a\u0000'), {})).rejects.toMatchObject({ problems: [{ path: 'id' }] });
    expect(await stored('clog')).toBeUndefined();
  });
});

describe('PATCH /v1/items/{id}', () => {
  it('sells out and changes the price of a product of the bundle, keeping the rest', async () => {
    const reply = await send('PATCH', on('boot'), { available: false, price: 90 });
    expect(reply).toEqual({
      status: 200,
      json: { item_id: 'boot', title: 'The boot', category: 'shoes', price: 90, available: false },
    });
    expect(await stored('boot')).toEqual({ ...BUNDLED, isAvailable: false, price: 90 });
    expect(model.catalogue.isAvailable(0)).toBe(false);
  });

  it('loses no change of many at once', async () => {
    await send('PUT', on('clog'), {});
    const names = Array.from({ length: 40 }, (_, i) => `a${i}`);
    await Promise.all(names.map((name) => send('PATCH', on('clog'), { attributes: { [name]: 'x' } })));
    expect(Object.keys(served('clog')!.attributes!).sort()).toEqual([...names].sort());
  });

  it('refuses a product that is not there, and one that was deleted', async () => {
    await expect(send('PATCH', on('nothing'), { price: 1 })).rejects.toMatchObject({
      code: 'REC_UNKNOWN_ITEM',
      status: 404,
      message: 'id: "nothing" given, expected an item of the catalogue',
    });
    await send('DELETE', on('boot'));
    await expect(send('PATCH', on('boot'), { available: true })).rejects.toMatchObject({ code: 'REC_UNKNOWN_ITEM' });
    expect(model.catalogue.isAvailable(0)).toBe(false);
  });

  it('refuses a product deleted by another process this one has not heard of yet', async () => {
    await store.updateItem('boot', () => deletedItem('boot'), Deadline.after(1_000));
    expect(model.catalogue.isDeleted(0)).toBe(false);
    await expect(send('PATCH', on('boot'), { available: true })).rejects.toMatchObject({ code: 'REC_UNKNOWN_ITEM' });
  });

  it('keeps a product within its bounds, and lets one beyond them be sold out', async () => {
    const attributes = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`a${i}`, 'x']));
    await send('PUT', on('clog'), { attributes });
    await expect(send('PATCH', on('clog'), { attributes: { more: 'x' } })).rejects.toMatchObject({
      code: 'REC_INVALID_REQUEST',
      message: expect.stringMatching(/would have 65, expected at most 64 attributes .*: remove some with null/),
    });
    await store.writeItems([{ itemId: 'huge', isAvailable: true, attributes: { ...attributes, more: 'x' } }]);
    expect((await send('PATCH', on('huge'), { available: false })).json).toMatchObject({ available: false });
  });
});

describe('names of attributes', () => {
  it('are bounded for the whole shop: known ones can go on being used', async () => {
    for (let i = 0; i < 1_000; i++) model.catalogue.attributes.set(`name-${i}`, []);
    const one = (name: string) => ({ attributes: { [name]: 'x' } });
    expect((await send('PUT', on('clog'), one('name-7'))).status).toBe(201);
    const refused = expect.objectContaining({
      code: 'REC_INVALID_REQUEST',
      message: expect.stringMatching(/^attributes: "id-4711" given, expected one of the 1000 names/),
    });
    await expect(send('PUT', on('clog'), one('id-4711'))).rejects.toEqual(refused);
    await expect(send('PATCH', on('clog'), one('id-4711'))).rejects.toEqual(refused);
    expect((await send('PATCH', on('clog'), { price: 3 })).status).toBe(200);
  });
});

describe('DELETE /v1/items/{id}', () => {
  it('hides a product at once and for good, as often as it is asked', async () => {
    expect(await send('DELETE', on('boot'))).toEqual({
      status: 200,
      json: { item_id: 'boot', deleted: true, existed: true },
    });
    expect([model.catalogue.isAvailable(0), model.retriever.has(0)]).toEqual([false, false]);
    expect((await send('DELETE', on('boot'))).json).toMatchObject({ existed: false });
    expect((await send('DELETE', on('never'))).json).toMatchObject({ deleted: true, existed: false });
    await expect(send('GET', on('boot'))).rejects.toMatchObject({ code: 'REC_UNKNOWN_ITEM' });
    const left: ItemRecord[] = [];
    for await (const record of store.readAllItems()) left.push(record);
    expect(left.sort((a, b) => (a.itemId < b.itemId ? -1 : 1))).toEqual([deletedItem('boot'), deletedItem('never')]);
  });

  it('ends when the product is put again', async () => {
    await send('DELETE', on('boot'));
    expect((await send('PUT', on('boot'), { price: 5 })).status).toBe(201);
    expect((await send('GET', on('boot'))).json).toEqual({
      item_id: 'boot',
      price: 5,
      available: true,
      read_from: 'store',
    });
    await expect.poll(() => model.retriever.has(0)).toBe(true);
  });
});

describe('GET /v1/items/{id}', () => {
  it("answers with the store's product, or with the bundle's, and says which", async () => {
    expect((await send('GET', on('boot'))).json).toEqual({
      ...{ item_id: 'boot', title: 'The boot', price: 100, category: 'shoes', available: true },
      read_from: 'catalogue',
    });
    // By another process: this one has not looked yet.
    await store.writeItems([{ ...BUNDLED, price: 80, createdAtMs: 0 }]);
    expect(served('boot')!.price).toBe(100);
    expect((await send('GET', on('boot'))).json).toMatchObject({
      ...{ price: 80, created_at: '1970-01-01T00:00:00.000Z', read_from: 'store' },
    });
  });

  it('knows of a deletion by another process', async () => {
    await store.updateItem('boot', () => deletedItem('boot'), Deadline.after(1_000));
    await expect(send('GET', on('boot'))).rejects.toMatchObject({ code: 'REC_UNKNOWN_ITEM' });
  });

  it('answers with what it serves while the store is away, and tells of a record that is broken', async () => {
    const told: unknown[] = [];
    for (const code of ['REC_STORE_UNAVAILABLE', 'REC_DEADLINE_EXCEEDED', 'REC_RECORD_INVALID'] as const) {
      const failing = {
        ...store,
        updateItem: store.updateItem,
        readItem: () => Promise.reject(new VitrineError(code, 'x')),
      };
      const reply = await send('GET', on('boot'), undefined, {
        store: failing,
        onFailure: (error) => told.push(error),
      });
      expect(reply.json).toMatchObject({ item_id: 'boot', read_from: 'catalogue' });
    }
    expect(told).toMatchObject([{ code: 'REC_RECORD_INVALID' }]);
  });
});

describe('POST /v1/items:batch', () => {
  const batch = (operations: unknown[], parts?: Partial<ItemRouteParts>) =>
    send('POST', '/v1/items:batch', { operations }, parts);

  it('does each operation, those on one product in their order', async () => {
    const { status, json } = await batch([
      { op: 'put', item: { item_id: 'clog', price: 30 } },
      { op: 'patch', item: { item_id: 'boot', available: false } },
      { op: 'patch', item: { item_id: 'clog', price: 20 } },
      { op: 'delete', item: { item_id: 'boot' } },
      { op: 'patch', item: { item_id: 'clog', brand: 'North' } },
    ]);
    expect([status, json]).toEqual([200, { applied: 5, rejected: [] }]);
    expect(served('clog')).toEqual({ itemId: 'clog', price: 20, brand: 'North', isAvailable: true });
    expect(model.catalogue.isDeleted(0)).toBe(true);
  });

  it('lets no bad operation sink the others, and says what is wrong with each', async () => {
    const { json } = await batch([
      { op: 'put', item: { item_id: 'a', price: -1 } },
      { op: 'put', item: { item_id: 'b', price: 1 } },
      { op: 'patch', item: { item_id: 'nothing', price: 1 } },
      null,
      { op: 'put', item: { item_id: 'x'.repeat(10_240) } },
    ]);
    expect(json).toMatchObject({
      applied: 1,
      rejected: [
        { index: 0, code: 'REC_INVALID_REQUEST', detail: 'item.price: -1 given, expected number 0..1000000000000' },
        { index: 2, code: 'REC_UNKNOWN_ITEM', detail: 'id: "nothing" given, expected an item of the catalogue' },
        { index: 3, code: 'REC_INVALID_REQUEST' },
        { index: 4, code: 'REC_INVALID_REQUEST' },
      ],
    });
    expect(JSON.stringify(json).length).toBeLessThan(2_000);
    expect(served('b')).toEqual({ itemId: 'b', price: 1, isAvailable: true });
  });

  it('takes a whole batch of 500 within its time, and nothing twice', async () => {
    const operations = Array.from({ length: 500 }, (_, i) => ({ op: 'put', item: { item_id: `sku-${i}`, price: i } }));
    expect((await batch(operations)).json).toEqual({ applied: 500, rejected: [] });
    expect((await batch(operations)).json).toEqual({ applied: 500, rejected: [] });
    expect(model.catalogue.size).toBe(501);
  });

  it('refuses what is no batch', async () => {
    for (const [body, path] of [
      [[], ''],
      [{}, 'operations'],
      [{ operations: {} }, 'operations'],
      [{ operations: new Array(501).fill({}) }, 'operations'],
      [{ operations: [], items: [] }, 'items'],
    ] as const) {
      await expect(send('POST', '/v1/items:batch', body)).rejects.toMatchObject({
        code: 'REC_INVALID_REQUEST',
        problems: [{ path }],
      });
    }
    expect((await batch([])).json).toEqual({ applied: 0, rejected: [] });
  });

  it('acknowledges nothing when the store fails in between', async () => {
    let count = 0;
    const updateItem: FeatureStore['updateItem'] = (...call) => {
      if (++count > 5) return Promise.reject(new VitrineError('REC_DEADLINE_EXCEEDED', 'slow'));
      return store.updateItem(...call);
    };
    const failing = { readItem: store.readItem, updateItem };
    const operations = Array.from({ length: 100 }, (_, i) => ({ op: 'put', item: { item_id: `sku-${i}` } }));
    await expect(batch(operations, { store: failing })).rejects.toMatchObject({
      code: 'REC_STORE_UNAVAILABLE',
      status: 503,
      isRetryable: true,
    });
    expect(count).toBeLessThan(40);
    expect((await batch(operations)).json).toEqual({ applied: 100, rejected: [] });
  });
});

describe('a change the store took and this process has not heard of in time', () => {
  it('is acknowledged all the same', async () => {
    const late = { catchUp: () => Promise.reject(new VitrineError('REC_DEADLINE_EXCEEDED', 'late')) };
    expect((await send('PATCH', on('boot'), { available: false }, late)).status).toBe(200);
    expect((await stored('boot'))?.isAvailable).toBe(false);
  });
});
