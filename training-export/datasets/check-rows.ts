import { MS_PER_DAY } from '../../features/core/clock.ts';
import { MAX_ID_LENGTH } from '../../features/core/ids.ts';
import { EVENT_TYPES, type EventType } from '../../features/profile/event.ts';
import { eventTypeOf, isUnusedEventName } from '../../features/profile/event-aliases.ts';
import { MULTI_ITEM_TYPES } from './dataset.ts';
import { type DuckDatabase, sqlText } from './duckdb.ts';
import {
  ACCEPTED_EVENTS,
  type EntityRows,
  EVENT_FIELDS,
  type EventRows,
  ITEM_FIELDS,
  type ItemField,
} from './reader.ts';
import { FAULTS_SHOWN, inputFault, ROW_COLUMN, type StagedFile } from './source-file.ts';

/** Times before this are taken for a mistake (a zero, a date of birth, a wrong unit): no shop sold online before. */
const EARLIEST_AT_MS = Date.UTC(1995, 0, 1);

/** How far ahead of now a time may lie: clocks and time zones differ by less. */
const LATEST_AHEAD_MS = MS_PER_DAY;

/** Largest place in a list: the most the events route takes. */
const MAX_INDEX = 1_000_000;

const CHECKED_EVENTS = 'checked_events';

/** Result of checking one file. */
export interface RowCheck {
  /** Rows not taken, by reason: faulty rows, and rows left out on purpose. */
  readonly skipped: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
}

interface Fault {
  readonly field: string;
  readonly expected: string;
}

const TIME_RANGE = 'a time between 1995 and tomorrow';
const AMOUNT = 'a number of 0 or more, with a decimal point and no currency sign';
const ID = `an id of at most ${MAX_ID_LENGTH} characters`;

/** Every fault a row can have. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'timestamp-missing': { field: 'timestamp', expected: 'epoch milliseconds, epoch seconds or ISO 8601' },
  'timestamp-unreadable': { field: 'timestamp', expected: 'epoch milliseconds, epoch seconds or ISO 8601' },
  'timestamp-out-of-range': { field: 'timestamp', expected: TIME_RANGE },
  'event-unknown': { field: 'event', expected: `${EVENT_TYPES.join(', ')}, or a known alias of these` },
  'item-missing': { field: 'item_id', expected: 'the id of the product the event is about' },
  'shopper-missing': { field: 'user_id', expected: 'a user id or a session id' },
  'user-id-too-long': { field: 'user_id', expected: ID },
  'item-id-too-long': { field: 'item_id', expected: ID },
  'session-id-too-long': { field: 'session_id', expected: ID },
  'price-invalid': { field: 'price', expected: AMOUNT },
  'quantity-invalid': { field: 'quantity', expected: 'a number above 0' },
  'value-invalid': { field: 'value', expected: AMOUNT },
  'index-invalid': { field: 'index', expected: `a whole number from 0 to ${MAX_INDEX}` },
  'discount-invalid': { field: 'discount', expected: AMOUNT },
  'item-discount-invalid': { field: 'item_discount', expected: AMOUNT },
  'received-at-unreadable': { field: 'received_at', expected: 'epoch milliseconds, epoch seconds or ISO 8601' },
  'user-missing': { field: 'user_id', expected: 'a user id' },
  'available-invalid': { field: 'available', expected: 'true or false' },
  'created-at-unreadable': { field: 'created_at', expected: 'epoch milliseconds, epoch seconds or ISO 8601' },
  'created-at-out-of-range': { field: 'created_at', expected: TIME_RANGE },
};

const AVAILABLE_TEXTS = ['true', 't', '1', 'yes', 'y', 'in stock', 'in_stock', 'instock', 'available'];
const UNAVAILABLE_TEXTS = ['false', 'f', '0', 'no', 'n', 'out of stock', 'out_of_stock', 'outofstock', 'unavailable'];

/** Events that may come without a product: searches, page-level impressions, whole orders. */
const ITEMLESS_TYPES = ['search', 'view_item_list', 'begin_checkout', 'refund'] satisfies readonly EventType[];

