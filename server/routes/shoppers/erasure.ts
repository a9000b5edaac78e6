import { MS_PER_DAY } from '../../../features/core/clock.ts';
import type { Deadline } from '../../../features/core/deadline.ts';
import { VitrineError } from '../../../features/core/errors.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../../features/core/ids.ts';
import type { Profile } from '../../../features/profile/profile.ts';
import type { Erasure, FeatureStore } from '../../../features/store/feature-store.ts';
import { isoOf } from './profile-reply.ts';
import type { ErasureReceipt } from './shopper-schema.ts';

/** Copies that lie outside the store. */
const OUT_OF_REACH: readonly string[] = [
  'backups, snapshots and replicas of the store outside this program, and what its files keep until they are rewritten (the append-only file of Redis, free pages of LMDB)',
  'files written by vitrine export-events, and datasets imported from them',
  'models trained before: they keep no record of the shopper, but their weights were shaped by the events; the next training leaves them out',
  'what the shop keeps elsewhere: its own database, access logs of proxies, analytics',
];

/**
 * Erases a shopper, whatever state the record is in.
 *
 * Errors: REC_SESSION_JOINED for a session whose shopper has logged in, unless the account is gone and its erasure no longer reaches the
 * session; those of the store.
 *
 * @returns the moment up to which events are refused, and what was removed
 */
export async function erase(
  store: Pick<FeatureStore, 'readProfile' | 'eraseShopper'>,
  key: ShopperKey,
  nowMs: number,
  deadline: Deadline,
): Promise<{ erasedAtMs: number; removed: Erasure }> {
  const profile = await readIfReadable(store, key, deadline);
  if (profile?.joinedTo !== undefined) await refuseJoined(store, key, profile.joinedTo.userId, deadline);
  // An erasure before may reach beyond now; what came since is to go too.
  const removed = await store.eraseShopper(key, Math.max(nowMs, profile?.erasedAtMs ?? 0), deadline);
  const tombstone = await store.readProfile(key, deadline);
  return { erasedAtMs: tombstone?.erasedAtMs ?? nowMs, removed };
}

async function refuseJoined(
  store: Pick<FeatureStore, 'readProfile'>,
  key: ShopperKey,
  userId: string,
  deadline: Deadline,
): Promise<void> {
  const account = await readIfReadable(store, userKey(asUserId(userId)), deadline);
  if (account?.joinedSessions.some(({ sessionId }) => key === sessionKey(asSessionId(sessionId))) !== true) return;
  throw new VitrineError(
    'REC_SESSION_JOINED',
    `the session belongs to the account ${JSON.stringify(userId)} since log-in: erase the account, which erases its sessions`,
  );
}

/** A record that cannot be decoded says nothing here, and is erased like any other. */
async function readIfReadable(
  store: Pick<FeatureStore, 'readProfile'>,
  key: ShopperKey,
  deadline: Deadline,
): Promise<Profile | undefined> {
  try {
    return await store.readProfile(key, deadline);
  } catch (error) {
    if (error instanceof VitrineError && error.code === 'REC_RECORD_INVALID') return undefined;
    throw error;
  }
}

/** What the shop can hand to the shopper: what was removed, what remains and until when, what is out of reach. */
export function receiptOf(
  erasedAtMs: number,
  removed: Erasure,
  { nowMs, profileTtlDays }: { readonly nowMs: number; readonly profileTtlDays: number },
): Omit<ErasureReceipt, 'user_id' | 'session_id'> {
  const { profiles, sessions, events, slates } = removed;
  return {
    erased_at: isoOf(erasedAtMs),
    removed: { profiles, sessions, events, slates },
    remains: [
      {
        what: 'tombstone',
        until: isoOf(nowMs + profileTtlDays * MS_PER_DAY),
        why: 'the moment of the erasure, and an opt-out or denied consent if there was one, for the shopper and each erased session: events from before it that are still on their way are refused, and who said no stays unfollowed',
      },
    ],
    out_of_reach: [...OUT_OF_REACH],
  };
}
