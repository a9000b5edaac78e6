import { VitrineError } from '../core/errors.ts';
import type { ShopperKey } from '../core/ids.ts';
import type { Profile } from '../profile/profile.ts';
import { decodeProfile } from '../profile/profile-codec.ts';
import { isTombstone } from '../profile/tombstone.ts';
import { idIn } from './erase-shopper.ts';
import { LOG_KINDS, type LogEntry, type ScanCounts, type Trace } from './feature-store.ts';
import type { ShopperLogs } from './shopper-logs.ts';

/** A profile record as it lies in a store. */
export interface StoredProfile {
  /** Key in the store. */
  readonly key: string;
  readonly shopper: ShopperKey;
  readonly bytes: Uint8Array;
}

/** Does {@link FeatureStore.findTraces} on any store: looks at every profile and every log entry of the shop. */
export async function* findTraces(
  profiles: AsyncIterable<StoredProfile>,
  logs: ShopperLogs,
  key: ShopperKey,
  scanned: ScanCounts = { profiles: 0, events: 0, slates: 0 },
): AsyncIterable<Trace> {
  for await (const stored of profiles) {
    scanned.profiles++;
    const trace = traceIn(stored, key);
    if (trace !== undefined) yield trace;
  }
  for (const log of LOG_KINDS) {
    for await (const entry of logs.readAll(log, 0)) {
      scanned[log]++;
      if (!isAbout(entry, key)) continue;
      const detail = `entry of ${Buffer.byteLength(entry.text)} bytes`;
      yield { key: `${log} ${entry.id}`, kind: log === 'events' ? 'event' : 'slate', detail };
    }
  }
}

function traceIn({ key, shopper, bytes }: StoredProfile, wanted: ShopperKey): Trace | undefined {
  const size = `record of ${bytes.length} bytes`;
  const userId = wanted.startsWith('u:') ? wanted.slice(2) : undefined;
  const profile = decodedOrUndefined(bytes);
  if (shopper === wanted) {
    if (profile === undefined) return { key, kind: 'profile', detail: `${size} that cannot be decoded` };
    if (!isTombstone(profile)) return { key, kind: 'profile', detail: size };
    return { key, kind: 'tombstone', detail: `erased at ${new Date(profile.erasedAtMs).toISOString()}, nothing since` };
  }
  if (userId === undefined) return undefined;
  if (profile?.joinedTo?.userId === userId)
    return { key, kind: 'session', detail: `${size} that belongs to the account` };
  // One that cannot be decoded must not end the search: it is looked through as it is.
  if (profile === undefined && userId !== '' && Buffer.from(bytes).includes(userId))
    return { key, kind: 'session', detail: `${size} that cannot be decoded and contains the id` };
  return undefined;
}

function decodedOrUndefined(bytes: Uint8Array): Profile | undefined {
  try {
    return decodeProfile(bytes);
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'REC_RECORD_INVALID') return undefined;
    throw error;
  }
}

function isAbout({ shopper, text }: LogEntry, key: ShopperKey): boolean {
  if (shopper === key) return true;
  const id = key.slice(2);
  // Reading the JSON of every entry would take far longer than looking for the id in it.
  if (!text.includes(JSON.stringify(id))) return false;
  return idIn(text, key.startsWith('u:') ? 'user_id' : 'session_id') === id;
}
