import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import type { FeatureStore } from '../../features/store/feature-store.ts';
import { openFeatureStore } from '../../features/store/open-feature-store.ts';
import { ProfileReplay } from '../examples/profile-replay.ts';
import { aDataset, aShop } from '../examples/testing/a-dataset.ts';
import { materialize } from './materialize.ts';

let folder: string;
let store: FeatureStore;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-materialize-'));
  store = await openFeatureStore({ kind: 'lmdb', path: folder, shop: 'test', profileTtlDays: 10_000 });
});
afterAll(async () => {
  await store?.close();
  await rm(folder, { recursive: true, force: true });
});

const inAMinute = (): Deadline => Deadline.after(60_000);

describe('materialize', () => {
  it('stores the profile each shopper has after all events, and every product', async () => {
    const dataset = aDataset(aShop({ seed: 5, userCount: 20 }));
    const steps: [string, number][] = [];
    const counts = await materialize(dataset, store, {
      ...DEFAULT_PROFILE_POLICY,
      onProgress: (step, doneRatio) => steps.push([step, doneRatio]),
    });
    expect(counts).toEqual({ profileCount: 20, itemCount: 24 });
    expect(steps).toEqual([
      ['profiles', 1],
      ['items', 1],
    ]);
    const replay = new ProfileReplay(dataset, DEFAULT_PROFILE_POLICY);
    replay.playTo(dataset.events.count);
    for (const [key, profile] of replay.entries()) expect(await store.readProfile(key, inAMinute())).toEqual(profile);
    for (const [row, itemId] of dataset.catalogue.itemIds.entries())
      expect(await store.readItem(itemId, inAMinute())).toEqual(dataset.catalogue.record(row));
  });

  it('tells servers that run of every product that is new or changed, and of nothing the second time', async () => {
    const dataset = aDataset(aShop({ seed: 6, userCount: 2 }));
    const told = async (position: string) => (await store.readItemChanges(position, inAMinute())).changes;
    const before = await store.itemChangesPosition(inAMinute());
    await store.writeItems([{ itemId: dataset.catalogue.itemIds[0]!, isAvailable: false }]);
    await materialize(dataset, store, DEFAULT_PROFILE_POLICY);
    const records = new Map((await told(before)).map(({ record }) => [record.itemId, record]));
    expect(records.get(dataset.catalogue.itemIds[0]!)).toEqual(dataset.catalogue.record(0));
    for (const [itemId, record] of records) expect(await store.readItem(itemId, inAMinute())).toEqual(record);
    const after = await store.itemChangesPosition(inAMinute());
    await materialize(dataset, store, DEFAULT_PROFILE_POLICY);
    expect(await told(after)).toEqual([]);
  });

  it('stores visitors by session, and shoppers with attributes who did nothing yet', async () => {
    const dataset = aDataset({
      users: { idle: { city: 'Ulm' } },
      events: [
        { minute: 0, session: 's1', item: 'a' },
        { minute: 1, user: 'u1', session: 's2', item: 'b' },
        { minute: 2, item: 'c' },
      ],
    });
    expect(await materialize(dataset, store, DEFAULT_PROFILE_POLICY)).toEqual({ profileCount: 3, itemCount: 3 });
    const read = async (key: ShopperKey): Promise<unknown> => {
      const profile = await store.readProfile(key, inAMinute());
      return profile && [profile.recent.view_item.itemIds, [...profile.attributes]];
    };
    expect(await read(sessionKey(asSessionId('s1')))).toEqual([['a'], []]);
    expect(await read(userKey(asUserId('u1')))).toEqual([['b'], []]);
    expect(await read(userKey(asUserId('idle')))).toEqual([[], [['city', 'Ulm']]]);
    expect(await read(sessionKey(asSessionId('s2')))).toBeUndefined();
  });

  it('replaces what was stored before, with the same result each time', async () => {
    const before = aDataset({ events: [{ minute: 0, user: 'again', item: 'a' }] });
    const after = aDataset({ events: [{ minute: 0, user: 'again', item: 'b' }] });
    for (const dataset of [before, after, after]) await materialize(dataset, store, DEFAULT_PROFILE_POLICY);
    const profile = await store.readProfile(userKey(asUserId('again')), inAMinute());
    expect(profile?.recent.view_item.itemIds).toEqual(['b']);
  });
});
