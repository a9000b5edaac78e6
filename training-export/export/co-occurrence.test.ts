import { describe, expect, it } from 'vitest';
import type { NeighbourTable } from '../../features/catalogue/arrow-tables.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { aDataset, type TestEvent } from '../examples/testing/a-dataset.ts';
import { CO_VIEW_OPTIONS, type CoOccurrenceOptions, countCoOccurrence, countPopularity } from './co-occurrence.ts';

/** Views of one shopper after another: each word is a shopper's, each letter a product. */
function viewsOf(...histories: string[]): TestEvent[] {
  return histories.flatMap((history, u) =>
    [...history].map((item, i) => ({ minute: 100 * u + i, user: `u${u}`, item })),
  );
}

function neighboursOf(dataset: Dataset, table: NeighbourTable, item: string): [string, number][] {
  const row = dataset.catalogue.indexOf(item);
  const list: [string, number][] = [];
  for (let at = table.offsets[row]!; at < table.offsets[row + 1]!; at++) {
    list.push([dataset.catalogue.itemIds[table.items[at]!]!, Number(table.strengths[at]!.toFixed(6))]);
  }
  return list;
}

const OPTIONS: CoOccurrenceOptions = { ...CO_VIEW_OPTIONS, types: ['view_item'], damping: 0 };

function count(events: readonly TestEvent[], item: string, options: Partial<CoOccurrenceOptions> = {}): unknown {
  const dataset = aDataset({ events });
  const table = countCoOccurrence(dataset, dataset.events.count, { ...OPTIONS, ...options });
  return neighboursOf(dataset, table, item);
}

describe('countCoOccurrence', () => {
  it('is the cosine of the shoppers of two products', () => {
    const events = viewsOf('ab', 'abc', 'ac', 'b', 'a');
    // Shoppers of a: 4, b: 3, c: 2; of a and b 2, of a and c 2, of b and c 1.
    expect(count(events, 'a')).toEqual([
      ['c', Number((2 / Math.sqrt(4 * 2)).toFixed(6))],
      ['b', Number((2 / Math.sqrt(4 * 3)).toFixed(6))],
    ]);
    expect(count(events, 'c')).toEqual([
      ['a', Number((2 / Math.sqrt(8)).toFixed(6))],
      ['b', Number((1 / Math.sqrt(6)).toFixed(6))],
    ]);
  });

  it('trusts pairs of many shoppers more than chance pairs when damped', () => {
    const events = viewsOf('ab', 'ab', 'ab', 'ab', 'b', 'b', 'ax');
    const plain = [
      ['b', Number((4 / Math.sqrt(5 * 6)).toFixed(6))],
      ['x', Number((1 / Math.sqrt(5)).toFixed(6))],
    ];
    expect(count(events, 'a')).toEqual(plain);
    expect(count(events, 'a', { damping: 10 })).toEqual([
      ['b', Number((4 / (Math.sqrt(30) + 10)).toFixed(6))],
      ['x', Number((1 / (Math.sqrt(5) + 10)).toFixed(6))],
    ]);
  });

  it('counts a shopper once for a product, however often they come back', () => {
    expect(count(viewsOf('ababab', 'a'), 'a')).toEqual([['b', Number((1 / Math.sqrt(2)).toFixed(6))]]);
  });

  it('never exceeds 1, also when products drop out of a bounded history and come again', () => {
    expect(count(viewsOf('ijajijaij'), 'i', { historyLength: 2 })).toEqual(expect.arrayContaining([['j', 1]]));
  });

  it('pairs a product with the given number of earlier ones', () => {
    const events = viewsOf('abcd');
    expect(count(events, 'd', { historyLength: 2 })).toEqual([
      ['b', 1],
      ['c', 1],
    ]);
    expect(count(events, 'a', { historyLength: 1 })).toEqual([['b', 1]]);
  });

  it('keeps the strongest, ties by catalogue order', () => {
    const events = viewsOf('abcd', 'ac');
    expect(count(events, 'a', { neighbourCount: 2 })).toEqual([
      ['c', 1],
      ['b', Number((1 / Math.sqrt(2)).toFixed(6))],
    ]);
  });

  it('pairs the products of one basket', () => {
    const events: TestEvent[] = [{ minute: 0, user: 'u', type: 'purchase', item: ['a', 'b'] }];
    expect(count(events, 'b', { types: ['purchase'] })).toEqual([['a', 1]]);
  });

  it('takes events of the stated types and rows alone', () => {
    const events: TestEvent[] = [
      { minute: 0, user: 'u', item: 'a' },
      { minute: 1, user: 'u', type: 'purchase', item: 'b' },
      { minute: 2, user: 'u', item: 'c' },
      { minute: 3, user: 'u', item: 'd' },
    ];
    expect(count(events, 'a')).toEqual([
      ['c', 1],
      ['d', 1],
    ]);
    const dataset = aDataset({ events });
    expect(neighboursOf(dataset, countCoOccurrence(dataset, 3, OPTIONS), 'a')).toEqual([['c', 1]]);
  });

  it('knows visitors by session, and does not take those nobody knows for one shopper or another', () => {
    const bySession: TestEvent[] = [
      { minute: 0, session: 's', item: 'a' },
      { minute: 1, session: 's', item: 'b' },
      { minute: 2, session: 't', item: 'c' },
    ];
    expect(count(bySession, 'a')).toEqual([['b', 1]]);
    const unknown: TestEvent[] = [
      { minute: 0, user: 'u', item: 'a' },
      { minute: 1, item: 'b' },
      { minute: 2, item: 'c' },
      { minute: 3, user: 'u', type: 'search' },
    ];
    expect([count(unknown, 'a'), count(unknown, 'b')]).toEqual([[], []]);
  });
});

