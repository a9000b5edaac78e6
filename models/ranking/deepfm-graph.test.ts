import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { OnnxSession } from '../onnx/onnx-session.ts';
import { buildDeepFmModel, type DeepFmWeights, deepFmParameters } from './deepfm-graph.ts';
import { deepFmReferenceLogits, logistic } from './deepfm-reference.ts';

function hashed(name: string, group: FeatureField['group'], options: Partial<FeatureField> = {}): FeatureField {
  return { name, group, kind: 'hashed', bucketCount: 5, signal: 'any', ...options } as FeatureField;
}

const FIELDS: FeatureField[] = [
  hashed('single', 'user'),
  hashed('mean_of_three', 'user', { multiValued: { maxLength: 3, pooling: 'mean' } }),
  hashed('hour', 'context'),
  hashed('unread', 'context', { usedBy: ['towers'] }),
  hashed('item', 'item'),
  hashed('sum_of_two', 'item', { multiValued: { maxLength: 2, pooling: 'sum' } }),
  hashed('cross', 'cross'),
];

function randomWeights(rowCount: number, fieldCount: number, random: SeededRandom): DeepFmWeights {
  const shape = { fieldCount, embeddingDim: 4, hiddenUnits: [6, 3] };
  const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => 0.5 * random.nextNormal());
  return {
    shape,
    embeddings: draw(rowCount * shape.embeddingDim),
    linear: draw(rowCount),
    dense: new Map(deepFmParameters(shape).map(({ name, dims }) => [name, draw(dims.reduce((a, b) => a * b, 1))])),
  };
}

describe('buildDeepFmModel', () => {
  it('gives the float64 reference for pooled, missing, unknown and padded ids', async () => {
    const random = new SeededRandom(5);
    const layout = layoutFields(FIELDS);
    const table = layoutTable(layout, (slots) => slots.field.usedBy === undefined);
    const weights = randomWeights(table.rowCount, table.fields.length, random);
    const rowCount = 40;
    const ids = new Int32Array(rowCount * layout.slotCount);
    for (let row = 0; row < rowCount; row++) {
      for (const { slot, slotCount, cardinality } of layout.fields) {
        const present = 1 + random.nextInt(slotCount);
        for (let i = 0; i < slotCount; i++)
          ids[row * layout.slotCount + slot + i] = i < present ? random.nextInt(cardinality) : -1;
      }
    }
    const session = await OnnxSession.open(buildDeepFmModel(table, layout.slotCount, weights));
    const { probability } = await session.run({ field_ids: { data: ids, dims: [rowCount, layout.slotCount] } });
    const logits = deepFmReferenceLogits(table, weights, ids, layout.slotCount);
    expect(probability!.dims).toEqual([rowCount]);
    for (let row = 0; row < rowCount; row++) expect(probability!.data[row]!).toBeCloseTo(logistic(logits[row]!), 5);
    await session.close();
  });

  it('computes a two-field example by hand', async () => {
    const layout = layoutFields([hashed('a', 'user'), hashed('b', 'item')]);
    const table = layoutTable(layout, () => true);
    const embeddings = new Float32Array(table.rowCount * 2);
    const linear = new Float32Array(table.rowCount);
    embeddings.set([0.5, -1], 2 * 2);
    embeddings.set([2, 0.25], (7 + 3) * 2);
    linear[2] = 0.1;
    linear[7 + 3] = -0.3;
    const shape = { fieldCount: 2, embeddingDim: 2, hiddenUnits: [1] };
    const dense = new Map([
      ['w0', Float32Array.of(1, 0, 1, 0)],
      ['b0', Float32Array.of(-1)],
      ['w_out', Float32Array.of(2)],
      ['bias', Float32Array.of(0.05)],
    ]);
    const session = await OnnxSession.open(buildDeepFmModel(table, 2, { shape, embeddings, linear, dense }));
    const { probability } = await session.run({ field_ids: { data: Int32Array.of(2, 3), dims: [1, 2] } });
    // linear 0.1 - 0.3; pair 0.5 * 2 + -1 * 0.25 = 0.75; deep 2 * relu(0.5 + 2 - 1) + 0.05 = 3.05
    expect(probability!.data[0]!).toBeCloseTo(1 / (1 + Math.exp(-3.6)), 6);
    await session.close();
  });
});
