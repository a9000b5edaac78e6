import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../features/profile/event.ts';
import { type Dataset, loadDataset } from './dataset.ts';
import type { DatasetMetadata } from './dataset-metadata.ts';
import { importDataset } from './import-dataset.ts';
import { failureOf, temporaryFolder, writeSources } from './testing/source-folder.ts';

const root = temporaryFolder();
let caseCount = 0;

async function importFiles(
  format: string,
  files: Record<string, string | Buffer>,
  maxBadRowRatio = 0,
): Promise<{ metadata: DatasetMetadata; dataset: Dataset; rows: Row[] }> {
  caseCount += 1;
  const folder = join(root, String(caseCount));
  mkdirSync(folder);
  const output = join(folder, 'dataset');
  const metadata = await importDataset({
    format,
    folder: writeSources(join(folder, 'in'), files),
    output,
    maxBadRowRatio,
  });
  const dataset = await loadDataset(output);
  return { metadata, dataset, rows: rowsOf(dataset) };
}

interface Row {
  readonly at: string;
  readonly type: string;
  readonly user: string | undefined;
  readonly item: string | undefined;
  readonly session?: string | undefined;
  readonly event: number;
}

function rowsOf({ events, userIds, catalogue }: Dataset): Row[] {
  return Array.from({ length: events.count }, (_, row) => ({
    at: new Date(events.atMs[row]!).toISOString(),
    type: EVENT_TYPES[events.type[row]!]!,
    user: userIds[events.user[row]!],
    item: catalogue.itemIds[events.item[row]!],
    session: events.sessionIds[events.session[row]!],
    event: events.eventNumber[row]!,
  }));
}

describe('retailrocket reader', () => {
  it('reads the layout with seconds, user and item', async () => {
    const { rows, metadata } = await importFiles('retailrocket', {
      'events.csv.gz': gzipSync(
        'timestamp,user,event,item\n1430623510,7,view,11\n1430623535,7,addtocart,11\n1430623600,8,transaction,12\n',
      ),
    });
    expect(rows.map(({ at, type, user, item }) => [at, type, user, item])).toEqual([
      ['2015-05-03T03:25:10.000Z', 'view_item', '7', '11'],
      ['2015-05-03T03:25:35.000Z', 'add_to_cart', '7', '11'],
      ['2015-05-03T03:26:40.000Z', 'purchase', '8', '12'],
    ]);
    expect(metadata.notes.join(' ')).toContain('No item properties were given');
  });

  it('reads the published layout, its orders, and the latest category and availability with the category path', async () => {
    const { rows, dataset } = await importFiles('retailrocket', {
      'events.csv': [
        'timestamp,visitorid,event,itemid,transactionid',
        '1430623510000,7,view,11,',
        '1430623600000,7,transaction,11,900',
        '1430623600000,7,transaction,12,900',
        '1430623600000,7,transaction,12,901',
      ].join('\n'),
      'item_properties_part1.csv': [
        'timestamp,itemid,property,value',
        '1430000000000,11,categoryid,3',
        '1430500000000,11,categoryid,2',
        '1430000000000,11,790,n12.000',
        '1430000000000,99,categoryid,2',
      ].join('\n'),
      'item_properties_part2.csv':
        'timestamp,itemid,property,value\n1430000000000,12,available,0\n1430000000000,12,categoryid,5\n',
      'category_tree.csv': 'categoryid,parentid\n1,\n2,1\n3,1\n',
    });
    expect(rows.map(({ item, event }) => [item, event])).toEqual([
      ['11', 0],
      ['11', 1],
      ['12', 1],
      ['12', 2],
    ]);
    expect(dataset.catalogue.size).toBe(2);
    expect(dataset.catalogue.record(0)).toEqual({ itemId: '11', category: '1 > 2', isAvailable: true });
    expect(dataset.catalogue.record(1)).toEqual({ itemId: '12', category: '5', isAvailable: false });
  });

  it('names the columns of a file that is another one', async () => {
    const { message } = await failureOf(importFiles('retailrocket', { 'events.csv': 'a,b\n1,2\n' }));
    expect(message).toContain('has no column "timestamp", "event", "user", "item"');
  });
});

