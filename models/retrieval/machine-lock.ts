import { randomUUID } from 'node:crypto';
import { link, readFile, rename, stat, unlink, utimes, writeFile } from 'node:fs/promises';

const HEARTBEAT_MS = 5_000;
/** A lock this long without a heartbeat belongs to a process that ended without giving it back. */
const STALE_AFTER_MS = 30_000;

/** A lock that is held. */
export interface MachineLock {
  /** Names this holding among all there ever were. */
  readonly token: string;
  /** Gives it back; safe to call twice. */
  release(): Promise<void>;
}

export interface MachineLockOptions {
  /** @defaultValue 30000 */
  readonly staleAfterMs?: number;
  /** @defaultValue 5000 */
  readonly heartbeatMs?: number;
}

/**
 * Takes a lock among the processes of a machine, or answers undefined when another one holds it.
 *
 * The lock is a file whose time the holder renews; one that is not renewed any more is taken over. A holder whose event loop stands still
 * for longer than `staleAfterMs` loses it without noticing: what it protects must bear two at once, as one that only saves work does.
 * Errors: those of the file system, when the folder cannot be written.
 */
export async function takeMachineLock(
  file: string,
  options: MachineLockOptions = {},
): Promise<MachineLock | undefined> {
  const { staleAfterMs = STALE_AFTER_MS, heartbeatMs = HEARTBEAT_MS } = options;
  const token = randomUUID();
  if (!(await create(file, token))) {
    await removeStale(file, staleAfterMs);
    if (!(await create(file, token))) return undefined;
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    void utimes(file, now, now).catch(() => {});
  }, heartbeatMs);
  heartbeat.unref();
  return {
    token,
    release: async () => {
      clearInterval(heartbeat);
      if ((await tokenIn(file)) === token) await unlinkIfThere(file);
    },
  };
}

async function create(file: string, token: string): Promise<boolean> {
  try {
    await writeFile(file, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Removes a lock without heartbeat, and never one that another process took over in the meantime. */
async function removeStale(file: string, staleAfterMs: number): Promise<void> {
  const stale = await tokenIn(file);
  if (stale === undefined || Date.now() - (await renewedAtMs(file)) < staleAfterMs) return;
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  // Between the look and the move it may have been replaced by a fresh one: that goes back.
  if ((await tokenIn(aside)) !== stale) await link(aside, file).catch(() => {});
  await unlinkIfThere(aside);
}

async function tokenIn(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Epoch milliseconds; infinity when there is no such file. */
async function renewedAtMs(file: string): Promise<number> {
  try {
    return (await stat(file)).mtimeMs;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

async function unlinkIfThere(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

function isErrno(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
