import { existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type Clock, systemClock } from '../../features/core/clock.ts';
import { VitrineError } from '../../features/core/errors.ts';
import {
  MAX_ATTRIBUTE_NAME_LENGTH,
  MAX_ATTRIBUTE_VALUE_LENGTH,
  MAX_ATTRIBUTES,
} from '../../features/profile/profile.ts';
import { isSensitiveAttribute } from '../../features/schema/sensitive-attributes.ts';
import {
  type CheckLimits,
  checkEvents,
  checkItems,
  checkUsers,
  SELECT_EVENTS,
  selectItems,
  selectUsers,
} from './check-rows.ts';
import type { DatasetMetadata } from './dataset-metadata.ts';
import { DuckDatabase } from './duckdb.ts';
import type { DatasetReader, EntityRows, ReaderInput, ReaderOutput } from './reader.ts';
import { amazonSequencesReader } from './readers/amazon-sequences.ts';
import { completejourneyReader } from './readers/completejourney.ts';
import { movielensReader } from './readers/movielens.ts';
import { plainReader } from './readers/plain.ts';
import { rees46Reader } from './readers/rees46.ts';
import { retailrocketReader } from './readers/retailrocket.ts';
import { taobaoReader } from './readers/taobao-userbehavior.ts';
import { uciOnlineRetailReader } from './readers/uci-online-retail.ts';
import { inputFault, type StagedFile, stageFile, type TextLayout } from './source-file.ts';
import { replaceDatasetFolder, writeDatasetFiles } from './write-dataset.ts';

/** The readers by the name of their format. */
export const DATASET_READERS = {
  plain: plainReader,
  retailrocket: retailrocketReader,
  movielens: movielensReader,
  'uci-online-retail': uciOnlineRetailReader,
  rees46: rees46Reader,
  taobao: taobaoReader,
  completejourney: completejourneyReader,
  'amazon-sequences': amazonSequencesReader,
} as const satisfies Readonly<Record<string, DatasetReader>>;
type DatasetFormatName = keyof typeof DATASET_READERS;

export interface ImportProgress {
  /** What is being done, for people. */
  readonly step: string;
  /** Steps finished, of `stepCount`. */
  readonly stepsDone: number;
  readonly stepCount: number;
}

export interface ImportOptions {
  /** A key of {@link DATASET_READERS}; text, because it comes from a command line. */
  readonly format: string;
  /** Folder in which the format's files have their usual names. */
  readonly folder?: string;
  /** Files by role (`events`, `items`, `users`, ...), before those of `folder`. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Dataset folder to make or replace. */
  readonly output: string;
  /** @defaultValue base name of `output` */
  readonly name?: string;
  /** ISO 4217 code of all prices. @defaultValue the one currency of the items file, else none */
  readonly currency?: string;
  /** Share of faulty rows in a file, 0..1, above which it is refused. @defaultValue 0.01 */
  readonly maxBadRowRatio?: number;
  /** @defaultValue 2048 */
  readonly memoryLimitMegabytes?: number;
  readonly clock?: Clock;
  readonly onProgress?: (progress: ImportProgress) => void;
}

const STEPS = ['reading files', 'checking events', 'checking products and shoppers', 'writing the dataset'] as const;

/**
 * Turns source files of a known format into a dataset folder; larger than memory is fine, DuckDB spills beside the output.
 *
 * The folder appears when it is complete; an interrupted import leaves at most a hidden folder named `.<output>.incomplete-...`.
 * Errors: REC_INVALID_INPUT_DATA naming file, row, column, value and remedy; REC_SENSITIVE_ATTRIBUTE naming the column.
 */
