import { createHash } from 'node:crypto';
import type { Deadline } from '../core/deadline.ts';
import { messageOf, VitrineError } from '../core/errors.ts';
import { deadlineExceeded } from './profile-updater.ts';
import { type RedisClient, type RedisCommandLine, sendTogether } from './redis-client.ts';
import { rejected, type Settled, valueOrThrow } from './settled.ts';

/** A Lua program; Redis runs it without anything in between. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

/** One run of a script: its KEYS, which lie in one hash slot, and its ARGV. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly values: readonly (string | number | Buffer)[];
}

export function redisScript(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Sends commands of a store and says what its errors mean. */
export class RedisCommands {
  readonly client: RedisClient;
  private readonly description: string;
  private readonly timeoutMs: number;

  constructor(client: RedisClient, description: string, timeoutMs: number) {
    this.client = client;
    this.description = description;
    this.timeoutMs = timeoutMs;
  }

  /** One operation that must end by a deadline. */
  call<T>(what: string, deadline: Deadline, send: () => Promise<T>): Promise<T> {
    if (deadline.isPast()) return Promise.reject(deadlineExceeded(what));
    const startedMs = performance.now();
    const explain = (error: unknown): VitrineError => this.translated(what, error, startedMs);
    // For every request there is one such call, so it has no promises of its own.
    try {
      return deadline.race(send(), what, explain);
    } catch (error) {
      return Promise.reject(explain(error));
    }
  }

  /** One operation that the command timeout alone bounds. */
  async command<T>(what: string, send: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    try {
      return await send();
    } catch (error) {
      throw this.translated(what, error, startedMs);
    }
  }

  /** Many commands in one round trip; one result each, in order, texts as Buffers. */
  async batch(what: string, commands: readonly RedisCommandLine[]): Promise<Settled<unknown>[]> {
    if (commands.length === 0) return [];
    const startedMs = performance.now();
    try {
      const results = await sendTogether(this.client, commands);
      return results.map((result) => this.settled(what, result, startedMs));
    } catch (error) {
      throw this.translated(what, error, startedMs);
    }
  }

  /** Like {@link RedisCommands.batch}, for when all must succeed: throws the first failure. */
  async batchOfAll(what: string, commands: readonly RedisCommandLine[]): Promise<unknown[]> {
    return (await this.batch(what, commands)).map(valueOrThrow);
  }

  /** Many runs of a script in one round trip; a second one when the server does not know the script yet. */
  async runScript(what: string, script: RedisScript, calls: readonly ScriptCall[]): Promise<Settled<unknown>[]> {
    if (calls.length === 0) return [];
    const startedMs = performance.now();
    try {
      const results = await sendTogether(
        this.client,
        calls.map(({ keys, values }) => ['evalsha', script.sha1, keys.length, ...keys, ...values]),
      );
      const unknown = results.flatMap((result, place) => (isScriptUnknown(result) ? [place] : []));
      const again = await sendTogether(
        this.client,
        unknown.map((place) => [
          'eval',
          script.source,
          calls[place]!.keys.length,
          ...calls[place]!.keys,
          ...calls[place]!.values,
        ]),
      );
      for (const [i, place] of unknown.entries()) results[place] = again[i]!;
      return results.map((result) => this.settled(what, result, startedMs));
    } catch (error) {
      throw this.translated(what, error, startedMs);
    }
  }

  private settled(what: string, result: Settled<unknown>, startedMs: number): Settled<unknown> {
    if (result.status === 'fulfilled') return result;
    return rejected(this.translated(what, result.reason, startedMs));
  }

  private translated(what: string, error: unknown, startedMs: number): VitrineError {
    if (error instanceof VitrineError) return error;
    // ioredis marks a timeout by its message alone, so the time passed tells it from a refusal; timers may fire a millisecond early.
    if (performance.now() - startedMs >= this.timeoutMs - 1) return deadlineExceeded(what, error);
    return new VitrineError('REC_STORE_UNAVAILABLE', `${what} failed at ${this.description}: ${messageOf(error)}`, {
      isRetryable: true,
      cause: error,
      details: { what },
    });
  }
}

/** NOSCRIPT is Redis's error code for it. */
function isScriptUnknown(result: Settled<unknown>): boolean {
  return result.status === 'rejected' && messageOf(result.reason).startsWith('NOSCRIPT ');
}
