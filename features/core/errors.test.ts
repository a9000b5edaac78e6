import { describe, expect, it } from 'vitest';
import { assertContract, ERROR_CODES, type ErrorCode, messageOf, VitrineError } from './errors.ts';

describe('error codes', () => {
  it('have the prefix, a status that is an error and a meaning that is a sentence', () => {
    for (const [code, { status, meaning }] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^REC_[A-Z_]+$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
    }
  });
});

describe('vitrine error', () => {
  it('takes category and status from its code', () => {
    const error = new VitrineError('REC_UNKNOWN_SCENE', 'scene "x" is not configured');
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('VitrineError');
    expect(error.message).toBe('scene "x" is not configured');
    expect(error.category).toBe('client');
    expect(error.status).toBe(404);
    expect(error.details).toEqual({});
  });

  it('may be tried again by default only when time or load was the reason', () => {
    const retryable = Object.keys(ERROR_CODES).filter((code) => new VitrineError(code as ErrorCode, 'x').isRetryable);
    expect(retryable.sort()).toEqual(['REC_DEADLINE_EXCEEDED', 'REC_OVERLOADED']);
    expect(new VitrineError('REC_STORE_UNAVAILABLE', 'x', { isRetryable: true }).isRetryable).toBe(true);
    expect(new VitrineError('REC_OVERLOADED', 'x', { isRetryable: false }).isRetryable).toBe(false);
  });

  it('keeps details and cause, and has no cause when none is given', () => {
    const cause = new Error('inner');
    const error = new VitrineError('REC_INTERNAL', 'outer', { details: { count: 3 }, cause });
    expect(error.details).toEqual({ count: 3 });
    expect(error.cause).toBe(cause);
    expect(Object.hasOwn(new VitrineError('REC_INTERNAL', 'x'), 'cause')).toBe(false);
  });
});

describe('assertContract', () => {
  it('throws a bug when the contract is broken, and nothing otherwise', () => {
    expect(() => assertContract(true, 'x')).not.toThrow();
    expect(() => assertContract(false, 'lengths differ')).toThrow(
      expect.objectContaining({ code: 'REC_INTERNAL', category: 'bug', message: 'lengths differ' }),
    );
  });
});

describe('messageOf', () => {
  it('reads errors and anything else that was thrown', () => {
    expect(messageOf(new Error('a'))).toBe('a');
    expect(messageOf('b')).toBe('b');
    expect(messageOf(undefined)).toBe('undefined');
  });
});
