import { describe, expect, it } from 'vitest';
import { asItemId } from '../core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from './apply-event.ts';
import {
  DELETED_TAG_CAPACITY,
  emptyProfile,
  JOINED_SESSION_CAPACITY,
  type JoinedSession,
  type Profile,
} from './profile.ts';
import { dropContent, hasContent, isNewerThanErasure, joinSession, sessionsToForget } from './session-join.ts';

const START_MS = 1_700_000_000_000;

const joined = (n: number, joinId = n): JoinedSession => ({ sessionId: `s${n}`, joinId });
const join = (account: Profile, content: Profile | undefined, session = joined(1)): boolean =>
  joinSession(account, session, content, DEFAULT_PROFILE_POLICY);

function aViewer(itemId: string, atMs = START_MS): Profile {
  const profile = emptyProfile();
  const event = { eventId: itemId, type: 'view_item' as const, atMs, items: [{ itemId: asItemId(itemId) }] };
  applyEvent(profile, event, () => ({ category: itemId }), DEFAULT_PROFILE_POLICY);
  return profile;
}

describe('joinSession', () => {
  it('takes the content of a session over once per joining', () => {
    const account = aViewer('own');
    expect(join(account, aViewer('a'))).toBe(true);
    const once = structuredClone(account);
    expect(join(account, aViewer('a'))).toBe(false);
    expect(account).toEqual(once);
    expect(account.recent.view_item.itemIds).toEqual(['a', 'own']);
    expect(account.joinedSessions).toEqual([joined(1)]);
  });

  it('knows a session that joins again by its latest joining alone', () => {
    const account = emptyProfile();
    for (const session of [joined(1), joined(2), joined(1, 9)]) join(account, undefined, session);
    expect(account.joinedSessions).toEqual([joined(2), joined(1, 9)]);
  });

  it('remembers the latest joinings only', () => {
    const account = emptyProfile();
    for (let n = 0; n <= JOINED_SESSION_CAPACITY; n++) expect(join(account, undefined, joined(n))).toBe(true);
    expect(account.joinedSessions).toHaveLength(JOINED_SESSION_CAPACITY);
    expect(account.joinedSessions[0]).toEqual(joined(1));
  });

  it('takes over what was said last of consent and opt-out, and every deleted tag within the bound', () => {
    const [account, session] = [aViewer('a'), emptyProfile()];
    account.consent = { state: 'denied', atMs: 5, source: 'account' };
    session.consent = { state: 'granted', atMs: 6, source: 'banner' };
    account.optOut = { isOptedOut: false, atMs: 6, source: 'account' };
    session.optOut = { isOptedOut: true, atMs: 5, source: 'banner' };
    account.deletedTags = ['b', 'c'];
    session.deletedTags = Array.from({ length: DELETED_TAG_CAPACITY }, (_, i) => `a${String(i).padStart(3, '0')}`);
    join(account, session);
    expect(account.consent).toEqual(session.consent);
    expect(account.optOut.isOptedOut).toBe(false);
    expect(account.deletedTags).toEqual(session.deletedTags);
  });

  it.each([
    ['the account', (account: Profile) => account],
    ['the session', (_: Profile, session: Profile) => session],
  ])('brings nothing that was done when %s refused personalisation', (_, refusing) => {
    const [account, session] = [aViewer('own'), aViewer('a')];
    refusing(account, session).optOut = { isOptedOut: true, atMs: 5, source: 'settings' };
    expect(join(account, session)).toBe(true);
    expect(account.optOut.isOptedOut).toBe(true);
    expect(account.recent.view_item.itemIds).toEqual(['own']);
    expect(account.joinedSessions).toEqual([joined(1)]);
  });

  it('brings nothing back that is older than an erasure of the account', () => {
    const account = { ...emptyProfile(), erasedAtMs: START_MS };
    expect(isNewerThanErasure(account, aViewer('old'))).toBe(false);
    join(account, aViewer('old'));
    expect(account.recent.view_item.itemIds).toEqual([]);
    join(account, aViewer('new', START_MS + 1), joined(2));
    expect(account.recent.view_item.itemIds).toEqual(['new']);
  });
});

describe('dropContent', () => {
  it('leaves where a session belongs and that it was erased, and nothing else', () => {
    const session = { ...aViewer('a'), erasedAtMs: 5, joinedTo: { userId: 'u1', joinId: 3 } };
    session.attributes.set('zip', '10115');
    session.deletedTags.push('gold');
    expect(hasContent(session)).toBe(true);
    dropContent(session);
    expect(session).toEqual({ ...emptyProfile(), erasedAtMs: 5, joinedTo: { userId: 'u1', joinId: 3 } });
    expect(hasContent(session)).toBe(false);
  });

  it.each<[string, Partial<Profile>]>([
    ['an event', { lastSeenAtMs: 1 }],
    ['an attribute', { attributes: new Map([['zip', '1']]) }],
    ['a deleted tag', { deletedTags: ['gold'] }],
    ['a consent', { consent: { state: 'granted', atMs: 1, source: 'banner' } }],
    ['an opt-out', { optOut: { isOptedOut: true, atMs: 1, source: 'banner' } }],
  ])('has content to drop after %s', (_, fields) => {
    const session = { ...emptyProfile(), ...fields };
    expect(hasContent(session)).toBe(true);
    dropContent(session);
    expect(session).toEqual(emptyProfile());
  });
});

describe('sessionsToForget', () => {
  it('names the oldest that others push out, and none that joins again', () => {
    const account = emptyProfile();
    for (let n = 0; n < JOINED_SESSION_CAPACITY; n++) join(account, undefined, joined(n));
    expect(sessionsToForget(account, [])).toEqual([]);
    expect(sessionsToForget(account, [joined(3, 99)])).toEqual([]);
    expect(sessionsToForget(account, [joined(50), joined(51)])).toEqual([joined(0), joined(1)]);
    expect(sessionsToForget(account, [joined(50), joined(0, 99)])).toEqual([joined(1)]);
  });
});