export interface CheckLimits {
  readonly nowMs: number;
  /** Share of faulty rows, 0..1, above which a file is refused. */
  readonly maxBadRowRatio: number;
}

/**
 * Parses and checks event rows into table `checked_events` and puts the numbers of the good ones into `accepted_events`.
 *
 * Errors: REC_INVALID_INPUT_DATA when more than the permitted share of rows is faulty, or none is left.
 */
export async function checkEvents(database: DuckDatabase, rows: EventRows, limits: CheckLimits): Promise<RowCheck> {
  const { file, columns } = rows;
  const time = await timeExpression(database, file.table, columns.timestamp?.sql, 'timestamp');
  const received = await timeExpression(database, file.table, columns.received_at?.sql, 'received_at');
  const texts = EVENT_FIELDS.map((field) => `${columns[field]?.sql ?? 'NULL::VARCHAR'} AS "${field}"`);
  const leftOut = `CASE WHEN type = '' THEN 'event-not-used' ELSE left_out END`;
  await database.run(
    `CREATE TEMP TABLE ${CHECKED_EVENTS} AS
     WITH texts AS (SELECT ${ROW_COLUMN} AS "row", ${texts.join(', ')}, ${rows.leftOut ?? 'NULL::VARCHAR'} AS left_out FROM ${file.table}),
     parsed AS (SELECT *, ${time.sql} AS at_ms, ${await eventTypeExpression(database, rows)} AS type,
       TRY_CAST(price AS DOUBLE) AS price_number, TRY_CAST(quantity AS DOUBLE) AS quantity_number,
       TRY_CAST(value AS DOUBLE) AS value_number, TRY_CAST("index" AS DOUBLE) AS index_number,
       TRY_CAST(discount AS DOUBLE) AS discount_number, TRY_CAST(item_discount AS DOUBLE) AS item_discount_number,
       ${received.sql} AS received_at_ms FROM texts)
     SELECT * REPLACE (${leftOut} AS left_out), CASE WHEN ${leftOut} IS NOT NULL THEN NULL ${eventFaultCases(limits.nowMs)} END AS fault FROM parsed`,
  );
  await database.run(
    `CREATE TEMP TABLE ${ACCEPTED_EVENTS} AS SELECT "row" FROM ${CHECKED_EVENTS} WHERE fault IS NULL AND left_out IS NULL`,
  );
  const skipped = await reportFaults(database, CHECKED_EVENTS, rows, limits);
  const [[accepted] = [0]] = await database.rows(`SELECT count(*) FROM ${ACCEPTED_EVENTS}`);
  if (Number(accepted) === 0) {
    const reasons = Object.entries(skipped).map(([reason, count]) => `${reason} ${count}`);
    throw inputFault(file.path, `has no usable event row${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`);
  }
  return { skipped, notes: time.notes };
}

/** SELECT giving the checked events in the order of the format: by time, rows of one event side by side, else as in the source. */
export const SELECT_EVENTS = `
  SELECT at_ms::BIGINT AS "timestamp", type AS event, user_id, item_id, session_id, price_number AS price,
    quantity_number AS quantity, value_number AS value, index_number::INTEGER AS "index", item_list_id, event_id, device,
    discount_number AS discount, coupon, item_discount_number AS item_discount, item_coupon, received_at_ms::BIGINT AS received_at
  FROM ${CHECKED_EVENTS} SEMI JOIN ${ACCEPTED_EVENTS} USING ("row")
  ORDER BY at_ms, min("row") OVER (PARTITION BY at_ms, type, user_id, session_id, event_id,
    CASE WHEN event_id IS NULL AND type NOT IN (${sqlList(MULTI_ITEM_TYPES)}) THEN "row" END), "row"`;

/**
 * Parses and checks products or shoppers into a table; the last row of an id wins.
 *
 * Errors: as {@link checkEvents}. Order: by first appearance is kept by column `row` of the table.
 */
