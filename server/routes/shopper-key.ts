import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../features/core/ids.ts';

/** The record of a shopper: the account's when it is known, else the visit's; undefined when neither is. */
export function shopperKeyOf(userId: string | undefined, sessionId: string | undefined): ShopperKey | undefined {
  if (userId !== undefined) return userKey(asUserId(userId));
  return sessionId === undefined ? undefined : sessionKey(asSessionId(sessionId));
}
