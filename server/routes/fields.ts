import { Type } from 'typebox';
import { MAX_ID_LENGTH } from '../../features/core/ids.ts';

/** Ids: no control characters, no broken surrogates, so that each has one spelling in keys, logs and URLs. */
const ID_PATTERN = `^[^\\p{Cc}\\p{Cs}]{1,${MAX_ID_LENGTH}}$`;
const ID_EXPECTED = `id of 1..${MAX_ID_LENGTH} characters without control characters`;

/** An id as the shop names things. The pattern counts code points, {@link MAX_ID_LENGTH} code units: both hold. */
export function idSchema(description: string) {
  return Type.Refine(
    Type.String({ pattern: ID_PATTERN, expected: ID_EXPECTED, description }),
    (id) => id.length <= MAX_ID_LENGTH,
    () => ID_EXPECTED,
  );
}

/** Text of 1 to `maxLength` characters. */
export function textSchema(maxLength: number, description: string) {
  return Type.String({ minLength: 1, maxLength, description });
}

export const USER_ID = idSchema('Account of the shop. Wins over `session_id` when both are given.');
export const SESSION_ID = idSchema('Visit of someone not logged in.');
export const ITEM_ID = idSchema('Product, as the catalogue names it.');
export const SCENE_NAME = textSchema(64, 'Place of the shop the list is for; the scenes are configuration.');
export const DEVICE = textSchema(64, 'Kind of device, as the shop names kinds: `desktop`, `mobile`, ...');
export const ATTRIBUTION_TOKEN = textSchema(1_024, 'From the reply that showed the products; opaque.');
