import { RESIDENT_SOURCE, sourceNumberOf } from '../candidate-set.ts';
import { DEGRADATION_TIERS, type Degradation, type DegradationTier } from '../query.ts';
import type { SlateDraft } from '../slate-draft.ts';

/** The rung a finished slate stands on; null when nothing failed. */
export function degradationOf(draft: SlateDraft): Degradation | null {
  const { failures } = draft;
  if (failures.length === 0) return null;
  const tiers = failures.map((failure) => failure.tier);
  const tier = isAllFrom(draft, RESIDENT_SOURCE)
    ? 'resident_list'
    : draft.isProfileFailed
      ? tierOf(draft)
      : lowest(tiers);
  return { tier, reasons: [...new Set(failures.map((failure) => failure.reason))] };
}

/** Without a profile the rung is what the slate is made of. */
function tierOf(draft: SlateDraft): DegradationTier {
  const { sources, slate, slateCount } = draft.candidates;
  const neighbours = sourceNumberOf('neighbours');
  for (let i = 0; i < slateCount; i++) if (sources[slate[i]!] === neighbours) return 'session_neighbours';
  return 'popularity';
}

function isAllFrom(draft: SlateDraft, source: number): boolean {
  const { sources, slate, slateCount } = draft.candidates;
  for (let i = 0; i < slateCount; i++) if (sources[slate[i]!] !== source) return false;
  return slateCount > 0;
}

function lowest(tiers: readonly DegradationTier[]): DegradationTier {
  return tiers.reduce((a, b) => (DEGRADATION_TIERS.indexOf(a) >= DEGRADATION_TIERS.indexOf(b) ? a : b));
}
