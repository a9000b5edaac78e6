import { emptyProfile, NOT_OPTED_OUT, type Profile, UNKNOWN_CONSENT } from './profile.ts';
import { isBlankProfile } from './profile-codec.ts';

/**
 * What stays of an erased shopper: the moment of the erasure, and a refusal they had stated (opt-out, denied consent), because
 * forgetting that would begin to follow them again. A consent that was given goes.
 */
export function tombstoneOf({ consent, optOut }: Profile, erasedAtMs: number): Profile {
  return {
    ...emptyProfile(),
    erasedAtMs,
    consent: consent.state === 'denied' ? consent : UNKNOWN_CONSENT,
    optOut: optOut.isOptedOut ? optOut : NOT_OPTED_OUT,
  };
}

/** Whether nothing was stored of the shopper since they were erased. */
export function isTombstone(profile: Profile): boolean {
  return profile.erasedAtMs > 0 && holdsNothing(profile);
}

/** Whether an erasure at or after `erasedAtMs` of the profile would remove nothing from it. */
export function holdsNothing(profile: Profile): boolean {
  const { erasedAtMs, consent, optOut } = profile;
  const isConsentKept = consent.state === 'denied' && consent.atMs <= erasedAtMs;
  const isOptOutKept = optOut.isOptedOut && optOut.atMs <= erasedAtMs;
  return isBlankProfile({
    ...profile,
    erasedAtMs: 0,
    consent: isConsentKept ? UNKNOWN_CONSENT : consent,
    optOut: isOptOutKept ? NOT_OPTED_OUT : optOut,
  });
}
