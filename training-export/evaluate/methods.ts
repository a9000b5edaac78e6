import type { NeighbourTable, Popularity } from '../../features/catalogue/arrow-tables.ts';
import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import { selectTopK } from '../../features/transform/top-k.ts';
import type { Ranker } from '../../models/ranking/ranker.ts';
import type { Tower } from '../../models/retrieval/tower.ts';
import type { DemoOracle } from '../demo/demo-oracle.ts';
import type { EvaluationCase } from './evaluation-cases.ts';

/** A way to rank the catalogue: a model of ours or a baseline it has to beat. */
export interface Method {
  readonly name: string;
  /** Catalogue rows, best first, at least `k` unless there are fewer; valid until the next call. */
  rank(one: EvaluationCase, k: number): Promise<ArrayLike<number>>;
}

/** The models that methods score with. */
export interface ScoringModel {
  readonly extractor: FeatureExtractor;
  readonly ranker: Ranker;
  readonly userTower: Tower;
  /** Shape `[itemCount, embeddingDim]`. */
  readonly itemEmbeddings: Float32Array;
}

/** The most popular products, for everybody. */
export function popularityMethod(popularity: Popularity): Method {
  return {
    name: 'popularity',
    rank: async (one, k) =>
      Array.from(popularity.overall.itemIndexes.subarray(0, k + 1))
        .filter((item) => item !== one.excludedItem)
        .slice(0, k),
  };
}

/** What the shopper dealt with last, then the most popular. */
export function recentItemsMethod(popularity: Popularity): Method {
  return {
    name: 'recent items',
    rank: async (one, k) => {
      const list = new Set(one.recentItems.filter((item) => item !== one.excludedItem).slice(0, k));
      for (const item of popularity.overall.itemIndexes) {
        if (list.size >= k) break;
        if (item !== one.excludedItem) list.add(item);
      }
      return [...list];
    },
  };
}

/** Products by summed co-occurrence with the shopper's last products, then the most popular. */
export function itemNeighboursMethod(table: NeighbourTable, popularity: Popularity, itemCount: number): Method {
  const historyLength = 20;
  const scores = new Float64Array(itemCount);
  const order = new Int32Array(itemCount);
  return {
    name: 'item-kNN',
    rank: async (one, k) => {
      scores.fill(Number.NaN);
      one.recentItems.slice(0, historyLength).forEach((item, place) => {
        for (let at = table.offsets[item]!; at < table.offsets[item + 1]!; at++) {
          const other = table.items[at]!;
          scores[other] = (scores[other]! || 0) + table.strengths[at]! / (place + 1);
        }
      });
      if (one.excludedItem >= 0) scores[one.excludedItem] = Number.NaN;
      const found = order.subarray(0, selectTopK(scores, itemCount, k, order));
      if (found.length === k) return found;
      const list = new Set(found);
      for (const item of popularity.overall.itemIndexes) {
        if (list.size >= k) break;
        if (item !== one.excludedItem) list.add(item);
      }
      return [...list];
    },
  };
}

/** Nearest products to the user embedding, by exact search. */
export function twoTowerMethod(model: ScoringModel): Method {
  const scores = new Float64Array(model.extractor.catalogue.size);
  const order = new Int32Array(model.extractor.catalogue.size);
  return {
    name: 'two towers',
    rank: async (one, k) => {
      await scoreByEmbedding(model, one, scores);
      return order.subarray(0, selectTopK(scores, scores.length, k, order));
    },
  };
}

async function scoreByEmbedding(model: ScoringModel, one: EvaluationCase, scores: Float64Array): Promise<void> {
  const user = await model.userTower.embed(one.queryIds.subarray(0, model.extractor.layout.groupSlots.user[1]), 1);
  const { itemEmbeddings } = model;
  const dim = user.length;
  for (let item = 0; item < scores.length; item++) {
    let similarity = 0;
    for (let d = 0, at = item * dim; d < dim; d++) similarity += user[d]! * itemEmbeddings[at + d]!;
    scores[item] = similarity;
  }
  if (one.excludedItem >= 0) scores[one.excludedItem] = Number.NaN;
}

/** The candidates a server would rank: nearest products, neighbours of recent ones, recent ones, popular ones. */
export interface CandidateQuotas {
  readonly ann: number;
  readonly neighbours: number;
  readonly recent: number;
  readonly popular: number;
}

/** DeepFM over retrieved candidates: what a scene serves, before rules. */
export function rankedCandidatesMethod(
  model: ScoringModel,
  sources: { neighbours: NeighbourTable; popularity: Popularity; quotas: CandidateQuotas },
): Method {
  const scores = new Float64Array(model.extractor.catalogue.size);
  const order = new Int32Array(model.extractor.catalogue.size);
  const { quotas, neighbours, popularity } = sources;
  return {
    name: 'retrieval + DeepFM',
    rank: async (one, k) => {
      await scoreByEmbedding(model, one, scores);
      const candidates = new Set<number>(order.subarray(0, selectTopK(scores, scores.length, quotas.ann, order)));
      for (const item of one.recentItems.slice(0, quotas.recent)) candidates.add(item);
      for (const item of one.recentItems.slice(0, 5)) {
        const from = neighbours.offsets[item]!;
        const to = Math.min(neighbours.offsets[item + 1]!, from + Math.ceil(quotas.neighbours / 5));
        for (let at = from; at < to; at++) candidates.add(neighbours.items[at]!);
      }
      for (const item of popularity.overall.itemIndexes.subarray(0, quotas.popular)) candidates.add(item);
      candidates.delete(one.excludedItem);
      return rankByDeepFm(model, one, { items: Int32Array.from(candidates), k });
    },
  };
}

/** DeepFM over the whole catalogue: what ranking alone is worth. Cost: one row per product and case. */
export function rankedCatalogueMethod(model: ScoringModel): Method {
  return {
    name: 'DeepFM over all',
    rank: async (one, k) => {
      const items = Int32Array.from(model.extractor.catalogue.itemIds.keys()).filter(
        (item) => item !== one.excludedItem,
      );
      return rankByDeepFm(model, one, { items, k });
    },
  };
}

async function rankByDeepFm(
  model: ScoringModel,
  one: EvaluationCase,
  request: { items: Int32Array; k: number },
): Promise<Int32Array> {
  const { items, k } = request;
  const { queryIds, cross } = one;
  const probabilities = await model.ranker.rank({ queryIds, cross, itemIndexes: items, count: items.length });
  const order = new Int32Array(k);
  const count = selectTopK(probabilities, items.length, k, order);
  return order.subarray(0, count).map((place) => items[place]!);
}

/** The demo shop's own truth: no model can do better, and one that seems to has seen the future. */
export function oracleMethod(oracle: DemoOracle, itemCount: number): Method {
  const scores = new Float64Array(itemCount);
  const order = new Int32Array(itemCount);
  return {
    name: 'oracle (demo)',
    rank: async (one, k) => {
      // The moment before: what the visit is about is not known to anybody yet.
      oracle.scoreAll(one.userId, one.atMs - 1, scores);
      if (one.excludedItem >= 0) scores[one.excludedItem] = Number.NaN;
      return order.subarray(0, selectTopK(scores, itemCount, k, order));
    },
  };
}
