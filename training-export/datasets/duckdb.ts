import {
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { assertContract, VitrineError } from '../../features/core/errors.ts';

/** Value bound to `$1`, `$2`, ... of a statement. */
export type SqlParameter = string | number | boolean | null;

/** A cell of a small result: BIGINT comes as number, other than text and numbers only booleans are read. */
export type SqlCell = string | number | boolean | null;

export interface DuckDatabaseOptions {
  /** Bound of DuckDB's buffers; beyond it, it spills to `temporaryFolder`. @defaultValue 2048 */
  readonly memoryLimitMegabytes?: number;
  /** @defaultValue DuckDB's own choice, one per core */
  readonly threads?: number;
  /** Folder for what does not fit into memory; it need not exist. Absent: nothing is spilled and a larger job fails. */
  readonly temporaryFolder?: string;
}

/** Some rows of a result, read column by column. */
export interface ResultChunk {
  readonly rowCount: number;
  /** A numeric column as float64; SQL NULL is NaN, BIGINT beyond 2^53 loses digits. */
  numbers(columnIndex: number): Float64Array;
  /** A VARCHAR column; SQL NULL is null. */
  texts(columnIndex: number): (string | null)[];
}

/** One column of rows to append. */
export type AppendColumn =
  /** float64; NaN is stored as NULL. */
  | { readonly kind: 'double'; readonly values: ArrayLike<number> }
  /** int32. */
  | { readonly kind: 'integer'; readonly values: ArrayLike<number> }
  /** undefined is stored as NULL. */
  | { readonly kind: 'text'; readonly values: ArrayLike<string | undefined> };

const COLUMN_TYPES: Readonly<Record<AppendColumn['kind'], DuckDBType>> = {
  double: DOUBLE,
  integer: INTEGER,
  text: VARCHAR,
};

/** Rows of one appended chunk: DuckDB's vector size, which it does not let us exceed. */
const ROWS_PER_CHUNK = 2048;

/**
 * An in-memory DuckDB: reads CSV, JSONL and Parquet, sorts and joins more than fits into memory, writes Parquet.
 *
 * No extension is fetched from anywhere: CSV, JSON, Parquet and time zones are built in. Times without a zone are read as UTC.
 * Errors: DuckDB's own, as they are; callers translate them where they know which file is read.
 */
export class DuckDatabase {
  private readonly instance: DuckDBInstance;
  private readonly connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.instance = instance;
    this.connection = connection;
  }

  static async open(options: DuckDatabaseOptions = {}): Promise<DuckDatabase> {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${options.memoryLimitMegabytes ?? 2048}MB`,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      temp_directory: options.temporaryFolder ?? '',
      ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    });
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    return new DuckDatabase(instance, connection);
  }

  /** Runs one statement and waits for it. */
  async run(sql: string, parameters: readonly SqlParameter[] = []): Promise<void> {
    await this.connection.run(sql, [...parameters]);
  }

  /** A small result at once, as rows. */
  async rows(sql: string, parameters: readonly SqlParameter[] = []): Promise<SqlCell[][]> {
    const reader = await this.connection.runAndReadAll(sql, [...parameters]);
    return reader.getRows().map((row) => row.map(toCell));
  }

  /** A result of any size, some thousand rows at a time; memory does not grow with it. */
  async *chunks(sql: string, parameters: readonly SqlParameter[] = []): AsyncGenerator<ResultChunk> {
    const result = await this.connection.stream(sql, [...parameters]);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield readChunk(chunk);
    }
  }

  /** Appends rows to an existing table whose columns have the types DOUBLE, INTEGER and VARCHAR, in the order given. */
  async append(table: string, columns: readonly AppendColumn[]): Promise<void> {
    const rowCount = columns[0]?.values.length ?? 0;
    assertContract(
      columns.every((column) => column.values.length === rowCount),
      `append to ${table}: columns differ in length`,
    );
    const appender = await this.connection.createAppender(table);
    const types = columns.map((column) => COLUMN_TYPES[column.kind]);
    for (let from = 0; from < rowCount; from += ROWS_PER_CHUNK) {
      const chunk = DuckDBDataChunk.create(types, Math.min(ROWS_PER_CHUNK, rowCount - from));
      columns.forEach((column, index) => {
        writeColumn(chunk, index, column, from);
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}

/** Writes a text as an SQL literal. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Writes a column or table name so that any characters are taken as they are. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function toCell(value: unknown): SqlCell {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  throw new VitrineError('REC_INTERNAL', 'a query selects a type that cells do not hold; cast it to text or number');
}

function readChunk(chunk: DuckDBDataChunk): ResultChunk {
  const rowCount = chunk.rowCount;
  return {
    rowCount,
    numbers: (columnIndex) => {
      const vector = chunk.getColumnVector(columnIndex);
      const values = new Float64Array(rowCount);
      for (let row = 0; row < rowCount; row++) {
        const value = vector.getItem(row);
        values[row] = value === null ? Number.NaN : Number(value);
      }
      return values;
    },
    texts: (columnIndex) => {
      const vector = chunk.getColumnVector(columnIndex);
      const values = new Array<string | null>(rowCount);
      for (let row = 0; row < rowCount; row++) values[row] = vector.getItem(row) as string | null;
      return values;
    },
  };
}

function writeColumn(chunk: DuckDBDataChunk, columnIndex: number, column: AppendColumn, from: number): void {
  const vector = chunk.getColumnVector(columnIndex);
  const rowCount = chunk.rowCount;
  for (let row = 0; row < rowCount; row++) {
    const value = column.values[from + row];
    vector.setItem(row, value === undefined || Number.isNaN(value) ? null : value);
  }
  vector.flush();
}
