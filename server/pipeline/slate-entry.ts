import type { ShopperKey } from '../../features/core/ids.ts';
import type { Query, Slate } from './query.ts';

/**
 * Probability with which the policy that made the slate shows what it showed, where it showed it.
 *
 * The selector takes the best by score, without chance: what was shown had to be shown. Such slates alone do not tell how other products
 * would have fared there; that takes exploration.
 */
const TOP_N_PROPENSITY = 1;

/** What goes with a slate into its entry. */
export interface SlateCircumstances {
  /** Whose profile shaped the slate; undefined when none did, then the entry names nobody. */
  readonly shapedBy: ShopperKey | undefined;
  /** Candidates that reached ranking. */
  readonly candidateCount: number;
  /** Of the model; undefined when it is no longer known. */
  readonly featureSchemaFingerprint: string | undefined;
}

/** A served slate as one line of JSON: what was asked, what was shown and where, how probable that was, and by which versions. */
export function slateEntryText(slate: Slate, query: Query, circumstances: SlateCircumstances): string {
  const { shapedBy, candidateCount, featureSchemaFingerprint } = circumstances;
  const { contextItemIds, excludeItemIds, filter, slateSize, device } = query;
  return JSON.stringify({
    recommendation_id: query.recommendationId,
    at: query.nowMs,
    scene: query.sceneName,
    ...shopperFields(shapedBy),
    // Undefined ones are left out.
    not_personalized: slate.notPersonalized,
    model_version: slate.modelVersion,
    feature_schema_fingerprint: featureSchemaFingerprint,
    policy: 'top_n',
    candidate_count: candidateCount,
    degraded: slate.degraded,
    request: {
      count: slateSize,
      item_ids: contextItemIds,
      exclude_count: excludeItemIds.length,
      category: filter.category,
      brand: filter.brand,
      min_price: filter.minPrice,
      max_price: filter.maxPrice,
      device: device === '' ? undefined : device,
    },
    items: slate.items.map(({ itemId, position, score, source }) => ({
      item_id: itemId,
      position,
      score,
      source,
      propensity: TOP_N_PROPENSITY,
    })),
  });
}

function shopperFields(key: ShopperKey | undefined): { readonly user_id?: string; readonly session_id?: string } {
  if (key === undefined) return {};
  return key.startsWith('u:') ? { user_id: key.slice(2) } : { session_id: key.slice(2) };
}
