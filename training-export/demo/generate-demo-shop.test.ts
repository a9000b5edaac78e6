import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../../features/core/clock.ts';
import { EVENT_TYPE_INDEX, type EventType } from '../../features/profile/event.ts';
import type { EventColumns } from '../datasets/dataset.ts';
import { DEFAULT_DEMO_PARAMETERS, demoParametersOf } from './demo-parameters.ts';
import { type DemoShop, type DemoShopOptions, generateDemoShop } from './generate-demo-shop.ts';

const SMALL: DemoShopOptions = { seed: 11, shopperCount: 150, itemCount: 400, days: 60 };

function fingerprint({ dataset, listIds }: DemoShop): string {
  const { events, catalogue, userAttributes } = dataset;
  const hash = createHash('sha256');
  for (const column of Object.values(events)) {
    if (ArrayBuffer.isView(column)) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  const texts = [catalogue.itemIds.map((_, row) => catalogue.record(row)), userAttributes.map((a) => [...a]), listIds];
  return hash.update(JSON.stringify(texts)).digest('hex');
}

function countOf(events: EventColumns, type: EventType): number {
  return events.type.filter((number) => number === EVENT_TYPE_INDEX[type]).length;
}

describe('generateDemoShop', () => {
  let shop: DemoShop;
  let events: EventColumns;
  beforeAll(() => {
    shop = generateDemoShop({ ...SMALL, shopperCount: 400, itemCount: 1000 });
    events = shop.dataset.events;
  });

  it('gives the same shop for the same seed and another for another', () => {
    const first = fingerprint(generateDemoShop(SMALL));
    expect(fingerprint(generateDemoShop(SMALL))).toBe(first);
    expect(fingerprint(generateDemoShop({ ...SMALL, seed: 12 }))).not.toBe(first);
  });

  it('lives a shopper the same way whatever number of others there is', () => {
    const few = generateDemoShop({ ...SMALL, shopperCount: 20 }).dataset;
    const many = generateDemoShop({ ...SMALL, shopperCount: 40 }).dataset;
    const eventsOf = ({ events: all }: typeof few, user: number) =>
      Array.from(all.atMs.keys())
        .filter((row) => all.user[row] === user)
        .map((row) => [all.atMs[row], all.type[row], all.item[row]]);
    expect(eventsOf(few, 7).length).toBeGreaterThan(0);
    expect(eventsOf(many, 7)).toEqual(eventsOf(few, 7));
  });

  it('keeps all events in order and inside the simulated days', () => {
    const { endAtMs } = DEFAULT_DEMO_PARAMETERS;
    expect(events.atMs[0]).toBeGreaterThanOrEqual(endAtMs - 60 * MS_PER_DAY);
    expect(events.atMs.at(-1)).toBeLessThan(endAtMs);
    expect(events.atMs.every((at, row) => row === 0 || at >= events.atMs[row - 1]!)).toBe(true);
    expect(events.eventNumber.every((number, row) => row === 0 || number - events.eventNumber[row - 1]! <= 1)).toBe(
      true,
    );
  });

  it('counts events, not rows', () => {
    expect(shop.eventCount).toBe(new Set(events.eventNumber).size);
    expect(shop.eventCount).toBeLessThan(events.count);
  });

  it('has every kind of event, in the shape of a shop', () => {
    const views = countOf(events, 'view_item');
    const carts = countOf(events, 'add_to_cart');
    const purchases = countOf(events, 'purchase');
    expect(countOf(events, 'view_item_list')).toBeGreaterThan(2 * countOf(events, 'select_item'));
    expect(views).toBeGreaterThan(countOf(events, 'select_item'));
    expect(views).toBeGreaterThan(3 * carts);
    expect(carts).toBeGreaterThan(purchases);
    expect(purchases / views).toBeGreaterThan(0.05);
    for (const type of ['begin_checkout', 'remove_from_cart', 'refund', 'add_to_wishlist', 'search'] as const) {
      expect(countOf(events, type)).toBeGreaterThan(0);
    }
  });

  it('clicks less the further down the list', () => {
    const seen = new Array<number>(6).fill(0);
    const clicked = new Array<number>(6).fill(0);
    for (let row = 0; row < events.count; row++) {
      const position = events.position[row]!;
      if (events.type[row] === EVENT_TYPE_INDEX.view_item_list) seen[position]! += 1;
      else if (events.type[row] === EVENT_TYPE_INDEX.select_item) clicked[position]! += 1;
    }
    const rates = clicked.map((count, position) => count / seen[position]!);
    expect(rates[0]).toBeGreaterThan(1.3 * rates[2]!);
    expect(rates[2]).toBeGreaterThan(1.2 * rates[5]!);
  });

  it('buys nothing twice except what is used up', () => {
    const { categories } = shop.dataset.catalogue;
    const bought = new Set<string>();
    const again: string[] = [];
    for (let row = 0; row < events.count; row++) {
      if (events.type[row] !== EVENT_TYPE_INDEX.purchase) continue;
      const key = `${events.user[row]} ${events.item[row]}`;
      if (bought.has(key)) again.push(categories[events.item[row]!]!);
      bought.add(key);
    }
    expect(bought.size).toBeGreaterThan(200);
    expect(again.length / bought.size).toBeLessThan(0.1);
    expect(again.every((category) => /^(Beauty & Care|Food & Drink|Pets) > /.test(category))).toBe(true);
  });

  it('never shows a product before its launch, and launches some midway', () => {
    const { catalogue } = shop.dataset;
    let launched = 0;
    for (const createdAtMs of catalogue.createdAtMsColumn()) {
      if (createdAtMs > events.atMs[0]!) launched += 1;
    }
    expect(launched / catalogue.size).toBeGreaterThan(0.1);
    const early = Array.from(events.item.keys()).filter(
      (row) => events.item[row]! >= 0 && events.atMs[row]! < catalogue.createdAtMsOf(events.item[row]!),
    );
    expect(early).toEqual([]);
  });

  it('has a few products that are sold out and no more bought', () => {
    const { catalogue } = shop.dataset;
    const share = 1 - catalogue.availableCount / catalogue.size;
    expect(share).toBeGreaterThan(0.01);
    expect(share).toBeLessThan(0.06);
    const lastTenth = DEFAULT_DEMO_PARAMETERS.endAtMs - 6 * MS_PER_DAY;
    for (let row = 0; row < events.count; row++) {
      if (events.type[row] === EVENT_TYPE_INDEX.purchase && events.atMs[row]! > lastTenth) {
        expect(catalogue.isAvailable(events.item[row]!)).toBe(true);
      }
    }
  });

  it('describes products and shoppers completely, with a title of its own for each', () => {
    const { catalogue, userAttributes } = shop.dataset;
    expect(new Set(catalogue.titles).size).toBe(1000);
    for (let row = 0; row < catalogue.size; row++) {
      const { category, brand, price, currency } = catalogue.record(row);
      expect(category).toMatch(/^[^>]+ > [^>]+$/);
      expect(catalogue.titles[row]).toContain(brand);
      expect(price).toBeGreaterThan(0);
      expect(currency).toBe('EUR');
    }
    for (const attributes of userAttributes) {
      expect([...attributes.keys()]).toEqual(['gender', 'age_band', 'city_tier', 'device']);
    }
  });

  it('sums an order over its rows', () => {
    const totals = new Map<number, number>();
    for (let row = 0; row < events.count; row++) {
      if (events.type[row] !== EVENT_TYPE_INDEX.purchase) continue;
      const number = events.eventNumber[row]!;
      totals.set(number, (totals.get(number) ?? 0) + events.price[row]! * events.quantity[row]!);
    }
    for (let row = 0; row < events.count; row++) {
      if (events.type[row] !== EVENT_TYPE_INDEX.purchase) continue;
      expect(Math.abs(totals.get(events.eventNumber[row]!)! - events.value[row]!)).toBeLessThan(0.01);
    }
  });

  it('reports its progress to the end', () => {
    const done: number[] = [];
    generateDemoShop({ ...SMALL, onProgress: ({ shoppersDone }) => done.push(shoppersDone) });
    expect(done).toEqual([100, 150]);
  });

  it('refuses options out of range by name', () => {
    expect(() => generateDemoShop({ shopperCount: 0 })).toThrow('shopperCount is 0; give a whole number from 1');
    expect(() => generateDemoShop({ itemCount: 99 })).toThrow('itemCount is 99');
    expect(() => generateDemoShop({ days: 1.5 })).toThrow('days is 1.5');
  });
});

describe('demoParametersOf', () => {
  it('reads back what the metadata say', () => {
    const { metadata } = generateDemoShop({ ...SMALL, shopperCount: 5 }).dataset;
    expect(demoParametersOf(metadata.generator)).toEqual({ ...DEFAULT_DEMO_PARAMETERS, ...SMALL, shopperCount: 5 });
  });

  it('refuses datasets of another origin or version', () => {
    expect(() => demoParametersOf(undefined)).toThrow('not made by version 1 of the demo shop');
    expect(() => demoParametersOf({ kind: 'demo-shop', version: 0 })).toThrow('generate it again');
  });
});
