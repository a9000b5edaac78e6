import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { Deadline } from '../core/deadline.ts';
import { messageOf, VitrineError } from '../core/errors.ts';
import { deadlineExceeded } from './profile-updater.ts';
import { fulfilled, rejected, type Settled } from './settled.ts';

/** Every LMDB file carries this number in its first page. */
const LMDB_MAGIC = 0xbeefc0de;
const LMDB_MAGIC_OFFSET = 24;

/** Named databases a folder may hold: four for all shops and two logs for each of some sixty. */
const MAX_DATABASES = 128;

/** Writes handed to LMDB before waiting for their commit. */
const CHUNK_SIZE = 1_000;

/** A folder of LMDB, with reads and writes whose errors say what was tried. */
export class LmdbAccess {
  readonly root: RootDatabase;
  private readonly description: string;
  private isClosed = false;

  /** Errors: REC_INVALID_CONFIG when the folder cannot be made, read or written, or holds something else. */
  constructor(path: string, description: string) {
    this.description = description;
    this.root = openRoot(resolve(path));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    await this.root.close();
  }

  /** Runs `find` on what every process has acknowledged by now. */
  read<T>(what: string, find: () => T, deadline?: Deadline): T {
    this.refuse(what, deadline);
    try {
      // LMDB keeps its snapshot until the next timer, which may be older than what another process has acknowledged.
      this.root.resetReadTxn();
      return find();
    } catch (error) {
      throw this.translated(what, error);
    }
  }

  /** Like {@link LmdbAccess.read} for each of several, of one snapshot: making it costs as much as several reads. One fails alone. */
  readEach<K, T>(what: string, all: readonly K[], find: (one: K) => T): Settled<T>[] {
    return this.read(what, () =>
      all.map((one) => {
        try {
          return fulfilled(find(one));
        } catch (error) {
          return rejected(this.translated(what, error));
        }
      }),
    );
  }

  async write<T>(what: string, send: () => Promise<T>): Promise<T> {
    this.refuse(what);
    try {
      return await send();
    } catch (error) {
      throw this.translated(what, await causeOf(error));
    }
  }

  /** Hands many writes over without waiting in between, so that they share a commit; one result each, in their order. */
  async writeEach<K, T>(what: string, all: readonly K[], send: (one: K) => Promise<T>): Promise<Settled<T>[]> {
    this.refuse(what);
    const sent = all.map((one) => {
      try {
        return send(one);
      } catch (error) {
        return Promise.reject(error);
      }
    });
    const results = await Promise.allSettled(sent);
    for (const [place, result] of results.entries()) {
      if (result.status === 'fulfilled') continue;
      results[place] = rejected(this.translated(what, await causeOf(result.reason)));
    }
    return results;
  }

  async writeInChunks<T>(what: string, all: Iterable<T>, write: (one: T) => Promise<unknown>): Promise<void> {
    let chunk: Promise<unknown>[] = [];
    for (const one of all) {
      chunk.push(this.write(what, () => write(one)));
      if (chunk.length < CHUNK_SIZE) continue;
      await Promise.all(chunk);
      chunk = [];
    }
    await Promise.all(chunk);
  }

  private refuse(what: string, deadline?: Deadline): void {
    if (deadline?.isPast() === true) throw deadlineExceeded(what);
    if (this.isClosed) throw this.translated(what, new Error('the store is closed'));
  }

  private translated(what: string, error: unknown): VitrineError {
    if (error instanceof VitrineError) return error;
    return new VitrineError('REC_STORE_UNAVAILABLE', `${what} failed at ${this.description}: ${messageOf(error)}`, {
      isRetryable: true,
      cause: error,
      details: { what },
    });
  }
}

/** A failed commit rejects each write with a general error, and names the reason in a promise that must be taken. */
async function causeOf(error: unknown): Promise<unknown> {
  const commitError = (error as { commitError?: Promise<unknown> } | null)?.commitError;
  if (commitError === undefined) return error;
  try {
    await commitError;
  } catch (reason) {
    return reason;
  }
  return error;
}

function openRoot(path: string): RootDatabase {
  const dataFile = join(path, 'data.mdb');
  try {
    mkdirSync(path, { recursive: true });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if (existsSync(dataFile)) refuseForeignFile(dataFile);
    // Without `noSubdir: false` a path with a dot in its last part would be taken for a file. With overlapping flushes a process that
    // dies while it flushes leaves a lock whose next holder, if it is amid a write, declares its own store broken until it restarts.
    return open({ path, noSubdir: false, overlappingSync: false, maxDbs: MAX_DATABASES });
  } catch (error) {
    if (error instanceof VitrineError) throw error;
    throw new VitrineError(
      'REC_INVALID_CONFIG',
      `store.path "${path}" cannot be used (${messageOf(error)}): expected a folder that this process may make, read and write`,
      { cause: error },
    );
  }
}

/** LMDB maps the file and trusts it: a file of another kind would crash the process instead of failing. */
function refuseForeignFile(dataFile: string): void {
  const head = Buffer.alloc(LMDB_MAGIC_OFFSET + 4);
  const file = openSync(dataFile, 'r');
  let length: number;
  try {
    length = readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  // An empty file is what a process leaves that ended while it made the store; LMDB fills it.
  if (length === 0 || head.readUInt32LE(LMDB_MAGIC_OFFSET) === LMDB_MAGIC) return;
  throw new VitrineError(
    'REC_INVALID_CONFIG',
    `store.path: "${dataFile}" is not an LMDB file: choose another folder, or move the file away if the store may be made anew`,
  );
}
