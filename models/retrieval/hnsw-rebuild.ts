import { fork } from 'node:child_process';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import { type HnswRetriever, openHnswRetriever } from './hnsw-retriever.ts';
import type { IndexBuildAnswer, IndexBuildTask } from './index-build-task.ts';
import { takeMachineLock } from './machine-lock.ts';

/** Longest a build may take: several times what a million products need on a slow core. */
const BUILD_LIMIT_MS = 2 * 3_600_000;
/** Time given to copying and replaying before requests have the event loop again. */
const SLICE_MS = 2;
/** Most of what a failed process wrote to standard error that is told. */
const MAX_TOLD_CHARACTERS = 500;
const SEED = 1;

const PROCESS_FILE = fileURLToPath(
  new URL(`./index-build-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);

export interface RebuildOptions {
  /** Gives up, ending the process that builds; the index stays as it is. */
  readonly signal: AbortSignal;
  /** File of the lock that lets one process of a machine rebuild at a time. @defaultValue in the folder for temporary files */
  readonly lockFile?: string;
  /** Words for Node before the file, as in `process.execArgv`, for tests that run from sources. @defaultValue those of this process */
  readonly execArgv?: readonly string[];
}

/** What became of a rebuild: done, or put off because another process of the machine is at it. */
export type RebuildOutcome = 'rebuilt' | 'busy';

/**
 * Builds the graph of an index anew, without tombstones, in another process, while this one goes on searching and changing it; then takes
 * it over between two searches.
 *
 * What changes meanwhile is noted and done again on the new graph before it takes over. On failure the index stays as it is. Embeddings
 * and graph go through a folder of their own beside the lock file, about twice the size of the index; what an ended process left there
 * is removed.
 *
 * Errors: REC_RETRIEVER_FAILED when the other process fails, ends or takes hours; REC_BUNDLE_INVALID when its file is not whole; those of
 * the file system; the abort reason.
 * Cost: minutes of a core for a million items, in the other process, at low priority. Here the event loop is held for a few milliseconds at
 * a time; memory for two indexes.
 */
export async function rebuildHnswIndex(retriever: HnswRetriever, options: RebuildOptions): Promise<RebuildOutcome> {
  const { signal, lockFile = defaultLockFile() } = options;
  signal.throwIfAborted();
  const lock = await takeMachineLock(lockFile);
  if (lock === undefined) return 'busy';
  const workFolder = `${lockFile}.work`;
  const changed = new Set<number>();
  const unfollow = retriever.followChanges((item) => changed.add(item));
  try {
    await rm(workFolder, { recursive: true, force: true });
    const folder = join(workFolder, lock.token);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const fresh = await buildElsewhere(retriever, folder, options);
    try {
      const embedding = new Float32Array(retriever.embeddingDim);
      while (!replaySlice(changed, embedding, retriever, fresh)) {
        await new Promise((resolve) => setImmediate(resolve));
        signal.throwIfAborted();
      }
      // In the same turn of the event loop as the last replayed change, so that none is missed.
      retriever.takeOver(fresh);
    } catch (error) {
      fresh.close();
      throw error;
    }
    return 'rebuilt';
  } finally {
    unfollow();
    await rm(workFolder, { recursive: true, force: true });
    await lock.release();
  }
}

/** One per user, who alone may end the other's process. */
function defaultLockFile(): string {
  return join(tmpdir(), `vitrine-index-rebuild-${userInfo().uid}.lock`);
}

async function buildElsewhere(
  retriever: HnswRetriever,
  folder: string,
  options: RebuildOptions,
): Promise<HnswRetriever> {
  const { embeddingDim, m, efConstruction, efSearch, efSearchAtK } = retriever;
  const embeddingsFile = join(folder, 'embeddings');
  const indexFile = join(folder, 'index');
  const items = await writeEmbeddings(retriever, embeddingsFile, options.signal);
  const itemCount = items.length;
  const task = { embeddingsFile, itemCount, embeddingDim, m, efConstruction, seed: SEED, indexFile };
  await runBuild(task, options);
  const build = retriever.build === 'default' ? 'default' : 'auto';
  return openHnswRetriever({ file: indexFile, itemCount, embeddingDim, efSearch, efSearchAtK, build, items });
}

/** Writes the embeddings of the index as they are now; returns their items in the same order. */
async function writeEmbeddings(retriever: HnswRetriever, path: string, signal: AbortSignal): Promise<Int32Array> {
  const items = retriever.items();
  const { embeddingDim } = retriever;
  const file = await open(path, 'wx');
  try {
    let written = 0;
    for (let next = 0; next < items.length; ) {
      const rows: Float32Array[] = [];
      const sliceEndsAtMs = performance.now() + SLICE_MS;
      while (next < items.length && performance.now() < sliceEndsAtMs) {
        const item = items[next++]!;
        const embedding = new Float32Array(embeddingDim);
        // One that was removed since is left out; the change was noted.
        if (!retriever.readEmbedding(item, embedding)) continue;
        items[written++] = item;
        rows.push(embedding);
      }
      await append(file, rows);
      signal.throwIfAborted();
    }
    return items.slice(0, written);
  } finally {
    await file.close();
  }
}

async function append(file: FileHandle, rows: readonly Float32Array[]): Promise<void> {
  const bytes = Buffer.concat(
    rows.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
  // Not to be left half done: `write` may stop short, this does not.
  await file.appendFile(bytes);
}

function runBuild(task: IndexBuildTask, { signal, execArgv }: RebuildOptions): Promise<void> {
  const child = fork(PROCESS_FILE, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: BUILD_LIMIT_MS,
    killSignal: 'SIGKILL',
    signal,
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
  });
  let told = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    told = (told + chunk.toString()).slice(-MAX_TOLD_CHARACTERS);
  });
  let answer: IndexBuildAnswer | undefined;
  child.on('message', (message) => {
    answer = message as IndexBuildAnswer;
  });
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void => {
      const message = `the process that builds the index failed: ${reason}`;
      reject(signal.aborted ? signal.reason : new VitrineError('REC_RETRIEVER_FAILED', message, { cause }));
    };
    child.once('error', (error) => fail(messageOf(error), error));
    child.once('close', (exitCode, killedBy) => {
      if (answer?.isBuilt === true) resolve();
      else if (answer !== undefined) fail(answer.message);
      else fail(`it ended with ${killedBy ?? exitCode}${told === '' ? '' : `: ${told.trim()}`}`);
    });
    child.send(task, (error) => {
      if (error !== null) fail(messageOf(error), error);
    });
  });
}

/** Brings changed items of `fresh` to where they are in `retriever`, for a few milliseconds; true when none is left. */
function replaySlice(
  changed: Set<number>,
  embedding: Float32Array,
  retriever: HnswRetriever,
  fresh: HnswRetriever,
): boolean {
  const sliceEndsAtMs = performance.now() + SLICE_MS;
  for (const item of changed) {
    if (performance.now() >= sliceEndsAtMs) return false;
    changed.delete(item);
    if (retriever.readEmbedding(item, embedding)) fresh.add(item, embedding);
    else fresh.remove(item);
  }
  return true;
}
