import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import type { Kernels, RankerKernelModel } from '../native/kernels.ts';
import { areKernelsForThisMachine, builtKernels } from '../native/testing/built-kernels.ts';
import { OnnxSession } from '../onnx/onnx-session.ts';
import { buildServingModel } from './folded-graph.ts';
import { describeFoldedRanker } from './folded-ranker.contract.ts';
import { FoldedRanker } from './folded-ranker.ts';
import { aDeepFm, askRanker, describeRanker } from './ranker.contract.ts';
import { type RandomDeepFm, randomDeepFm } from './testing/random-deepfm.ts';

let kernels: Kernels;
beforeAll(() => {
  if (areKernelsForThisMachine) kernels = builtKernels();
  else console.warn('this machine has no AVX2: native code is not tested');
});

function open({ table, weights, layout, items }: RandomDeepFm): Promise<FoldedRanker> {
  return FoldedRanker.open(buildServingModel(table, weights), layout, items, { kernels });
}

describe.skipIf(!areKernelsForThisMachine)('native code', () => {
  describeRanker('FoldedRanker on kernel', open);
  describeFoldedRanker('kernel', () => ({ kernels }));
});

/** As wide as a shop's: several blocks of every kind of loop, and counts that end amid them. */
const WIDE: readonly FeatureField[] = [
  {
    name: 'recent',
    group: 'user',
    kind: 'hashed',
    bucketCount: 300,
    signal: 'any',
    multiValued: { maxLength: 12, pooling: 'mean' },
  },
  { name: 'hour', group: 'context', kind: 'bucketized', boundaries: [6, 12, 18], signal: 'any' },
  { name: 'item', group: 'item', kind: 'hashed', bucketCount: 400, signal: 'any' },
  ...[0, 1, 2].map((number): FeatureField => {
    return { name: `cross_${number}`, group: 'cross', kind: 'bucketized', boundaries: [1, 2, 3, 4], signal: 'any' };
  }),
];

