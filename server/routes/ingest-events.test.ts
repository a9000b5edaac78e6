import { beforeEach, describe, expect, it } from 'vitest';
import { Deadline } from '../../features/core/deadline.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { asItemId, asSessionId, asUserId, type ShopperKey } from '../../features/core/ids.ts';
import { DEFAULT_PROFILE_POLICY } from '../../features/profile/apply-event.ts';
import type { ShopEvent } from '../../features/profile/event.ts';
import { emptyProfile, JOINED_SESSION_CAPACITY, type Profile } from '../../features/profile/profile.ts';
import { type EventOutcome, ingestEvents } from './ingest-events.ts';
import { MemoryProfileStore } from './testing/memory-profile-store.ts';

const START_MS = 1_700_000_000_000;

let store: MemoryProfileStore;
let joinCount: number;
let unreadable: unknown[];
beforeEach(() => {
  store = new MemoryProfileStore();
  joinCount = 0;
  unreadable = [];
});

/** What a test says of an event: `who` is `u1`, `s1` or both as `u1+s1`; its id names the product it is about. */
type Told = readonly [id: string, who: string, minute: number];

function anEvent([id, who, minute]: Told): ShopEvent {
  const userId = /u\w+/.exec(who)?.[0];
  const sessionId = /s\w+/.exec(who)?.[0];
  return {
    eventId: id,
    type: 'view_item',
    atMs: START_MS + minute * 60_000,
    receivedAtMs: START_MS,
    items: [{ itemId: asItemId(id) }],
    ...(userId === undefined ? {} : { userId: asUserId(userId) }),
    ...(sessionId === undefined ? {} : { sessionId: asSessionId(sessionId) }),
  };
}

function send(...told: Told[]): Promise<EventOutcome[]> {
  const parts = {
    store,
    factsLookup: () => undefined,
    policy: DEFAULT_PROFILE_POLICY,
    newJoinId: () => ++joinCount,
    onUnreadable: (error: unknown) => unreadable.push(error),
  };
  const incoming = told.map((one) => ({ event: anEvent(one), details: {} }));
  return ingestEvents(parts, incoming, Deadline.after(5_000));
}

const profileOf = (key: string): Profile => store.profiles.get(key as ShopperKey) ?? emptyProfile();
const viewsOf = (key: string): string[] => [...profileOf(key).recent.view_item.itemIds].sort();
const directionOf = (key: string): string | undefined => profileOf(key).joinedTo?.userId;
const logged = (): string[] => store.log.map(({ shopper, entry }) => `${entry.event_id} ${shopper} ${entry.user_id}`);

