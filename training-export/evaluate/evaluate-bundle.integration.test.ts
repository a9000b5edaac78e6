import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { ModelRegistry } from '../../models/bundle/model-registry.ts';
import type { ServingModel } from '../../models/bundle/serving-model.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { aDataset, aShop } from '../examples/testing/a-dataset.ts';
import { makeTinyBundle, tinyShop } from '../export/testing/make-tiny-bundle.ts';
import { type EvaluationOptions, evaluateBundle, firstRowAfter } from './evaluate-bundle.ts';

const NEXT: EvaluationOptions = { protocol: 'next', targetTypes: ['view_item', 'purchase'], maxCases: 1000 };

let artifactsFolder: string;
let registry: ModelRegistry;
let model: ServingModel;
const shop = tinyShop();

beforeAll(async () => {
  artifactsFolder = await mkdtemp(join(tmpdir(), 'vitrine-evaluate-'));
  await makeTinyBundle(artifactsFolder);
  registry = new ModelRegistry(artifactsFolder);
  model = await registry.activate('');
});
afterAll(async () => {
  await registry?.close();
  await rm(artifactsFolder, { recursive: true, force: true });
});

async function refusalOf(dataset: Dataset, options: Partial<EvaluationOptions> = {}): Promise<string> {
  const outcome = await evaluateBundle(dataset, model, { ...NEXT, ...options }).catch((error: unknown) => error);
  return outcome instanceof VitrineError ? `${outcome.code}: ${outcome.message}` : 'not refused';
}

/** The first events of the shop. */
function shortened(count: number): Dataset {
  const { events } = shop;
  return { ...shop, events: { ...events, count, atMs: events.atMs.slice(0, count) } };
}

describe('evaluateBundle', () => {
  it('judges models and baselines on the same cases after the training data', async () => {
    const seen: string[] = [];
    const evaluation = await evaluateBundle(shop, model, { ...NEXT, onProgress: (method) => seen.push(method) });
    const methods = ['popularity', 'recent items', 'item-kNN', 'two towers', 'retrieval + DeepFM', 'DeepFM over all'];
    expect(evaluation.results.map(({ method }) => method)).toEqual(methods);
    expect([...new Set(seen)]).toEqual(methods);
    expect(evaluation).toMatchObject({ dataset: 'test shop', modelVersion: model.modelVersion, protocol: 'next' });
    expect(evaluation.testFrom > model.manifest.data.to).toBe(true);
    expect(evaluation.testTo).toBe(new Date(shop.events.atMs.at(-1)!).toISOString());
    for (const { metrics } of evaluation.results) {
      expect(metrics.map(({ k, caseCount }) => [k, caseCount])).toEqual(
        [10, 20, 100].map((k) => [k, evaluation.caseCount]),
      );
      for (const { recall, hitRate, mrr, ndcg, coverage } of metrics)
        expect([recall, hitRate, mrr, ndcg, coverage].every((value) => value >= 0 && value <= 1)).toBe(true);
    }
    // 100 of 12 products are all but the one just seen, which is no target.
    for (const method of ['two towers', 'DeepFM over all'])
      expect(evaluation.results.find((one) => one.method === method)!.metrics[2]!.recall).toBe(1);
  });

  it('judges visits by what is bought in them', async () => {
    const evaluation = await evaluateBundle(shop, model, { ...NEXT, protocol: 'visit', targetTypes: ['purchase'] });
    expect(evaluation.caseCount).toBeGreaterThan(0);
    expect(evaluation.caseCount).toBeLessThan((await evaluateBundle(shop, model, NEXT)).caseCount);
  });

  it('gives the same figures each time', async () => {
    expect(await evaluateBundle(shop, model, NEXT)).toEqual(await evaluateBundle(shop, model, NEXT));
  });

  it('does not let baselines see the test window', async () => {
    const { events, catalogue } = shop;
    const from = firstRowAfter(shop, model);
    // In the test window everybody takes the product that was least popular before.
    const least = catalogue.size - 1;
    const item = events.item.map((one, row) => (row < from ? (one === least ? 0 : one) : row % 2 === 0 ? least : one));
    item[0] = least;
    const { results } = await evaluateBundle({ ...shop, events: { ...events, item } }, model, NEXT);
    expect(results[0]!.metrics[0]!.hitRate).toBeLessThan(0.6);
  });

  it('refuses another dataset, naming both', async () => {
    expect(await refusalOf(aDataset(aShop({ seed: 1, itemCount: 8 })))).toMatch(
      /^REC_INVALID_INPUT_DATA: dataset test shop \(8 items\) is not the one bundle \S+ was trained on \(test shop, 12 items\)/,
    );
    const { itemIds } = shop.catalogue;
    const swapped = {
      ...shop,
      catalogue: aDataset({ items: [...itemIds].reverse().map((itemId) => ({ itemId })), events: [] }).catalogue,
    };
    expect(await refusalOf(swapped)).toMatch(/is not the one bundle/);
  });

  it('refuses a dataset that ends where the training data end, saying what to do', async () => {
    const end = firstRowAfter(shop, model);
    expect(await refusalOf(shortened(end))).toMatch(
      /^REC_INVALID_INPUT_DATA: dataset test shop has no events after 2024-01-\S+, where the training data of \S+ end; train with --test-ratio/,
    );
  });

  it('refuses a test window without a target', async () => {
    expect(await refusalOf(shop, { targetTypes: ['refund'] })).toMatch(
      /^REC_INVALID_INPUT_DATA: the test window of test shop has no refund of a known product/,
    );
  });
});
