import { VitrineError } from '../../features/core/errors.ts';
import type { EventType } from '../../features/profile/event.ts';
import type { ServingModel } from '../../models/bundle/serving-model.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { createDemoOracle } from '../demo/demo-oracle.ts';
import { CO_VIEW_OPTIONS, countCoOccurrence, countPopularity } from '../export/co-occurrence.ts';
import { embedItems } from '../train/recommender-model.ts';
import { collectCases, type EvaluationCase, type Protocol } from './evaluation-cases.ts';
import {
  itemNeighboursMethod,
  type Method,
  oracleMethod,
  popularityMethod,
  rankedCandidatesMethod,
  rankedCatalogueMethod,
  recentItemsMethod,
  type ScoringModel,
  twoTowerMethod,
} from './methods.ts';
import { type RankingMetrics, RankingMetricsCounter } from './metrics.ts';

export interface EvaluationOptions {
  readonly protocol: Protocol;
  readonly targetTypes: readonly EventType[];
  readonly maxCases: number;
  readonly onProgress?: (method: string, doneRatio: number) => void;
}

/** One method's figures at each k of {@link EVALUATION_KS}. */
export interface MethodResult {
  readonly method: string;
  readonly metrics: readonly RankingMetrics[];
}

export interface Evaluation {
  readonly dataset: string;
  readonly modelVersion: string;
  readonly protocol: Protocol;
  readonly targetTypes: readonly EventType[];
  /** Test cases asked. */
  readonly caseCount: number;
  readonly testFrom: string;
  readonly testTo: string;
  readonly results: readonly MethodResult[];
}

export const EVALUATION_KS = [10, 20, 100] as const;

/** A larger catalogue is too much to rank whole for each case; retrieval + DeepFM is what a server does anyway. */
const MAX_ITEMS_RANKED_WHOLE = 5000;

/** As many candidates as the scene `home` ranks, plus what its other sources would add. */
const QUOTAS = { ann: 200, neighbours: 100, recent: 32, popular: 50 } as const;

/**
 * Judges a bundle on what happened after its training data, beside the baselines it has to beat.
 *
 * Errors: REC_INVALID_INPUT_DATA when the dataset is not the bundle's or has no events after its training window.
 */
export async function evaluateBundle(
  dataset: Dataset,
  model: ServingModel,
  options: EvaluationOptions,
): Promise<Evaluation> {
  requireSameItems(dataset, model);
  const testStart = firstRowAfter(dataset, model);
  const { extractor, catalogue } = model;
  const cases = collectCases(dataset, extractor, {
    ...options,
    testStart,
    interestHalfLifeDays: model.schema.interestHalfLifeDays,
  });
  const popularity = countPopularity(dataset, 0, testStart);
  const neighbours = countCoOccurrence(dataset, testStart, CO_VIEW_OPTIONS);
  const scoring: ScoringModel = {
    extractor,
    ranker: model.ranker,
    userTower: model.userTower,
    itemEmbeddings: await embedItems(model.itemTower, extractor),
  };
  const methods: Method[] = [
    popularityMethod(popularity),
    recentItemsMethod(popularity),
    itemNeighboursMethod(neighbours, popularity, catalogue.size),
    twoTowerMethod(scoring),
    rankedCandidatesMethod(scoring, { neighbours, popularity, quotas: QUOTAS }),
  ];
  if (catalogue.size <= MAX_ITEMS_RANKED_WHOLE) methods.push(rankedCatalogueMethod(scoring));
  if (dataset.metadata.source === 'demo')
    methods.push(oracleMethod(createDemoOracle(dataset.metadata.generator), catalogue.size));
  const results: MethodResult[] = [];
  for (const method of methods) results.push(await judge(method, cases, catalogue.size, options.onProgress));
  return {
    dataset: dataset.name,
    modelVersion: model.modelVersion,
    protocol: options.protocol,
    targetTypes: options.targetTypes,
    caseCount: cases.length,
    testFrom: new Date(dataset.events.atMs[testStart]!).toISOString(),
    testTo: new Date(dataset.events.atMs[dataset.events.count - 1]!).toISOString(),
    results,
  };
}

async function judge(
  method: Method,
  cases: readonly EvaluationCase[],
  itemCount: number,
  onProgress: EvaluationOptions['onProgress'],
): Promise<MethodResult> {
  const counters = EVALUATION_KS.map((k) => new RankingMetricsCounter(k));
  for (const [number, one] of cases.entries()) {
    const ranked = await method.rank(one, EVALUATION_KS[EVALUATION_KS.length - 1]!);
    for (const counter of counters) counter.add(ranked, one.targets);
    if (number % 50 === 0) onProgress?.(method.name, number / cases.length);
  }
  onProgress?.(method.name, 1);
  return { method: method.name, metrics: counters.map((counter) => counter.result(itemCount)) };
}

/** First event row the models have not seen. */
export function firstRowAfter(dataset: Dataset, model: ServingModel): number {
  const toMs = Date.parse(model.manifest.data.to);
  const row = dataset.events.atMs.findIndex((atMs) => atMs > toMs);
  if (row > 0) return row;
  throw new VitrineError(
    'REC_INVALID_INPUT_DATA',
    `dataset ${dataset.name} has no events after ${model.manifest.data.to}, where the training data of ${model.modelVersion} end; train with --test-ratio above 0, or evaluate on newer data`,
  );
}

function requireSameItems(dataset: Dataset, model: ServingModel): void {
  const { itemIds } = dataset.catalogue;
  const differs =
    itemIds.length !== model.catalogue.size || itemIds.some((itemId, row) => model.catalogue.itemIds[row] !== itemId);
  if (!differs) return;
  throw new VitrineError(
    'REC_INVALID_INPUT_DATA',
    `dataset ${dataset.name} (${itemIds.length} items) is not the one bundle ${model.modelVersion} was trained on (${model.manifest.data.dataset}, ${model.catalogue.size} items)`,
  );
}
