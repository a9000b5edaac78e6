import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeatureField, FieldGroup } from '../../features/schema/feature-schema.ts';
import { buildDeepFmModel } from './deepfm-graph.ts';
import { deepFmReferenceLogits, logistic } from './deepfm-reference.ts';
import { buildServingModel } from './folded-graph.ts';
import { FoldedRanker, type FoldedRankerOptions } from './folded-ranker.ts';
import { OnnxRanker } from './onnx-ranker.ts';
import { randomDeepFm } from './testing/random-deepfm.ts';

/** Float32 sums in another order. */
const TOLERANCE = 1e-5;

const usedBy = fc.option(
  fc.constantFrom<readonly ('ranker' | 'towers')[]>(['ranker'], ['towers'], ['ranker', 'towers']),
  {
    nil: undefined,
  },
);
const multiValued = fc.option(
  fc.record({ maxLength: fc.integer({ min: 2, max: 5 }), pooling: fc.constantFrom('mean' as const, 'sum' as const) }),
  { nil: undefined },
);

/** Fields of one group; text fields may share the vocabulary of the shop's one product vocabulary. */
function fieldsOf(group: FieldGroup): fc.Arbitrary<FeatureField[]> {
  const field = fc.record({
    kind: group === 'cross' ? fc.constant('bucketized') : fc.constantFrom('hashed', 'bucketized', 'shared'),
    size: fc.integer({ min: 1, max: 9 }),
    usedBy,
    multiValued: group === 'cross' ? fc.constant(undefined) : multiValued,
  });
  return fc.array(field, { maxLength: 4 }).map((drawn) =>
    drawn.map(({ kind, size, ...rest }, number): FeatureField => {
      const base = {
        name: `${group}_${number}`,
        group,
        signal: 'any',
        ...(rest.usedBy === undefined ? {} : { usedBy: rest.usedBy }),
        ...(rest.multiValued === undefined ? {} : { multiValued: rest.multiValued }),
      };
      if (kind === 'hashed') return { ...base, kind, bucketCount: size };
      if (kind === 'bucketized') return { ...base, kind, boundaries: Array.from({ length: size }, (_, i) => i) };
      return { ...base, kind: 'categorical', vocabulary: ['a', 'b', 'c'], vocabularyOf: 'products' };
    }),
  );
}

const schemas = fc
  .tuple(fieldsOf('user'), fieldsOf('context'), fieldsOf('item'), fieldsOf('cross'))
  .map((groups) => groups.flat())
  .filter((fields) => fields.some(({ usedBy }) => usedBy?.includes('ranker') ?? true));

/**
 * What a folded ranker gives, whatever computes it.
 *
 * @param options asked for when the tests run
 */
export function describeFoldedRanker(engine: FoldedRanker['engine'], options: () => FoldedRankerOptions): void {
  describe(`FoldedRanker on ${engine}`, () => {
    it('gives what the plain graph and the float64 reference give, whatever the schema, products changed and added included', async () => {
      await fc.assert(
        fc.asyncProperty(
          schemas,
          fc.record({
            embeddingDim: fc.integer({ min: 1, max: 6 }),
            hiddenUnits: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
          }),
          fc.integer({ min: 1, max: 30 }),
          fc.nat(),
          async (fields, shape, itemCount, seed) => {
            const { layout, table, weights, items, queryIds, cross, rowsOf } = randomDeepFm(fields, {
              ...{ seed, itemCount, shape },
            });
            const folded = await FoldedRanker.open(buildServingModel(table, weights), layout, items, options());
            expect(folded.engine).toBe(engine);
            const plain = await OnnxRanker.open(buildDeepFmModel(table, layout.slotCount, weights), layout.slotCount);
            items.change(0);
            items.change(itemCount);
            items.change(itemCount + 1);
            // Some twice, and not in the order of the catalogue.
            const candidates = Array.from({ length: itemCount + 5 }, (_, i) => (i * 7) % (itemCount + 2));
            const rows = rowsOf(candidates);
            const count = candidates.length;
            const itemIndexes = Int32Array.from([...candidates, 0, 0]);
            const ofFolded = await folded.rank({ queryIds, cross, itemIndexes, count });
            const ofPlain = await plain.rankRows(rows, count);
            const logits = deepFmReferenceLogits(table, weights, rows, layout.slotCount);
            expect(ofFolded).toHaveLength(count);
            for (let i = 0; i < count; i++) {
              expect(Math.abs(ofFolded[i]! - logistic(logits[i]!))).toBeLessThanOrEqual(TOLERANCE);
              expect(Math.abs(ofFolded[i]! - ofPlain[i]!)).toBeLessThanOrEqual(TOLERANCE);
            }
            await folded.close();
            await plain.close();
          },
        ),
        { numRuns: 60 },
      );
    }, 60_000);
  });
}