describe.skipIf(!areKernelsForThisMachine)('kernel of a folded ranker', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const kept = async (ranker: Promise<FoldedRanker>): Promise<FoldedRanker> => {
    closing.push(async () => (await ranker).close());
    return ranker;
  };

  it.each([[[128, 64]], [[130, 67, 20]], [[17]], [[]]])(
    'gives what the runtime gives with layers of %j',
    async (hiddenUnits) => {
      const model = randomDeepFm(WIDE, { seed: 5, itemCount: 500, shape: { embeddingDim: 16, hiddenUnits } });
      const bytes = buildServingModel(model.table, model.weights);
      const ours = await kept(open(model));
      const runtimes = await kept(FoldedRanker.open(bytes, model.layout, model.items));
      expect([ours.engine, runtimes.engine]).toEqual(['kernel', 'onnxruntime']);
      for (const count of [1, 5, 6, 7, 200, 499]) {
        const items = Array.from({ length: count }, (_, i) => (i * 37) % 500);
        const [actual, expected] = [await askRanker(ours, model, items), await askRanker(runtimes, model, items)];
        for (let i = 0; i < count; i++) expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThanOrEqual(1e-5);
      }
    },
  );

  it('is not used for a file whose graph computes something else with the same tensors', async () => {
    const model = aDeepFm();
    const bytes = buildServingModel(model.table, model.weights);
    class Wrong extends kernels.RankerKernel {
      constructor(of: RankerKernelModel) {
        super({ ...of, queryBias: of.queryBias.map((value) => value + 0.01) });
      }
    }
    const ranker = await kept(
      FoldedRanker.open(bytes, model.layout, model.items, { kernels: { ...kernels, RankerKernel: Wrong } }),
    );
    expect(ranker.engine).toBe('onnxruntime');
  });

  it('is not used for tensors that do not go together', async () => {
    const model = aDeepFm();
    class Narrow extends kernels.RankerKernel {
      constructor(of: RankerKernelModel) {
        super({ ...of, queryFold: of.queryFold.subarray(1) });
      }
    }
    const bytes = buildServingModel(model.table, model.weights);
    const ranker = await kept(
      FoldedRanker.open(bytes, model.layout, model.items, { kernels: { ...kernels, RankerKernel: Narrow } }),
    );
    expect(ranker.engine).toBe('onnxruntime');
  });

  it('keeps no session of the runtime', async () => {
    const close = OnnxSession.prototype.close;
    let closedCount = 0;
    OnnxSession.prototype.close = function counted(this: OnnxSession) {
      closedCount++;
      return close.call(this);
    };
    try {
      await kept(open(aDeepFm()));
    } finally {
      OnnxSession.prototype.close = close;
    }
    // That of the file, and the one products were folded with.
    expect(closedCount).toBe(2);
  });

  it('fails as a ranker for a product that is not there, and answers the next request', async () => {
    const model = aDeepFm();
    const ranker = await kept(open(model));
    for (const item of [10_000, -1]) {
      const error = await askRanker(ranker, model, [item]).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(VitrineError);
      expect(error).toMatchObject({
        code: 'REC_RANKER_FAILED',
        message: `the ranking model failed: There is no item ${item}.`,
      });
    }
    expect(await askRanker(ranker, model, [1])).toHaveLength(1);
  });

  it('refuses inputs that are shorter than they are said to be', () => {
    const model = randomDeepFm(WIDE, { seed: 5, itemCount: 5, shape: { embeddingDim: 4, hiddenUnits: [8, 4] } });
    const kernel = new kernels.RankerKernel({
      ...{ embeddings: model.weights.embeddings, linear: model.weights.linear, embeddingDim: 4 },
      fields: Int32Array.of(0, 12, 0, 300, 1),
      ...{ units: 8, queryFold: new Float32Array(5 * 13), queryBias: new Float32Array(13) },
      ...{
        crossRows: new Float32Array(3 * 13),
        crossFields: Int32Array.of(0, 3),
        crossBoundaries: [Float64Array.of(5)],
      },
      layers: [{ weights: new Float32Array(8), bias: new Float32Array(1), outputs: 1 }],
    });
    const inputs = () => ({
      ...{
        rows: new Float32Array(5 * 13),
        items: Int32Array.of(0, 4),
        ids: new Int32Array(12),
        codes: new Int32Array(10),
      },
      ...{
        lookup: [0, 0, 0, 0, 2],
        moments: Float64Array.of(4, 1),
        cells: Int32Array.of(4, 1, -2, 0),
        columns: new Int32Array(0),
        out: new Float32Array(2),
      },
    });
    const ask = (change: Partial<ReturnType<typeof inputs>>): number => {
      const { rows, items, ids, lookup, moments, cells, codes, columns, out } = { ...inputs(), ...change };
      return kernel.rank(rows, items, 2, ids, Int32Array.from(lookup), moments, cells, codes, 2, columns, out);
    };
    expect(ask({})).toBe(-1);
    expect(ask({ lookup: [1, 0, 0, 1, 0] })).toBe(-1);
    expect(ask({ lookup: [4, 0, 0, 0, 0] })).toBe(-1);
    expect(() => ask({ rows: new Float32Array(4 * 13) })).toThrow('There is no item 4.');
    expect(() => ask({ items: Int32Array.of(0) })).toThrow('fewer places than candidates');
    expect(() => ask({ out: new Float32Array(1) })).toThrow('fewer places than candidates');
    expect(() => ask({ ids: new Int32Array(11) })).toThrow('fewer ids than its fields');
    expect(() => ask({ lookup: [] })).toThrow('fewer lookups than cross fields');
    expect(() => ask({ lookup: [0, 0, 0, 0, 3] })).toThrow('an id beyond its table');
    expect(() => ask({ lookup: [1, 0, 2, 1, 0] })).toThrow('beyond the cells');
    expect(() => ask({ lookup: [2, 2, 0, 1, 0] })).toThrow('fewer codes than items');
    expect(() => ask({ lookup: [2, 0, 0, 1, 0], codes: new Int32Array(9) })).toThrow('fewer codes than items');
    expect(() => ask({ lookup: [4, 1, 0, 0, 0] })).toThrow('fewer codes than items');
    expect(() => ask({ lookup: [4, 0, 0, 0, 0], codes: new Int32Array(11).subarray(1) })).toThrow(
      'do not lie as numbers',
    );
    expect(() => ask({ moments: new Float64Array(1) })).toThrow('fewer lookups than cross fields');
    expect(() => ask({ lookup: [3, -1, 0, 0, 0] })).toThrow('names no place');
    expect(() => ask({ lookup: [3, 0, 0, 0, 0], columns: new Int32Array(1) })).toThrow('fewer columns');
  });
});
