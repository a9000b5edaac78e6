import { describe, expect, it } from 'vitest';
import { encodeRequest, PING, Traffic, type TrafficSpec } from './traffic.ts';

const aSpec = (overrides: Partial<TrafficSpec> = {}): TrafficSpec => ({
  seed: 3,
  userIds: ['ann', 'bob'],
  unknownRatio: 0,
  itemIds: ['boot', 'lamp'],
  scenes: [
    { name: 'home', hasItem: false },
    { name: 'product_detail', hasItem: true },
  ],
  eventsRatio: 0,
  ...overrides,
});
const bodies = (spec: TrafficSpec, count: number) => {
  const traffic = new Traffic(spec, 'run');
  return Array.from({ length: count }, () => {
    const { kind, path, body } = traffic.next();
    return { kind, path, body: JSON.parse(body) };
  });
};

describe('traffic', () => {
  it('is the same again for the same spec', () => {
    expect(bodies(aSpec(), 20)).toEqual(bodies(aSpec(), 20));
    expect(bodies(aSpec(), 20)).not.toEqual(bodies(aSpec({ seed: 4 }), 20));
  });

  it('asks every scene for known shoppers, with a product where the scene is about one', () => {
    const all = bodies(aSpec(), 200);
    expect(new Set(all.map(({ body }) => body.user_id))).toEqual(new Set(['ann', 'bob']));
    for (const { path, body } of all) {
      expect(path).toBe('/v1/recommend');
      expect('item_ids' in body).toBe(body.scene === 'product_detail');
    }
    expect(new Set(all.map(({ body }) => body.scene)).size).toBe(2);
  });

  it('keeps the stated shares of unknown shoppers and event batches', () => {
    const all = bodies(aSpec({ unknownRatio: 0.25, eventsRatio: 0.1 }), 4_000);
    const share = (isOne: (one: (typeof all)[number]) => boolean): number => all.filter(isOne).length / all.length;
    // Three standard deviations of 4000 draws are 0.02 and 0.015.
    expect(Math.abs(share(({ kind }) => kind === 'events') - 0.1)).toBeLessThan(0.015);
    const asking = all.filter(({ kind }) => kind === 'recommend');
    const unknownCount = asking.filter(({ body }) => body.user_id.startsWith('unknown-')).length;
    expect(Math.abs(unknownCount / asking.length - 0.25)).toBeLessThan(0.021);
  });

  it('never sends an event name twice', () => {
    const events = bodies(aSpec({ eventsRatio: 1 }), 300).flatMap(({ body }) => body.events);
    expect(new Set(events.map((event: { event_id: string }) => event.event_id)).size).toBe(events.length);
  });
});

describe('encodeRequest', () => {
  it('states the length of the body in bytes', () => {
    const request = { kind: 'recommend', method: 'POST', path: '/v1/recommend', body: '{"user_id":"é"}' } as const;
    expect(encodeRequest(request, 'shop:80').toString()).toBe(
      'POST /v1/recommend HTTP/1.1\r\nhost: shop:80\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"user_id":"é"}',
    );
  });

  it('sends no body with a ping', () => {
    expect(encodeRequest(PING, 'shop:80').toString()).toBe('GET /livez HTTP/1.1\r\nhost: shop:80\r\n\r\n');
  });
});
