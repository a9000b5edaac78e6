import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../features/core/clock.ts';
import { EVENT_TYPE_INDEX, EVENT_TYPES } from '../../features/profile/event.ts';
import { loadDataset } from './dataset.ts';
import { DuckDatabase } from './duckdb.ts';
import { importDataset } from './import-dataset.ts';
import { DAY_1_MS, NOW_MS, PlainImporter, SHOP } from './testing/plain-import.ts';
import { writeSources } from './testing/source-folder.ts';

const importer = new PlainImporter();

describe('importDataset, plain layout', () => {
  it('keeps every column, sorted by time', async () => {
    const { dataset, metadata } = await importer.import(SHOP);
    const { events, catalogue } = dataset;
    expect(events.count).toBe(5);
    expect([...events.atMs]).toEqual([1000, 2000, 3000, 3000, 4000].map((ms) => DAY_1_MS + ms));
    expect(Array.from(events.type, (type) => EVENT_TYPES[type])).toEqual([
      'view_item',
      'view_item',
      'purchase',
      'purchase',
      'search',
    ]);
    expect(Array.from(events.user, (row) => dataset.userIds[row])).toEqual(['bob', 'ann', 'ann', 'ann', 'cid']);
    expect(Array.from(events.item, (row) => catalogue.itemIds[row])).toEqual([
      'chair',
      'lamp',
      'lamp',
      'mug',
      undefined,
    ]);
    expect(Array.from(events.session, (row) => events.sessionIds[row])).toEqual(['s2', 's1', 's1', 's1', 's3']);
    expect([...events.price]).toEqual([49.5, Number.NaN, 20, 5, Number.NaN]);
    expect([...events.quantity]).toEqual([1, 1, 2, 1, 1]);
    expect([...events.value]).toEqual([Number.NaN, Number.NaN, 45, 45, Number.NaN]);
    expect([...events.position]).toEqual([3, -1, -1, -1, -1]);
    expect(metadata).toMatchObject({
      format: 'vitrine-dataset',
      formatVersion: 1,
      name: 'dataset',
      source: 'plain',
      createdAt: '2024-06-01T00:00:00.000Z',
      from: '2024-01-01T00:00:01.000Z',
      to: '2024-01-01T00:00:04.000Z',
      currency: 'EUR',
      counts: { events: 5, users: 3, items: 3, sessions: 3, skippedRows: {} },
    });
  });

  it('numbers an order of several rows as one event', async () => {
    const { dataset } = await importer.import(SHOP);
    expect([...dataset.events.eventNumber]).toEqual([0, 1, 2, 2, 3]);
  });

  it('keeps the order of the items file and adds products that only events name at its end', async () => {
    const { dataset } = await importer.import(SHOP);
    expect(dataset.catalogue.itemIds).toEqual(['lamp', 'chair', 'mug']);
    expect(dataset.catalogue.record(0)).toEqual({
      itemId: 'lamp',
      title: 'Lamp, small',
      category: 'home > light',
      brand: 'Lumo',
      price: 20,
      currency: 'EUR',
      isAvailable: true,
      createdAtMs: 1_672_531_200_000,
      attributes: { colour: 'red|blue' },
    });
    expect(dataset.catalogue.record(1)).toMatchObject({ itemId: 'chair', isAvailable: false });
    expect(dataset.catalogue.record(2)).toEqual({ itemId: 'mug', isAvailable: true });
  });

  it('keeps attributes of shoppers as text and adds shoppers that only events name', async () => {
    const { dataset } = await importer.import(SHOP);
    expect(dataset.userIds).toEqual(['bob', 'ann', 'cid']);
    expect(dataset.userAttributes.map((attributes) => Object.fromEntries(attributes))).toEqual([
      { gender: 'm', city: 'Basel' },
      { city: 'Bern' },
      {},
    ]);
  });

  it('reads the same dataset from CSV, gzipped CSV, semicolons, JSON lines and Parquet', async () => {
    const expected = (await importer.import(SHOP)).dataset;
    const jsonLines = [
      { timestamp: DAY_1_MS + 2000, event: 'view_item', user_id: 'ann', item_id: 'lamp', session_id: 's1' },
      {
        timestamp: DAY_1_MS + 1000,
        event: 'Product Viewed',
        user_id: 'bob',
        item_id: 'chair',
        session_id: 's2',
        price: 49.5,
        index: 3,
      },
      {
        timestamp: DAY_1_MS + 3000,
        event: 'purchase',
        user_id: 'ann',
        item_id: 'lamp',
        session_id: 's1',
        price: 20,
        quantity: 2,
        value: 45,
      },
      {
        timestamp: DAY_1_MS + 3000,
        event: 'purchase',
        user_id: 'ann',
        item_id: 'mug',
        session_id: 's1',
        price: 5,
        quantity: 1,
        value: 45,
      },
      { timestamp: DAY_1_MS + 4000, event: 'search', user_id: 'cid', session_id: 's3', item_id: null },
    ].map((line) => JSON.stringify(line));
    const jsonItems = [
      '{"item_id":"lamp","title":"Lamp, small","category":"home > light","brand":"Lumo","price":20,"currency":"EUR","available":true,"created_at":"2023-01-01","colour":["red","blue"]}',
      '{"item_id":"chair","title":"Chair","category":"home > seat","price":49.5,"currency":"EUR","available":false}',
    ].join('\n');
    const parquet = await parquetOf(SHOP['events.csv']);
    const rest = { 'items.csv': SHOP['items.csv'], 'users.csv': SHOP['users.csv'] };
    const variants: Record<string, string | Buffer>[] = [
      { ...rest, 'events.csv.gz': gzipSync(SHOP['events.csv']) },
      { ...rest, 'events.csv': SHOP['events.csv'].replaceAll(',', ';').replaceAll('\n', '\r\n') },
      { ...rest, 'events.csv': `\ufeff${SHOP['events.csv']}` },
      { ...rest, 'events.jsonl': jsonLines.join('\n'), 'items.csv': '', 'items.jsonl': jsonItems },
      { ...rest, 'events.ndjson.gz': gzipSync(jsonLines.join('\n')) },
      { ...rest, 'events.parquet': parquet },
    ];
    for (const files of variants) {
      const { 'items.csv': items, ...others } = files;
      const { dataset } = await importer.import(items === '' ? others : files);
      expect(dataset.events).toEqual(expected.events);
      expect(dataset.userIds).toEqual(expected.userIds);
      expect(dataset.catalogue.itemIds.map((_, row) => dataset.catalogue.record(row))).toEqual(
        expected.catalogue.itemIds.map((_, row) => expected.catalogue.record(row)),
      );
    }
  });

  it.each([
    ['epoch seconds', '1704067201', 'Numbers in timestamp were read as epoch seconds.'],
    ['epoch milliseconds', '1704067201000', 'Numbers in timestamp were read as epoch milliseconds.'],
    ['epoch microseconds', '1704067201000000', 'Numbers in timestamp were read as epoch microseconds.'],
    ['ISO 8601 with zone', '2024-01-01T02:00:01+02:00', undefined],
    ['ISO 8601 without zone, as UTC', '2024-01-01 00:00:01', undefined],
  ])('reads times as %s', async (_, timestamp, note) => {
    const { dataset, metadata } = await importer.import({
      'events.csv': `timestamp,event,user_id,item_id\n${timestamp},view_item,u,i\n`,
    });
    expect(dataset.events.atMs[0]).toBe(1_704_067_201_000);
    expect(metadata.notes).toEqual(note === undefined ? [] : [note]);
  });

  it('takes rows of one event id for one event even when other rows lie between them', async () => {
    const { dataset } = await importer.import({
      'events.csv': [
        'timestamp,event,user_id,item_id,event_id',
        `${DAY_1_MS},view_item_list,u,a,e1`,
        `${DAY_1_MS},view_item_list,u,c,e2`,
        `${DAY_1_MS},view_item_list,u,b,e1`,
      ].join('\n'),
    });
    expect(Array.from(dataset.events.item, (row) => dataset.catalogue.itemIds[row])).toEqual(['a', 'b', 'c']);
    expect([...dataset.events.eventNumber]).toEqual([0, 0, 1]);
  });

  it('keeps the order of the source among events of the same moment', async () => {
    const rows = ['u,a', 'v,b', 'u,c'].map((ids) => `${DAY_1_MS},view_item,${ids}`);
    const { dataset } = await importer.import({
      'events.csv': ['timestamp,event,user_id,item_id', ...rows].join('\n'),
    });
    expect(Array.from(dataset.events.item, (row) => dataset.catalogue.itemIds[row])).toEqual(['a', 'b', 'c']);
  });

  it('takes single-product events of the same moment without an event id for different events', async () => {
    const { dataset } = await importer.import({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n${DAY_1_MS},view_item,u,b\n`,
    });
    expect([...dataset.events.eventNumber]).toEqual([0, 1]);
  });

  it('keeps shoppers known by session only', async () => {
    const { dataset } = await importer.import({
      'events.csv': `timestamp,event,session_id,item_id\n${DAY_1_MS},view_item,s,a\n`,
    });
    expect([...dataset.events.user]).toEqual([-1]);
    expect(dataset.userIds).toEqual([]);
    expect(dataset.events.sessionIds).toEqual(['s']);
  });

  it('leaves out events that say nothing about products, and counts them', async () => {
    const { metadata } = await importer.import({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},page_view,u,\n${DAY_1_MS},view_item,u,a\n`,
    });
    expect(metadata.counts).toMatchObject({ events: 1, skippedRows: { 'event-not-used': 1 } });
  });

  it('lets the last of several rows of a product win', async () => {
    const { dataset, metadata } = await importer.import({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n`,
      'items.csv': 'item_id,price\na,1\nb,2\na,3\n',
    });
    expect(dataset.catalogue.record(dataset.catalogue.indexOf('a')).price).toBe(3);
    expect(metadata.counts.skippedRows).toEqual({ 'duplicate-item': 1 });
  });

  it('reports its progress to the end', async () => {
    const seen: number[] = [];
    await importer.import(SHOP, { onProgress: ({ stepsDone, stepCount }) => seen.push(stepsDone / stepCount) });
    expect(seen).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it('replaces a dataset that is there and leaves no other folder behind', async () => {
    const { output } = await importer.import(SHOP);
    const folder = join(output, '..');
    await importDataset({
      format: 'plain',
      folder: join(folder, 'in'),
      output,
      name: 'again',
      clock: new ManualClock(NOW_MS),
    });
    expect((await loadDataset(output)).name).toBe('again');
    expect(readdirSync(folder).sort()).toEqual(['dataset', 'in']);
  });
});

describe('importDataset, event types', () => {
  it('knows refunds and searches without a product', async () => {
    const { dataset } = await importer.import({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},Order Refunded,u,\n${DAY_1_MS + 1},Products Searched,u,\n`,
    });
    expect([...dataset.events.type]).toEqual([EVENT_TYPE_INDEX.refund, EVENT_TYPE_INDEX.search]);
  });
});

async function parquetOf(csv: string): Promise<Buffer> {
  const folder = writeSources(importer.newFolder(), { 'events.csv': csv });
  const database = await DuckDatabase.open();
  const path = join(folder, 'events.parquet');
  await database.run(
    `COPY (SELECT * REPLACE (make_timestamp_ms("timestamp") AS "timestamp") FROM read_csv('${join(folder, 'events.csv')}')) TO '${path}' (FORMAT parquet)`,
  );
  database.close();
  return readFileSync(path);
}
