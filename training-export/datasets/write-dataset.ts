import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { VitrineError } from '../../features/core/errors.ts';
import {
  DATASET_FILES,
  DATASET_FORMAT,
  DATASET_FORMAT_VERSION,
  type DatasetCounts,
  type DatasetMetadata,
} from './dataset-metadata.ts';
import { type DuckDatabase, sqlText } from './duckdb.ts';

/** What a dataset folder is filled from: three SELECT statements, in the order the rows are to be stored. */
export interface DatasetTables {
  readonly events: string;
  readonly items: string;
  readonly users: string;
}

export type DatasetDescription = Pick<DatasetMetadata, 'name' | 'source' | 'createdAt' | 'notes'> &
  Partial<Pick<DatasetMetadata, 'currency' | 'generator'>> &
  Pick<DatasetCounts, 'skippedRows'>;

/**
 * Fills a folder under another name and gives it its name when it is complete, so that an interruption leaves nothing half done.
 *
 * A dataset that is there already is replaced; until the end it stays as it is.
 * Errors: REC_INVALID_INPUT_DATA when `output` is something else than a dataset or an empty folder.
 */
export async function replaceDatasetFolder<T>(output: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const target = resolve(output);
  await assertReplaceable(target);
  const temporary = join(dirname(target), `.${basename(target)}.incomplete-${randomUUID()}`);
  await mkdir(temporary, { recursive: true });
  try {
    const result = await fill(temporary);
    // A folder that is not empty can't be renamed over: the old one steps aside and goes when the new one has its name.
    const former = `${temporary}.former`;
    const isReplacing = existsSync(target);
    if (isReplacing) await rename(target, former);
    await rename(temporary, target);
    if (isReplacing) await rm(former, { recursive: true });
    return result;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Writes the Parquet files and `dataset.json` of a dataset into a folder that exists. */
export async function writeDatasetFiles(
  database: DuckDatabase,
  folder: string,
  tables: DatasetTables,
  description: DatasetDescription,
): Promise<DatasetMetadata> {
  for (const part of ['events', 'items', 'users'] as const) {
    const path = join(folder, DATASET_FILES[part]);
    await database.run(`COPY (${tables[part]}) TO ${sqlText(path)} (FORMAT parquet, COMPRESSION zstd)`);
  }
  const { skippedRows, ...rest } = description;
  const { counts, fromMs, toMs } = await countRows(database, folder);
  const metadata: DatasetMetadata = {
    format: DATASET_FORMAT,
    formatVersion: DATASET_FORMAT_VERSION,
    ...rest,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    counts: { ...counts, skippedRows },
  };
  await writeFile(join(folder, DATASET_FILES.metadata), `${JSON.stringify(metadata, null, 2)}\n`);
  return metadata;
}

async function countRows(
  database: DuckDatabase,
  folder: string,
): Promise<{ counts: Omit<DatasetCounts, 'skippedRows'>; fromMs: number; toMs: number }> {
  const [events, items, users] = [DATASET_FILES.events, DATASET_FILES.items, DATASET_FILES.users].map((name) =>
    sqlText(join(folder, name)),
  );
  const distinct = (column: string, file: string): string =>
    `(SELECT count(DISTINCT id) FROM (SELECT ${column} AS id FROM ${events} UNION ALL SELECT ${column} FROM ${file}))`;
  const [row = []] = await database.rows(
    `SELECT count(*), ${distinct('user_id', users!)}, ${distinct('item_id', items!)}, count(DISTINCT session_id),
       min("timestamp"), max("timestamp") FROM ${events}`,
  );
  const [eventCount, userCount, itemCount, sessionCount, fromMs, toMs] = row.map(Number);
  return {
    counts: { events: eventCount!, users: userCount!, items: itemCount!, sessions: sessionCount! },
    fromMs: fromMs!,
    toMs: toMs!,
  };
}

async function assertReplaceable(target: string): Promise<void> {
  if (!existsSync(target)) return;
  const entries = await readdir(target).catch(() => undefined);
  if (entries === undefined || (entries.length > 0 && !entries.includes(DATASET_FILES.metadata))) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `output ${target} exists and is not a dataset; it is not overwritten: name a new or empty folder`,
    );
  }
}
