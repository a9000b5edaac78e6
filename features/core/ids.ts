/** Identifiers are branded so that a user id can't be passed where an item id is meant; they cost nothing at run time. */
export type ItemId = string & { readonly __brand: 'ItemId' };
/** An account of the shop, as the shop names it. */
export type UserId = string & { readonly __brand: 'UserId' };
/** One visit of one browser or app, as the shop names it. */
export type SessionId = string & { readonly __brand: 'SessionId' };
/** Names one shopper's record in the store: `u:<user id>` for an account, `s:<session id>` for a visitor not logged in. */
export type ShopperKey = string & { readonly __brand: 'ShopperKey' };

/** Longest id accepted anywhere, in UTF-16 code units: keeps keys, logs and profiles bounded. */
export const MAX_ID_LENGTH = 256;

export function asItemId(id: string): ItemId {
  return id as ItemId;
}
export function asUserId(id: string): UserId {
  return id as UserId;
}
export function asSessionId(id: string): SessionId {
  return id as SessionId;
}

/** Names the record of an account. */
export function userKey(id: UserId): ShopperKey {
  return `u:${id}` as ShopperKey;
}
/** Names the record of a visitor known by session only. */
export function sessionKey(id: SessionId): ShopperKey {
  return `s:${id}` as ShopperKey;
}
