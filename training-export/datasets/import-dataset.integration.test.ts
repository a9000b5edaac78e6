import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../features/core/clock.ts';
import { EVENT_TYPE_INDEX, EVENT_TYPES } from '../../features/profile/event.ts';
import { loadDataset } from './dataset.ts';
import { DuckDatabase } from './duckdb.ts';
import { type ImportOptions, importDataset } from './import-dataset.ts';
import { failureOf, temporaryFolder, writeSources } from './testing/source-folder.ts';

const root = temporaryFolder();
let caseCount = 0;

/** 2024-06-01T00:00:00Z. */
const NOW_MS = 1_717_200_000_000;
const DAY_1_MS = 1_704_067_200_000;

function newFolder(): string {
  caseCount += 1;
  const folder = join(root, String(caseCount));
  mkdirSync(folder);
  return folder;
}

/** Imports files in the plain layout. */
async function importPlain(files: Record<string, string | Buffer>, more: Partial<ImportOptions> = {}) {
  const folder = newFolder();
  const output = join(folder, 'dataset');
  const clock = new ManualClock(NOW_MS);
  const metadata = await importDataset({
    format: 'plain',
    folder: writeSources(join(folder, 'in'), files),
    output,
    clock,
    ...more,
  });
  return { metadata, output, dataset: await loadDataset(output) };
}

const EVENT_HEADER = 'timestamp,event,user_id,item_id,session_id,price,quantity,value,index';

const SHOP = {
  'events.csv': [
    EVENT_HEADER,
    `${DAY_1_MS + 2000},view_item,ann,lamp,s1,,,,`,
    `${DAY_1_MS + 1000},Product Viewed,bob,chair,s2,49.5,,,3`,
    `${DAY_1_MS + 3000},purchase,ann,lamp,s1,20,2,45,`,
    `${DAY_1_MS + 3000},purchase,ann,mug,s1,5,1,45,`,
    `${DAY_1_MS + 4000},search,cid,,s3,,,,`,
  ].join('\n'),
  'items.csv': [
    'item_id,title,category,brand,price,currency,available,created_at,colour',
    'lamp,"Lamp, small",home > light,Lumo,20,EUR,true,2023-01-01,red|blue',
    'chair,Chair,home > seat,,49.5,EUR,false,,',
  ].join('\n'),
  'users.csv': 'user_id,gender,city\nbob,m,Basel\nann,,Bern\n',
};

