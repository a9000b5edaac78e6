import { type AnnRecall, type ExactAnswers, findExactAnswers, measureAgainst } from './ann-recall.ts';
import { ExactRetriever } from './exact-retriever.ts';
import { buildHnswGraph, type HnswGraph, saveHnswGraph } from './hnsw-graph.ts';
import { HnswRetriever } from './hnsw-retriever.ts';

/** Graphs tried, cheapest first: the library's default, then denser ones for catalogues that are hard to search. */
const GRAPH_LADDER = [
  { m: 16, efConstruction: 200 },
  { m: 24, efConstruction: 300 },
  { m: 40, efConstruction: 400 },
] as const;
/** Values of efSearch tried, as multiples of k; below k the library uses k. */
const EF_SEARCH_FACTORS = [1, 1.25, 1.5, 2, 2.5, 3, 4, 6, 8] as const;
/** A graph that needs no more than this multiple of k is good enough not to build a denser one. */
const GOOD_EF_SEARCH_FACTOR = 2;

/** One setting and what it found. */
interface HnswTrial {
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  /** 0..1, at the k asked for. */
  readonly annRecall: number;
}

/** The setting to serve with; all but the last two fields are the manifest's `index`. */
export interface HnswChoice {
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  readonly annRecallAtK: AnnRecall;
  /** False: nothing tried reached the target, and this is the best there was. */
  readonly isTargetReached: boolean;
  readonly tried: readonly HnswTrial[];
}

/** What to search, with what, and how well. */
export interface HnswChoiceOptions {
  /** Shape `[itemCount, embeddingDim]`, row-major. */
  readonly embeddings: Float32Array;
  readonly itemCount: number;
  readonly embeddingDim: number;
  /** Query embeddings of real users, shape `[queryCount, embeddingDim]`; a few hundred are enough. */
  readonly queries: Float32Array;
  readonly k: number;
  /** @defaultValue 0.98 */
  readonly targetRecall?: number;
  readonly seed: number;
  /** Writes the chosen index here, which saves building it again. */
  readonly file?: string;
  /** As for one graph; starts anew when a denser one has to be built. */
  readonly onProgress?: (doneCount: number, itemCount: number) => void;
}

interface Trial extends HnswTrial {
  readonly graph: HnswGraph;
  readonly recall: AnnRecall;
}

/**
 * Chooses how to build and search the index by measuring it on real queries against exact search: of the settings that reach the
 * target the one with the smallest efSearch, and of those the sparsest graph. The same seed and input give the same choice.
 *
 * Errors: REC_RETRIEVER_FAILED as for building and searching, REC_BUNDLE_INVALID as for writing.
 * Cost: builds one graph, up to three when the first is not good enough; one exact search per query.
 */
export async function chooseHnswParameters(options: HnswChoiceOptions): Promise<HnswChoice> {
  const { embeddings, itemCount, embeddingDim, queries, k, targetRecall = 0.98 } = options;
  const exact = new ExactRetriever(embeddings, itemCount, embeddingDim);
  const answers = await findExactAnswers(exact, queries, k);
  const tried: HnswTrial[] = [];
  let best: Trial | undefined;
  for (const { m, efConstruction } of GRAPH_LADDER) {
    const progress = options.onProgress === undefined ? {} : { onProgress: options.onProgress };
    const graphOptions = { m, efConstruction, seed: options.seed, ...progress };
    const graph = await buildHnswGraph(embeddings, itemCount, embeddingDim, graphOptions);
    const trials = await tryEfSearches(graph, answers, targetRecall);
    for (const { efSearch, annRecall } of trials) tried.push({ m, efConstruction, efSearch, annRecall });
    for (const trial of trials) if (best === undefined || isBetter(trial, best, targetRecall)) best = trial;
    if (best !== undefined && best.annRecall >= targetRecall && best.efSearch <= GOOD_EF_SEARCH_FACTOR * k) break;
  }
  const chosen = best!;
  if (options.file !== undefined) await saveHnswGraph(chosen.graph, options.file);
  return {
    m: chosen.m,
    efConstruction: chosen.efConstruction,
    efSearch: chosen.efSearch,
    annRecallAtK: chosen.recall,
    isTargetReached: chosen.annRecall >= targetRecall,
    tried,
  };
}

/** Raises efSearch until the target is reached. */
async function tryEfSearches(graph: HnswGraph, answers: ExactAnswers, targetRecall: number): Promise<Trial[]> {
  const trials: Trial[] = [];
  const retriever = new HnswRetriever(graph, answers.k);
  for (const factor of EF_SEARCH_FACTORS) {
    const efSearch = Math.ceil(answers.k * factor);
    retriever.setEfSearch(efSearch);
    const recall = await measureAgainst(answers, retriever);
    trials.push({
      graph,
      recall,
      m: graph.m,
      efConstruction: graph.efConstruction,
      efSearch,
      annRecall: recall.value,
    });
    if (recall.value >= targetRecall) break;
  }
  return trials;
}

function isBetter(trial: Trial, best: Trial, targetRecall: number): boolean {
  const isGood = trial.annRecall >= targetRecall;
  const isBestGood = best.annRecall >= targetRecall;
  if (isGood !== isBestGood) return isGood;
  return isGood ? trial.efSearch < best.efSearch : trial.annRecall > best.annRecall;
}