export async function checkItems(
  database: DuckDatabase,
  rows: EntityRows<ItemField>,
  limits: CheckLimits,
): Promise<RowCheck> {
  const created = await timeExpression(database, rows.from, rows.columns.created_at?.sql, 'created_at');
  const texts = ITEM_FIELDS.map((field) => `${rows.columns[field]?.sql ?? 'NULL::VARCHAR'} AS "${field}"`);
  const attributes = rows.attributes.map(({ sql }, index) => `${sql} AS attribute${index}`);
  await database.run(
    `CREATE TEMP TABLE checked_items AS
     WITH texts AS (SELECT ${[`${ROW_COLUMN} AS "row"`, ...texts, ...attributes].join(', ')} FROM ${rows.from}),
     parsed AS (SELECT *, ${created.sql} AS created_at_ms, TRY_CAST(price AS DOUBLE) AS price_number,
       CASE WHEN lower(available) IN (${sqlList(AVAILABLE_TEXTS)}) THEN true WHEN lower(available) IN (${sqlList(UNAVAILABLE_TEXTS)}) THEN false END AS is_available
       FROM texts)
     SELECT *, NULL::VARCHAR AS left_out, CASE
       WHEN item_id IS NULL THEN 'item-missing' WHEN length(item_id) > ${MAX_ID_LENGTH} THEN 'item-id-too-long'
       WHEN ${isNotAmount('price')} THEN 'price-invalid'
       WHEN available IS NOT NULL AND is_available IS NULL THEN 'available-invalid'
       WHEN created_at IS NOT NULL AND created_at_ms IS NULL THEN 'created-at-unreadable'
       WHEN ${isOutOfRange('created_at_ms', limits.nowMs)} THEN 'created-at-out-of-range' END AS fault FROM parsed`,
  );
  await leaveOutDuplicates(database, 'checked_items', 'item_id');
  return { skipped: await reportFaults(database, 'checked_items', rows, limits), notes: created.notes };
}

/** SELECT giving the checked products. */
export function selectItems(rows: EntityRows<ItemField>): string {
  const attributes = rows.attributes.map(({ name }, index) => `, attribute${index} AS "${name.replaceAll('"', '""')}"`);
  return `SELECT item_id, title, category, brand, price_number AS price, currency, coalesce(is_available, true) AS available,
    created_at_ms::BIGINT AS created_at${attributes.join('')} FROM checked_items WHERE fault IS NULL AND left_out IS NULL ORDER BY "row"`;
}

/** As {@link checkItems}, for shoppers. */
export async function checkUsers(
  database: DuckDatabase,
  rows: EntityRows<'user_id'>,
  limits: CheckLimits,
): Promise<RowCheck> {
  const attributes = rows.attributes.map(({ sql }, index) => `${sql} AS attribute${index}`);
  const selected = [`${ROW_COLUMN} AS "row"`, `${rows.columns.user_id?.sql ?? 'NULL'} AS user_id`, ...attributes];
  await database.run(
    `CREATE TEMP TABLE checked_users AS
     SELECT *, NULL::VARCHAR AS left_out, CASE WHEN user_id IS NULL THEN 'user-missing'
       WHEN length(user_id) > ${MAX_ID_LENGTH} THEN 'user-id-too-long' END AS fault FROM (SELECT ${selected.join(', ')} FROM ${rows.from})`,
  );
  await leaveOutDuplicates(database, 'checked_users', 'user_id');
  return { skipped: await reportFaults(database, 'checked_users', rows, limits), notes: [] };
}

/** SELECT giving the checked shoppers. */
export function selectUsers(rows: EntityRows<'user_id'>): string {
  const attributes = rows.attributes.map(({ name }, index) => `, attribute${index} AS "${name.replaceAll('"', '""')}"`);
  return `SELECT user_id${attributes.join('')} FROM checked_users WHERE fault IS NULL AND left_out IS NULL ORDER BY "row"`;
}

