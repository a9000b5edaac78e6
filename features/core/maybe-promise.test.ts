import { describe, expect, it } from 'vitest';
import { afterwards, attempt, whenThere } from './maybe-promise.ts';

describe('whenThere', () => {
  it('goes on at once with what is there, later with what is not', async () => {
    expect(whenThere(2, (value) => value + 1)).toBe(3);
    const later = whenThere(Promise.resolve(2), (value) => value + 1);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toBe(3);
  });
});

describe('attempt', () => {
  const recover = (error: unknown): string => `recovered from ${(error as Error).message}`;

  it('hands over what work gives, now or later', async () => {
    expect(attempt(() => 'now', recover)).toBe('now');
    expect(await attempt(async () => 'later', recover)).toBe('later');
  });

  it('recovers from what is thrown, now or later', async () => {
    const fail = (): string => {
      throw new Error('a fault');
    };
    expect(attempt(fail, recover)).toBe('recovered from a fault');
    const failLater = async (): Promise<string> => fail();
    expect(await attempt(failLater, recover)).toBe('recovered from a fault');
  });

  it('lets through what recovering throws', async () => {
    const rethrow = (error: unknown): never => {
      throw error;
    };
    const fail = (): never => {
      throw new Error('a fault');
    };
    expect(() => attempt(fail, rethrow)).toThrow('a fault');
    await expect(attempt(async () => fail(), rethrow)).rejects.toThrow('a fault');
  });
});

describe('afterwards', () => {
  it('does the last thing once, when the work has ended and not before, however it ends', async () => {
    const steps: string[] = [];
    const last = (): void => {
      steps.push('last');
    };
    const work = (name: string, fault?: string): string => {
      steps.push(name);
      if (fault !== undefined) throw new Error(fault);
      return name;
    };
    expect(afterwards(() => work('now'), last)).toBe('now');
    expect(() => afterwards(() => work('fails', 'a fault'), last)).toThrow('a fault');
    expect(steps.splice(0)).toEqual(['now', 'last', 'fails', 'last']);
    const later = (name: string, fault?: string) => async (): Promise<string> => {
      await Promise.resolve();
      return work(name, fault);
    };
    const pending = [afterwards(later('later'), last), afterwards(later('fails later', 'a fault'), last)];
    expect(steps).toEqual([]);
    const [first, second] = await Promise.allSettled(pending);
    expect([first, second]).toMatchObject([{ value: 'later' }, { reason: new Error('a fault') }]);
    expect(steps.toSorted()).toEqual(['fails later', 'last', 'last', 'later']);
  });
});
