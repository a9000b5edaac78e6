import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { asUserId, userKey } from '../../features/core/ids.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { observeStore } from './observed-store.ts';

const KEY = userKey(asUserId('u1'));
let folder: string;
let inner: FeatureStore;
let observed: [operation: string, outcome: string, seconds: number][];
let profileBytes: number[];
let store: FeatureStore;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-observed-'));
  observed = [];
  profileBytes = [];
  const hooks = { onProfileWritten: (bytes: number) => profileBytes.push(bytes) };
  inner = await openFeatureStore({ kind: 'lmdb', path: folder, shop: 'test', profileTtlDays: 1 }, hooks);
  store = observeStore(inner, { observeStore: (...call) => observed.push(call) });
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const soon = (): Deadline => Deadline.after(5_000);
const ended = (): string[] => observed.map(([operation, outcome]) => `${operation} ${outcome}`);

async function countOf(entries: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of entries) count += 1;
  return count;
}

describe('an observed store', () => {
  it('does what the store does, and tells how long each call took and how it ended', async () => {
    await store.updateProfile(
      KEY,
      (profile) => {
        profile.device = 'tv';
        return { log: ['{}'] };
      },
      soon(),
    );
    expect((await store.readProfile(KEY, soon()))?.device).toBe('tv');
    await store.writeItems([{ itemId: 'a', isAvailable: true }]);
    expect(await store.readItem('a', soon())).toMatchObject({ itemId: 'a' });
    expect(await countOf(store.readAllItems())).toBe(1);
    expect(await countOf(store.readLog('events'))).toBe(1);
    await store.ping(soon());
    expect(ended()).toEqual(['update_profile ok', 'read_profile ok', 'write_items ok', 'read_item ok', 'ping ok']);
    for (const [, , seconds] of observed) {
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(60);
    }
    expect(store.description).toBe(inner.description);
  });

  it('tells a late call from a store that is away, and from a record that cannot be read', async () => {
    const late = Deadline.after(-1);
    await expect(store.readProfile(KEY, late)).rejects.toMatchObject({ code: 'REC_DEADLINE_EXCEEDED' });
    const keep = { key: KEY, change: () => 'keep' as const };
    expect((await store.updateProfiles([keep], late))[0]!.status).toBe('rejected');
    await store.close();
    await expect(store.ping(soon())).rejects.toMatchObject({ code: 'REC_STORE_UNAVAILABLE' });
    await store.updateProfiles([keep], soon());
    const thrown = new Error('no such event');
    const failing = observeStore(
      { ...inner, updateProfiles: async () => [{ status: 'rejected', reason: thrown }] } as FeatureStore,
      { observeStore: (...call) => observed.push(call) },
    );
    await failing.updateProfiles([keep], soon());
    expect(ended()).toEqual([
      'read_profile deadline',
      'update_profiles deadline',
      'ping unavailable',
      'update_profiles unavailable',
      'update_profiles error',
    ]);
  });

  it('is told the size of each record that is written', async () => {
    const grow = (device: string): Promise<void> =>
      store.updateProfile(
        KEY,
        (profile) => {
          profile.device = device;
          return 'write';
        },
        soon(),
      );
    await grow('tv');
    await grow('x'.repeat(64));
    await store.updateProfile(KEY, () => 'keep', soon());
    expect(profileBytes).toHaveLength(2);
    expect(profileBytes[1]! - profileBytes[0]!).toBe(62);
  });
});
