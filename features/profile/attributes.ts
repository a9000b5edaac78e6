import { VitrineError } from '../core/errors.ts';
import { isSensitiveAttribute } from '../schema/sensitive-attributes.ts';
import { MAX_ATTRIBUTE_NAME_LENGTH, MAX_ATTRIBUTE_VALUE_LENGTH, MAX_ATTRIBUTES, type Profile } from './profile.ts';

/**
 * Notes what the shop says of a shopper; all attributes or none. An empty value takes the attribute away.
 *
 * Errors: REC_INVALID_REQUEST naming the attribute when a bound is passed, REC_SENSITIVE_ATTRIBUTE when a name or a value is about
 * health, religion, politics, ethnicity or sexuality.
 */
export function setAttributes(profile: Profile, attributes: Iterable<readonly [string, string]>): void {
  const next = new Map(profile.attributes);
  for (const [name, value] of attributes) {
    requireAttribute(name, value);
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  if (next.size > MAX_ATTRIBUTES) {
    throw invalid(`the shopper would have ${next.size} attributes, expected at most ${MAX_ATTRIBUTES}: take some away`);
  }
  profile.attributes = next;
}

function requireAttribute(name: string, value: string): void {
  const shown = JSON.stringify(name.slice(0, MAX_ATTRIBUTE_NAME_LENGTH));
  if (name === '' || name.length > MAX_ATTRIBUTE_NAME_LENGTH) {
    throw invalid(
      `the attribute name ${shown} has ${name.length} characters, expected 1 to ${MAX_ATTRIBUTE_NAME_LENGTH}`,
    );
  }
  if (value.length > MAX_ATTRIBUTE_VALUE_LENGTH) {
    throw invalid(
      `attribute ${shown}: the value has ${value.length} characters, expected at most ${MAX_ATTRIBUTE_VALUE_LENGTH}`,
    );
  }
  const sensitive = isSensitiveAttribute(name) || value.split('|').some(isSensitiveAttribute);
  if (!sensitive) return;
  throw new VitrineError(
    'REC_SENSITIVE_ATTRIBUTE',
    `attribute ${shown} is about health, religion, politics, ethnicity or sexuality in name or value, which is not kept: leave it out`,
  );
}

function invalid(message: string): VitrineError {
  return new VitrineError('REC_INVALID_REQUEST', message);
}
