import { emptyProfile, type Profile } from '../../profile/profile.ts';
import { largestProfile as largestProfileOfAll } from '../../profile/testing/largest-profile.ts';

/** The largest profile there can be, of a shopper who has not done anything yet: room to count. */
export function largestProfile(): Profile {
  return { ...largestProfileOfAll(), eventCounts: emptyProfile().eventCounts };
}

/** A small profile that names its shopper, for telling records apart. */
export function aProfile(device: string): Profile {
  const profile = emptyProfile();
  profile.device = device;
  profile.lastSeenAtMs = 1_700_000_000_123;
  profile.recent.view_item = { itemIds: [`seen-by-${device}`], atMs: [1_700_000_000_123] };
  return profile;
}
