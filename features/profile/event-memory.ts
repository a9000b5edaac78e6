import { MS_PER_HOUR } from '../core/clock.ts';
import { hash53 } from '../transform/hash.ts';
import { EVENT_HASH_CAPACITY, EVENT_MEMORY_HOURS, type Profile } from './profile.ts';

/** Hour of events whose arrival is not told; either all of a profile have it or none. */
const UNTOLD = 0;

/** Names are kept as hashes of so many bits: five bytes each in the record. */
export const NAME_HASH_BITS = 40;

/** Hash of an event or session id as the record keeps it. */
export function nameHash(name: string): number {
  return hash53(name) % 2 ** NAME_HASH_BITS;
}

/**
 * Notes that an event has come; false, with nothing changed, when it came before.
 *
 * The memory goes by arrival, not by the time of the event: what is sent again is what was sent lately, however old the event itself.
 * A name is known for {@link EVENT_MEMORY_HOURS} hours after it came, unless {@link EVENT_HASH_CAPACITY} others of the same shopper
 * come first. A new event is taken for a known one with a probability of names kept / 2^40: at most 4.7e-10.
 *
 * @param receivedAtMs epoch milliseconds; undefined counts as come together with the nearest one told, so that among events that are
 * all without it only their number bounds the memory
 */
export function rememberEvent(profile: Profile, eventId: string, receivedAtMs: number | undefined): boolean {
  return rememberEventHash(profile, nameHash(eventId), receivedAtMs);
}

/** As {@link rememberEvent}, by the {@link nameHash} of the event's id: for a replay that keeps no ids. */
export function rememberEventHash(profile: Profile, hash: number, receivedAtMs: number | undefined): boolean {
  const { recentEventHashes: hashes, recentEventHours: hours } = profile;
  if (hashes.includes(hash)) return false;
  // Clocks of several servers differ: the memory does not go back in time.
  const hour = Math.max(hours.at(-1) ?? UNTOLD, Math.floor((receivedAtMs ?? UNTOLD) / MS_PER_HOUR));
  if (hour > UNTOLD && hours[0] === UNTOLD) hours.fill(hour);
  hashes.push(hash);
  hours.push(hour);
  forgetOld(profile, hour);
  return true;
}

/** Brings the names of `other` into the memory of `profile`, by hour of arrival; each name once. */
export function mergeEventMemory(profile: Profile, other: Profile): void {
  const newestHour = Math.max(profile.recentEventHours.at(-1) ?? UNTOLD, other.recentEventHours.at(-1) ?? UNTOLD);
  const hourByHash = new Map<number, number>();
  for (const { recentEventHashes: hashes, recentEventHours: hours } of [profile, other]) {
    for (const [i, hash] of hashes.entries()) {
      const hour = hours[i] === UNTOLD ? newestHour : hours[i]!;
      hourByHash.set(hash, Math.max(hour, hourByHash.get(hash) ?? UNTOLD));
    }
  }
  const entries = Array.from(hourByHash).sort((a, b) => a[1] - b[1]);
  profile.recentEventHashes = entries.map(([hash]) => hash);
  profile.recentEventHours = entries.map(([, hour]) => hour);
  forgetOld(profile, newestHour);
}

function forgetOld(profile: Profile, hour: number): void {
  const { recentEventHashes: hashes, recentEventHours: hours } = profile;
  let forgotten = Math.max(0, hashes.length - EVENT_HASH_CAPACITY);
  while (hours[forgotten]! < hour - EVENT_MEMORY_HOURS) forgotten++;
  if (forgotten === 0) return;
  hashes.splice(0, forgotten);
  hours.splice(0, forgotten);
}
