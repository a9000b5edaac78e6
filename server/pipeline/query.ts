import type { Deadline } from '../../features/core/deadline.ts';
import type { ShopperKey } from '../../features/core/ids.ts';
import { REFUSALS } from '../../features/profile/consent.ts';
import type { SceneConfig } from '../config/scene-config.ts';

/** Why a slate is not personalised: the shopper, the shop or the request said so. Stable words, part of replies. */
export const NOT_PERSONALIZED_REASONS = [...REFUSALS, 'shop_off', 'request_off'] as const;
export type NotPersonalizedReason = (typeof NOT_PERSONALIZED_REASONS)[number];

/** Conditions a caller may put on a slate. */
export interface QueryFilter {
  /** Keep items whose category path equals or lies below this one. */
  readonly category?: string;
  readonly brand?: string;
  readonly minPrice?: number;
  readonly maxPrice?: number;
}

/** One recommendation request after decoding and validation. */
export interface Query {
  readonly recommendationId: string;
  readonly sceneName: string;
  readonly scene: SceneConfig;
  /** Whose profile to read; absent for an anonymous query. */
  readonly shopperKey?: ShopperKey | undefined;
  /** Products the page or cart is about, most relevant first. */
  readonly contextItemIds: readonly string[];
  readonly excludeItemIds: readonly string[];
  readonly filter: QueryFilter;
  readonly slateSize: number;
  /** Why no profile may be read; absent when one may. */
  readonly notPersonalized?: NotPersonalizedReason | undefined;
  readonly isExplained: boolean;
  readonly device: string;
  /** Epoch milliseconds at which features are computed. */
  readonly nowMs: number;
  readonly deadline: Deadline;
}

/** One product of the answer. */
export interface SlateItem {
  readonly itemId: string;
  /** 0-based. */
  readonly position: number;
  /** Final sort key, higher is better; comparable within one slate only. */
  readonly score: number;
  /** Which source proposed it first. */
  readonly source: string;
  /** Why it is here, for people; only when asked. */
  readonly reasons?: readonly string[];
}

/** Rungs of the ladder below a full answer, best first (design: failure policy). */
export const DEGRADATION_TIERS = [
  'fewer_candidates',
  'stale_profile',
  'retrieval_order',
  'session_neighbours',
  'popularity',
  'resident_list',
] as const;
export type DegradationTier = (typeof DEGRADATION_TIERS)[number];

export interface Degradation {
  readonly tier: DegradationTier;
  /** What failed, e.g. `store_unavailable`, `ranker_failed`; stable words, safe as metric labels. */
  readonly reasons: readonly string[];
}

/** The ordered list served, with how it came about. */
export interface Slate {
  readonly items: readonly SlateItem[];
  readonly degraded: Degradation | null;
  /** Why nothing known of the shopper was used; absent when nobody switched that off. */
  readonly notPersonalized?: NotPersonalizedReason;
  readonly modelVersion: string;
}

/**
 * Answers queries: what the HTTP routes call and the pipeline provides.
 *
 * Failures of parts end in a degraded slate, not in a rejection; it rejects for bugs and broken artifacts only.
 */
export interface Recommender {
  recommend(query: Query): Promise<Slate>;
}
