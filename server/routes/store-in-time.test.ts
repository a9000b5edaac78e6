import { describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { storeInTime } from './store-in-time.ts';

describe('storeInTime', () => {
  it('passes on what the store answers', async () => {
    expect(await storeInTime(Promise.resolve(7))).toBe(7);
  });

  it('makes of a store that is late one that may be asked again', async () => {
    const late = new VitrineError('REC_DEADLINE_EXCEEDED', 'updating an item');
    await expect(storeInTime(Promise.reject(late))).rejects.toMatchObject({
      code: 'REC_STORE_UNAVAILABLE',
      isRetryable: true,
      cause: late,
    });
  });

  it('leaves other failures as they are', async () => {
    for (const error of [new VitrineError('REC_RECORD_INVALID', 'x'), new Error('x')]) {
      await expect(storeInTime(Promise.reject(error))).rejects.toBe(error);
    }
  });
});
