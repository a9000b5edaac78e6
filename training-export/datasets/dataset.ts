import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Catalogue } from '../../features/catalogue/catalogue.ts';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { EVENT_TYPE_INDEX, EVENT_TYPES, type EventType } from '../../features/profile/event.ts';
import { nameHash } from '../../features/profile/event-memory.ts';
import { DATASET_FILES, type DatasetMetadata, readDatasetMetadata } from './dataset-metadata.ts';
import { DuckDatabase, type ResultChunk, sqlName, sqlText } from './duckdb.ts';

/**
 * All events as columns, one row per event and item.
 *
 * Shape: every column has `count` entries. Order: by time, equal times in the order of the source; rows of one event are adjacent.
 */
export interface EventColumns {
  readonly count: number;
  /** Epoch milliseconds. */
  readonly atMs: Float64Array;
  /** {@link EVENT_TYPE_INDEX}. */
  readonly type: Uint8Array;
  /** Row in `userIds`; -1 when the shopper is known by session only. */
  readonly user: Int32Array;
  /** Row in `sessionIds`; -1 when the source has no sessions. */
  readonly session: Int32Array;
  /** Catalogue row; -1 when the event names no product (a search). */
  readonly item: Int32Array;
  /** Of one piece; NaN when missing. */
  readonly price: Float64Array;
  /** Pieces; 1 when missing. */
  readonly quantity: Float64Array;
  /** Total of the event, the same on each of its rows; NaN when missing. */
  readonly value: Float64Array;
  /** 0-based place in the list shown; -1 when missing. */
  readonly position: Int32Array;
  /** Rows of one multi-item event share a number; numbers count up from 0 in row order. */
  readonly eventNumber: Int32Array;
  readonly sessionIds: readonly string[];
  /** What few sources have; undefined when this one has none of it. */
  readonly details?: EventDetailColumns;
}

/** What an export of the server's event log says beyond the rest; same length and order as {@link EventColumns}. */
export interface EventDetailColumns {
  /** Row in `deviceNames`; -1 when missing. */
  readonly device: Int32Array;
  readonly deviceNames: readonly string[];
  /** 1 = the event or this product came with a discount or a coupon. */
  readonly isDiscounted: Uint8Array;
  /** Hash of the event's id as profiles keep it, see `nameHash`; NaN when missing. */
  readonly idHash: Float64Array;
  /** Epoch milliseconds at which the server took the event in; NaN when missing. */
  readonly receivedAtMs: Float64Array;
}

/** A shop's interactions, products and shoppers in memory: what examples, training and evaluation are made from. */
export interface Dataset {
  readonly name: string;
  readonly metadata: DatasetMetadata;
  /** In the order of the items file; then products that only events name, by first event. */
  readonly catalogue: Catalogue;
  /** In the order of the users file; then shoppers that only events name, by first event. */
  readonly userIds: readonly string[];
  /** What the users file says of each shopper, by user row, as text; empty when nothing. */
  readonly userAttributes: readonly ReadonlyMap<string, string>[];
  readonly events: EventColumns;
}

/** Events that carry several products; their rows are joined by equal time and shopper when the source names no event. */
export const MULTI_ITEM_TYPES: readonly EventType[] = ['view_item_list', 'begin_checkout', 'purchase', 'refund'];
const multiItemTypeNumbers: ReadonlySet<number> = new Set(MULTI_ITEM_TYPES.map((type) => EVENT_TYPE_INDEX[type]));

/** Added to row numbers of the second file so that they follow all of the first file's. */
const AFTER_FIRST_FILE = '1000000000000';

const ITEM_COLUMNS = ['item_id', 'title', 'category', 'brand', 'price', 'currency', 'available', 'created_at'];
/** Columns of {@link EventDetailColumns}; without a value in any of them there are no details. */
const DETAIL_COLUMNS = ['device', 'discount', 'coupon', 'item_discount', 'item_coupon', 'received_at'];
const EVENT_COLUMNS = ['timestamp', 'event', 'user_id', 'item_id', 'session_id', 'price', 'quantity', 'value', 'index'];

/**
 * Reads a dataset folder into memory.
 *
 * Errors: REC_INVALID_INPUT_DATA naming the file when one is missing, damaged, or lacks a column.
 * Cost: about 2 s per million rows on two cores; some 75 bytes per row stay in memory.
 */
export async function loadDataset(folder: string): Promise<Dataset> {
  const metadata = await readDatasetMetadata(folder);
  const files = await locateFiles(folder);
  const database = await DuckDatabase.open();
  try {
    await createIdTables(database, files);
    const catalogue = await readCatalogue(database, files.items);
    const userIds = await readIds(database, 'user_rows');
    const userAttributes = await readUserAttributes(database, files.users, userIds.length);
    const events = await readEvents(database, files.events);
    return { name: metadata.name, metadata, catalogue, userIds, userAttributes, events };
  } catch (error) {
    if (error instanceof VitrineError) throw error;
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `dataset ${folder} cannot be read: ${messageOf(error)}; import it again`,
      { cause: error },
    );
  } finally {
    database.close();
  }
}

