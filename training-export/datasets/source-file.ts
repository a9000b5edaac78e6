import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { type DuckDatabase, sqlName, sqlText } from './duckdb.ts';

/** How a text file without a header, or in an odd dialect, is laid out. Absent: CSV with a header, delimiter found by looking. */
export interface TextLayout {
  /** Names for the columns of a file without a header. */
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly encoding?: 'utf-8' | 'latin-1';
}

/** Name of the column that {@link stageFile} adds: rows as counted from 1 in file order, rejected rows left out. */
export const ROW_COLUMN = '__row';

/** A row the reader could not split into columns. */
interface RejectedRow {
  /** As an editor or spreadsheet counts: the header is row 1. */
  readonly row: number;
  readonly column: string;
  readonly text: string;
  readonly fault: string;
}

/** A source file as a table whose columns are all text. */
export interface StagedFile {
  readonly path: string;
  /** Name for messages. */
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** Values are exactly what a program wrote. @defaultValue false */
  readonly isExact?: boolean;
  readonly rejectedCount: number;
  readonly firstRejected: readonly RejectedRow[];
  /** Row number in the file of a `__row` of the table. */
  fileRowOf(row: number): number;
}

/** How many faulty rows messages show. */
export const FAULTS_SHOWN = 5;

/** Enough for any header line. */
const HEADER_BYTES = 1 << 20;

/**
 * Reads a CSV, JSONL or Parquet file, gzipped or not, into a table of text columns, keeping apart rows that don't have the columns.
 *
 * The kind is taken from the name. Lists become text joined by `|`.
 * Errors: REC_INVALID_INPUT_DATA when the file is missing, empty, damaged or of a kind not known.
 */
export async function stageFile(
  database: DuckDatabase,
  path: string,
  table: string,
  layout?: TextLayout,
): Promise<StagedFile> {
  const head = await readHead(path);
  try {
    if (layout !== undefined || /\.(csv|tsv|txt|dat)(\.gz)?$/i.test(path)) {
      return await stageText(database, path, table, layout ?? csvLayout(path, head));
    }
    if (/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) return await stageJsonLines(database, path, table);
    if (/\.parquet$/i.test(path)) return await stageParquet(database, path, table);
  } catch (error) {
    if (error instanceof VitrineError) throw error;
    throw inputFault(path, `cannot be read: ${messageOf(error).split('\n')[0]}`, error);
  }
  throw inputFault(path, 'is of no known kind; give .csv, .tsv, .jsonl, .ndjson (each also .gz) or .parquet');
}

/** A fault of an input file as a whole. */
export function inputFault(path: string, fault: string, cause?: unknown): VitrineError {
  return new VitrineError('REC_INVALID_INPUT_DATA', `${path} ${fault}`, cause === undefined ? {} : { cause });
}

/**
 * Start of the file, unpacked. A gzip file is unpacked to its end once, because DuckDB takes the readable part of a truncated one
 * for the whole.
 */
async function readHead(path: string): Promise<Buffer> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw inputFault(path, 'does not exist or cannot be read; check the path', cause);
  });
  if (!stats.isFile()) throw inputFault(path, 'is not a file');
  const parts: Buffer[] = [];
  let byteCount = 0;
  const collect = new Writable({
    write(part: Buffer, _encoding, done) {
      if (byteCount < HEADER_BYTES) parts.push(part);
      byteCount += part.length;
      done();
    },
  });
  const isGzip = /\.gz$/i.test(path);
  try {
    if (isGzip) await pipeline(createReadStream(path), createGunzip(), collect);
    else await pipeline(createReadStream(path, { end: HEADER_BYTES }), collect);
  } catch (cause) {
    throw inputFault(path, `is damaged or cut off (${messageOf(cause)}); fetch or pack it again`, cause);
  }
  if (byteCount === 0) throw inputFault(path, 'is empty; it needs a header and rows');
  return Buffer.concat(parts);
}

function csvLayout(path: string, head: Buffer): TextLayout & { readonly hasHeader: true } {
  const text = head.toString('utf8').replace(/^\ufeff/, '');
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  const counts = [',', '\t', ';', '|'].map((delimiter) => ({ delimiter, count: splitLine(line, delimiter).length }));
  const delimiter = counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter;
  const columns = splitLine(line, delimiter).map((name, index) => name.trim() || `column${index + 1}`);
  const lowered = columns.map((name) => name.toLowerCase());
  const twice = columns.find((name, index) => lowered.indexOf(name.toLowerCase()) !== index);
  if (twice !== undefined) throw inputFault(path, `names column "${twice}" twice in its header; rename one`);
  return { columns, delimiter, hasHeader: true };
}

