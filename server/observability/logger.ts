import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { VitrineError } from '../../features/core/errors.ts';
import { REDACTED, redactText } from '../config/redact.ts';
import type { LogLevel } from './log-config.ts';

/** Values of one log line; names in camel case. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes one JSON line per call.
 *
 * Whatever is passed, ids of shoppers and secrets do not reach the log: they are taken out by name and by form.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  /** Lifecycle. */
  info(message: string, fields?: LogFields): void;
  /** Heals itself. */
  warn(message: string, fields?: LogFields): void;
  /** A person must act. */
  error(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Number of the worker process, on every line. */
  readonly worker?: number;
  /** Takes whole lines. @defaultValue standard output */
  readonly write?: (line: string) => void;
}

/** Names of values that say who a shopper is or let someone in, in lower case without separators. */
const PRIVATE_NAMES: ReadonlySet<string> = new Set([
  'userid',
  'sessionid',
  'shopperkey',
  'email',
  'ip',
  'address',
  'phone',
  'password',
  'secret',
  'token',
  'attributiontoken',
  'apikey',
  'authorization',
  'cookie',
  'searchterm',
  'body',
  'query',
]);

const MAX_DEPTH = 4;
const MAX_TEXT_LENGTH = 4_000;

/** Makes the logger of the process. */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    level: options.level,
    base: { pid: process.pid, ...(options.worker === undefined ? {} : { worker: options.worker }) },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const sink = pino(settings, { write: options.write ?? standardOutput() });
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: LogFields = {}): void => {
      if (sink.isLevelEnabled(level)) sink[level](scrub(fields, 0) as object, redactText(message));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const STANDARD_OUTPUT = 1;
/** Waits for a reader that is slow, at most so often; then the line is lost, not the server. */
const MOST_WAITS = 200;
const WAIT_MS = 5;

/**
 * Writes whole lines to standard output. Once nobody can read it any more, as after the terminal or the collector has gone, lines are
 * dropped: pino's own writer tries such a terminal again for ever, and with it the process hangs.
 */
function standardOutput(): (line: string) => void {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  let isGone = false;
  return (line) => {
    const bytes = Buffer.from(line);
    let written = 0;
    for (let waits = 0; !isGone && written < bytes.length && waits < MOST_WAITS; ) {
      try {
        written += writeSync(STANDARD_OUTPUT, bytes, written);
      } catch (error) {
        isGone = (error as NodeJS.ErrnoException).code !== 'EAGAIN';
        waits += 1;
        Atomics.wait(pause, 0, 0, WAIT_MS);
      }
    }
  };
}

function scrub(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value.slice(0, MAX_TEXT_LENGTH));
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Error) return scrub(errorFields(value), depth);
  if (depth >= MAX_DEPTH) return Array.isArray(value) ? '[array]' : '[object]';
  if (Array.isArray(value)) return value.map((entry) => scrub(entry, depth + 1));
  const copy: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    const isPrivate = PRIVATE_NAMES.has(name.toLowerCase().replace(/[^a-z]/g, ''));
    copy[name] = isPrivate ? REDACTED : scrub(entry, depth + 1);
  }
  return copy;
}

function errorFields(error: Error): LogFields {
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  if (!(error instanceof VitrineError))
    return { name: error.name, message: error.message, stack: error.stack, ...cause };
  const { code, category, details, message } = error;
  const needsStack = category === 'bug' || category === 'artifact';
  return { code, category, message, details, ...(needsStack ? { stack: error.stack } : {}), ...cause };
}

/**
 * Logs a failed request once, as loud as who must act: a client's mistake is DEBUG and without its message, which quotes what was
 * sent; overload, deadlines and dependencies are WARN; artifacts and bugs are ERROR.
 */
export function logFailure(logger: Logger, error: unknown, fields: LogFields = {}): void {
  const category = error instanceof VitrineError ? error.category : 'bug';
  switch (category) {
    case 'client':
      logger.debug('request refused', { ...fields, code: (error as VitrineError).code });
      break;
    case 'overload':
    case 'deadline':
    case 'dependency':
      logger.warn('request failed', { ...fields, error });
      break;
    default:
      logger.error('request failed', { ...fields, error });
  }
}
