import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asSessionId } from '../core/ids.ts';
import { DEFAULT_PROFILE_POLICY } from './apply-event.ts';
import { EVENT_TYPES, type ShopEvent } from './event.ts';
import { mergeProfiles } from './merge-profiles.ts';
import { emptyProfile, type Profile } from './profile.ts';
import { decodeProfile, encodeProfile } from './profile-codec.ts';
import { expectSameProfile, profileOf, randomHistory } from './testing/random-events.ts';
import { VISIT_GAP_MS } from './visits.ts';

const WITHOUT_REFUND = EVENT_TYPES.filter((name) => name !== 'refund');
const history = (idStart: string): fc.Arbitrary<ShopEvent[]> =>
  randomHistory(idStart, { types: WITHOUT_REFUND, spanMs: 4 * VISIT_GAP_MS - 1, maxLength: 20 });

function merged(account: Profile, ...sessions: [id: string, session: Profile][]): Profile {
  for (const [id, session] of sessions) mergeProfiles(account, session, asSessionId(id), DEFAULT_PROFILE_POLICY);
  return account;
}

const withoutSessions = (profile: Profile): Profile => ({ ...profile, mergedSessionHashes: [] });

describe('merging profiles', () => {
  it('makes the account what it would be had all events been its own', () => {
    fc.assert(
      fc.property(history('own'), history('one'), history('other'), (own, one, other) => {
        const account = merged(profileOf(own), ['one', profileOf(one)], ['other', profileOf(other)]);
        const inOrder = (...all: ShopEvent[][]): ShopEvent[] => all.flat().sort((a, b) => a.atMs - b.atMs);
        expectSameProfile(withoutSessions(account), profileOf(inOrder(own, one, other)), 200);
      }),
      { numRuns: 80 },
    );
  });

  it('does not depend on which session joins first, nor on which record joins which', () => {
    fc.assert(
      fc.property(history('one'), history('other'), (one, other) => {
        const first = merged(emptyProfile(), ['one', profileOf(one)], ['other', profileOf(other)]);
        const second = merged(emptyProfile(), ['other', profileOf(other)], ['one', profileOf(one)]);
        const swapped = merged(profileOf(other), ['one', profileOf(one)]);
        expectSameProfile(withoutSessions(second), withoutSessions(first), 120);
        expectSameProfile(withoutSessions(swapped), withoutSessions(first), 120);
      }),
      { numRuns: 60 },
    );
  });

  it('changes nothing the second time, leaves the session alone, and gives a record that can be stored', () => {
    fc.assert(
      fc.property(history('own'), history('one'), (own, one) => {
        const session = profileOf(one);
        const before = structuredClone(session);
        const account = merged(profileOf(own), ['one', session]);
        const once = structuredClone(account);
        expect(mergeProfiles(account, session, asSessionId('one'), DEFAULT_PROFILE_POLICY)).toBe(false);
        expect(account).toEqual(once);
        expect(session).toEqual(before);
        expect(decodeProfile(encodeProfile(account, new Uint8Array(8)))).toEqual(account);
      }),
      { numRuns: 40 },
    );
  });
});
