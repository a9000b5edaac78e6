import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

function merged(account: Profile, ...sessions: Profile[]): Profile {
  for (const session of sessions) mergeProfiles(account, session, DEFAULT_PROFILE_POLICY);
  return account;
}

describe('merging profiles', () => {
  it('makes the account what it would be had all events been its own', () => {
    fc.assert(
      fc.property(history('own'), history('one'), history('other'), (own, one, other) => {
        const account = merged(profileOf(own), profileOf(one), profileOf(other));
        const inOrder = (...all: ShopEvent[][]): ShopEvent[] => all.flat().sort((a, b) => a.atMs - b.atMs);
        expectSameProfile(account, profileOf(inOrder(own, one, other)), 200);
      }),
      { numRuns: 80 },
    );
  });

  it('does not depend on which session joins first, nor on which record joins which', () => {
    fc.assert(
      fc.property(history('one'), history('other'), (one, other) => {
        const first = merged(emptyProfile(), profileOf(one), profileOf(other));
        const second = merged(emptyProfile(), profileOf(other), profileOf(one));
        const swapped = merged(profileOf(other), profileOf(one));
        expectSameProfile(second, first, 120);
        expectSameProfile(swapped, first, 120);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the session alone, and gives a record that can be stored', () => {
    fc.assert(
      fc.property(history('own'), history('one'), (own, one) => {
        const session = profileOf(one);
        const before = structuredClone(session);
        const account = merged(profileOf(own), session);
        expect(session).toEqual(before);
        expect(decodeProfile(encodeProfile(account, new Uint8Array(8)))).toEqual(account);
      }),
      { numRuns: 40 },
    );
  });
});
