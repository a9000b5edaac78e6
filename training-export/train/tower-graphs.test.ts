import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, layoutFields, layoutTable, tableFieldsIn } from '../../features/schema/field-layout.ts';
import { OnnxSession, type TensorData } from '../../models/onnx/onnx-session.ts';
import { type TowerShape, towerParameters } from '../../models/retrieval/tower-graph.ts';
import { PooledGradient } from './pooled-gradient.ts';
import { buildTowerTrainingModel, type TowerGroup, type TwoTowerDefinition } from './tower-graphs.ts';

const FIELDS: FeatureField[] = [
  {
    ...{ name: 'recent', group: 'user', kind: 'hashed', bucketCount: 5, signal: 'any' },
    multiValued: { maxLength: 3, pooling: 'mean' },
  },
  { name: 'region', group: 'user', kind: 'hashed', bucketCount: 2, signal: 'any' },
  { name: 'hour', group: 'context', kind: 'hashed', bucketCount: 2, signal: 'any' },
  { name: 'id', group: 'item', kind: 'hashed', bucketCount: 5, signal: 'any' },
  {
    ...{ name: 'tags', group: 'item', kind: 'hashed', bucketCount: 4, signal: 'any' },
    multiValued: { maxLength: 2, pooling: 'sum' },
  },
];
const LAYOUT: FieldLayout = layoutFields(FIELDS);
const TABLE = layoutTable(LAYOUT, ({ field }) => field.group !== 'context');
const FIELD_DIM = 3;
const SHAPE: TowerShape = { fieldCount: 2, fieldDim: FIELD_DIM, hiddenUnits: 4, embeddingDim: 3 };
const BATCH = 4;
const CANDIDATES = 6;
/** Rows of the batch's own small table. */
const ROWS = 9;
const TEMPERATURE = 0.2;
const DEFINITION: TwoTowerDefinition = {
  ...{ layout: LAYOUT, table: TABLE, temperature: TEMPERATURE },
  shapes: { user: SHAPE, item: SHAPE },
};

interface Inputs {
  readonly ids: Readonly<Record<TowerGroup, Int32Array>>;
  readonly offsets: Float64Array;
  /** `table`, and dense parameters as `user_<name>`, `item_<name>`. */
  readonly weights: ReadonlyMap<string, { values: Float64Array; dims: readonly number[] }>;
}

function randomInputs(random: SeededRandom): Inputs {
  const idsOf = (group: TowerGroup, rowCount: number): Int32Array => {
    const [start, end] = LAYOUT.groupSlots[group];
    const ids = new Int32Array(rowCount * (end - start)).fill(-1);
    for (let row = 0; row < rowCount; row++) {
      for (const { slot, slotCount } of tableFieldsIn(TABLE, [start, end]).fields) {
        const present = 1 + random.nextInt(slotCount);
        for (let i = 0; i < present; i++) ids[row * (end - start) + slot - start + i] = random.nextInt(ROWS);
      }
    }
    return ids;
  };
  const weights = new Map([
    ['table', { values: draw(random, ROWS * FIELD_DIM), dims: [ROWS, FIELD_DIM] as readonly number[] }],
  ]);
  for (const group of ['user', 'item'] as const) {
    for (const { name, dims } of towerParameters(SHAPE)) {
      weights.set(`${group}_${name}`, {
        values: draw(
          random,
          dims.reduce((a, b) => a * b, 1),
        ),
        dims,
      });
    }
  }
  const offsets = draw(random, BATCH * CANDIDATES);
  // The second user took the product of the fifth candidate, too.
  offsets[1 * CANDIDATES + 4] = -1e9;
  return { ids: { user: idsOf('user', BATCH), item: idsOf('item', CANDIDATES) }, offsets, weights };
}

/** Numbers that float32 holds exactly, so that graph and reference start from the same. */
function draw(random: SeededRandom, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => Math.fround(0.7 * random.nextNormal()));
}

/** The loss written out in float64 without any library. */
function referenceLoss({ ids, offsets, weights }: Inputs): number {
  const users = embeddingsOf('user', ids.user, BATCH, weights);
  const items = embeddingsOf('item', ids.item, CANDIDATES, weights);
  let loss = 0;
  users.forEach((user, i) => {
    const logits = items.map(
      (item, j) =>
        item.reduce((sum, value, d) => sum + value * user[d]!, 0) / TEMPERATURE + offsets[i * CANDIDATES + j]!,
    );
    const highest = Math.max(...logits);
    const logSum = highest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0));
    loss += (logSum - logits[i]!) / BATCH;
  });
  return loss;
}

