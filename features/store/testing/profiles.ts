import { randomInt } from 'node:crypto';
import { asUserId, type ShopperKey, userKey } from '../../core/ids.ts';
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

/** 1 200 profiles of about a kilobyte, of shoppers drawn from very many: a commit of them changes a page for nearly each. */
export function manyProfiles(): [ShopperKey, Profile][] {
  const profile = aProfile('x'.repeat(1_000));
  return Array.from({ length: 1_200 }, () => [userKey(asUserId(`some-${randomInt(200_000)}`)), profile]);
}
