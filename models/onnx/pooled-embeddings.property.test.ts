import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { GraphBuilder } from './graph-builder.ts';
import { OnnxSession } from './onnx-session.ts';
import { pooledEmbeddings, pooledEmbeddingsAtOnce } from './pooled-embeddings.ts';

const WIDTH = 3;
const field = fc.record({
  isRead: fc.boolean(),
  multiValued: fc.option(
    fc.record({ maxLength: fc.integer({ min: 2, max: 4 }), pooling: fc.constantFrom('mean' as const, 'sum' as const) }),
    { nil: undefined },
  ),
});

it('gives field by field and at once the same, also when a model skips fields', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(field, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      async (drawn, batch, seed) => {
        fc.pre(drawn.some(({ isRead }) => isRead));
        const fields = drawn.map(
          ({ isRead, multiValued }, i): FeatureField => ({
            ...{ name: `f_${i}`, group: 'user', kind: 'hashed', bucketCount: 4, signal: 'any' },
            usedBy: isRead ? ['ranker'] : ['towers'],
            ...(multiValued === undefined ? {} : { multiValued }),
          }),
        );
        const random = new SeededRandom(seed);
        const layout = layoutFields(fields);
        const table = layoutTable(layout, ({ field: { usedBy } }) => usedBy!.includes('ranker'));
        const weights = Float32Array.from({ length: table.rowCount * WIDTH }, () => random.nextNormal());
        const ids = new Int32Array(batch * layout.slotCount).fill(-1);
        for (let row = 0; row < batch; row++) {
          for (const { slot, slotCount, cardinality } of layout.fields) {
            const present = 1 + random.nextInt(slotCount);
            for (let i = 0; i < present; i++) ids[row * layout.slotCount + slot + i] = random.nextInt(cardinality);
          }
        }
        const g = new GraphBuilder();
        const input = g.input('ids', ['batch', layout.slotCount], 'int32');
        const rows = g.initializer('table', [table.rowCount, WIDTH], weights);
        const options = { layout: table, width: WIDTH, firstSlot: 0 };
        const model = g.toModel('both', {
          byField: pooledEmbeddings(g, input, rows, options),
          atOnce: pooledEmbeddingsAtOnce(g, input, rows, options),
        });
        const session = await OnnxSession.open(model);
        const { byField, atOnce } = await session.run({ ids: { data: ids, dims: [batch, layout.slotCount] } });
        expect(atOnce!.dims).toEqual([batch, table.fields.length * WIDTH]);
        byField!.data.forEach((value, i) => {
          expect(atOnce!.data[i]).toBeCloseTo(value, 5);
        });
        await session.close();
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
