import type { ShopperKey } from '../../features/core/ids.ts';
import { jsonNumber, jsonString } from '../../features/core/json-text.ts';
import type { Query, Slate } from './query.ts';
import { openItemTexts } from './slate-item-text.ts';

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

/**
 * A served slate as one line of JSON: what was asked, what was shown and where, how probable that was, and by which versions. Written
 * directly, since every request makes one; a property test holds it equal to what JSON.stringify writes.
 */
export function slateEntryText(slate: Slate, query: Query, circumstances: SlateCircumstances): string {
  const { shapedBy, candidateCount, featureSchemaFingerprint } = circumstances;
  const itemEnd = `,"propensity":${TOP_N_PROPENSITY}}`;
  let items = '';
  for (const text of openItemTexts(slate)) items += `${items === '' ? '' : ','}${text}${itemEnd}`;
  const head = `{"recommendation_id":${jsonString(query.recommendationId)},"at":${query.nowMs},"scene":${jsonString(query.sceneName)}`;
  const who = `${shopperText(shapedBy)}${optional('not_personalized', slate.notPersonalized)}`;
  const model = `,"model_version":${jsonString(slate.modelVersion)}${optional('feature_schema_fingerprint', featureSchemaFingerprint)}`;
  const degraded = slate.degraded === null ? 'null' : JSON.stringify(slate.degraded);
  return `${head}${who}${model},"policy":"top_n","candidate_count":${candidateCount},"degraded":${degraded},"request":${requestText(query)},"items":[${items}]}`;
}

function requestText({ contextItemIds, excludeItemIds, filter, slateSize, device }: Query): string {
  const { category, brand, minPrice, maxPrice } = filter;
  const itemIds = contextItemIds.length === 0 ? '[]' : JSON.stringify(contextItemIds);
  const narrowed = `${optional('category', category)}${optional('brand', brand)}${optional('min_price', minPrice)}${optional('max_price', maxPrice)}`;
  return `{"count":${slateSize},"item_ids":${itemIds},"exclude_count":${excludeItemIds.length}${narrowed}${optional('device', device || undefined)}}`;
}

function optional(name: string, value: string | number | undefined): string {
  if (value === undefined) return '';
  return `,"${name}":${typeof value === 'number' ? jsonNumber(value) : jsonString(value)}`;
}

function shopperText(key: ShopperKey | undefined): string {
  if (key === undefined) return '';
  return optional(key.startsWith('u:') ? 'user_id' : 'session_id', key.slice(2));
}
