import { describe, expect, it } from 'vitest';
import { Catalogue } from '../../features/catalogue/catalogue.ts';
import type { HttpReply } from '../http/http-server.ts';
import { createRouter } from '../http/router.ts';
import { aRequest } from '../http/testing/a-request.ts';
import { makeItemRoute } from './items.ts';

const catalogue = Catalogue.from([
  {
    itemId: 'shoe/42 "wide"',
    title: 'Trail runner',
    category: 'shoes > running',
    brand: 'Northpeak',
    price: 89.9,
    currency: 'EUR',
    isAvailable: true,
    createdAtMs: Date.UTC(2025, 8, 1),
    attributes: { colour: 'red' },
  },
  { itemId: 'bare', isAvailable: false },
]);
const { handler } = createRouter([makeItemRoute({ catalogue: () => catalogue })]);
const get = async (id: string): Promise<HttpReply> =>
  handler(aRequest({ path: `/v1/items/${encodeURIComponent(id)}` }));

describe('GET /v1/items/{id}', () => {
  it('answers with everything known of a product', async () => {
    const reply = await get('shoe/42 "wide"');
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body as string)).toEqual({
      item_id: 'shoe/42 "wide"',
      title: 'Trail runner',
      category: 'shoes > running',
      brand: 'Northpeak',
      price: 89.9,
      currency: 'EUR',
      available: true,
      created_at: '2025-09-01T00:00:00.000Z',
      attributes: { colour: 'red' },
    });
  });

  it('leaves out what is not known', async () => {
    expect(JSON.parse((await get('bare')).body as string)).toEqual({ item_id: 'bare', available: false });
  });

  it('shows a change of price and availability at once', async () => {
    const shop = Catalogue.from([{ itemId: 'a', price: 5, isAvailable: true }]);
    const route = createRouter([makeItemRoute({ catalogue: () => shop })]);
    shop.put({ itemId: 'a', price: 4, isAvailable: false });
    const reply = await route.handler(aRequest({ path: '/v1/items/a' }));
    expect(JSON.parse(reply.body as string)).toMatchObject({ price: 4, available: false });
  });

  it('refuses an id the catalogue does not have', async () => {
    await expect(get('nothing')).rejects.toMatchObject({
      code: 'REC_UNKNOWN_ITEM',
      status: 404,
      message: 'id: "nothing" given, expected an item of the catalogue',
    });
    await expect(get('__proto__')).rejects.toMatchObject({ code: 'REC_UNKNOWN_ITEM' });
  });

  it('refuses ids that cannot be any', async () => {
    await expect(get('x'.repeat(257))).rejects.toMatchObject({ code: 'REC_INVALID_REQUEST' });
    await expect(get('a\u0000')).rejects.toMatchObject({ code: 'REC_INVALID_REQUEST' });
  });
});
