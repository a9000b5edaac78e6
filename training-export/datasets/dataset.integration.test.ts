import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadDataset } from './dataset.ts';
import { DuckDatabase } from './duckdb.ts';
import { failureOf, temporaryFolder } from './testing/source-folder.ts';
import { writeDatasetFiles } from './write-dataset.ts';

const root = temporaryFolder();
let caseCount = 0;

const EVENTS = 'SELECT * FROM (VALUES';
const EVENT_NAMES =
  ') t("timestamp", event, user_id, item_id, session_id, price, quantity, value, "index", item_list_id, event_id)';
const ITEMS = `SELECT 'a' AS item_id, 'A' AS title, NULL AS category, NULL AS brand, 1.5 AS price, NULL AS currency, true AS available, 5 AS created_at, 7 AS size`;
const USERS = `SELECT 'u' AS user_id, 30 AS age`;

/** A dataset folder with the given events, as another program might write it. */
async function writeFolder(eventRows: string, tables: { items?: string; users?: string; events?: string } = {}) {
  caseCount += 1;
  const folder = join(root, String(caseCount));
  mkdirSync(folder);
  const database = await DuckDatabase.open();
  await writeDatasetFiles(
    database,
    folder,
    {
      events: tables.events ?? `${EVENTS} ${eventRows} ${EVENT_NAMES}`,
      items: tables.items ?? ITEMS,
      users: tables.users ?? USERS,
    },
    { name: 'hand', source: 'test', createdAt: '2024-01-01T00:00:00.000Z', notes: [], skippedRows: {} },
  );
  database.close();
  return folder;
}

const ROW_A = `(1000, 'view_item', 'u', 'a', NULL, NULL, NULL, NULL, NULL, NULL, NULL)`;

describe('loadDataset', () => {
  it('brings rows that are not in order of time into it, equal times in file order', async () => {
    const folder = await writeFolder(
      [3000, 1000, 2000, 1000]
        .map((at, i) => `(${at}, 'view_item', 'u', 'i${i}', NULL, 1.0, NULL, NULL, NULL, NULL, 'e${i}')`)
        .join(','),
    );
    const { events, catalogue } = await loadDataset(folder);
    expect([...events.atMs]).toEqual([1000, 1000, 2000, 3000]);
    expect(Array.from(events.item, (row) => catalogue.itemIds[row])).toEqual(['i1', 'i3', 'i2', 'i0']);
    expect([...events.eventNumber]).toEqual([0, 1, 2, 3]);
  });

  it('gives missing cells their stated values', async () => {
    const { events } = await loadDataset(
      await writeFolder(`(1000, 'search', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`),
    );
    expect(events.user[0]).toBe(-1);
    expect(events.item[0]).toBe(-1);
    expect(events.session[0]).toBe(-1);
    expect(events.price[0]).toBeNaN();
    expect(events.value[0]).toBeNaN();
    expect(events.quantity[0]).toBe(1);
    expect(events.position[0]).toBe(-1);
  });

  it('reads further columns of any type as text', async () => {
    const { catalogue, userAttributes } = await loadDataset(await writeFolder(ROW_A));
    expect(catalogue.record(0)).toEqual({
      itemId: 'a',
      title: 'A',
      price: 1.5,
      isAvailable: true,
      createdAtMs: 5,
      attributes: { size: '7' },
    });
    expect([...(userAttributes[0] ?? [])]).toEqual([['age', '30']]);
  });

  it('joins rows of one moment without event id only for events that carry several products', async () => {
    const row = (type: string, item: string, user = 'u') =>
      `(1000, '${type}', '${user}', '${item}', NULL, NULL, NULL, NULL, NULL, NULL, NULL)`;
    const { events } = await loadDataset(
      await writeFolder(
        [
          row('purchase', 'a'),
          row('purchase', 'b'),
          row('purchase', 'a', 'v'),
          row('view_item', 'a'),
          row('view_item', 'b'),
        ].join(','),
      ),
    );
    expect([...events.eventNumber]).toEqual([0, 0, 1, 2, 3]);
  });

  it('keeps orders of one moment apart by their event id', async () => {
    const row = (item: string, event: string) =>
      `(1000, 'purchase', 'u', '${item}', NULL, NULL, NULL, NULL, NULL, NULL, '${event}')`;
    const { events } = await loadDataset(await writeFolder([row('a', 'x'), row('b', 'x'), row('c', 'y')].join(',')));
    expect([...events.eventNumber]).toEqual([0, 0, 1]);
  });

  it('counts shoppers and products of both files in the metadata', async () => {
    const rows = `${ROW_A}, (2000, 'view_item', 'w', 'b', 's', NULL, NULL, NULL, NULL, NULL, NULL)`;
    const { metadata } = await loadDataset(await writeFolder(rows));
    expect(metadata.counts).toEqual({ events: 2, users: 2, items: 2, sessions: 1, skippedRows: {} });
    expect([metadata.from, metadata.to]).toEqual(['1970-01-01T00:00:01.000Z', '1970-01-01T00:00:02.000Z']);
  });

  it('refuses a folder that is no dataset', async () => {
    const failure = await failureOf(loadDataset(join(root, 'nothing')));
    expect(failure.code).toBe('REC_INVALID_INPUT_DATA');
    expect(failure.message).toContain('is not a dataset');
  });

  it('refuses metadata that are broken or of another version', async () => {
    const folder = await writeFolder(ROW_A);
    writeFileSync(join(folder, 'dataset.json'), '{"format"');
    expect((await failureOf(loadDataset(folder))).message).toContain('is not JSON');
    writeFileSync(join(folder, 'dataset.json'), '{"format":"vitrine-dataset","formatVersion":2}');
    expect((await failureOf(loadDataset(folder))).message).toContain('version 1');
  });

  it('names the file that is missing or lacks a column', async () => {
    const folder = await writeFolder(ROW_A);
    rmSync(join(folder, 'users.parquet'));
    expect((await failureOf(loadDataset(folder))).message).toContain('users.parquet is missing');
    const narrow = await writeFolder(ROW_A, { items: `SELECT 'a' AS item_id` });
    expect((await failureOf(loadDataset(narrow))).message).toMatch(
      /items\.parquet has no column "title", .*"created_at" \(found: item_id\)/,
    );
  });

  it('refuses event names outside the format', async () => {
    const folder = await writeFolder(`(1000, 'teleport', 'u', 'a', NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
    expect((await failureOf(loadDataset(folder))).message).toContain('event name outside the format');
  });
});