describe('movielens reader', () => {
  const ratings = '1::20::5::978300760\n2::30::3::978302109\n';

  it('makes ratings views with the rating as value, and reads films and users', async () => {
    const { rows, dataset } = await importFiles('movielens', {
      'ratings.dat': ratings,
      // é in latin-1 is the single byte 0xe9, which is not valid UTF-8.
      'movies.dat.gz': gzipSync(
        Buffer.from('20::Misérables, Les (1995)::Drama|Musical\n30::No Year::Comedy\n', 'latin1'),
      ),
      'users.dat': '1::F::1::10::48067\n2::M::56::16::70072-1\n',
    });
    expect(rows.map(({ at, type, user, item }) => [at, type, user, item])).toEqual([
      ['2000-12-31T22:12:40.000Z', 'view_item', '1', '20'],
      ['2000-12-31T22:35:09.000Z', 'view_item', '2', '30'],
    ]);
    expect([...dataset.events.value]).toEqual([5, 3]);
    expect(dataset.catalogue.record(0)).toEqual({
      itemId: '20',
      title: 'Misérables, Les (1995)',
      isAvailable: true,
      attributes: { year: '1995', genres: 'Drama|Musical' },
    });
    expect(dataset.catalogue.record(1).attributes).toEqual({ genres: 'Comedy' });
    expect(Object.fromEntries(dataset.userAttributes[1] ?? [])).toEqual({
      gender: 'M',
      age: '56',
      occupation: '16',
      zip: '70072-1',
    });
  });

  it('does without films and users', async () => {
    const { dataset } = await importFiles('movielens', { 'ratings.dat': ratings });
    expect(dataset.catalogue.itemIds).toEqual(['20', '30']);
  });

  it('refuses ratings with too few columns', async () => {
    const { message } = await failureOf(importFiles('movielens', { 'ratings.dat': `${ratings}3::40\n` }));
    expect(message).toContain('ratings.dat');
    expect(message).toContain('row 3, column "Rating"');
  });
});

describe('uci-online-retail reader', () => {
  it('makes invoices orders, cancelled invoices refunds, and leaves out what is no sale of a product', async () => {
    const { rows, dataset, metadata } = await importFiles('uci-online-retail', {
      'online_retail.csv': [
        'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
        '536365,85123A,"WHITE, HEART",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
        '536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom',
        '536365,POST,POSTAGE,1,2010-12-01 08:26:00,18.00,17850.0,United Kingdom',
        'C536379,85123A,WHITE HEART,-2,2010-12-01 09:41:00,2.75,14527.0,France',
        '536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom',
        '536500,71053,LANTERN RED,1,2010-12-02 10:00:00,3.50,,United Kingdom',
      ].join('\n'),
    });
    expect(rows).toEqual([
      { at: '2010-12-01T08:26:00.000Z', type: 'purchase', user: '17850', item: '85123A', session: '536365', event: 0 },
      { at: '2010-12-01T08:26:00.000Z', type: 'purchase', user: '17850', item: '71053', session: '536365', event: 0 },
      { at: '2010-12-01T09:41:00.000Z', type: 'refund', user: '14527', item: '85123A', session: 'C536379', event: 1 },
      { at: '2010-12-02T10:00:00.000Z', type: 'purchase', user: undefined, item: '71053', session: '536500', event: 2 },
    ]);
    expect([...dataset.events.quantity]).toEqual([6, 6, 2, 1]);
    expect(dataset.catalogue.record(0)).toMatchObject({ itemId: '85123A', title: 'WHITE HEART', price: 2.75 });
    expect(dataset.catalogue.record(1)).toMatchObject({ itemId: '71053', title: 'LANTERN RED', price: 3.5 });
    expect(dataset.userAttributes[0]?.get('country')).toBe('United Kingdom');
    expect(metadata.counts.skippedRows).toEqual({ 'not-a-product': 1, 'price-not-positive': 1 });
  });
});

