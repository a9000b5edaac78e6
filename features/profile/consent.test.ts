import { describe, expect, it } from 'vitest';
import { deleteTag, isPersonalizationAllowed, recordConsent, recordOptOut } from './consent.ts';
import { type Consent, DELETED_TAG_CAPACITY, emptyProfile, type OptOut } from './profile.ts';

const aConsent = (more: Partial<Consent> = {}): Consent => ({
  state: 'granted',
  atMs: 1_700_000_000_000,
  source: 'cookie-banner',
  ...more,
});
const anOptOut = (more: Partial<OptOut> = {}): OptOut => ({
  isOptedOut: true,
  atMs: 1_700_000_000_000,
  source: 'account',
  ...more,
});
const refused = (text: string): unknown =>
  expect.objectContaining({ code: 'REC_INVALID_REQUEST', message: expect.stringContaining(text) });

describe('consent', () => {
  it('is kept with its time and source, and what was said last counts, in any order', () => {
    const granted = aConsent({ atMs: 5 });
    const denied = aConsent({ state: 'denied', atMs: 6, source: 'account' });
    for (const said of [
      [granted, denied],
      [denied, granted],
    ]) {
      const profile = emptyProfile();
      for (const one of said) recordConsent(profile, one);
      expect(profile.consent).toEqual(denied);
    }
  });

  it('of two statements of one moment is the stricter', () => {
    for (const states of [
      ['granted', 'denied'],
      ['denied', 'granted'],
    ] as const) {
      const profile = emptyProfile();
      for (const state of states) recordConsent(profile, aConsent({ state }));
      expect(profile.consent.state).toBe('denied');
    }
  });

  it('says whether anything changed', () => {
    const profile = emptyProfile();
    expect(recordConsent(profile, aConsent())).toBe(true);
    expect(recordConsent(profile, aConsent())).toBe(false);
    expect(recordConsent(profile, aConsent({ state: 'denied', atMs: 1 }))).toBe(false);
  });

  it.each([
    ['a state it does not know', { state: 'maybe' as Consent['state'] }, 'consent.state is "maybe", expected one of'],
    ['no time', { atMs: 0 }, 'consent.atMs is 0, expected epoch milliseconds above 0'],
    ['half a millisecond', { atMs: 0.5 }, 'consent.atMs is 0.5'],
    ['no source', { source: '' }, 'consent.source has 0 characters, expected 1 to 64'],
    ['a long source', { source: 'x'.repeat(65) }, 'consent.source has 65 characters'],
  ])('with %s is refused', (_, more, message) => {
    const profile = emptyProfile();
    expect(() => recordConsent(profile, aConsent(more))).toThrow(refused(message));
    expect(profile).toEqual(emptyProfile());
  });
});

describe('opt-out', () => {
  it('can be taken back later, and not by an older statement', () => {
    const profile = emptyProfile();
    expect(recordOptOut(profile, anOptOut({ atMs: 5 }))).toBe(true);
    expect(recordOptOut(profile, anOptOut({ isOptedOut: false, atMs: 4 }))).toBe(false);
    expect(profile.optOut.isOptedOut).toBe(true);
    expect(recordOptOut(profile, anOptOut({ isOptedOut: false, atMs: 6 }))).toBe(true);
    expect(profile.optOut).toEqual({ isOptedOut: false, atMs: 6, source: 'account' });
  });

  it('of two statements of one moment is on', () => {
    const profile = emptyProfile();
    recordOptOut(profile, anOptOut());
    recordOptOut(profile, anOptOut({ isOptedOut: false }));
    expect(profile.optOut.isOptedOut).toBe(true);
  });

  it('without a time is refused', () => {
    expect(() => recordOptOut(emptyProfile(), anOptOut({ atMs: Number.NaN }))).toThrow(refused('optOut.atMs is NaN'));
  });
});

describe('personalisation', () => {
  it('is allowed until it is switched off or consent is refused', () => {
    const profile = emptyProfile();
    expect(isPersonalizationAllowed(profile)).toBe(true);
    recordConsent(profile, aConsent());
    expect(isPersonalizationAllowed(profile)).toBe(true);
    recordOptOut(profile, anOptOut());
    expect(isPersonalizationAllowed(profile)).toBe(false);
    recordOptOut(profile, anOptOut({ isOptedOut: false, atMs: 1_700_000_000_001 }));
    expect(isPersonalizationAllowed(profile)).toBe(true);
    recordConsent(profile, aConsent({ state: 'denied', atMs: 1_700_000_000_001 }));
    expect(isPersonalizationAllowed(profile)).toBe(false);
  });
});

describe('deleting a tag', () => {
  it('keeps its name, sorted, once', () => {
    const profile = emptyProfile();
    expect(deleteTag(profile, 'b')).toBe(true);
    expect(deleteTag(profile, 'a')).toBe(true);
    expect(deleteTag(profile, 'b')).toBe(false);
    expect(profile.deletedTags).toEqual(['a', 'b']);
  });

  it('refuses what is no name, and more than a profile keeps', () => {
    const profile = emptyProfile();
    expect(() => deleteTag(profile, '')).toThrow(refused('expected 1 to 48 characters'));
    expect(() => deleteTag(profile, 'x'.repeat(49))).toThrow(refused('expected 1 to 48 characters'));
    for (let i = 0; i < DELETED_TAG_CAPACITY; i++) deleteTag(profile, `tag_${i}`);
    expect(() => deleteTag(profile, 'one_more')).toThrow(refused('128 tags are deleted already'));
    expect(deleteTag(profile, 'tag_5')).toBe(false);
  });
});
