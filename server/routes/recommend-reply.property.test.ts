import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SOURCE_NAMES } from '../pipeline/candidate-set.ts';
import { DEGRADATION_TIERS, NOT_PERSONALIZED_REASONS, type Slate } from '../pipeline/query.ts';
import { aQuery } from '../pipeline/testing/a-query.ts';
import { vitrine } from '../proto/generated/recommend.js';
import { replyJson, replyOf, replyProtobuf, tokenAhead } from './recommend-reply.ts';

/** Everything a string can be: quotes, controls, line separators, emoji, halves of surrogate pairs. */
const wildText = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom('__proto__', '"', '\\', '\u2028', '\ud800', '\udfff\ud800', '😀', '\u0000\u001f\u007f', '</script>'),
);
/** Well-formed: what UTF-8 can carry. */
const text = wildText.map((value) => Buffer.from(value).toString());

const scores = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.double(),
  fc.constantFrom(0, -0, 1e-7, 1e21, Number.NaN, Number.POSITIVE_INFINITY),
);

function slates(strings: fc.Arbitrary<string>, numbers: fc.Arbitrary<number>): fc.Arbitrary<Slate> {
  const lists = fc.array(strings, { maxLength: 3 });
  const item = fc.record(
    { itemId: strings, score: numbers, source: fc.constantFrom(...SOURCE_NAMES), reasons: lists },
    { requiredKeys: ['itemId', 'score', 'source'] },
  );
  return fc
    .record(
      {
        items: fc.array(item, { maxLength: 6 }),
        degraded: fc.option(fc.record({ tier: fc.constantFrom(...DEGRADATION_TIERS), reasons: lists })),
        modelVersion: strings,
        notPersonalized: fc.constantFrom(...NOT_PERSONALIZED_REASONS),
      },
      { requiredKeys: ['items', 'degraded', 'modelVersion'] },
    )
    .map((slate) => ({ ...slate, items: slate.items.map((one, position) => ({ ...one, position })) }));
}

const queries = (strings: fc.Arbitrary<string>) =>
  fc
    .record({ recommendationId: strings, sceneName: strings })
    .map(({ recommendationId, sceneName }) => aQuery({ recommendationId, sceneName }));

describe('replyJson', () => {
  it('writes what JSON.stringify writes, to the letter', () => {
    fc.assert(
      fc.property(queries(wildText), slates(wildText, scores), (query, slate) => {
        expect(replyJson(query, slate)).toBe(JSON.stringify(replyOf(query, slate)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('tokenAhead', () => {
  it('changes nothing of a reply, whichever model it was made for', () => {
    fc.assert(
      fc.property(queries(wildText), slates(wildText, scores), wildText, (query, slate, other) => {
        for (const modelVersion of [slate.modelVersion, other])
          expect(replyOf(query, slate, tokenAhead(query, modelVersion))).toEqual(replyOf(query, slate));
      }),
    );
  });
});

describe('replyProtobuf', () => {
  it('says field by field what the JSON reply says', () => {
    fc.assert(
      fc.property(queries(text), slates(text, fc.double({ noNaN: true })), (query, slate) => {
        const reply = replyOf(query, slate);
        const decoded = vitrine.v1.RecommendReply.decode(replyProtobuf(query, slate));
        for (const name of ['recommendation_id', 'scene', 'model_version', 'attribution_token'] as const)
          expect(decoded[name]).toBe(reply[name]);
        expect(decoded.items).toHaveLength(reply.items.length);
        reply.items.forEach((item, i) => {
          const { item_id, position, score, source, reasons } = decoded.items[i]!;
          expect({ item_id, position, score, source, reasons }).toEqual({ ...item, reasons: item.reasons ?? [] });
        });
        const { degraded, personalization } = decoded;
        expect(degraded == null ? null : { tier: degraded.tier, reasons: degraded.reasons }).toEqual(reply.degraded);
        expect(
          personalization == null ? undefined : { applied: personalization.applied, reason: personalization.reason },
        ).toEqual(reply.personalization);
      }),
    );
  });

  it('is about half as long as JSON', () => {
    const items = Array.from({ length: 20 }, (_, position) => ({
      ...{ itemId: `p${10_000 + position}`, position, score: Math.fround(0.3 - position / 100), source: 'ann' },
    }));
    const slate: Slate = { items, degraded: null, modelVersion: '20261121T225248Z' };
    const query = aQuery();
    expect(replyProtobuf(query, slate).length).toBeLessThan(replyJson(query, slate).length / 2);
  });
});