function eventFaultCases(nowMs: number): string {
  return `
    WHEN "timestamp" IS NULL THEN 'timestamp-missing' WHEN at_ms IS NULL THEN 'timestamp-unreadable'
    WHEN ${isOutOfRange('at_ms', nowMs)} THEN 'timestamp-out-of-range'
    WHEN type IS NULL THEN 'event-unknown'
    WHEN item_id IS NULL AND type NOT IN (${sqlList(ITEMLESS_TYPES)}) THEN 'item-missing'
    WHEN user_id IS NULL AND session_id IS NULL THEN 'shopper-missing'
    WHEN length(user_id) > ${MAX_ID_LENGTH} THEN 'user-id-too-long' WHEN length(item_id) > ${MAX_ID_LENGTH} THEN 'item-id-too-long'
    WHEN length(session_id) > ${MAX_ID_LENGTH} THEN 'session-id-too-long'
    WHEN ${isNotAmount('price')} THEN 'price-invalid' WHEN ${isNotAmount('value')} THEN 'value-invalid'
    WHEN ${isNotAmount('quantity')} OR quantity_number = 0 THEN 'quantity-invalid'
    WHEN ${isNotAmount('index')} OR index_number > ${MAX_INDEX} OR index_number <> floor(index_number) THEN 'index-invalid'
    WHEN ${isNotAmount('discount')} THEN 'discount-invalid'
    WHEN ${isNotAmount('item_discount')} THEN 'item-discount-invalid'
    WHEN received_at IS NOT NULL AND received_at_ms IS NULL THEN 'received-at-unreadable'`;
}

/** The event types of the names that occur, from the one table of aliases; '' for names that are known and not used. */
async function eventTypeExpression(database: DuckDatabase, rows: EventRows): Promise<string> {
  const sql = rows.columns.event?.sql ?? 'NULL';
  const names = await database.rows(`SELECT DISTINCT ${sql} FROM ${rows.file.table} WHERE ${sql} IS NOT NULL`);
  const cases = names.flatMap(([name]) => {
    const type = eventTypeOf(String(name)) ?? (isUnusedEventName(String(name)) ? '' : undefined);
    return type === undefined ? [] : [`WHEN ${sqlText(String(name))} THEN '${type}'`];
  });
  return cases.length === 0 ? 'NULL::VARCHAR' : `CASE event ${cases.join(' ')} END`;
}

const EPOCH_UNITS = [
  { below: 1e11, name: 'seconds', toMs: '* 1000' },
  { below: 1e14, name: 'milliseconds', toMs: '' },
  { below: Number.POSITIVE_INFINITY, name: 'microseconds', toMs: '/ 1000' },
] as const;

/** Times as epoch milliseconds; the unit of numbers is the one that puts most of them between 1973 and 5138. */
async function timeExpression(
  database: DuckDatabase,
  from: string,
  sql: string | undefined,
  field: string,
): Promise<{ sql: string; notes: string[] }> {
  if (sql === undefined) return { sql: 'NULL::BIGINT', notes: [] };
  const [[median] = [null]] = await database.rows(`SELECT median(abs(TRY_CAST(${sql} AS DOUBLE))) FROM ${from}`);
  const unit = median === null ? undefined : EPOCH_UNITS.find(({ below }) => Number(median) < below);
  const number = `TRY_CAST("${field}" AS DOUBLE)`;
  return {
    sql: `CASE WHEN isfinite(${number}) THEN round(${number} ${unit?.toMs ?? ''}) WHEN ${number} IS NULL THEN epoch_ms(TRY_CAST("${field}" AS TIMESTAMPTZ)) END`,
    notes: unit === undefined ? [] : [`Numbers in ${field} were read as epoch ${unit.name}.`],
  };
}

function isOutOfRange(column: string, nowMs: number): string {
  return `${column} NOT BETWEEN ${EARLIEST_AT_MS} AND ${nowMs + LATEST_AHEAD_MS}`;
}

