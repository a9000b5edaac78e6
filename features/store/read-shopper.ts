import type { Deadline } from '../core/deadline.ts';
import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../core/ids.ts';
import { DEFAULT_PROFILE_POLICY } from '../profile/apply-event.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { hasContent, joinSession } from '../profile/session-join.ts';
import type { FeatureStore, ProfileChange } from './feature-store.ts';

/** A shopper's record and the key it lies under, which is the account's when a session was asked for that belongs to one. */
export interface KnownShopper {
  readonly key: ShopperKey;
  readonly profile: Profile;
}

/** The account a session's record points to; undefined while it belongs to none. */
function accountOf({ joinedTo }: Profile): ShopperKey | undefined {
  return joinedTo === undefined ? undefined : userKey(asUserId(joinedTo.userId));
}

/**
 * Reads what is known of a shopper: one read, a second one for a session whose shopper has logged in.
 *
 * While a session joins its account, what the account does not have yet is shown with it, so that nothing acknowledged is ever missing.
 * For that moment the default half-life of interests is as good as the shop's.
 *
 * Missing: undefined. Ownership: the caller's. Errors: those of the store.
 */
export async function readShopper(
  store: Pick<FeatureStore, 'readProfile'>,
  key: ShopperKey,
  deadline: Deadline,
): Promise<KnownShopper | undefined> {
  const profile = await store.readProfile(key, deadline);
  if (profile === undefined) return undefined;
  const account = accountOf(profile);
  if (account === undefined) return { key, profile };
  const ofAccount = await store.readProfile(account, deadline);
  if (!hasContent(profile)) return ofAccount === undefined ? undefined : { key: account, profile: ofAccount };
  const joined = { sessionId: sessionIdOf(key), joinId: profile.joinedTo!.joinId };
  const view = ofAccount ?? emptyProfile();
  joinSession(view, joined, profile, DEFAULT_PROFILE_POLICY);
  return { key: account, profile: view };
}

function sessionIdOf(key: ShopperKey): string {
  return key.slice(sessionKey(asSessionId('')).length);
}

/**
 * Changes what is known of a shopper, in the account when a session belongs to one: what a visitor states counts wherever their events
 * go. Contract of `change` as in {@link FeatureStore.updateProfile}.
 *
 * @returns the key of the record that was changed
 */
export async function updateShopper(
  store: Pick<FeatureStore, 'updateProfile'>,
  key: ShopperKey,
  change: (profile: Profile) => ProfileChange,
  deadline: Deadline,
): Promise<ShopperKey> {
  let account: ShopperKey | undefined;
  await store.updateProfile(
    key,
    (profile) => {
      account = accountOf(profile);
      return account === undefined ? change(profile) : 'keep';
    },
    deadline,
  );
  if (account === undefined) return key;
  await store.updateProfile(account, change, deadline);
  return account;
}