describe('a log-in', () => {
  it('brings what the visit did before into the account, and leaves a direction', async () => {
    await send(['a', 's1', 0], ['b', 's1', 1]);
    expect(await send(['c', 'u1+s1', 2])).toEqual(['accepted']);
    expect(viewsOf('u:u1')).toEqual(['a', 'b', 'c']);
    expect(profileOf('u:u1').joinedSessions).toEqual([{ sessionId: 's1', joinId: 1 }]);
    expect(profileOf('s:s1')).toEqual({ ...emptyProfile(), joinedTo: { userId: 'u1', joinId: 1 } });
    expect(logged()).toEqual(['a s:s1 undefined', 'b s:s1 undefined', 'c u:u1 u1']);
  });

  it('happens once, however often both ids come together', async () => {
    await send(['a', 's1', 0]);
    for (const id of ['b', 'c', 'b']) await send([id, 'u1+s1', 1]);
    expect(profileOf('u:u1').eventCounts[2]).toBe(3);
    expect(joinCount).toBe(1);
  });

  it('lets later events of the visit count for the account, and be logged so', async () => {
    await send(['a', 'u1+s1', 0]);
    expect(await send(['b', 's1', 1])).toEqual(['accepted']);
    expect(viewsOf('u:u1')).toEqual(['a', 'b']);
    expect(viewsOf('s:s1')).toEqual([]);
    expect(logged()[1]).toBe('b u:u1 u1');
  });

  it('knows an event again that was sent before the log-in', async () => {
    await send(['a', 's1', 0]);
    await send(['b', 'u1+s1', 1]);
    expect(await send(['a', 's1', 0], ['a', 'u1+s1', 0], ['a', 'u1', 0])).toEqual(new Array(3).fill('duplicate'));
    expect(profileOf('u:u1').eventCounts[2]).toBe(2);
  });

  it('holds within its batch from its own time on, whatever the order in the batch', async () => {
    await send(['x', 'u9+s1', 0]);
    await send(['later', 's1', 3], ['login', 'u1+s1', 2], ['earlier', 's1', 1]);
    expect(viewsOf('u:u9')).toEqual(['earlier', 'x']);
    expect(viewsOf('u:u1')).toEqual(['later', 'login']);
    expect(directionOf('s:s1')).toBe('u1');
  });

  it('of several accounts in one batch gives each what the visit did in its time', async () => {
    const outcomes = await send(
      ['a', 's1', 0],
      ['b', 'u1+s1', 1],
      ['c', 's1', 2],
      ['d', 'u2+s1', 3],
      ['e', 's1', 4],
      ['f', 'u1+s1', 5],
    );
    expect(outcomes).toEqual(new Array(6).fill('accepted'));
    expect(viewsOf('u:u1')).toEqual(['a', 'b', 'c', 'f']);
    expect(viewsOf('u:u2')).toEqual(['d', 'e']);
    expect(directionOf('s:s1')).toBe('u1');
    expect(profileOf('u:u1').joinedSessions).toEqual([{ sessionId: 's1', joinId: 3 }]);
  });

  it('of two visits at once brings both', async () => {
    await send(['a', 's1', 0], ['b', 's2', 0]);
    await send(['c', 'u1+s1', 1], ['d', 'u1+s2', 1]);
    expect(viewsOf('u:u1')).toEqual(['a', 'b', 'c', 'd']);
    expect(profileOf('u:u1').joinedSessions.map(({ sessionId }) => sessionId)).toEqual(['s1', 's2']);
  });
});

describe('a join that was stopped', () => {
  const content = (id: string): Profile => {
    const profile = emptyProfile();
    profile.lastSeenAtMs = START_MS;
    profile.firstSeenAtMs = START_MS;
    profile.eventCounts[2] = 1;
    profile.recent.view_item = { itemIds: [id], atMs: [START_MS] };
    return profile;
  };
  const stopped = (isMerged: boolean): void => {
    store.profiles.set('s:s1' as ShopperKey, { ...content('a'), joinedTo: { userId: 'u1', joinId: 77 } });
    if (!isMerged) return;
    const account = { ...content('a'), joinedSessions: [{ sessionId: 's1', joinId: 77 }] };
    store.profiles.set('u:u1' as ShopperKey, account);
  };

  it.each([
    ['before the account had the content', false],
    ['after the account had the content', true],
  ])('%s is finished by the next event of the visit', async (_, isMerged) => {
    stopped(isMerged);
    expect(await send(['b', 's1', 1])).toEqual(['accepted']);
    expect(viewsOf('u:u1')).toEqual(['a', 'b']);
    expect(profileOf('u:u1').eventCounts[2]).toBe(2);
    expect(profileOf('s:s1')).toEqual({ ...emptyProfile(), joinedTo: { userId: 'u1', joinId: 77 } });
  });

  it.each([false, true])(
    'is finished for its account before another one logs in (content there: %s)',
    async (isMerged) => {
      stopped(isMerged);
      await send(['b', 's1', 1], ['c', 'u2+s1', 2]);
      expect(viewsOf('u:u1')).toEqual(['a', 'b']);
      expect(viewsOf('u:u2')).toEqual(['c']);
      expect(profileOf('u:u1').eventCounts[2]).toBe(2);
      expect(directionOf('s:s1')).toBe('u2');
    },
  );

  it('rejects the events of the visit when the account cannot be read, and goes on with the others', async () => {
    stopped(false);
    store.failures.set('u:u1', new VitrineError('REC_RECORD_INVALID', 'bad bytes'));
    expect(await send(['b', 's1', 1], ['c', 'u2+s1', 2], ['d', 'u3', 3])).toEqual([
      'unreadable',
      'accepted',
      'accepted',
    ]);
    expect(viewsOf('u:u2')).toEqual(['c']);
    expect(profileOf('s:s1').joinedTo).toEqual({ userId: 'u1', joinId: 77 });
    expect(unreadable.length).toBeGreaterThan(0);
  });
});

