import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPE_INDEX } from '../../features/profile/event.ts';
import { type Dataset, loadDataset } from './dataset.ts';
import { importDataset } from './import-dataset.ts';
import { temporaryFolder } from './testing/source-folder.ts';

/** Folder with the public data sets, which the project does not contain. */
const dataFolder = resolve(process.env.VITRINE_TEST_DATA ?? join(import.meta.dirname, '../../../shared/data'));
const output = temporaryFolder();

function hasData(name: string): boolean {
  const isThere = existsSync(join(dataFolder, name));
  if (!isThere) console.warn(`skipped: ${name} is not in ${dataFolder}; set VITRINE_TEST_DATA to test on it`);
  return isThere;
}

async function importAndLoad(format: string, source: string | Record<string, string>): Promise<Dataset> {
  const folder = join(output, `${format}-${typeof source === 'string' ? 'all' : Object.keys(source).length}`);
  await importDataset({
    format,
    output: folder,
    ...(typeof source === 'string' ? { folder: join(dataFolder, source) } : { paths: source }),
  });
  return loadDataset(folder);
}

function distinct(values: ArrayLike<number>): number {
  return new Set(Array.from(values).filter((value) => value >= 0)).size;
}

describe('real data', () => {
  it.skipIf(!hasData('retailrocket'))('reads every row of Retailrocket', async () => {
    const { events, userIds, catalogue, metadata } = await importAndLoad('retailrocket', 'retailrocket');
    expect([events.count, userIds.length, catalogue.size]).toEqual([97_381, 2_174, 29_905]);
    expect(metadata.from.slice(0, 10)).toBe('2015-05-03');
    expect(metadata.to.slice(0, 10)).toBe('2015-09-18');
  });

  it.skipIf(!hasData('movielens-1m'))('reads every row of MovieLens 1M, films never rated included', async () => {
    const { events, userIds, catalogue, userAttributes } = await importAndLoad('movielens', 'movielens-1m');
    expect([events.count, userIds.length, distinct(events.item)]).toEqual([1_000_209, 6_040, 3_706]);
    expect(catalogue.size).toBe(3_883);
    expect(userAttributes.every((attributes) => attributes.size === 4)).toBe(true);
    // 739 012 rows are rated above or below 3, so the rest is rated 3.
    expect(events.value.filter((value) => value === 3)).toHaveLength(1_000_209 - 739_012);
    expect(catalogue.titles).toContain('Misérables, Les (1995)');
  });

  it.skipIf(!hasData('uci-online-retail'))('accounts for every row and customer of UCI Online Retail', async () => {
    const { events, userIds, metadata } = await importAndLoad('uci-online-retail', 'uci-online-retail');
    const skipped = Object.values(metadata.counts.skippedRows).reduce((sum, count) => sum + count, 0);
    expect(events.count + skipped).toBe(541_909);
    expect(userIds).toHaveLength(4_372);
    expect(events.type.includes(EVENT_TYPE_INDEX.refund)).toBe(true);
    expect(events.user.includes(-1)).toBe(true);
    expect(events.price.every((price) => price > 0)).toBe(true);
  });

  it.skipIf(!hasData('rees46'))('reads every row of the REES46 extract', async () => {
    const { events, userIds, catalogue } = await importAndLoad('rees46', 'rees46');
    expect([events.count, userIds.length, catalogue.size]).toEqual([17_434, 4_504, 6_493]);
  });

  it.skipIf(!hasData('taobao-userbehavior'))('reads every row of the Taobao extracts', async () => {
    const folder = join(dataFolder, 'taobao-userbehavior');
    const stream = await importAndLoad('taobao', { events: join(folder, 'stream96k.csv.gz') });
    expect(stream.events.count).toBe(96_168);
    const users = await importAndLoad('taobao', 'taobao-userbehavior');
    expect([users.events.count, users.userIds.length]).toEqual([4_321, 43]);
  });

  it.skipIf(!hasData('completejourney'))('reads every row of The Complete Journey', async () => {
    const { events } = await importAndLoad('completejourney', 'completejourney');
    expect([events.count, distinct(events.user), distinct(events.item)]).toEqual([75_000, 2_377, 20_902]);
  });

  it.skipIf(!hasData('amazon-beauty'))('reads every step of the Amazon Beauty sequences', async () => {
    const { events, userIds, catalogue } = await importAndLoad('amazon-sequences', 'amazon-beauty');
    expect([events.count, userIds.length, catalogue.size]).toEqual([198_502, 22_363, 12_101]);
  });
});