describe('rees46 reader', () => {
  it('takes products from the events, with the latest known brand, price and category path', async () => {
    const { rows, dataset } = await importFiles('rees46', {
      'events.csv': [
        'event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session',
        '2019-10-01 00:00:00 UTC,view,1,21,a.b_c.d,acme,35.79,5,s1',
        '2019-10-01 00:00:02 UTC,remove_from_cart,1,21,,,30.00,5,s1',
        '2019-10-01 00:00:04 UTC,cart,2,22,,,10.00,6,s2',
        '2019-10-01 00:00:05 UTC,purchase,2,22,,,10.00,6,s2',
      ].join('\n'),
    });
    expect(rows.map(({ type }) => type)).toEqual(['view_item', 'remove_from_cart', 'add_to_cart', 'purchase']);
    expect(rows[3]).toMatchObject({ at: '2019-10-01T00:00:05.000Z', user: '6', item: '2', session: 's2' });
    expect(dataset.catalogue.record(0)).toEqual({
      itemId: '1',
      category: 'a > b_c > d',
      brand: 'acme',
      price: 30,
      isAvailable: true,
    });
    expect(dataset.catalogue.record(1)).toEqual({ itemId: '2', category: '22', price: 10, isAvailable: true });
  });
});

describe('taobao reader', () => {
  it('reads the file without a header', async () => {
    const { rows, dataset } = await importFiles('taobao', {
      'UserBehavior.csv':
        '1,100,9,pv,1511544070\n1,100,9,cart,1511544071\n1,101,8,fav,1511544072\n2,101,8,buy,1511544073\n',
    });
    expect(rows.map(({ type, user, item }) => [type, user, item])).toEqual([
      ['view_item', '1', '100'],
      ['add_to_cart', '1', '100'],
      ['add_to_wishlist', '1', '101'],
      ['purchase', '2', '101'],
    ]);
    expect(dataset.catalogue.categories).toEqual(['9', '8']);
  });
});

describe('completejourney reader', () => {
  it('makes baskets orders with the price of one piece', async () => {
    const { rows, dataset } = await importFiles('completejourney', {
      'transactions_sample.csv': [
        'household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,week,transaction_timestamp',
        '2261,309,77,940996,2.0,3.00,0,0,0,5,1485630413.0',
        '2261,309,77,873902,0.0,1.59,0,0,0,5,1485630413.0',
      ].join('\n'),
      'products.csv':
        'product_id,manufacturer_id,department,brand,product_category,product_type,package_size\n940996,2,GROCERY,National,ICE,CUBED ICE,22 LB\n',
      'demographics.csv': 'household_id,age,income\n2261,65+,35-49K\n',
    });
    expect(rows.map(({ type, user, item, session, event }) => [type, user, item, session, event])).toEqual([
      ['purchase', '2261', '940996', '77', 0],
      ['purchase', '2261', '873902', '77', 0],
    ]);
    expect([...dataset.events.price]).toEqual([1.5, 1.59]);
    expect([...dataset.events.quantity]).toEqual([2, 1]);
    expect(dataset.catalogue.record(0)).toMatchObject({
      category: 'GROCERY > ICE > CUBED ICE',
      attributes: { label: 'National', manufacturer_id: '2', package_size: '22 LB' },
    });
    expect(Object.fromEntries(dataset.userAttributes[0] ?? [])).toEqual({ age: '65+', income: '35-49K' });
  });
});

describe('amazon-sequences reader', () => {
  it('keeps the order of each sequence and reads item attributes', async () => {
    const { rows, dataset } = await importFiles('amazon-sequences', {
      'sequences.txt': '1 4 5 6\n2 5 4\n',
      'item-attributes.json': '{"4": [1, 2], "5": []}',
    });
    const sequence = (user: string) => rows.filter((row) => row.user === user).map(({ item }) => item);
    expect(sequence('1')).toEqual(['4', '5', '6']);
    expect(sequence('2')).toEqual(['5', '4']);
    expect(dataset.catalogue.record(dataset.catalogue.indexOf('4')).attributes).toEqual({ attributes: '1|2' });
    expect(dataset.catalogue.record(dataset.catalogue.indexOf('5')).attributes).toBeUndefined();
  });
});
