import { beforeAll, describe, expect, it } from 'vitest';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import type { Kernels, TowerKernelModel } from '../native/kernels.ts';
import { areKernelsForThisMachine, builtKernels } from '../native/testing/built-kernels.ts';
import { openUserTower } from './open-user-tower.ts';
import { randomTower } from './testing/random-tower.ts';
import { buildTowerModel } from './tower-graph.ts';
import { describeUserTower } from './user-tower.contract.ts';

let kernels: Kernels;
beforeAll(() => {
  if (areKernelsForThisMachine) kernels = builtKernels();
  else console.warn('this machine has no AVX2: native code is not tested');
});

const FIELDS: readonly FeatureField[] = [
  {
    name: 'recent',
    group: 'user',
    kind: 'hashed',
    bucketCount: 300,
    signal: 'any',
    multiValued: { maxLength: 12, pooling: 'mean' },
  },
  { name: 'device', group: 'user', kind: 'hashed', bucketCount: 5, signal: 'any' },
];
const DIM = 64;

function aTower(hiddenUnits: number) {
  const tower = randomTower(FIELDS, { seed: 4, shape: { fieldDim: 16, hiddenUnits, embeddingDim: DIM } });
  return { ...tower, model: buildTowerModel('user', tower.layout, tower.table, tower.weights) };
}

describe.skipIf(!areKernelsForThisMachine)('native code', () => {
  describeUserTower('kernel', () => ({ kernels }));
});

describe.skipIf(!areKernelsForThisMachine)('kernel of a user tower', () => {
  it.each([0, 100, 128])('gives what the split form gives with %i hidden units', async (hiddenUnits) => {
    const { layout, model, rows } = aTower(hiddenUnits);
    const kernel = await openUserTower(model, layout, DIM, { kernels });
    const split = await openUserTower(model, layout, DIM);
    expect([kernel.form, split.form]).toEqual(['kernel', 'split']);
    const ids = rows(20);
    const [actual, expected] = [await kernel.embed(ids, 20), await split.embed(ids, 20)];
    for (let i = 0; i < 20 * DIM; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThanOrEqual(1e-5);
    await Promise.all([kernel.close(), split.close()]);
  });

  it('is not used for a file whose graph computes something else with the same tensors', async () => {
    const { layout, model } = aTower(8);
    class Wrong extends kernels.TowerKernel {
      constructor(of: TowerKernelModel) {
        super({ ...of, straightBias: of.straightBias.map((value) => value + 0.5) });
      }
    }
    const tower = await openUserTower(model, layout, DIM, { kernels: { ...kernels, TowerKernel: Wrong } });
    expect(tower.form).toBe('split');
    await tower.close();
  });

  it('fails as a part of retrieval for an id beyond the table and for too few ids, and answers the next row', async () => {
    const { layout, model, rows } = aTower(8);
    const tower = await openUserTower(model, layout, DIM, { kernels });
    const beyond = rows(1);
    beyond[0] = 1_000_000;
    expect(() => tower.embed(beyond, 1)).toThrow('a tower answered numbers for row 0 that are not finite');
    expect(() => tower.embed(new Int32Array(3), 1)).toThrow('a tower gets the ids of each row');
    expect(await tower.embed(rows(1), 1)).toHaveLength(DIM);
    await tower.close();
  });

  it('refuses tensors that do not go together', () => {
    const of = { embeddings: new Float32Array(8), embeddingDim: 4, fields: Int32Array.of(0, 1, 0, 2, 0), outputs: 2 };
    const straight = { straight: new Float32Array(8), straightBias: new Float32Array(2) };
    expect(() => new kernels.TowerKernel({ ...of, ...straight, hiddenUnits: 0 })).not.toThrow();
    expect(() => new kernels.TowerKernel({ ...of, ...straight, hiddenUnits: 3 })).toThrow('hidden has not the shape');
    expect(
      () => new kernels.TowerKernel({ ...of, ...straight, straight: new Float32Array(7), hiddenUnits: 0 }),
    ).toThrow('straight has not the shape');
    expect(
      () => new kernels.TowerKernel({ ...of, ...straight, embeddings: new Float32Array(7), hiddenUnits: 0 }),
    ).toThrow('embeddings are no rows');
  });
});
