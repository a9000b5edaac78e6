import { MAX_ID_LENGTH } from '../../core/ids.ts';
import { EVENT_TYPES } from '../event.ts';
import { setInterest } from '../interest-sums.ts';
import {
  DELETED_TAG_CAPACITY,
  EVENT_HASH_CAPACITY,
  EVENT_MEMORY_HOURS,
  emptyProfile,
  INTEREST_CAPACITY,
  INTEREST_KINDS,
  JOINED_SESSION_CAPACITY,
  MAX_ATTRIBUTE_NAME_LENGTH,
  MAX_ATTRIBUTE_VALUE_LENGTH,
  MAX_ATTRIBUTES,
  MAX_DEVICE_LENGTH,
  MAX_KEY_LENGTH,
  MAX_SOURCE_LENGTH,
  MAX_TAG_NAME_LENGTH,
  type Profile,
  RECENT_LISTS,
  RHYTHM_CAPACITY,
  VISIT_CAPACITY,
} from '../profile.ts';

/** Times of the farthest future that JavaScript dates reach, so that each takes the most bytes. */
const LATEST_MS = 8_640_000_000_000_000;
const LARGEST_HASH = 2 ** 40 - 1;
const LARGEST_COUNT = 2 ** 32 - 1;

/** Every list at its bound, every text as long as it may be and three bytes a character: nothing that is ever stored is larger. */
export function largestProfile(): Profile {
  const profile = emptyProfile();
  profile.firstSeenAtMs = LATEST_MS;
  profile.lastSeenAtMs = LATEST_MS;
  for (const { type, capacity } of RECENT_LISTS) {
    profile.recent[type] = {
      itemIds: times(capacity, (place) => wide(`${place}-`, MAX_ID_LENGTH)),
      // All of the time there is between each and the next: every difference takes the most bytes it can beside the others.
      atMs: times(capacity, (place) => LATEST_MS - place * Math.floor(LATEST_MS / capacity)),
    };
  }
  profile.eventCounts = EVENT_TYPES.map(() => LARGEST_COUNT);
  profile.interestLandmarkMs = LATEST_MS;
  for (const kind of INTEREST_KINDS) {
    for (let i = 0; i < INTEREST_CAPACITY; i++) {
      // Price bands are short names: see priceBandOf.
      const key = kind === 'priceBand' ? String(-2_000 - i) : wide(`${i}-`, MAX_KEY_LENGTH);
      setInterest(profile.interests[kind], key, Math.fround(i + 0.1));
    }
  }
  profile.purchases = {
    orderCount: LARGEST_COUNT,
    itemCount: Number.MAX_VALUE,
    totalValue: Number.MAX_VALUE,
    firstAtMs: LATEST_MS,
    lastAtMs: LATEST_MS,
  };
  profile.discountedOrderCount = LARGEST_COUNT;
  profile.device = wide('', MAX_DEVICE_LENGTH);
  profile.deviceAtMs = LATEST_MS;
  for (let i = 0; i < MAX_ATTRIBUTES; i++) {
    profile.attributes.set(wide(`${i}-`, MAX_ATTRIBUTE_NAME_LENGTH), wide('', MAX_ATTRIBUTE_VALUE_LENGTH));
  }
  fillMemories(profile);
  profile.rhythms = times(RHYTHM_CAPACITY, (place) => ({
    category: wide(`${place}-`, MAX_KEY_LENGTH),
    purchaseCount: LARGEST_COUNT,
    firstAtMs: 0,
    lastAtMs: LATEST_MS,
  }));
  profile.consent = { state: 'denied', atMs: LATEST_MS, source: wide('', MAX_SOURCE_LENGTH) };
  profile.optOut = { isOptedOut: true, atMs: LATEST_MS, source: wide('', MAX_SOURCE_LENGTH) };
  profile.deletedTags = times(DELETED_TAG_CAPACITY, (i) => `t${i}`.padEnd(MAX_TAG_NAME_LENGTH, '_'));
  return profile;
}

function fillMemories(profile: Profile): void {
  const latestHour = Math.floor(LATEST_MS / 3_600_000);
  const oldestHour = latestHour - EVENT_MEMORY_HOURS;
  profile.recentEventHashes = times(EVENT_HASH_CAPACITY, (i) => LARGEST_HASH - i);
  // A run for every hour there may be, the first of which takes all that is left over.
  profile.recentEventHours = times(EVENT_HASH_CAPACITY, (i) =>
    Math.max(oldestHour, latestHour - (EVENT_HASH_CAPACITY - 1 - i)),
  );
  profile.visits = times(VISIT_CAPACITY, (place) => ({
    startedAtMs: 0,
    lastAtMs: LATEST_MS - place,
    eventCount: LARGEST_COUNT,
  }));
  profile.activeHours = times(24, () => LARGEST_COUNT);
  profile.erasedAtMs = LATEST_MS;
  profile.joinedSessions = times(JOINED_SESSION_CAPACITY, (i) => ({
    sessionId: wide(`${i}-`, MAX_ID_LENGTH),
    joinId: LARGEST_HASH,
  }));
  profile.joinedTo = { userId: wide('', MAX_ID_LENGTH), joinId: LARGEST_HASH };
}

function times<T>(count: number, make: (place: number) => T): T[] {
  return Array.from({ length: count }, (_, place) => make(place));
}

/** U+2603 takes three bytes in UTF-8, the most a UTF-16 code unit can. */
function wide(start: string, length: number): string {
  return start.padEnd(length, '☃');
}
