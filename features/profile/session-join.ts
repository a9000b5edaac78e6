import type { ProfilePolicy } from './apply-event.ts';
import { isPersonalizationAllowed, laterConsent, laterOptOut } from './consent.ts';
import { mergeProfiles } from './merge-profiles.ts';
import {
  DELETED_TAG_CAPACITY,
  emptyProfile,
  JOINED_SESSION_CAPACITY,
  type JoinedSession,
  type Profile,
} from './profile.ts';

/**
 * How a session joins the account at log-in. Three records can't be written in one step, so each step is safe to stop after and to take
 * again, by whoever meets what was left:
 *
 * 1. the session's record names the account and a fresh number for this joining ({@link Profile.joinedTo}); from here on its content
 *    does not change any more and what comes in for the session goes to the account;
 * 2. the account takes the content over unless it knows the number ({@link joinSession});
 * 3. the session's record loses its content and keeps the direction ({@link dropContent}).
 */

/** Whether a record holds anything of a shopper beyond where it belongs and that it was erased. */
export function hasContent({ lastSeenAtMs, attributes, deletedTags, consent, optOut }: Profile): boolean {
  const isStated = consent.atMs > 0 || optOut.atMs > 0 || deletedTags.length > 0;
  return lastSeenAtMs > 0 || attributes.size > 0 || isStated;
}

/** Empties a record in place but for where it belongs and that it was erased. */
export function dropContent(session: Profile): void {
  const { erasedAtMs, joinedTo } = session;
  Object.assign(session, emptyProfile(), { erasedAtMs, joinedTo });
}

/**
 * Takes a session into an account, once.
 *
 * Ownership: changes `account` in place, leaves `content` alone. Returns false, and changes nothing, when this joining is among the
 * account's latest {@link JOINED_SESSION_CAPACITY}.
 * What the visitor said of consent, opt-out and tags always comes along; what they did does not when the account refuses
 * personalisation, and not when any of it is older than an erasure of the account.
 *
 * @param content what the session's record held when it was directed to the account; undefined when it held nothing
 */
export function joinSession(
  account: Profile,
  joined: JoinedSession,
  content: Profile | undefined,
  policy: ProfilePolicy,
): boolean {
  const { sessionId, joinId } = joined;
  if (account.joinedSessions.some((known) => known.joinId === joinId)) return false;
  const others = account.joinedSessions.filter((known) => known.sessionId !== sessionId);
  account.joinedSessions = [...others, { sessionId, joinId }].slice(-JOINED_SESSION_CAPACITY);
  if (content === undefined) return true;
  account.consent = laterConsent(account.consent, content.consent);
  account.optOut = laterOptOut(account.optOut, content.optOut);
  const deletedTags = new Set([...account.deletedTags, ...content.deletedTags]);
  account.deletedTags = [...deletedTags].sort().slice(0, DELETED_TAG_CAPACITY);
  if (isPersonalizationAllowed(account) && isNewerThanErasure(account, content))
    mergeProfiles(account, content, policy);
  return true;
}

/** Whether an account that was erased may take a session's content: only when all of it came after. */
export function isNewerThanErasure({ erasedAtMs }: Profile, content: Profile): boolean {
  return erasedAtMs === 0 || content.firstSeenAtMs > erasedAtMs;
}

/**
 * The sessions an account will no longer know of once others have joined, oldest first.
 *
 * Their records have to lose their direction first: nobody would know any more that they belong to the account when it is erased.
 */
export function sessionsToForget(account: Profile, joining: readonly JoinedSession[]): JoinedSession[] {
  const joiningIds = new Set(joining.map(({ sessionId }) => sessionId));
  const staying = account.joinedSessions.filter(({ sessionId }) => !joiningIds.has(sessionId));
  return staying.slice(0, Math.max(0, staying.length + joiningIds.size - JOINED_SESSION_CAPACITY));
}
