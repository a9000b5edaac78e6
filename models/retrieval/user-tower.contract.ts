import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeatureField, FieldGroup } from '../../features/schema/feature-schema.ts';
import { OnnxTower } from './onnx-tower.ts';
import { openUserTower, type UserTower, type UserTowerOptions } from './open-user-tower.ts';
import { randomTower } from './testing/random-tower.ts';
import { buildTowerModel } from './tower-graph.ts';

/** Float32 sums in another order. */
const TOLERANCE = 1e-5;

/** Fields of one group; categorical ones share the shop's one product vocabulary. */
function fieldsOf(group: FieldGroup): fc.Arbitrary<FeatureField[]> {
  const field = fc.record({
    kind: fc.constantFrom('hashed', 'bucketized', 'shared'),
    size: fc.integer({ min: 1, max: 9 }),
    usedBy: fc.option(fc.constantFrom<readonly ('ranker' | 'towers')[]>(['ranker'], ['towers']), { nil: undefined }),
    multiValued: fc.option(
      fc.record({
        maxLength: fc.integer({ min: 2, max: 9 }),
        pooling: fc.constantFrom('mean' as const, 'sum' as const),
      }),
      { nil: undefined },
    ),
  });
  return fc.array(field, { maxLength: 5 }).map((drawn) =>
    drawn.map(({ kind, size, usedBy, multiValued }, number): FeatureField => {
      const base = {
        ...{ name: `${group}_${number}`, group, signal: 'any' },
        ...(usedBy === undefined ? {} : { usedBy }),
        ...(multiValued === undefined ? {} : { multiValued }),
      };
      if (kind === 'hashed') return { ...base, kind, bucketCount: size };
      if (kind === 'bucketized') return { ...base, kind, boundaries: Array.from({ length: size }, (_, i) => i) };
      return { ...base, kind: 'categorical', vocabulary: ['a', 'b', 'c'], vocabularyOf: 'products' };
    }),
  );
}

const schemas = fc
  .tuple(fieldsOf('user'), fieldsOf('context'), fieldsOf('item'))
  .map((groups) => groups.flat())
  .filter((fields) => fields.some(({ group, usedBy }) => group === 'user' && (usedBy?.includes('towers') ?? true)));

/**
 * What a user tower gives, whatever its form.
 *
 * @param options asked for when the tests run
 */
export function describeUserTower(form: UserTower['form'], options: () => UserTowerOptions): void {
  describe(`user tower, ${form}`, () => {
    it('gives what the plain graph gives, one row or many at a time, whatever the schema', async () => {
      await fc.assert(
        fc.asyncProperty(
          schemas,
          fc.record({
            fieldDim: fc.integer({ min: 1, max: 9 }),
            hiddenUnits: fc.integer({ min: 0, max: 9 }),
            // Below that, sums may come to nearly nothing, and length 1 makes much of what rounding leaves.
            embeddingDim: fc.integer({ min: 6, max: 20 }),
          }),
          fc.integer({ min: 1, max: 12 }),
          fc.nat(),
          async (fields, shape, rowCount, seed) => {
            const { layout, table, weights, rows } = randomTower(fields, { seed, shape });
            const model = buildTowerModel('user', layout, table, weights);
            const slotCount = layout.groupSlots.user[1];
            const plain = await OnnxTower.open(model, slotCount, shape.embeddingDim);
            const tower = await openUserTower(model, layout, shape.embeddingDim, options());
            expect(tower.form).toBe(form);
            const ids = rows(rowCount);
            const expected = await plain.embed(ids, rowCount);
            const together = await tower.embed(ids, rowCount);
            expect(together).toHaveLength(rowCount * shape.embeddingDim);
            for (let row = 0; row < rowCount; row++) {
              const alone = await tower.embed(ids.subarray(row * slotCount), 1);
              for (let d = 0; d < shape.embeddingDim; d++) {
                const value = expected[row * shape.embeddingDim + d]!;
                expect(Math.abs(together[row * shape.embeddingDim + d]! - value)).toBeLessThanOrEqual(TOLERANCE);
                expect(Math.abs(alone[d]! - value)).toBeLessThanOrEqual(TOLERANCE);
              }
            }
            await Promise.all([plain.close(), tower.close()]);
          },
        ),
        { numRuns: 60 },
      );
    }, 60_000);
  });
}
