import {
  type ColumnSource,
  column,
  type DatasetReader,
  type EntityRows,
  EVENT_FIELDS,
  type EventRows,
  findColumn,
  ITEM_FIELDS,
  type ReaderOutput,
  requireColumns,
} from '../reader.ts';
import { inputFault, type StagedFile } from '../source-file.ts';

const EXTENSIONS = ['parquet', 'csv', 'tsv', 'jsonl', 'ndjson'];
const fileNames = (part: string): string[] => EXTENSIONS.map((extension) => `${part}.${extension}`);

/** Our own layout: events, items and users as CSV, JSONL or Parquet with the columns of the format. */
export const plainReader: DatasetReader = {
  description: 'own layout: events.*, items.*, users.* as CSV, JSONL or Parquet, also gzipped',
  files: [
    { role: 'events', names: fileNames('events'), isRequired: true },
    { role: 'items', names: fileNames('items'), isRequired: false },
    { role: 'users', names: fileNames('users'), isRequired: false },
  ],
  async read({ stage, stageRequired }): Promise<ReaderOutput> {
    const events = await stageRequired('events');
    const items = await stage('items');
    const users = await stage('users');
    return {
      events: eventRows(events),
      ...(items === undefined ? {} : { items: entityRows(items, ITEM_FIELDS, 'item_id') }),
      ...(users === undefined ? {} : { users: entityRows(users, ['user_id'] as const, 'user_id') }),
      notes: [],
    };
  },
};

function eventRows(file: StagedFile): EventRows {
  requireColumns(file, ['timestamp', 'event', 'item_id']);
  const columns = presentColumns(file, EVENT_FIELDS);
  if (columns.user_id === undefined && columns.session_id === undefined) {
    throw inputFault(
      file.path,
      `has neither a column "user_id" nor "session_id" (columns found: ${file.columns.join(', ')}); one of them must say who acted`,
    );
  }
  return { file, columns };
}

function entityRows<Field extends string>(file: StagedFile, fields: readonly Field[], id: Field): EntityRows<Field> {
  requireColumns(file, [id]);
  const columns = presentColumns(file, fields);
  const known = new Set<string>(fields);
  const attributes = file.columns.filter((name) => !known.has(name.trim().toLowerCase()));
  return { file, from: file.table, columns, attributes: attributes.map((name) => column(file, name)) };
}

function presentColumns<Field extends string>(
  file: StagedFile,
  fields: readonly Field[],
): Partial<Record<Field, ColumnSource>> {
  const columns: Partial<Record<Field, ColumnSource>> = {};
  for (const field of fields) if (findColumn(file, field) !== undefined) columns[field] = column(file, field);
  return columns;
}