function isNotAmount(field: string): string {
  return `("${field}" IS NOT NULL AND (${field}_number IS NULL OR NOT isfinite(${field}_number) OR ${field}_number < 0))`;
}

function sqlList(texts: readonly string[]): string {
  return texts.map(sqlText).join(', ');
}

async function leaveOutDuplicates(database: DuckDatabase, table: string, id: string): Promise<void> {
  await database.run(
    `UPDATE ${table} SET left_out = 'duplicate-${id.replace('_id', '')}' WHERE fault IS NULL AND "row" NOT IN
     (SELECT max("row") FROM ${table} WHERE fault IS NULL GROUP BY ${id})`,
  );
}

interface FaultSource {
  readonly file: StagedFile;
  readonly columns: Readonly<Partial<Record<string, { readonly name: string }>>>;
}

async function reportFaults(
  database: DuckDatabase,
  table: string,
  source: FaultSource,
  limits: CheckLimits,
): Promise<Record<string, number>> {
  const { file } = source;
  const leftOut = await countBy(database, table, 'left_out');
  const faults = await countBy(database, table, 'fault');
  if (file.rejectedCount > 0) faults['row-malformed'] = file.rejectedCount;
  const badCount = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const total = file.rowCount + file.rejectedCount;
  if (badCount > limits.maxBadRowRatio * total) {
    const counts = Object.entries(faults).map(([reason, count]) => `${reason} ${count}`);
    const shown = await describeFaults(database, table, source);
    throw inputFault(
      file.path,
      `has ${badCount} faulty rows of ${total}, more than the permitted ${formatPercent(limits.maxBadRowRatio)} (${counts.join(', ')}). ` +
        `${shown.join('; ')}. Repair these rows, or raise --max-bad-rows to skip them.`,
    );
  }
  return { ...faults, ...leftOut };
}

async function countBy(database: DuckDatabase, table: string, column: string): Promise<Record<string, number>> {
  const rows = await database.rows(
    `SELECT ${column}, count(*) FROM ${table} WHERE ${column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  return Object.fromEntries(rows.map(([reason, count]) => [String(reason), Number(count)]));
}

async function describeFaults(database: DuckDatabase, table: string, source: FaultSource): Promise<string[]> {
  const described = source.file.firstRejected.map(({ row, column, text, fault }) => ({
    row,
    text: `row ${row}${column === '' ? '' : `, column "${column}"`}: ${fault}${text === '' ? '' : ` in ${JSON.stringify(text)}`}`,
  }));
  const valueCases = Object.entries(FAULTS).map(([fault, { field }]) => ({ fault, field }));
  const [[columnList] = ['']] = await database.rows(
    `SELECT string_agg(column_name, ',') FROM (DESCRIBE SELECT * FROM ${table})`,
  );
  const present = new Set(String(columnList).split(','));
  const value = valueCases
    .filter(({ field }) => present.has(field))
    .map(({ fault, field }) => `WHEN '${fault}' THEN "${field}"`)
    .join(' ');
  const rows = await database.rows(
    `SELECT "row", fault, CASE fault ${value} END FROM ${table} WHERE fault IS NOT NULL ORDER BY "row" LIMIT ${FAULTS_SHOWN}`,
  );
  for (const [row, reason, given] of rows) {
    const fault = FAULTS[String(reason)];
    if (fault === undefined) continue;
    const name = source.columns[fault.field]?.name ?? fault.field;
    const shown = given === null ? 'nothing' : JSON.stringify(String(given).slice(0, 80));
    const fileRow = source.file.fileRowOf(Number(row));
    described.push({
      row: fileRow,
      text: `row ${fileRow}, column "${name}": ${shown} given, expected ${fault.expected}`,
    });
  }
  return described
    .sort((a, b) => a.row - b.row)
    .slice(0, FAULTS_SHOWN)
    .map(({ text }) => text);
}

function formatPercent(ratio: number): string {
  return `${Number((ratio * 100).toFixed(2))} %`;
}