interface DatasetPaths {
  readonly events: string;
  readonly items: string;
  readonly users: string;
}

async function locateFiles(folder: string): Promise<DatasetPaths> {
  const paths = {
    events: join(folder, DATASET_FILES.events),
    items: join(folder, DATASET_FILES.items),
    users: join(folder, DATASET_FILES.users),
  };
  for (const path of Object.values(paths)) {
    if (!existsSync(path)) {
      throw new VitrineError('REC_INVALID_INPUT_DATA', `dataset file ${path} is missing; import the dataset again`);
    }
  }
  return paths;
}

/** Numbers every id once, so that the event rows come with numbers instead of text. */
async function createIdTables(database: DuckDatabase, files: DatasetPaths): Promise<void> {
  const eventColumns = await columnNames(database, files.events);
  requireColumns(files.events, eventColumns, EVENT_COLUMNS);
  requireColumns(files.items, await columnNames(database, files.items), ITEM_COLUMNS);
  requireColumns(files.users, await columnNames(database, files.users), ['user_id']);
  const events = fileRows(files.events);
  const numberIds = (table: string, column: string, first?: string): Promise<void> =>
    database.run(
      `CREATE TEMP TABLE ${table} AS SELECT id, (row_number() OVER (ORDER BY first) - 1)::INTEGER AS n FROM (
         SELECT id, min(place) AS first FROM (
           ${first === undefined ? '' : `SELECT ${column}::VARCHAR AS id, file_row_number AS place FROM ${first} UNION ALL`}
           SELECT ${column}::VARCHAR AS id, ${AFTER_FIRST_FILE} + file_row_number AS place FROM ${events}
         ) WHERE id IS NOT NULL GROUP BY id)`,
    );
  await numberIds('user_rows', 'user_id', fileRows(files.users));
  await numberIds('item_rows', 'item_id', fileRows(files.items));
  await numberIds('session_rows', 'session_id');
}

async function readCatalogue(database: DuckDatabase, path: string): Promise<Catalogue> {
  const attributeNames = (await columnNames(database, path)).filter((name) => !ITEM_COLUMNS.includes(name));
  const attributes = attributeNames.map((name) => `, ${sqlName(name)}::VARCHAR`).join('');
  const catalogue = new Catalogue();
  const chunks = database.chunks(
    `SELECT n.id, title, category, brand, currency, price::DOUBLE, created_at::DOUBLE, coalesce(available, true)::INTEGER${attributes}
     FROM item_rows n LEFT JOIN ${fileRows(path)} f ON f.item_id::VARCHAR = n.id ORDER BY n.n`,
  );
  for await (const chunk of chunks) putItems(catalogue, chunk, attributeNames);
  return catalogue;
}

function putItems(catalogue: Catalogue, chunk: ResultChunk, attributeNames: readonly string[]): void {
  const [ids, titles, categories, brands, currencies] = [0, 1, 2, 3, 4].map((column) => chunk.texts(column));
  const [prices, createdAtMs, available] = [5, 6, 7].map((column) => chunk.numbers(column));
  const attributeColumns = attributeNames.map((_, index) => chunk.texts(8 + index));
  for (let row = 0; row < chunk.rowCount; row++) {
    const attributes: Record<string, string> = {};
    attributeNames.forEach((name, index) => {
      const value = attributeColumns[index]![row];
      if (value != null) attributes[name] = value;
    });
    const price = prices![row]!;
    const createdAt = createdAtMs![row]!;
    const [title, category, brand, currency] = [titles, categories, brands, currencies].map((texts) => texts![row]);
    catalogue.put({
      itemId: ids![row] ?? '',
      ...(title == null ? {} : { title }),
      ...(category == null ? {} : { category }),
      ...(brand == null ? {} : { brand }),
      ...(currency == null ? {} : { currency }),
      ...(Number.isNaN(price) ? {} : { price }),
      ...(Number.isNaN(createdAt) ? {} : { createdAtMs: createdAt }),
      isAvailable: available![row] === 1,
      attributes,
    });
  }
}

async function readIds(database: DuckDatabase, table: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const chunk of database.chunks(`SELECT id FROM ${table} ORDER BY n`)) {
    for (const id of chunk.texts(0)) ids.push(id ?? '');
  }
  return ids;
}

