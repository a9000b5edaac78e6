import { MAX_ID_LENGTH } from '../../core/ids.ts';
import {
  EVENT_HASH_CAPACITY,
  emptyProfile,
  INTEREST_CAPACITY,
  INTEREST_KINDS,
  type Profile,
  RECENT_LISTS,
} from '../../profile/profile.ts';

/** A small profile that names its shopper, for telling records apart. */
export function aProfile(device: string): Profile {
  const profile = emptyProfile();
  profile.device = device;
  profile.lastSeenAtMs = 1_700_000_000_123;
  profile.recent.view_item = { itemIds: [`seen-by-${device}`], atMs: [1_700_000_000_123] };
  return profile;
}

/** Every list at its bound, every id as long as ids may be and three bytes a character: nothing the events make is larger. */
export function largestProfile(): Profile {
  const profile = emptyProfile();
  const longId = (name: string): string => name.padEnd(MAX_ID_LENGTH, '☃');
  for (const { type, capacity } of RECENT_LISTS) {
    const places = Array.from({ length: capacity }, (_, place) => place);
    profile.recent[type] = {
      itemIds: places.map((place) => longId(`${type}-${place}-`)),
      atMs: places.map((place) => 1_700_000_000_000 - place),
    };
  }
  for (const kind of INTEREST_KINDS) {
    for (let i = 0; i < INTEREST_CAPACITY; i++)
      profile.interests[kind].set(longId(`${kind}-${i}-`), Math.fround(i + 0.1));
  }
  profile.recentEventHashes = Array.from({ length: EVENT_HASH_CAPACITY }, (_, i) => 2 ** 53 - 1 - i);
  return profile;
}