function embeddingsOf(group: TowerGroup, ids: Int32Array, rowCount: number, weights: Inputs['weights']): number[][] {
  const [start, end] = LAYOUT.groupSlots[group];
  const width = end - start;
  const table = weights.get('table')!.values;
  const dense = (name: string): Float64Array => weights.get(`${group}_${name}`)!.values;
  return Array.from({ length: rowCount }, (_, row) => {
    const pooled = tableFieldsIn(TABLE, [start, end]).fields.flatMap(({ slot, slotCount, pooling }) => {
      const from = row * width + slot - start;
      const present = Array.from(ids.subarray(from, from + slotCount)).filter((id) => id >= 0);
      const share = pooling === 'mean' ? 1 / present.length : 1;
      return Array.from({ length: FIELD_DIM }, (_value, d) =>
        present.reduce((sum, id) => sum + share * table[id * FIELD_DIM + d]!, 0),
      );
    });
    const layer = (input: readonly number[], w: Float64Array, b: Float64Array): number[] =>
      Array.from(b, (bias, unit) => input.reduce((sum, value, i) => sum + value * w[i * b.length + unit]!, bias));
    const hidden = layer(pooled, dense('w_hidden'), dense('b_hidden')).map((value) => Math.max(0, value));
    const top = layer(hidden, dense('w_top'), dense('b_top'));
    const sum = layer(pooled, dense('w_straight'), dense('b_straight')).map((value, d) => value + top[d]!);
    const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0));
    return sum.map((value) => value / length);
  });
}

describe('buildTowerTrainingModel', () => {
  const inputs = randomInputs(new SeededRandom(11));
  let outputs: Record<string, TensorData>;

  beforeAll(async () => {
    const session = await OnnxSession.open(buildTowerTrainingModel(DEFINITION));
    const isTarget = new Float32Array(BATCH * CANDIDATES);
    for (let i = 0; i < BATCH; i++) isTarget[i * CANDIDATES + i] = 1;
    const feeds: Record<string, TensorData> = {
      user_ids: { data: inputs.ids.user, dims: [BATCH, 4] },
      item_ids: { data: inputs.ids.item, dims: [CANDIDATES, 3] },
      offsets: { data: Float32Array.from(inputs.offsets), dims: [BATCH, CANDIDATES] },
      is_target: { data: isTarget, dims: [BATCH, CANDIDATES] },
      share: { data: Float32Array.of(1 / BATCH), dims: [] },
    };
    for (const [name, { values, dims }] of inputs.weights) feeds[name] = { data: Float32Array.from(values), dims };
    outputs = await session.run(feeds);
    await session.close();
    const embeddings = new Float32Array(ROWS * FIELD_DIM);
    for (const group of ['user', 'item'] as const) {
      const [start, end] = LAYOUT.groupSlots[group];
      const pooled = new PooledGradient(tableFieldsIn(TABLE, [start, end]).fields, start, FIELD_DIM);
      const { data, dims } = outputs[`d_${group}_fields`]!;
      pooled.add(
        { ids: inputs.ids[group], slotCount: end - start },
        { exampleCount: dims[0]!, fields: data as Float32Array, stride: pooled.columnCount, offset: 0 },
        { embeddings, linear: new Float32Array(0) },
      );
    }
    outputs.d_table = { data: embeddings, dims: [ROWS, FIELD_DIM] };
  });

  it('computes the sampled softmax loss of the float64 reference', () => {
    expect(outputs.loss!.data[0]).toBeCloseTo(referenceLoss(inputs), 4);
  });

  it.each([...inputs.weights.keys()])('computes the gradient of %s as finite differences give it', (name) => {
    const { values } = inputs.weights.get(name)!;
    const gradient = outputs[`d_${name}`]!.data;
    expect(gradient).toHaveLength(values.length);
    const step = 1e-5;
    let largest = 0;
    values.forEach((original, i) => {
      values[i] = original + step;
      const above = referenceLoss(inputs);
      values[i] = original - step;
      const below = referenceLoss(inputs);
      values[i] = original;
      expect(gradient[i]!).toBeCloseTo((above - below) / (2 * step), 4);
      largest = Math.max(largest, Math.abs(gradient[i]!));
    });
    // Otherwise zeros everywhere would do.
    expect(largest).toBeGreaterThan(1e-3);
  });

  afterAll(() => {
    expect(inputs.weights.size).toBe(13);
  });
});