async function readUserAttributes(
  database: DuckDatabase,
  path: string,
  userCount: number,
): Promise<Map<string, string>[]> {
  const attributes = Array.from({ length: userCount }, () => new Map<string, string>());
  const names = (await columnNames(database, path)).filter((name) => name !== 'user_id');
  if (names.length === 0) return attributes;
  const chunks = database.chunks(
    `SELECT n.n::DOUBLE, ${names.map((name) => `f.${sqlName(name)}::VARCHAR`).join(', ')}
     FROM ${fileRows(path)} f JOIN user_rows n ON n.id = f.user_id::VARCHAR`,
  );
  for await (const chunk of chunks) {
    const rows = chunk.numbers(0);
    names.forEach((name, index) => {
      chunk.texts(index + 1).forEach((value, row) => {
        if (value !== null) attributes[rows[row]!]!.set(name, value);
      });
    });
  }
  return attributes;
}

async function readEvents(database: DuckDatabase, path: string): Promise<EventColumns> {
  const hasEventId = (await columnNames(database, path)).includes('event_id');
  const typeNumber = `CASE event ${EVENT_TYPES.map((type, index) => `WHEN '${type}' THEN ${index}`).join(' ')} END`;
  const [[count] = [0]] = await database.rows(`SELECT count(*) FROM ${fileRows(path)}`);
  const columns = allocateEvents(Number(count), await readIds(database, 'session_rows'));
  const eventKeys = new Float64Array(columns.count);
  // The joins give rows back in any order; file_row_number says where each belongs. 53 bits of the event id's hash are enough:
  // they are compared only between neighbours of equal time, type, shopper and session.
  const chunks = database.chunks(
    `SELECT e.file_row_number, timestamp::DOUBLE, ${typeNumber}, u.n, s.n, i.n, price::DOUBLE, quantity::DOUBLE, value::DOUBLE,
       "index"::DOUBLE, ${hasEventId ? '(hash(event_id) >> 11)::DOUBLE + CASE WHEN event_id IS NULL THEN NULL ELSE 0 END' : 'NULL::DOUBLE'}
     FROM ${fileRows(path)} e
     LEFT JOIN user_rows u ON u.id = e.user_id::VARCHAR
     LEFT JOIN session_rows s ON s.id = e.session_id::VARCHAR
     LEFT JOIN item_rows i ON i.id = e.item_id::VARCHAR`,
  );
  for await (const chunk of chunks) scatterEvents(columns, eventKeys, chunk, path);
  const order = timeOrder(columns.atMs);
  const sorted = order === undefined ? columns : reorderEvents(columns, order);
  numberEvents(sorted, order === undefined ? eventKeys : eventKeys.map((_, row) => eventKeys[order[row]!]!));
  const details = await readDetails(database, path, columns.count);
  if (details === undefined) return sorted;
  return { ...sorted, details: order === undefined ? details : reorderDetails(details, order) };
}

/** Missing: undefined when the file says nothing of the kind. */
async function readDetails(
  database: DuckDatabase,
  path: string,
  count: number,
): Promise<EventDetailColumns | undefined> {
  const present = await columnNames(database, path);
  const found = DETAIL_COLUMNS.filter((name) => present.includes(name));
  const [told = []] = await database.rows(
    `SELECT ${['0', ...found.map((name) => `count(${name})`)].join(' + ')} FROM ${fileRows(path)}`,
  );
  if (Number(told[0]) === 0) return undefined;
  const column = (name: string, type: string): string =>
    present.includes(name) ? `${name}::${type}` : `NULL::${type}`;
  const takesOff = (discount: string, coupon: string): string =>
    `coalesce(${column(discount, 'DOUBLE')} > 0, false) OR coalesce(${column(coupon, 'VARCHAR')} <> '', false)`;
  const chunks = database.chunks(
    `SELECT file_row_number, ${column('device', 'VARCHAR')}, ${column('event_id', 'VARCHAR')}, ${column('received_at', 'DOUBLE')},
       (${takesOff('discount', 'coupon')} OR ${takesOff('item_discount', 'item_coupon')})::INTEGER FROM ${fileRows(path)}`,
  );
  const deviceNames: string[] = [];
  const details = { ...allocateDetails(count), deviceNames };
  const numberByDevice = new Map<string, number>();
  for await (const chunk of chunks) {
    const [places, received, discounted] = [0, 3, 4].map((index) => chunk.numbers(index));
    const [devices, eventIds] = [1, 2].map((index) => chunk.texts(index));
    for (let i = 0; i < chunk.rowCount; i++) {
      const place = places![i]!;
      details.device[place] = numberOf(numberByDevice, deviceNames, devices![i] ?? undefined);
      const eventId = eventIds![i] ?? '';
      details.idHash[place] = eventId === '' ? Number.NaN : nameHash(eventId);
      details.receivedAtMs[place] = received![i]!;
      details.isDiscounted[place] = discounted![i]!;
    }
  }
  return details;
}