describe('a record of a visit that cannot be read', () => {
  it('does not keep the account from its events', async () => {
    store.failures.set('s:s1', new VitrineError('REC_RECORD_INVALID', 'bad bytes'));
    expect(await send(['a', 's1', 0], ['b', 'u1+s1', 1])).toEqual(['unreadable', 'accepted']);
    expect(viewsOf('u:u1')).toEqual(['b']);
  });
});

describe('an account of many visits', () => {
  it('takes the direction off the record of the oldest before it forgets it', async () => {
    for (let n = 0; n < JOINED_SESSION_CAPACITY; n++) await send([`e${n}`, `u1+s${n}`, n]);
    await send(['new', 'u1+sNew', 100]);
    const sessions = profileOf('u:u1').joinedSessions.map(({ sessionId }) => sessionId);
    expect(sessions).toHaveLength(JOINED_SESSION_CAPACITY);
    expect([sessions[0], sessions.at(-1)]).toEqual(['s1', 'sNew']);
    expect(profileOf('s:s0')).toEqual(emptyProfile());
    expect(directionOf('s:s1')).toBe('u1');
    expect(profileOf('u:u1').eventCounts[2]).toBe(JOINED_SESSION_CAPACITY + 1);
  });

  it('leaves the record of the oldest alone when it has gone to another account since', async () => {
    for (let n = 0; n < JOINED_SESSION_CAPACITY; n++) await send([`e${n}`, `u1+s${n}`, n]);
    await send(['moved', 'u2+s0', 50]);
    await send(['new', 'u1+sNew', 100]);
    expect(directionOf('s:s0')).toBe('u2');
  });

  it('takes more visits in one batch than it can remember', async () => {
    const count = 3 * JOINED_SESSION_CAPACITY + 1;
    const logins = Array.from({ length: count }, (_, n): Told => [`e${n}`, `u1+s${n}`, n]);
    expect(await send(...logins)).toEqual(new Array(count).fill('accepted'));
    expect(profileOf('u:u1').eventCounts[2]).toBe(count);
    const directed = logins.filter((_, n) => directionOf(`s:s${n}`) === 'u1');
    expect(directed).toHaveLength(JOINED_SESSION_CAPACITY);
  });
});

describe('a visit that is not one', () => {
  it('does not keep a batch from ending: every event counts for its account, the visit for the first of them only', async () => {
    // A constant where the shop should send the id of the visit.
    const told = Array.from({ length: 500 }, (_, n): Told => [`e${n}`, `u${n % 250}+sundefined`, n]);
    let calls = 0;
    const counted = store.updateProfiles.bind(store);
    store.updateProfiles = (updates) => {
      calls += 1;
      return counted(updates);
    };
    expect(await send(...told)).toEqual(new Array(500).fill('accepted'));
    for (let n = 0; n < 250; n++) expect(profileOf(`u:u${n}`).eventCounts[2], `u${n}`).toBe(2);
    expect(calls).toBeLessThan(200);
    expect(await send(...told)).toEqual(new Array(500).fill('duplicate'));
  });
});

