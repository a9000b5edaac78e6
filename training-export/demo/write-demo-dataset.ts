import { EVENT_TYPES } from '../../features/profile/event.ts';
import type { Dataset } from '../datasets/dataset.ts';
import type { DatasetMetadata } from '../datasets/dataset-metadata.ts';
import { DuckDatabase, sqlName } from '../datasets/duckdb.ts';
import { replaceDatasetFolder, writeDatasetFiles } from '../datasets/write-dataset.ts';
import type { DemoShop } from './generate-demo-shop.ts';

/**
 * Writes a demo shop as a dataset folder; `loadDataset` gives the same dataset back.
 *
 * Errors: REC_INVALID_INPUT_DATA when the folder holds something else than a dataset. Cost: about 2 s for the default shop.
 */
export async function writeDemoDataset(shop: DemoShop, folder: string): Promise<DatasetMetadata> {
  const { dataset } = shop;
  return replaceDatasetFolder(folder, async (temporary) => {
    const database = await DuckDatabase.open();
    try {
      await appendItems(database, dataset);
      await appendUsers(database, dataset);
      await appendEvents(database, shop);
      const { name, source, createdAt, notes, currency, generator, counts } = dataset.metadata;
      return await writeDatasetFiles(
        database,
        temporary,
        { events: SELECT_EVENTS, items: 'SELECT * EXCLUDE (place) FROM items ORDER BY place', users: SELECT_USERS },
        {
          ...{ name, source, createdAt, notes, skippedRows: counts.skippedRows },
          ...(currency === undefined ? {} : { currency }),
          ...(generator === undefined ? {} : { generator }),
        },
      );
    } finally {
      database.close();
    }
  });
}

const SELECT_USERS = 'SELECT * EXCLUDE (place) FROM users ORDER BY place';

/** Numbers become ids by joins inside DuckDB, which is far quicker than handing over a text for each cell. */
const SELECT_EVENTS = `
  SELECT e."timestamp"::BIGINT AS "timestamp", CASE e.type ${EVENT_TYPES.map((type, i) => `WHEN ${i} THEN '${type}'`).join(' ')} END AS event,
    u.user_id, i.item_id, s.session_id, round(e.price, 2) AS price, e.quantity, round(e.value, 2) AS value,
    nullif(e.position, -1) AS "index", nullif(l.list, '') AS item_list_id, 'e' || e.event AS event_id
  FROM events e LEFT JOIN users u ON u.place = e.user_place LEFT JOIN items i ON i.place = e.item
    LEFT JOIN sessions s ON s.place = e.session LEFT JOIN lists l ON l.place = e.list
  ORDER BY e.place`;

async function appendItems(database: DuckDatabase, { catalogue }: Dataset): Promise<void> {
  const attributes = [...catalogue.attributes];
  await database.run(
    `CREATE TABLE items (place INTEGER, item_id VARCHAR, title VARCHAR, category VARCHAR, brand VARCHAR, price DOUBLE,
       currency VARCHAR, available INTEGER, created_at DOUBLE${attributes.map(([name]) => `, ${sqlName(name)} VARCHAR`).join('')})`,
  );
  const places = Int32Array.from(catalogue.itemIds.keys());
  await database.append('items', [
    { kind: 'integer', values: places },
    { kind: 'text', values: catalogue.itemIds },
    { kind: 'text', values: catalogue.titles },
    { kind: 'text', values: catalogue.categories },
    { kind: 'text', values: catalogue.brands },
    { kind: 'double', values: catalogue.priceColumn() },
    { kind: 'text', values: catalogue.currencies },
    { kind: 'integer', values: catalogue.availabilityFlags() },
    { kind: 'double', values: catalogue.createdAtMsColumn() },
    ...attributes.map(([, values]) => ({
      kind: 'text' as const,
      values: Array.from(places, (place) => values[place]),
    })),
  ]);
  await database.run('ALTER TABLE items ALTER available TYPE BOOLEAN');
  await database.run('ALTER TABLE items ALTER created_at TYPE BIGINT');
}

async function appendUsers(database: DuckDatabase, { userIds, userAttributes }: Dataset): Promise<void> {
  const names = [...new Set(userAttributes.flatMap((attributes) => [...attributes.keys()]))];
  await database.run(
    `CREATE TABLE users (place INTEGER, user_id VARCHAR${names.map((name) => `, ${sqlName(name)} VARCHAR`).join('')})`,
  );
  await database.append('users', [
    { kind: 'integer', values: Int32Array.from(userIds.keys()) },
    { kind: 'text', values: userIds },
    ...names.map((name) => ({
      kind: 'text' as const,
      values: userAttributes.map((attributes) => attributes.get(name)),
    })),
  ]);
}

async function appendEvents(database: DuckDatabase, { dataset: { events }, listIds }: DemoShop): Promise<void> {
  await appendNames(database, 'sessions', 'session_id', events.sessionIds);
  const lists = [...new Set(listIds)];
  const listPlaces = new Map(lists.map((list, place) => [list, place]));
  await appendNames(database, 'lists', 'list', lists);
  await database.run(
    `CREATE TABLE events (place INTEGER, "timestamp" DOUBLE, type INTEGER, user_place INTEGER, session INTEGER, item INTEGER,
       price DOUBLE, quantity DOUBLE, value DOUBLE, position INTEGER, event INTEGER, list INTEGER)`,
  );
  await database.append('events', [
    { kind: 'integer', values: Int32Array.from(listIds.keys()) },
    { kind: 'double', values: events.atMs },
    { kind: 'integer', values: events.type },
    { kind: 'integer', values: events.user },
    { kind: 'integer', values: events.session },
    { kind: 'integer', values: events.item },
    { kind: 'double', values: events.price },
    { kind: 'double', values: events.quantity },
    { kind: 'double', values: events.value },
    { kind: 'integer', values: events.position },
    { kind: 'integer', values: events.eventNumber },
    { kind: 'integer', values: listIds.map((list) => listPlaces.get(list) ?? 0) },
  ]);
}

async function appendNames(
  database: DuckDatabase,
  table: string,
  column: string,
  names: readonly string[],
): Promise<void> {
  await database.run(`CREATE TABLE ${table} (place INTEGER, ${column} VARCHAR)`);
  await database.append(table, [
    { kind: 'integer', values: Int32Array.from(names.keys()) },
    { kind: 'text', values: names },
  ]);
}