describe('countPopularity', () => {
  const dataset = aDataset({
    items: [
      { itemId: 'shoe', category: 'wear > shoes > running' },
      { itemId: 'boot', category: 'wear > shoes' },
      { itemId: 'rake', category: 'garden' },
      { itemId: 'thing' },
      { itemId: 'unsold', category: 'garden' },
    ],
    events: [
      { minute: 0, user: 'u', type: 'view_item_list', item: ['unsold', 'shoe'] },
      { minute: 1, user: 'u', item: 'shoe' },
      { minute: 2, user: 'u', type: 'add_to_cart', item: 'boot' },
      { minute: 3, user: 'u', type: 'purchase', item: ['rake', 'thing'] },
      { minute: 4, user: 'v', type: 'add_to_wishlist', item: 'shoe' },
      { minute: 5, user: 'v', type: 'search' },
      { minute: 6, user: 'v', type: 'select_item', item: 'rake' },
    ],
  });
  const readable = (table: { itemIndexes: Int32Array; weights: Float32Array } | undefined): unknown =>
    table && Array.from(table.itemIndexes, (item, i) => [dataset.catalogue.itemIds[item], table.weights[i]]);

  it('weighs events by what they say of a product, ties by catalogue order, lists shown counting nothing', () => {
    expect(readable(countPopularity(dataset, 0, dataset.events.count).overall)).toEqual([
      ['rake', 6],
      ['thing', 5],
      ['shoe', 3],
      ['boot', 3],
    ]);
  });

  it('ranks each category with everything below it', () => {
    const { byCategory } = countPopularity(dataset, 0, dataset.events.count);
    expect([...byCategory.keys()].sort()).toEqual(['garden', 'wear', 'wear > shoes', 'wear > shoes > running']);
    const expected = [
      ['shoe', 3],
      ['boot', 3],
    ];
    expect(readable(byCategory.get('wear'))).toEqual(expected);
    expect(readable(byCategory.get('wear > shoes'))).toEqual(expected);
    expect(readable(byCategory.get('wear > shoes > running'))).toEqual([['shoe', 3]]);
    expect(readable(byCategory.get('garden'))).toEqual([['rake', 6]]);
  });

  it('counts the stated rows alone', () => {
    // Rows 3 and 4: a cart with the boot, the rake of the basket.
    expect(readable(countPopularity(dataset, 3, 5).overall)).toEqual([
      ['rake', 5],
      ['boot', 3],
    ]);
  });
});