export async function importDataset(options: ImportOptions): Promise<DatasetMetadata> {
  const reader = readerOf(options.format);
  const maxBadRowRatio = options.maxBadRowRatio ?? 0.01;
  if (!(maxBadRowRatio >= 0 && maxBadRowRatio <= 1)) {
    throw new VitrineError('REC_INVALID_INPUT_DATA', `maxBadRowRatio is ${maxBadRowRatio}; give a share from 0 to 1`);
  }
  const paths = locateFiles(reader, options);
  const nowMs = (options.clock ?? systemClock).nowMs();
  return replaceDatasetFolder(options.output, async (folder) => {
    const spillFolder = `${folder}.spill`;
    const database = await DuckDatabase.open({
      temporaryFolder: spillFolder,
      threads: availableParallelism(),
      ...(options.memoryLimitMegabytes === undefined ? {} : { memoryLimitMegabytes: options.memoryLimitMegabytes }),
    });
    try {
      return await readCheckWrite({ database, reader, paths, folder, options, limits: { nowMs, maxBadRowRatio } });
    } finally {
      database.close();
      await rm(spillFolder, { recursive: true, force: true });
    }
  });
}

interface ImportJob {
  readonly database: DuckDatabase;
  readonly reader: DatasetReader;
  readonly paths: ReadonlyMap<string, string>;
  readonly folder: string;
  readonly options: ImportOptions;
  readonly limits: CheckLimits;
}

async function readCheckWrite(job: ImportJob): Promise<DatasetMetadata> {
  const { database, reader, folder, options, limits } = job;
  const progress = (stepsDone: number): void =>
    options.onProgress?.({ step: STEPS[stepsDone] ?? 'done', stepsDone, stepCount: STEPS.length });
  progress(0);
  const output = await reader.read(readerInput(job));
  refuseSensitiveAttributes(output);
  progress(1);
  const events = await checkEvents(database, output.events, limits);
  progress(2);
  const items = output.items === undefined ? undefined : await checkItems(database, output.items, limits);
  const users = output.users === undefined ? undefined : await checkUsers(database, output.users, limits);
  if (output.users !== undefined) await refuseAttributeValues(database, output.users);
  progress(3);
  const currency = options.currency ?? (items === undefined ? undefined : await onlyCurrency(database));
  const metadata = await writeDatasetFiles(
    database,
    folder,
    {
      events: SELECT_EVENTS,
      items: output.items === undefined ? NO_ITEMS : selectItems(output.items),
      users: output.users === undefined ? NO_USERS : selectUsers(output.users),
    },
    {
      name: options.name ?? basename(resolve(options.output)),
      source: options.format,
      createdAt: new Date(limits.nowMs).toISOString(),
      notes: [...output.notes, ...events.notes, ...(items?.notes ?? [])],
      ...(currency === undefined ? {} : { currency }),
      skippedRows: addCounts([events.skipped, items?.skipped ?? {}, users?.skipped ?? {}]),
    },
  );
  progress(4);
  return metadata;
}

const NO_ITEMS = `SELECT NULL::VARCHAR AS item_id, NULL::VARCHAR AS title, NULL::VARCHAR AS category, NULL::VARCHAR AS brand,
  NULL::DOUBLE AS price, NULL::VARCHAR AS currency, NULL::BOOLEAN AS available, NULL::BIGINT AS created_at WHERE false`;
const NO_USERS = 'SELECT NULL::VARCHAR AS user_id WHERE false';

function readerOf(format: string): DatasetReader {
  if (Object.hasOwn(DATASET_READERS, format)) return DATASET_READERS[format as DatasetFormatName];
  throw new VitrineError(
    'REC_INVALID_INPUT_DATA',
    `format "${format}" is not known; give one of ${Object.keys(DATASET_READERS).join(', ')}`,
  );
}

/** Finds the path of each role before anything is read, so that all that is missing is said at once. */
function locateFiles(reader: DatasetReader, options: ImportOptions): Map<string, string> {
  const { folder, paths = {} } = options;
  const roles = reader.files.map(({ role }) => role);
  const unknown = Object.keys(paths).find((role) => !roles.includes(role));
  if (unknown !== undefined) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `format "${options.format}" has no file "${unknown}"; its files are ${roles.join(', ')}`,
    );
  }
  if (folder !== undefined && !(existsSync(folder) && statSync(folder).isDirectory())) {
    throw inputFault(folder, 'is not a folder; give the folder that holds the source files');
  }
  const located = new Map<string, string>();
  const missing: string[] = [];
  for (const { role, names, isRequired } of reader.files) {
    const candidates = names.flatMap((name) => [name, `${name}.gz`]);
    const inFolder = folder === undefined ? [] : candidates.map((name) => join(folder, name)).filter(existsSync);
    const path = paths[role] ?? inFolder[0];
    if (path !== undefined) located.set(role, path);
    else if (isRequired) missing.push(`${role} (${candidates.join(', ')})`);
  }
  if (missing.length > 0) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `${folder === undefined ? 'no folder was given and' : `folder ${folder}`} lacks ${missing.join('; ')}; name the folder or the file itself`,
    );
  }
  return located;
}

