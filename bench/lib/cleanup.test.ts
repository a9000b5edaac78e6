import { describe, expect, it } from 'vitest';
import { Cleanup, withCleanup } from './cleanup.ts';

describe('cleanup', () => {
  it('ends what was started last first', async () => {
    const ended: string[] = [];
    await withCleanup(async (cleanup) => {
      cleanup.add(() => void ended.push('store'));
      cleanup.add(async () => void ended.push('server'));
    });
    expect(ended).toEqual(['server', 'store']);
  });

  it('ends the rest when ending one fails, and says so', async () => {
    const ended: string[] = [];
    const cleanup = new Cleanup();
    cleanup.add(() => void ended.push('store'));
    cleanup.add(() => Promise.reject(new Error('the server hangs')));
    await expect(cleanup.run()).rejects.toThrow('the server hangs');
    expect(ended).toEqual(['store']);
  });

  it('ends everything when the bench fails', async () => {
    const ended: string[] = [];
    const bench = withCleanup(async (cleanup) => {
      cleanup.add(() => void ended.push('store'));
      throw new Error('no bundle');
    });
    await expect(bench).rejects.toThrow('no bundle');
    expect(ended).toEqual(['store']);
  });
});
