import { afterEach, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { buildDeepFmModel } from './deepfm-graph.ts';
import { buildServingModel } from './folded-graph.ts';
import { FoldedRanker } from './folded-ranker.ts';
import { aDeepFm, askRanker, describeRanker } from './ranker.contract.ts';
import type { RandomDeepFm } from './testing/random-deepfm.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function open({ table, weights, layout, items }: RandomDeepFm): Promise<FoldedRanker> {
  return FoldedRanker.open(buildServingModel(table, weights), layout, items);
}

async function aRanker(model = aDeepFm()): Promise<{ ranker: FoldedRanker; model: RandomDeepFm }> {
  const ranker = await open(model);
  closing.push(() => ranker.close());
  return { ranker, model };
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof VitrineError ? `${error.code}: ${error.message}` : String(error);
}

describeRanker('FoldedRanker', open);

describe('FoldedRanker', () => {
  it('states what a product takes: the first layer, the embedding and one number more', async () => {
    const { ranker } = await aRanker();
    expect(ranker.bytesPerItem).toBe(4 * (8 + 4 + 1));
  });

  it('gives the same from inputs written ahead', async () => {
    const { ranker, model } = await aRanker();
    const { queryIds, cross } = model;
    const prepared = ranker.prepare({ queryIds, cross, itemIndexes: Int32Array.of(4, 5), count: 2 });
    expect(await prepared.run()).toEqual(await askRanker(ranker, model, [4, 5]));
    expect(await prepared.run()).toEqual(await askRanker(ranker, model, [4, 5]));
  });

  it('hears of no product any more when it is closed', async () => {
    const model = aDeepFm();
    const ranker = await open(model);
    expect(model.items.listenerCount).toBe(1);
    await ranker.close();
    expect(model.items.listenerCount).toBe(0);
  });

  it('fails as a ranker for a product that is not there', async () => {
    const { ranker, model } = await aRanker();
    expect(await refusalOf(askRanker(ranker, model, [10_000]))).toMatch(/^REC_RANKER_FAILED: the ONNX model failed/);
  });

  it('fails as a ranker when weights are no numbers, naming the candidate', async () => {
    const model = aDeepFm();
    model.weights.dense.get('bias')![0] = Number.NaN;
    const { ranker } = await aRanker(model);
    expect(await refusalOf(askRanker(ranker, model, [1]))).toBe(
      'REC_RANKER_FAILED: the ranker answered NaN for candidate 0, expected 0..1',
    );
  });

  it('refuses a file that is no folded ranker, saying what is missing', async () => {
    const model = aDeepFm();
    const { layout, items, table, weights } = model;
    const plain = buildDeepFmModel(table, layout.slotCount, weights);
    expect(await refusalOf(FoldedRanker.open(plain, layout, items))).toBe(
      'REC_BUNDLE_INVALID: the ONNX model has no tensor "item_fold"',
    );
    expect(await refusalOf(FoldedRanker.open(Buffer.from('no model'), layout, items))).toMatch(
      /^REC_BUNDLE_INVALID: the ONNX model cannot be read/,
    );
    const g = new GraphBuilder();
    for (const name of ['embeddings', 'linear', 'item_fold'] as const) {
      const dims = { embeddings: [table.rowCount, 4], linear: [table.rowCount, 1], item_fold: [4, 8] }[name];
      g.passenger(name, dims, new Float32Array(dims[0]! * dims[1]!));
    }
    const other = g.toModel('other', { probability: g.input('rows', ['batch']) });
    expect(await refusalOf(FoldedRanker.open(other, layout, items))).toBe(
      'REC_BUNDLE_INVALID: the folded ranker must have inputs item_rows, item_index, query, cross_ids, cross_index and output probability; it has inputs rows and outputs probability',
    );
  });

  it('refuses a folded ranker of another schema', async () => {
    const model = aDeepFm();
    const brand: FeatureField = { name: 'brand', group: 'item', kind: 'hashed', bucketCount: 20, signal: 'any' };
    const other = aDeepFm(4, [brand]);
    const bytes = buildServingModel(model.table, model.weights);
    expect(await refusalOf(FoldedRanker.open(bytes, other.layout, other.items))).toBe(
      'REC_BUNDLE_INVALID: tensor "embeddings" of the folded ranker has shape [54,4], the feature schema needs [76,4]',
    );
  });
});
