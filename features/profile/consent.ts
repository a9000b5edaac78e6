import { VitrineError } from '../core/errors.ts';
import {
  CONSENT_STATES,
  type Consent,
  DELETED_TAG_CAPACITY,
  MAX_SOURCE_LENGTH,
  MAX_TAG_NAME_LENGTH,
  type OptOut,
  type Profile,
} from './profile.ts';

const MOST_TO_LEAST_STRICT = ['denied', 'unknown', 'granted'] as const;

/**
 * Notes what a shopper said about the use of their data. What was said last counts; of two statements of one moment the stricter.
 *
 * @returns false, with nothing changed, when what is known was said later
 * Errors: REC_INVALID_REQUEST naming the field.
 */
export function recordConsent(profile: Profile, consent: Consent): boolean {
  if (!CONSENT_STATES.includes(consent.state)) {
    throw invalid(`consent.state is ${JSON.stringify(consent.state)}, expected one of ${CONSENT_STATES.join(', ')}`);
  }
  requireStatement('consent', consent);
  const latest = laterConsent(profile.consent, consent);
  if (latest === profile.consent) return false;
  profile.consent = { ...consent };
  return true;
}

/** Switches personalisation off or on again; rules as for {@link recordConsent}, off being the stricter. */
export function recordOptOut(profile: Profile, optOut: OptOut): boolean {
  requireStatement('optOut', optOut);
  const latest = laterOptOut(profile.optOut, optOut);
  if (latest === profile.optOut) return false;
  profile.optOut = { ...optOut };
  return true;
}

/** How a shopper can refuse that what is known of them shapes what they see. */
export const REFUSALS = ['opted_out', 'consent_denied'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What the shopper refused personalisation by; undefined when they let it be. */
export function refusalOf(profile: Profile): Refusal | undefined {
  if (profile.optOut.isOptedOut) return 'opted_out';
  return profile.consent.state === 'denied' ? 'consent_denied' : undefined;
}

/** Whether the shopper lets what is known of them shape what they see: false after an opt-out and after a refusal of consent. */
export function isPersonalizationAllowed(profile: Profile): boolean {
  return refusalOf(profile) === undefined;
}

/**
 * Takes a tag from a shopper for good.
 *
 * @returns false when it was deleted before
 * Errors: REC_INVALID_REQUEST when the name is no tag name, or too many are deleted already.
 */
export function deleteTag(profile: Profile, name: string): boolean {
  if (name === '' || name.length > MAX_TAG_NAME_LENGTH) {
    throw invalid(
      `the tag name is ${JSON.stringify(name.slice(0, 60))}, expected 1 to ${MAX_TAG_NAME_LENGTH} characters`,
    );
  }
  if (profile.deletedTags.includes(name)) return false;
  if (profile.deletedTags.length >= DELETED_TAG_CAPACITY) {
    throw invalid(
      `${DELETED_TAG_CAPACITY} tags are deleted already, which is the most a profile keeps; opt out instead`,
    );
  }
  profile.deletedTags = [...profile.deletedTags, name].sort();
  return true;
}

/** Of two statements the one that counts; `known` when they are equal. */
export function laterConsent(known: Consent, other: Consent): Consent {
  if (known.atMs !== other.atMs) return known.atMs > other.atMs ? known : other;
  const order = MOST_TO_LEAST_STRICT.indexOf(known.state) - MOST_TO_LEAST_STRICT.indexOf(other.state);
  if (order !== 0) return order < 0 ? known : other;
  return known.source >= other.source ? known : other;
}

/** Of two statements the one that counts; `known` when they are equal. */
export function laterOptOut(known: OptOut, other: OptOut): OptOut {
  if (known.atMs !== other.atMs) return known.atMs > other.atMs ? known : other;
  if (known.isOptedOut !== other.isOptedOut) return known.isOptedOut ? known : other;
  return known.source >= other.source ? known : other;
}

function requireStatement(field: string, statement: { readonly atMs: number; readonly source: string }): void {
  if (!Number.isSafeInteger(statement.atMs) || statement.atMs <= 0) {
    throw invalid(`${field}.atMs is ${statement.atMs}, expected epoch milliseconds above 0`);
  }
  if (statement.source === '' || statement.source.length > MAX_SOURCE_LENGTH) {
    throw invalid(
      `${field}.source has ${statement.source.length} characters, expected 1 to ${MAX_SOURCE_LENGTH}: say where it was stated`,
    );
  }
}

function invalid(message: string): VitrineError {
  return new VitrineError('REC_INVALID_REQUEST', message);
}
