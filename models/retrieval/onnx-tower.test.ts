import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { OnnxTower } from './onnx-tower.ts';
import { buildTowerModel, type TowerShape, type TowerWeights, towerParameters } from './tower-graph.ts';

const FIELDS: FeatureField[] = [
  {
    ...{ name: 'recent', group: 'user', kind: 'hashed', bucketCount: 3, signal: 'any' },
    multiValued: { maxLength: 3, pooling: 'mean' },
  },
  { name: 'region', group: 'user', kind: 'hashed', bucketCount: 2, signal: 'any' },
  { name: 'hour', group: 'context', kind: 'hashed', bucketCount: 2, signal: 'any' },
  { name: 'id', group: 'item', kind: 'hashed', bucketCount: 3, signal: 'any' },
];
const LAYOUT = layoutFields(FIELDS);
/** recent has rows 0..4, region 5..8, id 9..13. */
const TABLE = layoutTable(LAYOUT, ({ field }) => field.group !== 'context');
const FIELD_DIM = 2;

function randomWeights(shape: TowerShape): TowerWeights {
  const random = new SeededRandom(3);
  const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.nextNormal());
  return {
    shape,
    table: draw(TABLE.rowCount * FIELD_DIM),
    dense: new Map(towerParameters(shape).map(({ name, dims }) => [name, draw(dims.reduce((a, b) => a * b, 1))])),
  };
}

/** The embedding written out in float64: pooled fields, a straight projection, a hidden layer beside it, length one. */
function reference(pooled: readonly number[], { shape, dense }: TowerWeights): number[] {
  const layer = (input: readonly number[], name: string): number[] =>
    Array.from(dense.get(`b_${name}`)!, (bias, unit, units = dense.get(`b_${name}`)!.length) =>
      input.reduce((sum, value, i) => sum + value * dense.get(`w_${name}`)![i * units + unit]!, bias),
    );
  let sum = layer(pooled, 'straight');
  if (shape.hiddenUnits > 0) {
    const top = layer(
      layer(pooled, 'hidden').map((value) => Math.max(0, value)),
      'top',
    );
    sum = sum.map((value, d) => value + top[d]!);
  }
  const length = Math.hypot(...sum);
  return sum.map((value) => value / length);
}

const rowOf = (weights: TowerWeights, row: number): number[] =>
  Array.from(weights.table.subarray(row * FIELD_DIM, (row + 1) * FIELD_DIM));

describe('buildTowerModel', () => {
  it.each([0, 3])('gives the float64 reference with %i hidden units', async (hiddenUnits) => {
    const weights = randomWeights({ fieldCount: 2, fieldDim: FIELD_DIM, hiddenUnits, embeddingDim: 4 });
    const tower = await OnnxTower.open(buildTowerModel('user', LAYOUT, TABLE, weights), 4, 4);
    // Recent 4 and 2, region 1; then nothing recent, region 3.
    const embeddings = await tower.embed(Int32Array.of(4, 2, -1, 1, 0, -1, -1, 3), 2);
    const [four, two] = [rowOf(weights, 4), rowOf(weights, 2)];
    const expected = [
      ...reference([...four.map((value, d) => (value + two[d]!) / 2), ...rowOf(weights, 5 + 1)], weights),
      ...reference([...rowOf(weights, 0), ...rowOf(weights, 5 + 3)], weights),
    ];
    expected.forEach((value, i) => {
      expect(embeddings[i]!).toBeCloseTo(value, 5);
    });
    await tower.close();
  });

  it('reads the rows of its own side of the shared table', async () => {
    const weights = randomWeights({ fieldCount: 1, fieldDim: FIELD_DIM, hiddenUnits: 0, embeddingDim: 3 });
    const tower = await OnnxTower.open(buildTowerModel('item', LAYOUT, TABLE, weights), 1, 3);
    const [embedding] = [await tower.embed(Int32Array.of(2), 1)];
    reference(rowOf(weights, 9 + 2), weights).forEach((value, d) => {
      expect(embedding[d]!).toBeCloseTo(value, 5);
    });
    await tower.close();
  });
});

describe('OnnxTower', () => {
  const weights = randomWeights({ fieldCount: 1, fieldDim: FIELD_DIM, hiddenUnits: 0, embeddingDim: 3 });
  const model = buildTowerModel('item', LAYOUT, TABLE, weights);
  let tower: OnnxTower;
  beforeAll(async () => {
    tower = await OnnxTower.open(model, 1, 3);
  });
  afterAll(() => tower.close());

  async function codeOf(work: () => Promise<unknown>): Promise<string> {
    const outcome = await work().then(
      () => 'not refused',
      (error: unknown) => error,
    );
    return outcome instanceof VitrineError ? outcome.code : String(outcome);
  }

  it('gives embeddings of length one, in row order', async () => {
    const three = await tower.embed(Int32Array.of(0, 4, 2), 3);
    expect(three).toHaveLength(9);
    for (let row = 0; row < 3; row++) expect(Math.hypot(...three.subarray(3 * row, 3 * row + 3))).toBeCloseTo(1, 5);
    expect(Array.from(await tower.embed(Int32Array.of(4), 1))).toEqual(Array.from(three.subarray(3, 6)));
  });

  it('takes rows that are too few for a bug', async () => {
    expect(await codeOf(async () => tower.embed(Int32Array.of(0), 2))).toBe('REC_INTERNAL');
  });

  it('fails as a part of retrieval when it cannot run', async () => {
    expect(await codeOf(async () => tower.embed(Int32Array.of(10_000), 1))).toBe('REC_RETRIEVER_FAILED');
  });

  it('refuses embeddings of another width, and numbers that are not finite', async () => {
    const narrow = await OnnxTower.open(model, 1, 2);
    expect(await codeOf(async () => narrow.embed(Int32Array.of(0), 1))).toBe('REC_RETRIEVER_FAILED');
    const table = weights.table.slice();
    table.fill(Number.NaN, 9 * FIELD_DIM, 10 * FIELD_DIM);
    const broken = await OnnxTower.open(buildTowerModel('item', LAYOUT, TABLE, { ...weights, table }), 1, 3);
    expect(await codeOf(async () => broken.embed(Int32Array.of(0), 1))).toBe('REC_RETRIEVER_FAILED');
    expect(await codeOf(async () => broken.embed(Int32Array.of(1), 1))).toBe('not refused');
    await Promise.all([narrow.close(), broken.close()]);
  });

  it('refuses bytes that are no tower', async () => {
    expect(await codeOf(async () => OnnxTower.open(Buffer.from('no model'), 1, 3))).toBe('REC_BUNDLE_INVALID');
  });
});