describe('importDataset, plain layout', () => {
  it('keeps every column, sorted by time', async () => {
    const { dataset, metadata } = await importPlain(SHOP);
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
    const { dataset } = await importPlain(SHOP);
    expect([...dataset.events.eventNumber]).toEqual([0, 1, 2, 2, 3]);
  });

  it('keeps the order of the items file and adds products that only events name at its end', async () => {
    const { dataset } = await importPlain(SHOP);
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
    const { dataset } = await importPlain(SHOP);
    expect(dataset.userIds).toEqual(['bob', 'ann', 'cid']);
    expect(dataset.userAttributes.map((attributes) => Object.fromEntries(attributes))).toEqual([
      { gender: 'm', city: 'Basel' },
      { city: 'Bern' },
      {},
    ]);
  });

  it('reads the same dataset from CSV, gzipped CSV, semicolons, JSON lines and Parquet', async () => {
    const expected = (await importPlain(SHOP)).dataset;
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
      const { dataset } = await importPlain(items === '' ? others : files);
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
    const { dataset, metadata } = await importPlain({
      'events.csv': `timestamp,event,user_id,item_id\n${timestamp},view_item,u,i\n`,
    });
    expect(dataset.events.atMs[0]).toBe(1_704_067_201_000);
    expect(metadata.notes).toEqual(note === undefined ? [] : [note]);
  });

  it('takes rows of one event id for one event even when other rows lie between them', async () => {
    const { dataset } = await importPlain({
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
    const { dataset } = await importPlain({ 'events.csv': ['timestamp,event,user_id,item_id', ...rows].join('\n') });
    expect(Array.from(dataset.events.item, (row) => dataset.catalogue.itemIds[row])).toEqual(['a', 'b', 'c']);
  });

  it('takes single-product events of the same moment without an event id for different events', async () => {
    const { dataset } = await importPlain({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n${DAY_1_MS},view_item,u,b\n`,
    });
    expect([...dataset.events.eventNumber]).toEqual([0, 1]);
  });

  it('keeps shoppers known by session only', async () => {
    const { dataset } = await importPlain({
      'events.csv': `timestamp,event,session_id,item_id\n${DAY_1_MS},view_item,s,a\n`,
    });
    expect([...dataset.events.user]).toEqual([-1]);
    expect(dataset.userIds).toEqual([]);
    expect(dataset.events.sessionIds).toEqual(['s']);
  });

  it('leaves out events that say nothing about products, and counts them', async () => {
    const { metadata } = await importPlain({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},page_view,u,\n${DAY_1_MS},view_item,u,a\n`,
    });
    expect(metadata.counts).toMatchObject({ events: 1, skippedRows: { 'event-not-used': 1 } });
  });

  it('lets the last of several rows of a product win', async () => {
    const { dataset, metadata } = await importPlain({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n`,
      'items.csv': 'item_id,price\na,1\nb,2\na,3\n',
    });
    expect(dataset.catalogue.record(dataset.catalogue.indexOf('a')).price).toBe(3);
    expect(metadata.counts.skippedRows).toEqual({ 'duplicate-item': 1 });
  });

  it('reports its progress to the end', async () => {
    const seen: number[] = [];
    await importPlain(SHOP, { onProgress: ({ stepsDone, stepCount }) => seen.push(stepsDone / stepCount) });
    expect(seen).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it('replaces a dataset that is there and leaves no other folder behind', async () => {
    const { output } = await importPlain(SHOP);
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

describe('importDataset, faulty rows', () => {
  const good = Array.from({ length: 199 }, (_, i) => `${DAY_1_MS + i},view_item,u,i${i}`);

  /** 199 good rows after one under test, which stands in file row 2. */
  const eventsWith = (row: string): Record<string, string> => ({
    'events.csv': ['timestamp,event,user_id,item_id,price', row, ...good.map((line) => `${line},`)].join('\n'),
  });

  it.each([
    ['timestamp-unreadable', 'yesterday,view_item,u,a,'],
    ['timestamp-missing', ',view_item,u,a,'],
    ['timestamp-out-of-range', '788918399999,view_item,u,a,'],
    ['timestamp-out-of-range', `${NOW_MS + 86_400_001},view_item,u,a,`],
    ['event-unknown', `${DAY_1_MS},teleport,u,a,`],
    ['item-missing', `${DAY_1_MS},view_item,u,,`],
    ['shopper-missing', `${DAY_1_MS},view_item,,a,`],
    ['user-id-too-long', `${DAY_1_MS},view_item,${'u'.repeat(257)},a,`],
    ['price-invalid', `${DAY_1_MS},view_item,u,a,-1`],
    ['price-invalid', `${DAY_1_MS},view_item,u,a,NaN`],
    ['price-invalid', `${DAY_1_MS},view_item,u,a,12 EUR`],
    ['row-malformed', `${DAY_1_MS},view_item,u`],
    ['row-malformed', `${DAY_1_MS},view_item,u,a,1,2,3`],
  ])('skips and counts %s below the permitted share', async (reason, row) => {
    const { metadata } = await importPlain(eventsWith(row));
    expect(metadata.counts.skippedRows).toEqual({ [reason]: 1 });
    expect(metadata.counts.events).toBe(199);
  });

  it.each([
    ['timestamp', 'yesterday,view_item,u,a,', '"yesterday"'],
    ['event', `${DAY_1_MS},teleport,u,a,`, '"teleport"'],
    ['price', `${DAY_1_MS},view_item,u,a,-1`, '"-1"'],
    ['item_id', `${DAY_1_MS},view_item,u,,`, 'nothing'],
    ['user_id', `${DAY_1_MS},view_item,,a,`, 'nothing'],
  ])('names file, row, column %s and value when refusing', async (column, row, value) => {
    const failure = await failureOf(importPlain(eventsWith(row), { maxBadRowRatio: 0 }));
    expect(failure.code).toBe('REC_INVALID_INPUT_DATA');
    expect(failure.message).toContain('events.csv');
    expect(failure.message).toContain(`row 2, column "${column}": ${value} given`);
    expect(failure.message).toContain('1 faulty rows of 200');
    expect(failure.message).toContain('maxBadRowRatio');
  });

  it('counts rows as they stand in the file when malformed rows come before', async () => {
    const files = {
      'events.csv': [
        'timestamp,event,user_id,item_id',
        '1,2',
        `${DAY_1_MS},view_item,u,a`,
        '3',
        `${DAY_1_MS},warp,u,b`,
      ].join('\n'),
    };
    const { message } = await failureOf(importPlain(files));
    expect(message).toContain('row 2, column "item_id": missing columns in "1,2"');
    expect(message).toContain('row 4, column "event": missing columns in "3"');
    expect(message).toContain('row 5, column "event": "warp" given');
    expect(message).toContain('3 faulty rows of 4');
  });

  it('shows at most five rows of many', async () => {
    const rows = Array.from({ length: 50 }, () => 'soon,view_item,u,a');
    const { message } = await failureOf(
      importPlain({ 'events.csv': ['timestamp,event,user_id,item_id', ...rows].join('\n') }),
    );
    expect(message.match(/row \d+, column/g)).toHaveLength(5);
    expect(message).toContain('timestamp-unreadable 50');
  });

  it('permits exactly the share given', async () => {
    const files = eventsWith(`${DAY_1_MS},teleport,u,a,`);
    await expect(importPlain(files, { maxBadRowRatio: 0.005 })).resolves.toBeDefined();
    await expect(importPlain(files, { maxBadRowRatio: 0.0049 })).rejects.toThrow('permitted 0.49 %');
  });

  it('refuses a file without any usable row whatever the share', async () => {
    const failure = await failureOf(
      importPlain({ 'events.csv': 'timestamp,event,user_id,item_id\nsoon,view_item,u,a\n' }, { maxBadRowRatio: 1 }),
    );
    expect(failure.message).toContain('has no usable event row (timestamp-unreadable 1)');
  });

  it('checks products and shoppers too', async () => {
    const events = `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n`;
    const items = await failureOf(
      importPlain({ 'events.csv': events, 'items.csv': 'item_id,price,available\na,cheap,true\nb,1,perhaps\n' }),
    );
    expect(items.message).toContain('row 2, column "price": "cheap" given');
    expect(items.message).toContain('row 3, column "available": "perhaps" given');
    const users = await failureOf(importPlain({ 'events.csv': events, 'users.csv': 'user_id,age\n,4\n' }));
    expect(users.message).toContain('row 2, column "user_id": nothing given');
  });

  it('skips lines that are not JSON objects', async () => {
    const line = (i: number): string => `{"timestamp":${DAY_1_MS},"event":"view_item","user_id":"u","item_id":"i${i}"}`;
    const { metadata } = await importPlain(
      { 'events.jsonl': [line(1), '{broken', '[1]', line(2)].join('\n') },
      { maxBadRowRatio: 0.5 },
    );
    expect(metadata.counts).toMatchObject({ events: 2, skippedRows: { 'row-malformed': 2 } });
  });
});

describe('importDataset, refused input', () => {
  const events = `timestamp,event,user_id,item_id\n${DAY_1_MS},view_item,u,a\n`;

  it('lists the known formats when the format is not among them', async () => {
    const failure = await failureOf(importDataset({ format: 'excel', folder: root, output: join(root, 'x') }));
    expect(failure.message).toContain('format "excel" is not known');
    for (const format of ['plain', 'retailrocket', 'movielens', 'uci-online-retail', 'rees46', 'taobao']) {
      expect(failure.message).toContain(format);
    }
  });

  it('says which files it looked for when one is missing', async () => {
    const { message } = await failureOf(importPlain({ 'items.csv': 'item_id\na\n' }));
    expect(message).toContain('events.csv, events.csv.gz');
    const named = await failureOf(
      importDataset({ format: 'plain', paths: { events: join(root, 'none.csv') }, output: join(root, 'x') }),
    );
    expect(named.message).toContain('none.csv does not exist');
  });

  it('names a folder that is none and a role the format does not have', async () => {
    const folder = await failureOf(
      importDataset({ format: 'plain', folder: join(root, 'nowhere'), output: join(root, 'x') }),
    );
    expect(folder.message).toContain('nowhere is not a folder');
    const role = await failureOf(importDataset({ format: 'plain', paths: { movies: 'a' }, output: join(root, 'x') }));
    expect(role.message).toContain('its files are events, items, users');
  });

  it('names the missing column and the columns found', async () => {
    const { message } = await failureOf(importPlain({ 'events.csv': 'time,event,user_id,item_id\n1,view_item,u,a\n' }));
    expect(message).toContain('events.csv has no column "timestamp"');
    expect(message).toContain('"time", "event", "user_id", "item_id"');
  });

  it('wants a column that says who acted', async () => {
    const { message } = await failureOf(importPlain({ 'events.csv': 'timestamp,event,item_id\n1,view_item,a\n' }));
    expect(message).toContain('neither a column "user_id" nor "session_id"');
  });

  it('refuses an empty file, a header alone, and a column named twice', async () => {
    expect((await failureOf(importPlain({ 'events.csv': '' }))).message).toContain('events.csv is empty');
    expect((await failureOf(importPlain({ 'events.csv.gz': gzipSync('') }))).message).toContain('is empty');
    const header = await failureOf(importPlain({ 'events.csv': 'timestamp,event,user_id,item_id\n' }));
    expect(header.message).toContain('has no usable event row');
    const twice = await failureOf(importPlain({ 'events.csv': 'timestamp,Event,event,user_id,item_id\n1,a,b,c,d\n' }));
    expect(twice.message).toContain('names column "event" twice');
  });

  it('refuses a gzip file that is cut off instead of taking its readable part', async () => {
    const whole = gzipSync(
      `${events}${Array.from({ length: 9000 }, (_, i) => `${DAY_1_MS + i},view_item,u${i * 7919},a\n`).join('')}`,
    );
    const failure = await failureOf(importPlain({ 'events.csv.gz': whole.subarray(0, whole.length / 2) }));
    expect(failure.message).toContain('is damaged or cut off');
  });

  it('refuses a damaged Parquet file and an unknown kind of file', async () => {
    expect((await failureOf(importPlain({ 'events.parquet': 'PAR1 not really' }))).message).toContain('cannot be read');
    const folder = writeSources(newFolder(), { 'events.xlsx': 'x' });
    const failure = await failureOf(
      importDataset({ format: 'plain', paths: { events: join(folder, 'events.xlsx') }, output: join(folder, 'out') }),
    );
    expect(failure.message).toContain('is of no known kind');
  });

  it('refuses sensitive columns by name', async () => {
    const failure = await failureOf(importPlain({ 'events.csv': events, 'users.csv': 'user_id,Religion\nu,x\n' }));
    expect(failure.code).toBe('REC_SENSITIVE_ATTRIBUTE');
    expect(failure.message).toContain('"Religion"');
    const items = await failureOf(
      importPlain({ 'events.csv': events, 'items.jsonl': '{"item_id":"a","user-ethnicity":"x"}' }),
    );
    expect(items.code).toBe('REC_SENSITIVE_ATTRIBUTE');
  });

  it('refuses a share outside 0 to 1', async () => {
    await expect(importPlain(SHOP, { maxBadRowRatio: 2 })).rejects.toThrow('maxBadRowRatio is 2');
  });

  it('does not overwrite a folder that is no dataset', async () => {
    const output = writeSources(join(newFolder(), 'holiday'), { 'photo.jpg': 'x' });
    const failure = await failureOf(importPlain(SHOP, { output }));
    expect(failure.message).toContain('is not a dataset');
    expect(readdirSync(output)).toEqual(['photo.jpg']);
  });

  it('leaves neither output nor leftovers when it fails, and the former dataset as it was', async () => {
    const { output } = await importPlain(SHOP);
    const folder = join(output, '..');
    const before = readFileSync(join(output, 'dataset.json'), 'utf8');
    writeFileSync(join(folder, 'in', 'events.csv'), 'timestamp,event,user_id,item_id\nsoon,view_item,u,a\n');
    await failureOf(importDataset({ format: 'plain', folder: join(folder, 'in'), output }));
    expect(readdirSync(folder).sort()).toEqual(['dataset', 'in']);
    expect(readFileSync(join(output, 'dataset.json'), 'utf8')).toBe(before);
  });

  it('makes folders that others can read', async () => {
    const { output } = await importPlain(SHOP);
    expect(statSync(output).mode & 0o777).toBe(0o777 & ~process.umask());
    expect(existsSync(join(output, 'events.parquet'))).toBe(true);
  });
});

describe('importDataset, event types', () => {
  it('knows refunds and searches without a product', async () => {
    const { dataset } = await importPlain({
      'events.csv': `timestamp,event,user_id,item_id\n${DAY_1_MS},Order Refunded,u,\n${DAY_1_MS + 1},Products Searched,u,\n`,
    });
    expect([...dataset.events.type]).toEqual([EVENT_TYPE_INDEX.refund, EVENT_TYPE_INDEX.search]);
  });
});

async function parquetOf(csv: string): Promise<Buffer> {
  const folder = writeSources(newFolder(), { 'events.csv': csv });
  const database = await DuckDatabase.open();
  const path = join(folder, 'events.parquet');
  await database.run(
    `COPY (SELECT * REPLACE (make_timestamp_ms("timestamp") AS "timestamp") FROM read_csv('${join(folder, 'events.csv')}')) TO '${path}' (FORMAT parquet)`,
  );
  database.close();
  return readFileSync(path);
}
