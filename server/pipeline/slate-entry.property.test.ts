import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asSessionId, asUserId, sessionKey, userKey } from '../../features/core/ids.ts';
import { DEGRADATION_TIERS, NOT_PERSONALIZED_REASONS, type Query, type QueryFilter, type Slate } from './query.ts';
import { type SlateCircumstances, slateEntryText } from './slate-entry.ts';
import { aQuery } from './testing/a-query.ts';

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('"', '\\', '\u2028', '\ud800'));
const price = fc.oneof(fc.double({ noNaN: true }), fc.nat(), fc.constantFrom(0, -0, 19.99));

const slates: fc.Arbitrary<Slate> = fc
  .record(
    {
      items: fc.array(fc.record({ itemId: text, score: fc.double(), source: text }), { maxLength: 5 }),
      degraded: fc.option(fc.record({ tier: fc.constantFrom(...DEGRADATION_TIERS), reasons: fc.array(text) })),
      modelVersion: text,
      notPersonalized: fc.constantFrom(...NOT_PERSONALIZED_REASONS),
    },
    { requiredKeys: ['items', 'degraded', 'modelVersion'] },
  )
  .map((slate) => ({ ...slate, items: slate.items.map((item, position) => ({ ...item, position })) }));

const filters = fc.record(
  { category: text, brand: text, minPrice: price, maxPrice: price },
  { requiredKeys: [] },
) as fc.Arbitrary<QueryFilter>;

const queries: fc.Arbitrary<Query> = fc
  .record({
    recommendationId: text,
    sceneName: text,
    contextItemIds: fc.array(text, { maxLength: 3 }),
    excludeItemIds: fc.array(text, { maxLength: 3 }),
    filter: filters,
    slateSize: fc.integer({ min: 1, max: 100 }),
    device: text,
  })
  .map((fields) => aQuery(fields));

const circumstances: fc.Arbitrary<SlateCircumstances> = fc.record({
  shapedBy: fc.oneof(
    fc.constant(undefined),
    text.map((id) => userKey(asUserId(`u${id}`))),
    text.map((id) => sessionKey(asSessionId(`s${id}`))),
  ),
  candidateCount: fc.nat(),
  featureSchemaFingerprint: fc.option(text, { nil: undefined }),
});

/** The entry as a value; `JSON.stringify` leaves out what is undefined. */
function entryOf(slate: Slate, query: Query, { shapedBy, candidateCount, ...rest }: SlateCircumstances): unknown {
  const { category, brand, minPrice, maxPrice } = query.filter;
  return {
    recommendation_id: query.recommendationId,
    at: query.nowMs,
    scene: query.sceneName,
    user_id: shapedBy?.startsWith('u:') === true ? shapedBy.slice(2) : undefined,
    session_id: shapedBy?.startsWith('s:') === true ? shapedBy.slice(2) : undefined,
    not_personalized: slate.notPersonalized,
    model_version: slate.modelVersion,
    feature_schema_fingerprint: rest.featureSchemaFingerprint,
    policy: 'top_n',
    candidate_count: candidateCount,
    degraded: slate.degraded,
    request: {
      count: query.slateSize,
      item_ids: query.contextItemIds,
      exclude_count: query.excludeItemIds.length,
      category,
      brand,
      min_price: minPrice,
      max_price: maxPrice,
      device: query.device === '' ? undefined : query.device,
    },
    items: slate.items.map(({ itemId, position, score, source }) => ({
      item_id: itemId,
      position,
      score,
      source,
      propensity: 1,
    })),
  };
}

describe('slateEntryText', () => {
  it('writes what JSON.stringify writes, to the letter', () => {
    fc.assert(
      fc.property(slates, queries, circumstances, (slate, query, facts) => {
        expect(slateEntryText(slate, query, facts)).toBe(JSON.stringify(entryOf(slate, query, facts)));
      }),
      { numRuns: 500 },
    );
  });
});
