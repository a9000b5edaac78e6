import { asSessionId, asUserId, type ShopperKey, sessionKey, userKey } from '../../../features/core/ids.ts';
import { SESSION_ID, USER_ID } from '../fields.ts';

/** An account, or a visitor who is not logged in: the same routes for both. */
export interface ShopperKind {
  readonly path: '/v1/users' | '/v1/sessions';
  /** Field of replies that names the shopper. */
  readonly idField: 'user_id' | 'session_id';
  readonly idSchema: typeof USER_ID;
  /** For operation ids. */
  readonly name: 'User' | 'Session';
  /** For people. */
  readonly noun: string;
  keyOf(id: string): ShopperKey;
}

export const SHOPPER_KINDS: readonly ShopperKind[] = [
  {
    path: '/v1/users',
    idField: 'user_id',
    idSchema: USER_ID,
    name: 'User',
    noun: 'an account',
    keyOf: (id) => userKey(asUserId(id)),
  },
  {
    path: '/v1/sessions',
    idField: 'session_id',
    idSchema: SESSION_ID,
    name: 'Session',
    noun: 'a visitor not logged in',
    keyOf: (id) => sessionKey(asSessionId(id)),
  },
];
