import { afterEach, describe, expect, it, vi } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { OnnxSession } from '../onnx/onnx-session.ts';
import { openUserTower } from './open-user-tower.ts';
import { type RandomTower, randomTower } from './testing/random-tower.ts';
import { buildTowerModel, towerParameters } from './tower-graph.ts';

const FIELDS: FeatureField[] = [
  {
    ...{ name: 'recent', group: 'user', kind: 'hashed', bucketCount: 7, signal: 'any' },
    multiValued: { maxLength: 3, pooling: 'mean' },
  },
  { name: 'region', group: 'user', kind: 'hashed', bucketCount: 4, signal: 'any' },
  { name: 'id', group: 'item', kind: 'hashed', bucketCount: 3, signal: 'any' },
];
const DIM = 8;

function aTower(hiddenUnits = 5): RandomTower {
  return randomTower(FIELDS, { seed: 7, shape: { fieldDim: 3, hiddenUnits, embeddingDim: DIM } });
}

const modelOf = ({ layout, table, weights }: RandomTower): Uint8Array =>
  buildTowerModel('user', layout, table, weights);

/** A graph that sums its ids up and multiplies them by `w`, with whatever tensors travel along. */
function foreignModel(passengers: Readonly<Record<string, readonly number[]>> = {}): Uint8Array {
  const g = new GraphBuilder();
  const ids = g.node('Cast', [g.input('field_ids', ['batch', 4], 'int32')], ['batch', 4], { to: 1 }, 'float32');
  for (const [name, dims] of Object.entries(passengers))
    g.passenger(name, dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.1));
  const w = g.initializer(
    'w',
    [1, DIM],
    Float32Array.from({ length: DIM }, (_, d) => d),
  );
  return g.toModel('foreign', { embedding: g.matrixProduct(g.reduceSum(ids, [1], true), w) });
}

/** The tower with values added up where the schema says mean. */
function summingModel({ layout, table, weights }: RandomTower): Uint8Array {
  const fields = table.fields.map((field) =>
    field.pooling === 'mean' ? { ...field, pooling: 'sum' as const } : field,
  );
  return buildTowerModel('user', layout, { ...table, fields }, weights);
}

/** Sessions that were opened and are not closed. */
function watchSessions(): { open: number } {
  const count = { open: 0 };
  const [openSession, closeSession] = [OnnxSession.open.bind(OnnxSession), OnnxSession.prototype.close];
  vi.spyOn(OnnxSession, 'open').mockImplementation(async (...given) => {
    const session = await openSession(...given);
    count.open++;
    return session;
  });
  vi.spyOn(OnnxSession.prototype, 'close').mockImplementation(function (this: OnnxSession) {
    count.open--;
    return closeSession.call(this);
  });
  return count;
}
afterEach(() => {
  vi.restoreAllMocks();
});

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  const outcome = await work().then(
    () => 'not refused',
    (error: unknown) => error,
  );
  return outcome instanceof VitrineError ? outcome.code : String(outcome);
}

describe('openUserTower', () => {
  it.each([0, 5])(
    'splits a tower of ours with %i hidden units and holds no session of the plain graph',
    async (units) => {
      const sessions = watchSessions();
      const tower = aTower(units);
      const split = await openUserTower(modelOf(tower), tower.layout, DIM);
      expect([split.form, split.slotCount, split.embeddingDim]).toEqual(['split', 4, DIM]);
      expect(sessions.open).toBe(1);
      await split.close();
      expect(sessions.open).toBe(0);
    },
  );

  it.each<[string, () => Uint8Array]>([
    ['has other tensors', () => foreignModel()],
    [
      'has tensors of the same names and shapes, which its graph does not use',
      () => {
        const { weights, table } = aTower();
        const parameters = towerParameters(weights.shape).map(({ name, dims }) => [name, dims] as const);
        return foreignModel({ table: [table.rowCount, 3], ...Object.fromEntries(parameters) });
      },
    ],
    [
      'reads another table than the schema gives',
      () =>
        modelOf(randomTower([...FIELDS, { ...FIELDS[2]!, name: 'brand' }], { seed: 7, shape: aTower().weights.shape })),
    ],
    ['pools otherwise', () => summingModel(aTower())],
  ])('serves the plain graph when the file %s', async (_what, modelOfCase) => {
    const sessions = watchSessions();
    const { layout, rows } = aTower();
    const tower = await openUserTower(modelOfCase(), layout, DIM);
    expect(tower.form).toBe('plain');
    expect(sessions.open).toBe(1);
    expect(await tower.embed(rows(2), 2)).toHaveLength(2 * DIM);
    await tower.close();
    expect(sessions.open).toBe(0);
  });

  it('leaves a graph that cannot answer rows of the schema to the golden cases', async () => {
    const { layout, table, weights } = aTower();
    const broken = { ...weights, table: new Float32Array(weights.table.length).fill(Number.NaN) };
    const sessions = watchSessions();
    const tower = await openUserTower(buildTowerModel('user', layout, table, broken), layout, DIM);
    expect([tower.form, sessions.open]).toEqual(['plain', 1]);
    await tower.close();
  });

  it('refuses bytes that are no tower', async () => {
    const sessions = watchSessions();
    const { layout } = aTower();
    expect(await codeOf(async () => openUserTower(Buffer.from('no model'), layout, DIM))).toBe('REC_BUNDLE_INVALID');
    expect(sessions.open).toBe(0);
  });
});

describe('a split tower', () => {
  it("gives embeddings that are the caller's own, also when runs overlap", async () => {
    const { layout, rows, ...rest } = aTower();
    const tower = await openUserTower(modelOf({ layout, rows, ...rest }), layout, DIM);
    const ids = rows(2);
    const both = await tower.embed(ids, 2);
    const [first, second] = await Promise.all([tower.embed(ids, 1), tower.embed(ids.subarray(4), 1)]);
    for (let d = 0; d < DIM; d++) {
      expect(first![d]).toBeCloseTo(both[d]!, 6);
      expect(second![d]).toBeCloseTo(both[DIM + d]!, 6);
    }
    expect(Math.hypot(...first!)).toBeCloseTo(1, 6);
    await tower.close();
  });

  it('takes rows that are too few for a bug', async () => {
    const tower = aTower();
    const split = await openUserTower(modelOf(tower), tower.layout, DIM);
    expect(await codeOf(async () => split.embed(new Int32Array(4), 2))).toBe('REC_INTERNAL');
    await split.close();
  });

  it('fails as a part of retrieval for an id beyond the table, and answers the next row', async () => {
    const tower = aTower();
    const split = await openUserTower(modelOf(tower), tower.layout, DIM);
    expect(split.form).toBe('split');
    expect(await codeOf(async () => split.embed(Int32Array.of(10_000, -1, -1, 0), 1))).toBe('REC_RETRIEVER_FAILED');
    expect(await codeOf(async () => split.embed(tower.rows(1), 1))).toBe('not refused');
    await split.close();
  });
});