function readerInput({ database, paths }: ImportJob): ReaderInput {
  const stage = async (role: string, layout?: TextLayout): Promise<StagedFile | undefined> => {
    const path = paths.get(role);
    return path === undefined ? undefined : stageFile(database, path, `file_${role}`, layout);
  };
  return {
    database,
    stage,
    stageRequired: async (role, layout) => {
      const staged = await stage(role, layout);
      if (staged === undefined) throw new VitrineError('REC_INTERNAL', `file "${role}" was not located`);
      return staged;
    },
  };
}

function refuseSensitiveAttributes(output: ReaderOutput): void {
  for (const rows of [output.items, output.users]) {
    const name = rows?.attributes.find((attribute) => isSensitiveAttribute(attribute.name))?.name;
    if (rows === undefined || name === undefined) continue;
    throw new VitrineError(
      'REC_SENSITIVE_ATTRIBUTE',
      `${rows.file.path} has column "${name}", which by its name is about health, religion, politics, ethnicity or sexuality; remove the column`,
      { details: { column: name } },
    );
  }
}

/**
 * Holds what a users file says of shoppers to what a profile keeps and may keep.
 *
 * Errors: REC_SENSITIVE_ATTRIBUTE, REC_INVALID_INPUT_DATA, each naming file, column and value.
 */
async function refuseAttributeValues(database: DuckDatabase, rows: EntityRows<'user_id'>): Promise<void> {
  const { file, attributes } = rows;
  if (attributes.length > MAX_ATTRIBUTES) {
    throw inputFault(
      file.path,
      `has ${attributes.length} columns beside user_id; a profile keeps at most ${MAX_ATTRIBUTES} attributes: leave some out`,
    );
  }
  for (const [place, { name }] of attributes.entries()) {
    if (name.length > MAX_ATTRIBUTE_NAME_LENGTH) {
      throw inputFault(
        file.path,
        `has a column whose name has ${name.length} characters; at most ${MAX_ATTRIBUTE_NAME_LENGTH} fit: rename "${name.slice(0, MAX_ATTRIBUTE_NAME_LENGTH)}..."`,
      );
    }
    const values = database.chunks(
      `SELECT DISTINCT attribute${place}::VARCHAR FROM checked_users WHERE fault IS NULL AND left_out IS NULL AND attribute${place} IS NOT NULL`,
    );
    for await (const chunk of values) {
      for (const value of chunk.texts(0)) if (value !== null) refuseAttributeValue(file.path, name, value);
    }
  }
}

function refuseAttributeValue(path: string, name: string, value: string): void {
  const shown = JSON.stringify(value.slice(0, 80));
  if (value.length > MAX_ATTRIBUTE_VALUE_LENGTH) {
    throw inputFault(
      path,
      `has a value of ${value.length} characters in column "${name}" (${shown}...); a profile keeps at most ${MAX_ATTRIBUTE_VALUE_LENGTH}: shorten it`,
    );
  }
  if (!value.split('|').some(isSensitiveAttribute)) return;
  throw new VitrineError(
    'REC_SENSITIVE_ATTRIBUTE',
    `${path} has ${shown} in column "${name}", which is about health, religion, politics, ethnicity or sexuality; remove the value`,
    { details: { column: name } },
  );
}

async function onlyCurrency(database: DuckDatabase): Promise<string | undefined> {
  const rows = await database.rows(
    'SELECT DISTINCT currency FROM checked_items WHERE fault IS NULL AND left_out IS NULL AND currency IS NOT NULL LIMIT 2',
  );
  return rows.length === 1 ? String(rows[0]?.[0]) : undefined;
}

function addCounts(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const part of parts) {
    for (const [reason, count] of Object.entries(part)) sum[reason] = (sum[reason] ?? 0) + count;
  }
  return sum;
}
