import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock, MS_PER_DAY } from '../core/clock.ts';
import { Deadline } from '../core/deadline.ts';
import { asUserId, type ShopperKey, userKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { describeFeatureStoreContract } from './feature-store.contract.ts';
import type { ProfileChange } from './feature-store.ts';
import { LmdbFeatureStore, type LmdbStoreOptions } from './lmdb-feature-store.ts';
import { openFeatureStore } from './open-feature-store.ts';
import { allOf } from './testing/contract-context.ts';
import { aProfile, largestProfile, manyProfiles } from './testing/profiles.ts';
import { startManyProfilesProcess, startWriterProcess } from './testing/writer-process-handle.ts';

const soon = (): Deadline => Deadline.after(10_000);
const key = (id: string): ShopperKey => userKey(asUserId(id));

const countOne = (profile: Profile): ProfileChange => {
  profile.eventCounts[0]! += 1;
  return 'write';
};

describeFeatureStoreContract('lmdb', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-lmdb-'));
  return {
    optionsFor: (shop, retention) => {
      const path = join(folder, 'not', 'yet', '.there');
      return { kind: 'lmdb', path, shop, profileTtlDays: 30, sweepIntervalMs: 50, ...retention };
    },
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});

describe('lmdb feature store', () => {
  let folder: string;
  let clock: ManualClock;
  let open: LmdbFeatureStore[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-lmdb-'));
    clock = new ManualClock(1_700_000_000_000);
    open = [];
  });

  afterEach(async () => {
    await Promise.all(open.map((store) => store.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  function openStore(more: Partial<LmdbStoreOptions> = {}): LmdbFeatureStore {
    // Sweeps run when a test asks for them.
    const fixed = { kind: 'lmdb', path: folder, shop: 'demo', sweepIntervalMs: 3_600_000 } as const;
    const store = new LmdbFeatureStore({ ...fixed, profileTtlDays: 2, clock, ...more });
    open.push(store);
    return store;
  }

  it('keeps what was acknowledged for the next process that opens the folder', async () => {
    const first = openStore();
    await first.updateProfile(key('a'), countOne, soon());
    await first.writeItems([{ itemId: 'x', isAvailable: true }]);
    await first.close();
    const second = openStore();
    expect((await second.readProfile(key('a'), soon()))?.eventCounts[0]).toBe(1);
    expect(await second.readItem('x', soon())).toEqual({ itemId: 'x', isAvailable: true });
  });

  it('forgets a shopper the configured days after the last write, to the millisecond', async () => {
    const store = openStore();
    await store.updateProfile(key('a'), countOne, soon());
    clock.advance(MS_PER_DAY);
    await store.updateProfile(key('a'), countOne, soon());
    clock.advance(2 * MS_PER_DAY - 1);
    expect((await store.readProfile(key('a'), soon()))?.eventCounts[0]).toBe(2);
    clock.advance(1);
    expect(await store.readProfile(key('a'), soon())).toBeUndefined();
  });

  it('starts an expired shopper from an empty profile', async () => {
    const store = openStore();
    await store.updateProfile(key('a'), countOne, soon());
    clock.advance(3 * MS_PER_DAY);
    await store.updateProfile(key('a'), countOne, soon());
    expect((await store.readProfile(key('a'), soon()))?.eventCounts[0]).toBe(1);
  });

  it('removes the expired profiles of every shop, and only those, slice by slice', async () => {
    const store = openStore();
    const otherShop = openStore({ shop: 'other' });
    const old = Array.from({ length: 150 }, (_, i) => [key(`old-${i}`), aProfile('x')] as const);
    await store.writeProfiles(old);
    await otherShop.writeProfiles(old);
    clock.advance(2 * MS_PER_DAY);
    const fresh = Array.from({ length: 150 }, (_, i) => [key(`new-${i}`), aProfile('x')] as const);
    await store.writeProfiles(fresh);
    const removedPerSlice: number[] = [];
    // 450 profiles in slices of 64: seven full ones and one with the last two.
    for (let slice = 0; slice < 8; slice++) removedPerSlice.push(await store.sweep());
    expect(removedPerSlice.reduce((sum, removed) => sum + removed, 0)).toBe(300);
    expect(Math.max(...removedPerSlice)).toBe(64);
    for (const [shopper] of fresh) expect(await store.readProfile(shopper, soon())).toBeDefined();
    clock.advance(-2 * MS_PER_DAY);
    expect(await store.readProfile(key('old-0'), soon())).toBeUndefined();
    expect(await otherShop.readProfile(key('old-149'), soon())).toBeUndefined();
  });

  it('starts over after the last profile', async () => {
    const store = openStore();
    await store.writeProfiles([[key('a'), aProfile('x')]]);
    expect(await store.sweep()).toBe(0);
    clock.advance(2 * MS_PER_DAY);
    expect(await store.sweep()).toBe(1);
    expect(await store.sweep()).toBe(0);
  });

  it('sweeps by itself', async () => {
    const store = openStore({ sweepIntervalMs: 5 });
    await store.writeProfiles([[key('a'), aProfile('x')]]);
    clock.advance(2 * MS_PER_DAY);
    await vi.waitFor(async () => {
      clock.advance(-2 * MS_PER_DAY);
      const left = await store.readProfile(key('a'), soon());
      clock.advance(2 * MS_PER_DAY);
      expect(left).toBeUndefined();
    });
  });

  it('removes log entries the configured days after they came, partition by partition, and reads none before', async () => {
    const store = openStore({ logDays: 3 });
    const shoppers = Array.from({ length: 200 }, (_, i) => key(`logged-${i}`));
    const log = async (text: string): Promise<void> => {
      const updates = shoppers.map((shopper) => ({ key: shopper, change: () => ({ log: [text] }) }));
      await store.updateProfiles(updates, soon());
      const slates = shoppers.map((shopper) => ({ shopper, atMs: clock.nowMs(), text }));
      await store.appendSlates(slates, soon());
    };
    await log('old');
    clock.advance(2 * MS_PER_DAY);
    await log('new');
    clock.advance(MS_PER_DAY);
    const counts = async () =>
      [await allOf(store.readLog('events')), await allOf(store.readLog('slates'))].map(({ length }) => length);
    expect(await counts()).toEqual([400, 400]);
    clock.advance(1);
    expect(await counts()).toEqual([200, 200]);
    for (let partition = 0; partition < 64; partition++) await store.sweep();
    clock.advance(-1);
    expect(await counts()).toEqual([200, 200]);
  });

  it('keeps the logs of two shops of one folder apart, each with its own bounds', async () => {
    const small = openStore({ shop: 'small', eventLogMaxEntries: 64 });
    const large = openStore({ shop: 'large' });
    const texts = Array.from({ length: 500 }, (_, i) => String(i));
    for (const store of [small, large]) await store.updateProfile(key('a'), () => ({ log: texts }), soon());
    const left = async (store: LmdbFeatureStore) => (await allOf(store.readLog('events'))).map(({ text }) => text);
    for (let round = 0; round < 500 && (await left(small)).length > 64; round++) await small.sweep();
    expect(await left(small)).toEqual(texts.slice(-64));
    expect(await left(large)).toEqual(texts);
  });

  it('grows with what is stored', async () => {
    const store = openStore();
    const profile = largestProfile();
    await store.writeProfiles(Array.from({ length: 300 }, (_, i) => [key(`large-${i}`), profile] as const));
    expect(await store.readProfile(key('large-299'), soon())).toEqual(profile);
    // 184 ids of more than 700 bytes each, 300 times.
    expect(statSync(join(folder, 'data.mdb')).size).toBeGreaterThan(184 * 700 * 300);
  });

  it('goes on after another process was killed while it wrote', async () => {
    const options: LmdbStoreOptions = { kind: 'lmdb', path: folder, shop: 'demo', profileTtlDays: 2 };
    const store = openStore({ clock: { nowMs: () => Date.now() } });
    const other = startWriterProcess(options, { key: key('shared'), updates: 1_000_000 });
    const ended = other.done.catch(() => {});
    const count = async (): Promise<number> => (await store.readProfile(key('shared'), soon()))?.eventCounts[0] ?? 0;
    while ((await count()) < 20) await new Promise((resolve) => setTimeout(resolve, 5));
    other.kill();
    await ended;
    // LMDB shows readers a transaction only after its last page is written. The one that the killed process did not acknowledge shows once
    // the next writer has cleared up: another shopper's, so that what follows counts from there.
    const shown = await count();
    await store.updateProfile(key('other'), countOne, soon());
    const before = await count();
    expect([shown, shown + 1]).toContain(before);
    await store.updateProfile(key('shared'), countOne, soon());
    expect(await count()).toBe(before + 1);
  });

  it('goes on, however often other processes are killed in the middle of a large write', async () => {
    const options: LmdbStoreOptions = { kind: 'lmdb', path: folder, shop: 'demo', profileTtlDays: 2 };
    const store = openStore({ clock: { nowMs: () => Date.now() } });
    for (let round = 0; round < 8; round++) {
      const other = startManyProfilesProcess(options);
      let isRunning = true;
      const ended = other.done.catch(() => {
        isRunning = false;
      });
      setTimeout(() => other.kill(), 400 + 25 * round);
      while (isRunning) await store.writeProfiles(manyProfiles());
      await ended;
      await store.writeProfiles([[key('after'), aProfile(String(round))]]);
      expect((await store.readProfile(key('after'), soon()))?.device).toBe(String(round));
    }
  });

  it('refuses a folder it cannot make, naming the key and the path', async () => {
    writeFileSync(join(folder, 'file'), '');
    const path = join(folder, 'file', 'store');
    const opened = openFeatureStore({ kind: 'lmdb', path, shop: 'demo', profileTtlDays: 2 });
    await expect(opened).rejects.toMatchObject({ code: 'REC_INVALID_CONFIG' });
    await expect(opened).rejects.toThrow(`store.path "${path}" cannot be used`);
  });

  it('refuses a folder whose data file is of another kind', () => {
    mkdirSync(join(folder, 'foreign'));
    writeFileSync(join(folder, 'foreign', 'data.mdb'), 'a letter to a friend, long enough to hold a first page');
    expect(() => openStore({ path: join(folder, 'foreign') })).toThrow('is not an LMDB file');
  });

  it('opens a folder whose data file is still empty', async () => {
    mkdirSync(join(folder, 'started'));
    writeFileSync(join(folder, 'started', 'data.mdb'), '');
    const store = openStore({ path: join(folder, 'started') });
    await store.updateProfile(key('a'), countOne, soon());
    expect((await store.readProfile(key('a'), soon()))?.eventCounts[0]).toBe(1);
  });
});
