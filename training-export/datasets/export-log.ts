import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureStore, LogEntry } from '../../features/store/feature-store.ts';
import { type AppendColumn, DuckDatabase, sqlText } from './duckdb.ts';
import { eventRows, type LogTable, slateRows } from './log-rows.ts';
import { writeItemsFile } from './write-items-file.ts';

export interface ExportLogOptions {
  /** Folder to make; one that is there must be empty. */
  readonly output: string;
  /** The log of served slates too. */
  readonly hasSlates: boolean;
  /** Epoch milliseconds: events that happened and slates that were served from here on. @defaultValue all */
  readonly fromMs?: number;
  /** Up to before here. @defaultValue all */
  readonly toMs?: number;
  readonly onProgress?: (step: 'events' | 'slates' | 'items', count: number) => void;
}

/** What an export wrote. */
export interface LogExport {
  readonly eventCount: number;
  /** One an event and product. */
  readonly eventRowCount: number;
  readonly slateCount: number;
  readonly itemCount: number;
  readonly notes: readonly string[];
}

/** Log entries turned into rows at a time. */
const ENTRIES_PER_BATCH = 5_000;

/**
 * Writes the event log of a store as `events.parquet`, in the plain layout that `vitrine import` reads, with what the layout does not
 * need in further columns; the products of the store as `items.parquet`; and, when asked for, the slates as `slates.parquet`, one row
 * for each product shown.
 *
 * Order: by time, equal times as logged. Larger than memory is fine. The folder appears when it is complete.
 * Errors: REC_INVALID_INPUT_DATA when the folder is taken or the log holds nothing in the time asked for; the store's.
 */
export async function exportLog(
  store: Pick<FeatureStore, 'readLog' | 'readAllItems'>,
  options: ExportLogOptions,
): Promise<LogExport> {
  const target = resolve(options.output);
  await refuseTaken(target);
  const temporary = join(dirname(target), `.${basename(target)}.incomplete-${randomUUID()}`);
  await mkdir(temporary, { recursive: true });
  const database = await DuckDatabase.open({ temporaryFolder: `${temporary}.spill` });
  try {
    const written = await writeFiles(database, store, temporary, options);
    if (existsSync(target)) await rmdir(target);
    await rename(temporary, target);
    return written;
  } finally {
    database.close();
    await rm(temporary, { recursive: true, force: true });
    await rm(`${temporary}.spill`, { recursive: true, force: true });
  }
}

async function refuseTaken(target: string): Promise<void> {
  if (!existsSync(target)) return;
  const entries = await readdir(target).catch(() => undefined);
  if (entries?.length === 0) return;
  throw new VitrineError(
    'REC_INVALID_INPUT_DATA',
    `--out ${target} is there already and is not an empty folder; it is not overwritten: name a new one`,
  );
}

async function writeFiles(
  database: DuckDatabase,
  store: Pick<FeatureStore, 'readLog' | 'readAllItems'>,
  folder: string,
  options: ExportLogOptions,
): Promise<LogExport> {
  const notes: string[] = [];
  const write = async (kind: 'events' | 'slates', table: LogTable) => {
    const counts = await fillTable(database, store.readLog(kind), table, options, (count) =>
      options.onProgress?.(kind, count),
    );
    if (counts.unreadable > 0) notes.push(`${counts.unreadable} entries of the ${kind} log could not be read`);
    if (counts.entries > 0) await copyTable(database, table, join(folder, `${kind}.parquet`));
    return counts;
  };
  const events = await write('events', eventRows);
  const slates = options.hasSlates ? await write('slates', slateRows) : { entries: 0 };
  if (events.entries === 0 && slates.entries === 0) {
    const asked = options.fromMs === undefined && options.toMs === undefined ? '' : ' in the time asked for';
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `the log holds nothing${asked}: name the store and --shop of the server; entries older than its retention are gone`,
    );
  }
  const items = await writeItemsFile(
    database,
    () => store.readAllItems(),
    join(folder, 'items.parquet'),
    (count) => options.onProgress?.('items', count),
  );
  return {
    eventCount: events.entries,
    eventRowCount: events.rows,
    slateCount: slates.entries,
    itemCount: items.itemCount,
    notes: [...notes, ...items.notes],
  };
}

interface FillCounts {
  entries: number;
  rows: number;
  unreadable: number;
}

async function fillTable(
  database: DuckDatabase,
  log: AsyncIterable<LogEntry>,
  table: LogTable,
  { fromMs = Number.NEGATIVE_INFINITY, toMs = Number.POSITIVE_INFINITY }: ExportLogOptions,
  onProgress: (count: number) => void,
): Promise<FillCounts> {
  const declared = table.columns.map(({ name, kind }) => `"${name}" ${SQL_TYPES[kind]}`);
  await database.run(`CREATE TEMP TABLE ${table.name} (${declared.join(', ')})`);
  const counts = { entries: 0, rows: 0, unreadable: 0 };
  let rows: (readonly unknown[])[] = [];
  const flush = async (): Promise<void> => {
    await database.append(table.name, columnsOf(table, rows));
    rows = [];
    onProgress(counts.entries);
  };
  for await (const { text } of log) {
    const read = table.rowsOf(text, counts.entries);
    if (read === undefined) {
      counts.unreadable++;
      continue;
    }
    if (read.atMs < fromMs || read.atMs >= toMs) continue;
    counts.entries++;
    counts.rows += read.rows.length;
    rows.push(...read.rows);
    if (rows.length >= ENTRIES_PER_BATCH) await flush();
  }
  if (rows.length > 0) await flush();
  return counts;
}

const SQL_TYPES = { double: 'DOUBLE', integer: 'INTEGER', text: 'VARCHAR', moment: 'DOUBLE' } as const;

/** Values of another type than the column's, which no entry of ours has, are missing. */
function columnsOf({ columns }: LogTable, rows: readonly (readonly unknown[])[]): AppendColumn[] {
  return columns.map(({ kind }, place) => {
    if (kind === 'text') return { kind, values: rows.map((row) => (isText(row[place]) ? row[place] : undefined)) };
    const values = rows.map((row) => (typeof row[place] === 'number' ? row[place] : Number.NaN));
    return { kind: kind === 'integer' ? 'integer' : 'double', values };
  });
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

async function copyTable(database: DuckDatabase, { name, columns, order }: LogTable, path: string): Promise<void> {
  const selected = columns
    .filter((column) => column.isInternal !== true)
    .map((column) => (column.kind === 'moment' ? `"${column.name}"::BIGINT AS "${column.name}"` : `"${column.name}"`));
  await database.run(
    `COPY (SELECT ${selected.join(', ')} FROM ${name} ORDER BY ${order}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`,
  );
}
