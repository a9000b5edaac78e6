import type { DuckDatabase } from './duckdb.ts';
import { inputFault, type StagedFile, type TextLayout } from './source-file.ts';

/** Columns of the events table, in file order. */
export const EVENT_FIELDS = [
  'timestamp',
  'event',
  'user_id',
  'item_id',
  'session_id',
  'price',
  'quantity',
  'value',
  'index',
  'item_list_id',
  'event_id',
  'device',
  'discount',
  'coupon',
  'item_discount',
  'item_coupon',
  'received_at',
] as const;
type EventField = (typeof EVENT_FIELDS)[number];

/** Columns of the items table that have a meaning to us, in file order; any further column is an attribute. */
export const ITEM_FIELDS = [
  'item_id',
  'title',
  'category',
  'brand',
  'price',
  'currency',
  'available',
  'created_at',
] as const;
export type ItemField = (typeof ITEM_FIELDS)[number];

/** Where a column comes from. */
export interface ColumnSource {
  /** Name in the source file, for messages. */
  readonly name: string;
  /** SQL expression over the staged table: the value as text, NULL when missing. */
  readonly sql: string;
}

/** Event rows as a reader hands them over; they are checked afterwards, the same way for every format. */
export interface EventRows {
  readonly file: StagedFile;
  readonly columns: Partial<Record<EventField, ColumnSource>>;
  /** SQL expression giving the reason why a row is not wanted although nothing is wrong with it; NULL for wanted rows. */
  readonly leftOut?: string;
}

/** Products or shoppers as a reader hands them over. `from` is evaluated after the events were checked. */
export interface EntityRows<Field extends string> {
  readonly file: StagedFile;
  /** Table or parenthesised SELECT with a `__row` column; may read {@link ACCEPTED_EVENTS}. */
  readonly from: string;
  readonly columns: Partial<Record<Field, ColumnSource>>;
  /** Further columns. */
  readonly attributes: readonly ColumnSource[];
}

export interface ReaderOutput {
  readonly events: EventRows;
  readonly items?: EntityRows<ItemField>;
  readonly users?: EntityRows<'user_id'>;
  /** What the dataset's notes should say. */
  readonly notes: readonly string[];
}

/** Table of the `__row` numbers of the events that passed the checks. */
export const ACCEPTED_EVENTS = 'accepted_events';

/** A file a format consists of. */
interface ReaderFile {
  readonly role: string;
  /** File names looked for in a folder, first found first taken; each also with `.gz`. */
  readonly names: readonly string[];
  readonly isRequired: boolean;
}

export interface ReaderInput {
  readonly database: DuckDatabase;
  /** Stages the file of a role; undefined when it was not given. */
  stage(role: string, layout?: TextLayout): Promise<StagedFile | undefined>;
  /** The same for a file without which the reader can't do; the caller has made sure it is there. */
  stageRequired(role: string, layout?: TextLayout): Promise<StagedFile>;
}

/** Turns one public or own file layout into the one the dataset is made from. */
export interface DatasetReader {
  /** One line for the command line's help. */
  readonly description: string;
  readonly files: readonly ReaderFile[];
  read(input: ReaderInput): Promise<ReaderOutput>;
}

/**
 * A column of a staged file as it stands, empty text missing. Blanks around a value are trimmed where people or spreadsheets may have
 * left them: in text files, not in Parquet, whose values are what a program wrote.
 */
export function column(file: StagedFile, name: string): ColumnSource {
  const found = findColumn(file, name);
  if (found === undefined) throw missingColumns(file, [name]);
  const quoted = `"${found.replaceAll('"', '""')}"`;
  return { name: found, sql: `nullif(${file.isExact === true ? quoted : `trim(${quoted})`}, '')` };
}

/** Finds a column whatever the case of its name. */
export function findColumn(file: StagedFile, name: string): string | undefined {
  return file.columns.find((candidate) => candidate.trim().toLowerCase() === name.toLowerCase());
}

/** Throws once for all columns that a file lacks. */
export function requireColumns(file: StagedFile, names: readonly string[]): void {
  const missing = names.filter((name) => findColumn(file, name) === undefined);
  if (missing.length > 0) throw missingColumns(file, missing);
}

function missingColumns(file: StagedFile, missing: readonly string[]): Error {
  const quoted = missing.map((name) => `"${name}"`).join(', ');
  const found = file.columns.map((name) => `"${name}"`).join(', ') || 'none';
  return inputFault(
    file.path,
    `has no column ${quoted} (columns found: ${found}); rename the column or give the right file`,
  );
}

/** The staged event file as the source of products or shoppers that only its events name; its faults are counted with the events. */
export function derivedFrom(file: StagedFile): StagedFile {
  return { ...file, rejectedCount: 0, firstRejected: [] };
}

/** A column given by an SQL expression of its own. */
export function expression(name: string, sql: string): ColumnSource {
  return { name, sql };
}