function splitLine(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    else if (character === delimiter && !isQuoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  fields.push(field);
  return fields;
}

async function stageText(
  database: DuckDatabase,
  path: string,
  table: string,
  layout: TextLayout & { readonly hasHeader?: true },
): Promise<StagedFile> {
  const isCsv = layout.delimiter.length === 1;
  const columns = layout.columns.map((name) => `${sqlText(name)}: 'VARCHAR'`).join(', ');
  const rejects = `${table}_rejects`;
  await database.run(
    `CREATE TEMP TABLE ${table} AS SELECT row_number() OVER () AS ${ROW_COLUMN}, * FROM read_csv(${sqlText(path)},
       auto_detect = false, header = ${layout.hasHeader === true}, columns = {${columns}}, delim = ${sqlText(layout.delimiter)},
       quote = '${isCsv ? '"' : ''}', escape = '${isCsv ? '"' : ''}', encoding = '${layout.encoding ?? 'utf-8'}',
       store_rejects = true, rejects_table = '${rejects}', rejects_scan = '${rejects}_scan')`,
  );
  const faults = await database.rows(
    `SELECT line, min(coalesce(column_name, '')), min(csv_line), min(error_type::VARCHAR) FROM ${rejects}
     GROUP BY line ORDER BY line LIMIT ${FAULTS_SHOWN}`,
  );
  const firstRejected = faults.map(([row, column, text, fault]) => ({
    row: Number(row),
    column: String(column),
    text: String(text).trim().slice(0, 80),
    fault: String(fault).toLowerCase(),
  }));
  const rejectedLines: number[] = [];
  for await (const chunk of database.chunks(`SELECT DISTINCT line FROM ${rejects} ORDER BY line`)) {
    rejectedLines.push(...chunk.numbers(0));
  }
  const headerRows = layout.hasHeader === true ? 1 : 0;
  return stagedFile(database, path, table, layout.columns, {
    rejectedCount: rejectedLines.length,
    firstRejected,
    fileRowOf: (row) => {
      let fileRow = row + headerRows;
      for (const line of rejectedLines) {
        if (line > fileRow) break;
        fileRow += 1;
      }
      return fileRow;
    },
  });
}

async function stageJsonLines(database: DuckDatabase, path: string, table: string): Promise<StagedFile> {
  const lines = `${table}_lines`;
  await database.run(
    `CREATE TEMP TABLE ${lines} AS SELECT row_number() OVER () AS ${ROW_COLUMN}, CASE json_type(json) WHEN 'OBJECT' THEN json END AS json
     FROM read_json_objects(${sqlText(path)}, format = 'newline_delimited', ignore_errors = true)`,
  );
  const keys = await database.rows(
    `SELECT key FROM (SELECT unnest(json_keys(json)) AS key, ${ROW_COLUMN} AS row FROM ${lines} WHERE json IS NOT NULL)
     GROUP BY lower(key), key ORDER BY min(row), key`,
  );
  const columns = keys.map(([key]) => String(key));
  const lowered = columns.map((name) => name.toLowerCase());
  const twice = columns.find((name, index) => lowered.indexOf(name.toLowerCase()) !== index);
  if (twice !== undefined) throw inputFault(path, `has "${twice}" in more than one spelling; use one`);
  const selected = columns.map((key) => {
    const pointer = sqlText(`$."${key.replaceAll('"', '\\"')}"`);
    const list = sqlText(`$."${key.replaceAll('"', '\\"')}"[*]`);
    return `CASE json_type(json, ${pointer}) WHEN 'ARRAY' THEN array_to_string(json_extract_string(json, ${list}), '|')
              ELSE json_extract_string(json, ${pointer}) END AS ${sqlName(key)}`;
  });
  await database.run(
    `CREATE TEMP TABLE ${table} AS SELECT ${[ROW_COLUMN, ...selected].join(', ')} FROM ${lines} WHERE json IS NOT NULL`,
  );
  const rejected = await database.rows(
    `SELECT ${ROW_COLUMN}, count(*) OVER () FROM ${lines} WHERE json IS NULL ORDER BY 1 LIMIT ${FAULTS_SHOWN}`,
  );
  await database.run(`DROP TABLE ${lines}`);
  return stagedFile(database, path, table, columns, {
    rejectedCount: Number(rejected[0]?.[1] ?? 0),
    firstRejected: rejected.map(([row]) => ({ row: Number(row), column: '', text: '', fault: 'not a JSON object' })),
    fileRowOf: (row) => row,
  });
}

async function stageParquet(database: DuckDatabase, path: string, table: string): Promise<StagedFile> {
  const described = await database.rows(
    `SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(${sqlText(path)}))`,
  );
  const selected = described.map(([name, type]) => {
    const column = sqlName(String(name));
    const text = String(type).endsWith('[]') ? `array_to_string(${column}::VARCHAR[], '|')` : `${column}::VARCHAR`;
    return `${text} AS ${column}`;
  });
  await database.run(
    `CREATE TEMP TABLE ${table} AS SELECT ${[`file_row_number + 1 AS ${ROW_COLUMN}`, ...selected].join(', ')}
     FROM read_parquet(${sqlText(path)}, file_row_number = true)`,
  );
  const columns = described.map(([name]) => String(name));
  return stagedFile(database, path, table, columns, {
    rejectedCount: 0,
    firstRejected: [],
    isExact: true,
    fileRowOf: (row) => row,
  });
}

async function stagedFile(
  database: DuckDatabase,
  path: string,
  table: string,
  columns: readonly string[],
  rest: Pick<StagedFile, 'rejectedCount' | 'firstRejected' | 'fileRowOf' | 'isExact'>,
): Promise<StagedFile> {
  const [[rowCount] = [0]] = await database.rows(`SELECT count(*) FROM ${table}`);
  return { path, name: basename(path), table, columns, rowCount: Number(rowCount), ...rest };
}
