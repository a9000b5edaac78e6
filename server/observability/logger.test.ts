import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { LogLevel } from './log-config.ts';
import { createLogger, type Logger, logFailure } from './logger.ts';

function aLog(level: LogLevel = 'debug'): { logger: Logger; lines: Record<string, unknown>[]; text(): string } {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ level, write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { logger, lines, text: () => JSON.stringify(lines) };
}

describe('createLogger', () => {
  it('writes one JSON object per line with level, time and message', () => {
    const { logger, lines } = aLog();
    logger.info('listening', { port: 8080 });
    expect(lines).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), pid: process.pid, port: 8080, msg: 'listening' },
    ]);
  });

  it('leaves out what is below its level', () => {
    const { logger, lines } = aLog('warn');
    logger.debug('a');
    logger.info('b');
    logger.warn('c');
    logger.error('d');
    expect(lines.map((line) => line.msg)).toEqual(['c', 'd']);
  });

  it('writes nothing when silent', () => {
    const { logger, lines } = aLog('silent');
    logger.error('a');
    expect(lines).toEqual([]);
  });

  it('takes out ids of shoppers and secrets, at any depth and in any spelling', () => {
    const { logger, text } = aLog();
    logger.info('x', {
      user_id: 'jane',
      sessionId: 'jane',
      shopperKey: 'u:jane',
      nested: { Authorization: 'Bearer jane', list: [{ 'api-key': 'jane', attribution_token: 'jane' }] },
    });
    expect(text()).not.toContain('jane');
    expect(text().match(/\[redacted\]/g)).toHaveLength(6);
  });

  it('takes the password out of every URL, in fields, messages and errors', () => {
    const { logger, text } = aLog();
    const url = 'rediss://shop:hunter2@10.0.0.7:6379/0';
    logger.warn(`cannot reach ${url}`, {
      store: url,
      error: new Error(`refused by ${url}`, { cause: new Error(url) }),
    });
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('10.0.0.7:6379');
  });

  it('bounds what one line can hold', () => {
    const { logger, text } = aLog();
    const loop: Record<string, unknown> = {};
    loop.loop = loop;
    logger.info('x', { loop, long: 'y'.repeat(100_000) });
    expect(text().length).toBeLessThan(10_000);
  });
});

describe('logFailure', () => {
  const logged = (error: unknown) => {
    const { logger, lines } = aLog();
    logFailure(logger, error, { requestId: 'r1' });
    expect(lines).toHaveLength(1);
    return lines[0]!;
  };

  it('keeps what a client sent out of the log', () => {
    const line = logged(new VitrineError('REC_INVALID_REQUEST', 'user_id: "jane" given'));
    expect(line).toMatchObject({ level: 'debug', code: 'REC_INVALID_REQUEST', requestId: 'r1' });
    expect(JSON.stringify(line)).not.toContain('jane');
  });

  it('warns of what heals itself', () => {
    for (const code of ['REC_OVERLOADED', 'REC_DEADLINE_EXCEEDED', 'REC_STORE_UNAVAILABLE'] as const) {
      const line = logged(new VitrineError(code, 'x', { details: { keyCount: 3 } }));
      expect(line).toMatchObject({ level: 'warn', error: { code, details: { keyCount: 3 } } });
      expect(line.error).not.toHaveProperty('stack');
    }
  });

  it('calls for a person when a bundle is broken or a contract is', () => {
    expect(logged(new VitrineError('REC_BUNDLE_INVALID', 'items.hnsw differs'))).toMatchObject({ level: 'error' });
    expect(logged(new TypeError('x is undefined'))).toMatchObject({
      level: 'error',
      error: { name: 'TypeError', stack: expect.stringContaining('logger.test') },
    });
    expect(logged('thrown text')).toMatchObject({ level: 'error', error: 'thrown text' });
  });
});
