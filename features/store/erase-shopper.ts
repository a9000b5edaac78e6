import type { Deadline } from '../core/deadline.ts';
import { VitrineError } from '../core/errors.ts';
import { asSessionId, type ShopperKey, sessionKey } from '../core/ids.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { holdsNothing, tombstoneOf } from '../profile/tombstone.ts';
import type { Erasure, FeatureStore, LogKind } from './feature-store.ts';
import { deadlineExceeded } from './profile-updater.ts';
import { type Settled, valueOrThrow } from './settled.ts';
import type { ShopperLogs } from './shopper-logs.ts';

/** What an erasure is done with. */
export interface ErasureParts {
  readonly store: Pick<FeatureStore, 'updateProfiles' | 'writeProfiles'>;
  readonly logs: ShopperLogs;
}

/**
 * Does {@link FeatureStore.eraseShopper} on any store.
 *
 * The tombstone keeps the names of joined sessions until they are erased, and the account's own log entries, which name further ones,
 * go last: an erasure that was cut short finds everything again.
 */
export async function eraseShopper(
  { store, logs }: ErasureParts,
  key: ShopperKey,
  erasedAtMs: number,
  deadline: Deadline,
): Promise<Erasure> {
  const [account] = await bury(store, [key], erasedAtMs, deadline);
  const own = await findEntries(logs, [key], deadline);
  const sessions = new Set([...account!.sessionIds, ...own.sessionIds].map((id) => sessionKey(asSessionId(id))));
  sessions.delete(key);
  const userId = key.startsWith('u:') ? key.slice(2) : undefined;
  const buried = await bury(store, Array.from(sessions), erasedAtMs, deadline, userId);
  const theirs = await findEntries(
    logs,
    buried.map((session) => session.key),
    deadline,
  );
  const events = (await logs.remove('events', theirs.events)) + (await logs.remove('events', own.events));
  const slates = (await logs.remove('slates', theirs.slates)) + (await logs.remove('slates', own.slates));
  if (account!.sessionIds.length > 0) await forgetSessions(store, key, account!.sessionIds, deadline);
  return {
    profiles: account!.heldAnything ? 1 : 0,
    sessions: buried.filter(({ heldAnything }) => heldAnything).length,
    events,
    slates,
  };
}

interface Buried {
  readonly key: ShopperKey;
  readonly heldAnything: boolean;
  readonly sessionIds: readonly string[];
}

/** Puts a tombstone in place of each record; leaves out sessions that belong to another account than `userId`. */
async function bury(
  store: ErasureParts['store'],
  keys: readonly ShopperKey[],
  erasedAtMs: number,
  deadline: Deadline,
  userId?: string,
): Promise<Buried[]> {
  const buried = new Map<ShopperKey, Buried>();
  const updates = keys.map((key) => ({
    key,
    change: (profile: Profile) => {
      // The last run is the one that counts.
      buried.delete(key);
      const owner = profile.joinedTo?.userId;
      if (userId !== undefined && owner !== undefined && owner !== userId) return 'keep' as const;
      const sessionIds = profile.joinedSessions.map(({ sessionId }) => sessionId);
      // An event that the shopper's clock dated ahead must not be new when it is sent again, and a statement taken by a server
      // whose clock is ahead was made before the erasure all the same.
      const { lastSeenAtMs, consent, optOut } = profile;
      const untilMs = Math.max(erasedAtMs, lastSeenAtMs, consent.atMs, optOut.atMs);
      const { joinedSessions } = profile;
      const isBlank = holdsNothing({ ...profile, joinedSessions: [] });
      if (profile.erasedAtMs > erasedAtMs || (profile.erasedAtMs === untilMs && isBlank)) {
        buried.set(key, { key, heldAnything: false, sessionIds });
        return 'keep' as const;
      }
      const heldAnything = !holdsNothing({ ...profile, erasedAtMs: untilMs });
      buried.set(key, { key, heldAnything, sessionIds });
      Object.assign(profile, tombstoneOf(profile, untilMs), { joinedSessions });
      return 'write' as const;
    },
  }));
  const results = await store.updateProfiles(updates, deadline);
  for (const [place, result] of results.entries()) {
    if (!isUnreadable(result)) {
      valueOrThrow(result);
      continue;
    }
    // Nobody can tell what such a record holds, so it must go as it is.
    const key = keys[place]!;
    await store.writeProfiles([[key, tombstoneOf(emptyProfile(), erasedAtMs)]]);
    buried.set(key, { key, heldAnything: true, sessionIds: [] });
  }
  return Array.from(buried.values());
}

function isUnreadable(result: Settled<void>): boolean {
  return (
    result.status === 'rejected' && result.reason instanceof VitrineError && result.reason.code === 'REC_RECORD_INVALID'
  );
}

async function forgetSessions(
  store: ErasureParts['store'],
  key: ShopperKey,
  sessionIds: readonly string[],
  deadline: Deadline,
): Promise<void> {
  const change = (profile: Profile): 'write' => {
    profile.joinedSessions = profile.joinedSessions.filter(({ sessionId }) => !sessionIds.includes(sessionId));
    return 'write';
  };
  const [result] = await store.updateProfiles([{ key, change }], deadline);
  valueOrThrow(result!);
}

interface FoundEntries extends Record<LogKind, string[]> {
  /** Sessions the events name. */
  readonly sessionIds: ReadonlySet<string>;
}

async function findEntries(logs: ShopperLogs, keys: readonly ShopperKey[], deadline: Deadline): Promise<FoundEntries> {
  const sessionIds = new Set<string>();
  const found: FoundEntries = { events: [], slates: [], sessionIds };
  if (keys.length === 0) return found;
  for (const kind of ['events', 'slates'] as const) {
    for await (const { id, text } of logs.readOf(kind, keys)) {
      if (deadline.isPast()) throw deadlineExceeded('erasing a shopper');
      found[kind].push(id);
      const sessionId = idIn(text, 'session_id');
      if (sessionId !== undefined) sessionIds.add(sessionId);
    }
  }
  return found;
}

/** An id in the JSON of a log entry; undefined when the entry has none or is no JSON. */
export function idIn(text: string, name: 'user_id' | 'session_id'): string | undefined {
  try {
    const id = (JSON.parse(text) as Record<string, unknown> | null)?.[name];
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
