import { describe, expect, it } from 'vitest';
import { MS_PER_DAY } from '../core/clock.ts';
import { asItemId } from '../core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from './apply-event.ts';
import { type InterestSums, interestOf, setInterest } from './interest-sums.ts';
import { mergeProfiles } from './merge-profiles.ts';
import { emptyProfile, INTEREST_CAPACITY, MAX_ATTRIBUTES, type Profile } from './profile.ts';

const recordOf = ({ names, sums }: InterestSums): Record<string, number> =>
  Object.fromEntries(names.map((name, place) => [name, sums[place]!]));

const START_MS = 1_700_000_000_000;

const merge = (account: Profile, session: Profile): void => mergeProfiles(account, session, DEFAULT_PROFILE_POLICY);

/** A shopper who viewed one product of a category named like it. */
function aViewer(itemId: string, atMs: number): Profile {
  const profile = emptyProfile();
  const event = { eventId: '', type: 'view_item' as const, atMs, items: [{ itemId: asItemId(itemId) }] };
  applyEvent(profile, event, () => ({ category: itemId }), DEFAULT_PROFILE_POLICY);
  return profile;
}

describe('merging a session into an account', () => {
  it('puts interests on one scale: a half-life later counts twice in the sums', () => {
    const account = aViewer('old', START_MS);
    merge(account, aViewer('new', START_MS + 14 * MS_PER_DAY));
    expect(account.interestLandmarkMs).toBe(START_MS);
    expect(recordOf(account.interests.category)).toEqual({ old: 1, new: 2 });
  });

  it('takes the session over as it is when the account has no interests yet', () => {
    const account = emptyProfile();
    merge(account, aViewer('new', START_MS));
    expect(account.interestLandmarkMs).toBe(START_MS);
    expect(recordOf(account.interests.category)).toEqual({ new: 1 });
  });

  it('keeps sums finite when the account was away for twenty years', () => {
    const account = aViewer('old', START_MS - 7_300 * MS_PER_DAY);
    merge(account, aViewer('new', START_MS));
    // 7 300 days are 521 whole half-lives and 6 days: the old interest is gone, the new one counts 2^(6 / 14).
    expect(account.interests.category.names).toEqual(['new']);
    expect(interestOf(account.interests.category, 'new')).toBeCloseTo(2 ** (6 / 14), 6);
  });

  it('keeps the strongest interests of both within the bound', () => {
    const [account, session] = [emptyProfile(), emptyProfile()];
    account.interestLandmarkMs = START_MS;
    session.interestLandmarkMs = START_MS;
    session.lastSeenAtMs = START_MS;
    for (let i = 0; i < INTEREST_CAPACITY; i++) {
      setInterest(account.interests.brand, `a${i}`, 1 + i);
      setInterest(session.interests.brand, `s${i}`, 1.5 + i);
    }
    merge(account, session);
    const sums = account.interests.brand.sums.sort((a, b) => a - b);
    // The upper half of 1, 1.5, 2, ..., 24.5.
    expect(sums).toHaveLength(INTEREST_CAPACITY);
    expect(sums[0]).toBe(13);
    expect(sums.at(-1)).toBe(24.5);
  });

  it('lets the account say what is known of the shopper, and the session what the account does not', () => {
    const [account, session] = [emptyProfile(), emptyProfile()];
    account.attributes = new Map([['tier', 'gold']]);
    session.attributes = new Map([
      ['tier', 'none'],
      ['zip', '10115'],
    ]);
    merge(account, session);
    expect(Object.fromEntries(account.attributes)).toEqual({ tier: 'gold', zip: '10115' });
  });

  it('stays within the bound of attributes', () => {
    const filled = (name: string): Profile => {
      const profile = emptyProfile();
      for (let i = 0; i < MAX_ATTRIBUTES; i++) profile.attributes.set(`${name}${i}`, 'x');
      return profile;
    };
    const account = filled('a');
    merge(account, filled('b'));
    expect(account.attributes).toEqual(filled('a').attributes);
  });

  it('takes the device of the later event', () => {
    const [account, session] = [emptyProfile(), emptyProfile()];
    Object.assign(account, { device: 'desktop', deviceAtMs: 5 });
    Object.assign(session, { device: 'mobile', deviceAtMs: 6 });
    merge(account, session);
    expect([account.device, account.deviceAtMs]).toEqual(['mobile', 6]);
    merge(account, { ...emptyProfile(), device: 'tv', deviceAtMs: 4 });
    expect(account.device).toBe('mobile');
  });
});
