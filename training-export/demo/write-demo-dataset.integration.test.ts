import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from '../datasets/dataset.ts';
import { DuckDatabase } from '../datasets/duckdb.ts';
import { temporaryFolder } from '../datasets/testing/source-folder.ts';
import { generateDemoShop } from './generate-demo-shop.ts';
import { writeDemoDataset } from './write-demo-dataset.ts';

const root = temporaryFolder();

describe('writeDemoDataset', () => {
  it('writes a folder that loads as the very dataset that was generated', async () => {
    const shop = generateDemoShop({ shopperCount: 200, itemCount: 300 });
    const folder = join(root, 'demo');
    const metadata = await writeDemoDataset(shop, folder);
    const loaded = await loadDataset(folder);
    expect(metadata).toEqual(shop.dataset.metadata);
    expect(loaded.metadata).toEqual(metadata);
    expect(loaded.events).toEqual(shop.dataset.events);
    expect(loaded.userIds).toEqual(shop.dataset.userIds);
    expect(loaded.userAttributes).toEqual(shop.dataset.userAttributes);
    const records = ({ catalogue }: typeof loaded) => catalogue.itemIds.map((_, row) => catalogue.record(row));
    expect(records(loaded)).toEqual(records(shop.dataset));
  });

  it('keeps the lists in which products were shown', async () => {
    const shop = generateDemoShop({ shopperCount: 50, itemCount: 300 });
    const folder = join(root, 'lists');
    await writeDemoDataset(shop, folder);
    const database = await DuckDatabase.open();
    const rows = await database.rows(
      `SELECT coalesce(item_list_id, '') FROM read_parquet('${join(folder, 'events.parquet')}', file_row_number = true) ORDER BY file_row_number`,
    );
    database.close();
    expect(rows.map(([list]) => list)).toEqual(shop.listIds);
    expect(new Set(shop.listIds)).toContain('popular');
  });
});