describe('an erased shopper', () => {
  it('leaves no name on the visit of a late log-in, and takes what the visit did with it', async () => {
    const erasedAtMs = START_MS + 60_000;
    await send(['a', 's1', 0]);
    store.profiles.set('u:u1' as ShopperKey, { ...emptyProfile(), erasedAtMs });
    expect(await send(['b', 'u1+s1', 1])).toEqual(['erased']);
    expect(profileOf('s:s1')).toEqual({ ...emptyProfile(), erasedAtMs });
    expect(profileOf('u:u1')).toEqual({ ...emptyProfile(), erasedAtMs });
    expect(await send(['late', 's1', 0.5], ['c', 'u1+s1', 2])).toEqual(['erased', 'accepted']);
    expect([viewsOf('u:u1'), directionOf('s:s1')]).toEqual([['c'], 'u1']);
  });

  it('is not brought back by what is late, not even as the name of a visit', async () => {
    const tombstone = { ...emptyProfile(), erasedAtMs: START_MS + 60_000 };
    store.profiles.set('u:u1' as ShopperKey, structuredClone(tombstone));
    store.profiles.set('s:s1' as ShopperKey, structuredClone(tombstone));
    expect(await send(['a', 's1', 0], ['b', 'u1+s2', 1], ['c', 'u1', 1])).toEqual(new Array(3).fill('erased'));
    expect(profileOf('u:u1')).toEqual(tombstone);
    expect(profileOf('s:s1')).toEqual(tombstone);
    expect(store.log).toEqual([]);
  });

  it('starts anew with what is later, without what a visit did before', async () => {
    await send(['old', 's1', 0]);
    store.profiles.set('u:u1' as ShopperKey, { ...emptyProfile(), erasedAtMs: START_MS + 60_000 });
    expect(await send(['new', 'u1+s1', 2])).toEqual(['accepted']);
    expect(viewsOf('u:u1')).toEqual(['new']);
    expect(profileOf('u:u1').erasedAtMs).toBe(START_MS + 60_000);
    expect(viewsOf('s:s1')).toEqual([]);
  });

  it('does not come back through a visit of theirs that somebody else goes on with', async () => {
    const erasedAtMs = START_MS + 60_000;
    store.profiles.set('s:s1' as ShopperKey, { ...emptyProfile(), erasedAtMs });
    await send(['b', 'u2+s1', 5]);
    expect(await send(['late', 's1', 1], ['new', 's1', 6])).toEqual(['erased', 'accepted']);
    expect(viewsOf('u:u2')).toEqual(['b', 'new']);
    expect(profileOf('s:s1')).toMatchObject({ erasedAtMs, joinedTo: { userId: 'u2' } });
  });
});

describe('a shopper who refuses personalisation', () => {
  it('passes the refusal from the visit to the account at log-in, and nothing else', async () => {
    await send(['a', 's1', 0]);
    store.profiles.get('s:s1' as ShopperKey)!.optOut = { isOptedOut: true, atMs: START_MS, source: 'banner' };
    expect(await send(['b', 'u1+s1', 1], ['c', 's1', 2])).toEqual(['ignored', 'ignored']);
    expect(profileOf('u:u1').optOut.isOptedOut).toBe(true);
    expect(profileOf('u:u1').lastSeenAtMs).toBe(0);
    expect(directionOf('s:s1')).toBe('u1');
  });

  it('has visits follow the account', async () => {
    store.profiles.set('u:u1' as ShopperKey, {
      ...emptyProfile(),
      consent: { state: 'denied', atMs: START_MS, source: 'settings' },
    });
    expect(await send(['a', 'u1+s1', 0], ['b', 's1', 1])).toEqual(['ignored', 'ignored']);
    expect(await send(['c', 's1', 2])).toEqual(['ignored']);
    expect(store.log).toEqual([]);
  });
});

describe('one event id in one batch', () => {
  it('counts once for a shopper, the earliest of them, and once for each shopper', async () => {
    expect(await send(['a', 'u1', 5], ['a', 'u1', 1], ['a', 'u2', 9], ['a', 's1', 3])).toEqual([
      'duplicate',
      'accepted',
      'accepted',
      'accepted',
    ]);
    expect(profileOf('u:u1').recent.view_item.atMs).toEqual([START_MS + 60_000]);
  });

  it('counts once for a shopper who is named by visit first and by account then', async () => {
    expect(await send(['a', 's1', 0], ['a', 'u1+s1', 1], ['a', 's1', 2], ['a', 'u1', 3])).toEqual([
      'accepted',
      'duplicate',
      'duplicate',
      'duplicate',
    ]);
    expect(profileOf('u:u1').eventCounts[2]).toBe(1);
  });
});
