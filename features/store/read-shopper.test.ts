import { describe, expect, it } from 'vitest';
import { Deadline } from '../core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../core/ids.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { readShopper } from './read-shopper.ts';

const VISIT = sessionKey(asSessionId('s:1'));
const ACCOUNT = userKey(asUserId('u1'));
const JOINED_TO = { userId: 'u1', joinId: 7 };

function aViewer(itemId: string, fields: Partial<Profile> = {}): Profile {
  const profile = { ...emptyProfile(), firstSeenAtMs: 5, lastSeenAtMs: 5, ...fields };
  profile.recent.view_item = { itemIds: [itemId], atMs: [5] };
  return profile;
}

async function read(key: ShopperKey, records: Readonly<Record<string, Profile>>) {
  let readCount = 0;
  const store = {
    readProfile: async (asked: ShopperKey) => {
      readCount += 1;
      return structuredClone(records[asked]);
    },
  };
  const known = await readShopper(store, key, Deadline.after(1_000));
  return { key: known?.key, views: known?.profile.recent.view_item.itemIds, readCount };
}

describe('reading a shopper', () => {
  it('takes one read for an account, a visitor and a stranger', async () => {
    const records = { [ACCOUNT]: aViewer('a'), [VISIT]: aViewer('b') };
    expect(await read(ACCOUNT, records)).toEqual({ key: ACCOUNT, views: ['a'], readCount: 1 });
    expect(await read(VISIT, records)).toEqual({ key: VISIT, views: ['b'], readCount: 1 });
    expect(await read(userKey(asUserId('x')), records)).toMatchObject({ key: undefined, readCount: 1 });
  });

  it('gives the account for a visit that logged in', async () => {
    const records = { [VISIT]: { ...emptyProfile(), joinedTo: JOINED_TO }, [ACCOUNT]: aViewer('a') };
    expect(await read(VISIT, records)).toEqual({ key: ACCOUNT, views: ['a'], readCount: 2 });
    expect(await read(VISIT, { [VISIT]: records[VISIT]! })).toMatchObject({ key: undefined });
  });

  it('shows what a visit did also while it joins: before the account has it, and when the account has it already', async () => {
    const visit = aViewer('b', { joinedTo: JOINED_TO });
    expect(await read(VISIT, { [VISIT]: visit })).toMatchObject({ key: ACCOUNT, views: ['b'] });
    expect(await read(VISIT, { [VISIT]: visit, [ACCOUNT]: aViewer('a') })).toMatchObject({ views: ['a', 'b'] });
    const joined = aViewer('a', { joinedSessions: [{ sessionId: 's:1', joinId: 7 }] });
    expect(await read(VISIT, { [VISIT]: visit, [ACCOUNT]: joined })).toMatchObject({ views: ['a'] });
  });

  it('shows nothing of a visit from before the erasure of its account', async () => {
    const records = { [VISIT]: aViewer('b', { joinedTo: JOINED_TO }), [ACCOUNT]: aViewer('a', { erasedAtMs: 5 }) };
    expect(await read(VISIT, records)).toMatchObject({ views: ['a'] });
  });
});