/** Number of a name, given on first sight; -1 when missing. */
function numberOf(numbers: Map<string, number>, names: string[], name: string | undefined): number {
  if (name === undefined) return -1;
  let number = numbers.get(name);
  if (number === undefined) {
    number = names.push(name) - 1;
    numbers.set(name, number);
  }
  return number;
}

function allocateDetails(count: number): Omit<EventDetailColumns, 'deviceNames'> {
  return {
    device: new Int32Array(count),
    isDiscounted: new Uint8Array(count),
    idHash: new Float64Array(count),
    receivedAtMs: new Float64Array(count),
  };
}

function reorderDetails(details: EventDetailColumns, order: Uint32Array): EventDetailColumns {
  const sorted = allocateDetails(order.length);
  for (const name of ['device', 'isDiscounted', 'idHash', 'receivedAtMs'] as const) {
    const from = details[name];
    const to = sorted[name];
    for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!;
  }
  return { ...sorted, deviceNames: details.deviceNames };
}

function allocateEvents(count: number, sessionIds: readonly string[]): EventColumns {
  return {
    count,
    atMs: new Float64Array(count),
    type: new Uint8Array(count),
    user: new Int32Array(count),
    session: new Int32Array(count),
    item: new Int32Array(count),
    price: new Float64Array(count),
    quantity: new Float64Array(count),
    value: new Float64Array(count),
    position: new Int32Array(count),
    eventNumber: new Int32Array(count),
    sessionIds,
  };
}

function scatterEvents(columns: EventColumns, eventKeys: Float64Array, chunk: ResultChunk, path: string): void {
  const places = chunk.numbers(0);
  const scatter = (columnIndex: number, missing: number, into: { [row: number]: number }): void => {
    const values = chunk.numbers(columnIndex);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      into[places[i]!] = Number.isNaN(value) ? missing : value;
    }
  };
  if (chunk.numbers(1).some(Number.isNaN) || chunk.numbers(2).some(Number.isNaN)) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `${path} has rows without a timestamp or with an event name outside the format; import it again`,
    );
  }
  scatter(1, 0, columns.atMs);
  scatter(2, 0, columns.type);
  scatter(3, -1, columns.user);
  scatter(4, -1, columns.session);
  scatter(5, -1, columns.item);
  scatter(6, Number.NaN, columns.price);
  scatter(7, 1, columns.quantity);
  scatter(8, Number.NaN, columns.value);
  scatter(9, -1, columns.position);
  scatter(10, Number.NaN, eventKeys);
}

/** Rows by time, ties in file order; undefined when the file is in this order, which importers see to. */
function timeOrder(atMs: Float64Array): Uint32Array | undefined {
  let isSorted = true;
  for (let row = 1; row < atMs.length && isSorted; row++) isSorted = atMs[row - 1]! <= atMs[row]!;
  if (isSorted) return undefined;
  return Uint32Array.from(atMs.keys()).sort((a, b) => atMs[a]! - atMs[b]! || a - b);
}

function reorderEvents(columns: EventColumns, order: Uint32Array): EventColumns {
  const sorted = allocateEvents(columns.count, columns.sessionIds);
  const names = ['atMs', 'type', 'user', 'session', 'item', 'price', 'quantity', 'value', 'position'] as const;
  for (const name of names) {
    const from = columns[name];
    const to = sorted[name];
    for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!;
  }
  return sorted;
}

function numberEvents(columns: EventColumns, eventKeys: Float64Array): void {
  const { atMs, type, user, session, eventNumber } = columns;
  let number = -1;
  for (let row = 0; row < columns.count; row++) {
    const before = row - 1;
    const continues =
      row > 0 &&
      atMs[row] === atMs[before] &&
      type[row] === type[before] &&
      user[row] === user[before] &&
      session[row] === session[before] &&
      (eventKeys[row] === eventKeys[before] ||
        (Number.isNaN(eventKeys[row]) && Number.isNaN(eventKeys[before]) && multiItemTypeNumbers.has(type[row]!)));
    if (!continues) number += 1;
    eventNumber[row] = number;
  }
}

async function columnNames(database: DuckDatabase, path: string): Promise<string[]> {
  const rows = await database.rows(`SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet(${sqlText(path)}))`);
  return rows.map(([name]) => String(name));
}

function requireColumns(path: string, found: readonly string[], needed: readonly string[]): void {
  const missing = needed.filter((name) => !found.includes(name));
  if (missing.length === 0) return;
  throw new VitrineError(
    'REC_INVALID_INPUT_DATA',
    `${path} has no column ${missing.map((name) => `"${name}"`).join(', ')} (found: ${found.join(', ')}); import it again`,
  );
}

function fileRows(path: string): string {
  return `read_parquet(${sqlText(path)}, file_row_number = true)`;
}
