import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, VitrineError } from '../../features/core/errors.ts';

export const DATASET_FORMAT = 'vitrine-dataset';
export const DATASET_FORMAT_VERSION = 1;

/** The files of a dataset folder. */
export const DATASET_FILES = {
  metadata: 'dataset.json',
  events: 'events.parquet',
  items: 'items.parquet',
  users: 'users.parquet',
} as const;

export interface DatasetCounts {
  /** Rows of the events file; a multi-item event has a row for each item. */
  readonly events: number;
  /** Distinct, from the users file and the events together; likewise items. */
  readonly users: number;
  readonly items: number;
  readonly sessions: number;
  /** Rows of the source files that were not taken, by reason. */
  readonly skippedRows: Readonly<Record<string, number>>;
}

/** What `dataset.json` says of a dataset: where it is from and how much of it there is. */
export interface DatasetMetadata {
  readonly format: typeof DATASET_FORMAT;
  readonly formatVersion: typeof DATASET_FORMAT_VERSION;
  readonly name: string;
  /** Name of the reader, or `demo`. */
  readonly source: string;
  /** ISO 8601, as are `from` and `to`: times of the first and the last event. */
  readonly createdAt: string;
  readonly from: string;
  readonly to: string;
  readonly counts: DatasetCounts;
  readonly currency?: string;
  /** Seed and parameters that make the same dataset again; generated datasets only. */
  readonly generator?: Readonly<Record<string, string | number>>;
  /** What a reader of figures made from this dataset should know, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads and checks `dataset.json`.
 *
 * Errors: REC_INVALID_INPUT_DATA when the file is missing, not JSON, or of another format or version.
 */
export async function readDatasetMetadata(folder: string): Promise<DatasetMetadata> {
  const path = join(folder, DATASET_FILES.metadata);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `${folder} is not a dataset: it has no readable ${DATASET_FILES.metadata}; make one with \`vitrine import\``,
      { cause },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new VitrineError('REC_INVALID_INPUT_DATA', `${path} is not JSON: ${messageOf(cause)}; import again`, {
      cause,
    });
  }
  if (!isDatasetMetadata(value)) {
    throw new VitrineError(
      'REC_INVALID_INPUT_DATA',
      `${path} is not a dataset of format "${DATASET_FORMAT}" version ${DATASET_FORMAT_VERSION}; import again`,
    );
  }
  return value;
}

function isDatasetMetadata(value: unknown): value is DatasetMetadata {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<Record<keyof DatasetMetadata, unknown>>;
  const counts = candidate.counts as Partial<DatasetCounts> | null | undefined;
  return (
    candidate.format === DATASET_FORMAT &&
    candidate.formatVersion === DATASET_FORMAT_VERSION &&
    [candidate.name, candidate.source, candidate.createdAt, candidate.from, candidate.to].every(
      (text) => typeof text === 'string',
    ) &&
    [counts?.events, counts?.users, counts?.items, counts?.sessions].every(Number.isInteger) &&
    typeof counts?.skippedRows === 'object' &&
    Array.isArray(candidate.notes)
  );
}
