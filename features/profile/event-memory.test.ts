import { describe, expect, it } from 'vitest';
import { MS_PER_HOUR } from '../core/clock.ts';
import { hash53 } from '../transform/hash.ts';
import { mergeEventMemory, nameHash, rememberEvent } from './event-memory.ts';
import { EVENT_HASH_CAPACITY, EVENT_MEMORY_HOURS, emptyProfile, type Profile } from './profile.ts';

const START_MS = 472_000 * MS_PER_HOUR;
const hour = (count: number): number => START_MS + count * MS_PER_HOUR;

/** A profile that received events `name` at hours after the start. */
function received(...events: [name: string, atHour: number | undefined][]): Profile {
  const profile = emptyProfile();
  for (const [name, atHour] of events) {
    rememberEvent(profile, name, atHour === undefined ? undefined : hour(atHour));
  }
  return profile;
}

describe('memory of event ids', () => {
  it('knows an event for three days after it came', () => {
    expect(EVENT_MEMORY_HOURS).toBe(72);
    expect(rememberEvent(received(['a', 0], ['b', 72]), 'a', hour(72))).toBe(false);
    expect(rememberEvent(received(['a', 0], ['b', 73]), 'a', hour(73))).toBe(true);
  });

  it('knows it for as long as nothing else comes', () => {
    expect(rememberEvent(received(['a', 0]), 'a', hour(1_000))).toBe(false);
  });

  it('changes nothing for an event it knows', () => {
    const profile = received(['a', 0], ['b', 60]);
    const before = structuredClone(profile);
    expect(rememberEvent(profile, 'a', hour(90))).toBe(false);
    expect(profile).toEqual(before);
  });

  it('knows a whole batch of the size that requests may have', () => {
    const profile = emptyProfile();
    for (let i = 0; i < 500; i++) rememberEvent(profile, `event-${i}`, hour(0));
    for (let i = 0; i < 500; i++) expect(rememberEvent(profile, `event-${i}`, hour(0))).toBe(false);
  });

  it('is bounded in number, the earliest come going first', () => {
    const profile = emptyProfile();
    for (let i = 0; i <= EVENT_HASH_CAPACITY; i++) rememberEvent(profile, `event-${i}`, hour(0));
    expect(profile.recentEventHashes).toHaveLength(EVENT_HASH_CAPACITY);
    expect(profile.recentEventHours).toHaveLength(EVENT_HASH_CAPACITY);
    expect(rememberEvent(profile, 'event-1', hour(0))).toBe(false);
    expect(rememberEvent(profile, 'event-0', hour(0))).toBe(true);
  });

  it('does not go back in time when the clock of another server is behind', () => {
    expect(received(['a', 5], ['b', 4], ['c', 6]).recentEventHours).toEqual([472_005, 472_005, 472_006]);
  });

  it('counts an event whose arrival is not told as come with the nearest one told', () => {
    expect(received(['a', undefined], ['b', 3], ['c', undefined]).recentEventHours).toEqual([
      472_003, 472_003, 472_003,
    ]);
  });

  it('is bounded by number alone among events whose arrival is not told', () => {
    const profile = received(['a', undefined], ['b', undefined]);
    expect(profile.recentEventHours).toEqual([0, 0]);
    expect(rememberEvent(profile, 'a', undefined)).toBe(false);
  });

  it('keeps the lower 40 bits of the 53 that older records have', () => {
    const hash = hash53('evt-1');
    expect(nameHash('evt-1')).toBe(Number(BigInt(hash) & 0xff_ffff_ffffn));
  });

  it('takes few of a hundred thousand ids for one another', () => {
    // Pairs / 2^40: 0.005 expected.
    const hashes = new Set(Array.from({ length: 100_000 }, (_, i) => nameHash(`order-${100_000 + i}-view`)));
    expect(hashes.size).toBe(100_000);
  });
});

describe('merging memories of event ids', () => {
  it('keeps each once, by hour of arrival', () => {
    const account = received(['a', 0], ['b', 10]);
    mergeEventMemory(account, received(['c', 5], ['b', 11]));
    expect(account.recentEventHashes).toEqual(['a', 'c', 'b'].map(nameHash));
    // The second arrival of b is the one that a retry would follow.
    expect(account.recentEventHours).toEqual([472_000, 472_005, 472_011]);
  });

  it('counts those whose arrival is not told as come with the newest of the other', () => {
    const account = received(['a', undefined]);
    mergeEventMemory(account, received(['b', 1], ['c', 2]));
    expect(account.recentEventHashes).toEqual(['b', 'a', 'c'].map(nameHash));
    expect(account.recentEventHours).toEqual([472_001, 472_002, 472_002]);
  });

  it('forgets what came three days before the newest of both', () => {
    const account = received(['a', 0], ['b', 10]);
    mergeEventMemory(account, received(['c', 80]));
    expect(account.recentEventHashes).toEqual(['b', 'c'].map(nameHash));
  });

  it('stays within the bound', () => {
    const half = (name: string): Profile =>
      received(...Array.from({ length: 400 }, (_, i): [string, number] => [`${name}-${i}`, i / 100]));
    const account = half('a');
    mergeEventMemory(account, half('b'));
    expect(account.recentEventHashes).toHaveLength(EVENT_HASH_CAPACITY);
    expect(account.recentEventHours).toEqual(account.recentEventHours.toSorted((a, b) => a - b));
  });

  it('of two empty ones is empty', () => {
    const account = emptyProfile();
    mergeEventMemory(account, emptyProfile());
    expect(account).toEqual(emptyProfile());
  });
});
