import { SeededRandom } from '../../features/core/seeded-random.ts';
import { type AnnRecall, type ExactAnswers, findExactAnswers, measureAgainst } from './ann-recall.ts';
import { ExactRetriever } from './exact-retriever.ts';
import { buildHnswGraph, type HnswGraph, saveHnswGraph } from './hnsw-graph.ts';
import type { HnswBuildChoice, HnswLibrary } from './hnsw-library.ts';
import { HnswRetriever } from './hnsw-retriever.ts';

/** Products a scene asks the index for when its configuration says nothing else: the quota of the default scenes. */
const USUAL_QUOTA = 200;
/** Sources are asked for more than their quota where products are sold out, up to this many times as many. */
const MAX_OVER_FETCH = 4;

/**
 * How many neighbours serving asks the index for: what a scene takes, and as many more as are sold out.
 *
 * @param quota of the scenes' source `ann`
 */
export function servedK(
  catalogue: { readonly size: number; readonly availableCount: number },
  quota: number = USUAL_QUOTA,
): number {
  const overFetch = Math.min(MAX_OVER_FETCH, catalogue.size / Math.max(1, catalogue.availableCount));
  return Math.min(catalogue.size, Math.ceil(quota * overFetch));
}

/** Links per node that are tried, and where the search for the best begins. */
const M_LADDER = [6, 8, 12, 16, 24, 32, 48] as const;
const FIRST_STEP = 2;
/** Doubled as long as that makes searches cheaper. */
const FIRST_EF_CONSTRUCTION = 100;
const MAX_EF_CONSTRUCTION = 400;
/** Largest efSearch tried: a multiple of k, but no less than a few hundred; and how exactly the smallest good one is found. */
const MAX_EF_SEARCH_FACTOR = 8;
const LEAST_MAX_EF_SEARCH = 400;
const EF_SEARCH_TOLERANCE = 0.02;

const DEFAULT_SAMPLE_SIZE = 8_000;
/** A catalogue this much larger than the sample is sampled. */
const SAMPLED_FROM = 1.25;
const SAMPLE_QUERIES = 200;
const MIN_SAMPLE_K = 20;
/** A shape that was chosen on a sample and needs more than this multiple of k on the whole is compared with a denser one. */
const DOUBTFUL_EF_SEARCH_FACTOR = 1.3;

/** Exact search of all queries compares at most this many pairs: seconds. */
const MAX_EXACT_PAIRS = 200_000_000;
const MIN_QUERIES = 100;
/** From this many queries on, each half of them has to reach the target. */
const SPLIT_QUERIES = 100;

/** A denser graph replaces a sparser one only when it is cheaper by more than times vary; more so in a sample, which fits into caches. */
const WORTHWHILE_GAIN = 0.03;
const WORTHWHILE_GAIN_IN_SAMPLE = 0.08;
const TIMED_ROUNDS = 5;
const TIMED_QUERIES = 100;

/** Shape of a graph; the library's words. */
export interface HnswShape {
  readonly m: number;
  readonly efConstruction: number;
}

/** One setting and what it found. */
export interface HnswTrial extends HnswShape {
  /** Products in the graph: a sample of them, or all. */
  readonly itemCount: number;
  readonly k: number;
  /** The smallest that reached the target; the largest tried when none did. */
  readonly efSearch: number;
  /** 0..1, at the k asked for. */
  readonly annRecall: number;
}

/** The setting to serve with. */
export interface HnswChoice extends HnswShape {
  readonly efSearch: number;
  readonly annRecallAtK: AnnRecall;
  /** Median time of one search with this setting, microseconds, on the machine and build that chose it. */
  readonly searchUs: number;
  readonly build: HnswLibrary['build'];
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
  /** Query embeddings of real users, shape `[queryCount, embeddingDim]`; a few hundred are enough, and for large catalogues the first are used. */
  readonly queries: Float32Array;
  /** What serving asks for, see {@link servedK}. */
  readonly k: number;
  /** @defaultValue 0.98 */
  readonly targetRecall?: number;
  readonly seed: number;
  /** Larger catalogues have the shape of their graph chosen on this many of their products. @defaultValue 8000 */
  readonly sampleSize?: number;
  /** Takes this shape instead of choosing one; then the same seed and input give the same index. */
  readonly shape?: HnswShape;
  /** Build of the library that is measured. @defaultValue auto */
  readonly build?: HnswBuildChoice;
  /** Writes the chosen index here, which saves building it again. */
  readonly file?: string;
  /** As for one graph over all products; starts anew when a denser one has to be built. */
  readonly onProgress?: (doneCount: number, itemCount: number) => void;
}

/** A graph with the smallest efSearch that reaches the target on it. */
interface Candidate {
  readonly graph: HnswGraph;
  readonly retriever: HnswRetriever;
  readonly recall: AnnRecall;
  readonly isTargetReached: boolean;
}

/**
 * Chooses how to build and search the index: of the settings that reach the target on real queries against exact search, the one whose
 * search takes the least time, measured. The largest catalogues have the shape of their graph chosen on a sample; efSearch is always
 * found on the graph that will serve.
 *
 * Times decide between settings that cost about the same, so a choice may differ from run to run.
 *
 * Errors: REC_RETRIEVER_FAILED as for building and searching, REC_BUNDLE_INVALID as for writing.
 * Cost: three to five graphs over at most 10 000 products, one over all, now and then a second; one exact search per query.
 */
export async function chooseHnswParameters(options: HnswChoiceOptions): Promise<HnswChoice> {
  return new HnswChooser(options).choose();
}

class HnswChooser {
  private readonly options: HnswChoiceOptions;
  private readonly targetRecall: number;
  private readonly sampleSize: number;
  private readonly tried: HnswTrial[] = [];

  constructor(options: HnswChoiceOptions) {
    this.options = options;
    this.targetRecall = options.targetRecall ?? 0.98;
    this.sampleSize = options.sampleSize ?? DEFAULT_SAMPLE_SIZE;
  }

  async choose(): Promise<HnswChoice> {
    const { itemCount, shape, file, k } = this.options;
    const all = await this.spaceOf(undefined);
    const isSampled = itemCount > this.sampleSize * SAMPLED_FROM;
    let chosen: Candidate;
    if (shape !== undefined) chosen = await this.tryShape(all, shape);
    else if (itemCount === 0) chosen = await this.tryShape(all, { m: M_LADDER[FIRST_STEP], efConstruction: 100 });
    else if (isSampled) chosen = await this.transfer(await this.climb(await this.spaceOf(this.sample())), all);
    else chosen = await this.climb(all);
    if (file !== undefined) await saveHnswGraph(chosen.graph, file);
    const [searchUs] = await timeSearches([chosen.retriever], all.answers);
    return {
      m: chosen.graph.m,
      efConstruction: chosen.graph.efConstruction,
      efSearch: chosen.retriever.efSearch,
      annRecallAtK: { ...chosen.recall, k },
      searchUs: Math.round(searchUs! * 10) / 10,
      build: chosen.graph.build,
      isTargetReached: chosen.isTargetReached,
      tried: this.tried,
    };
  }

  /** Goes up and down the ladder from its middle while searches get cheaper, then does the same with efConstruction. */
  private async climb(space: Space): Promise<Candidate> {
    const at = (step: number): HnswShape => ({ m: M_LADDER[step]!, efConstruction: FIRST_EF_CONSTRUCTION });
    let best = await this.tryShape(space, at(FIRST_STEP));
    // With efSearch at its smallest a denser graph only compares more; with more than that a sparser one needs still more.
    const direction = isAtFloor(best, space) ? -1 : 1;
    for (let step = FIRST_STEP + direction; step >= 0 && step < M_LADDER.length; step += direction) {
      const next = await this.tryShape(space, at(step));
      const [sparser, denser] = direction < 0 ? [next, best] : [best, next];
      const cheaper = await this.cheaper(sparser, denser, space);
      if (cheaper === best) break;
      best = cheaper;
      if (direction > 0 && isAtFloor(best, space)) break;
    }
    while (!isAtFloor(best, space) && best.graph.efConstruction < MAX_EF_CONSTRUCTION) {
      const { m, efConstruction } = best.graph;
      const next = await this.tryShape(space, { m, efConstruction: efConstruction * 2 });
      const cheaper = await this.cheaper(best, next, space);
      if (cheaper === best) break;
      best = cheaper;
    }
    return best;
  }

  /** Builds the shape of a sample's best over all; goes on to denser ones when it turns out too sparse for so many. */
  private async transfer(ofSample: Candidate, all: Space): Promise<Candidate> {
    const { m: firstM, efConstruction } = ofSample.graph;
    let best = await this.tryShape(all, { m: firstM, efConstruction });
    for (const m of M_LADDER) {
      const isDoubtful = !best.isTargetReached || best.retriever.efSearch > DOUBTFUL_EF_SEARCH_FACTOR * all.answers.k;
      if (m <= firstM || !isDoubtful) continue;
      const cheaper = await this.cheaper(best, await this.tryShape(all, { m, efConstruction }), all);
      if (cheaper === best) break;
      best = cheaper;
    }
    return best;
  }

  private async tryShape(space: Space, shape: HnswShape): Promise<Candidate> {
    const { seed, build, onProgress } = this.options;
    const { embeddings, itemCount, embeddingDim, answers } = space;
    const graph = await buildHnswGraph(embeddings, itemCount, embeddingDim, {
      ...shape,
      seed,
      ...(build === undefined ? {} : { build }),
      ...(space.isAll && onProgress !== undefined ? { onProgress } : {}),
    });
    const retriever = new HnswRetriever(graph, answers.k, { isScanAllowed: false });
    const found = await this.findEfSearch(retriever, answers);
    const { m, efConstruction } = shape;
    const { efSearch } = retriever;
    this.tried.push({ m, efConstruction, itemCount, k: answers.k, efSearch, annRecall: found.recall.value });
    return { graph, retriever, ...found };
  }

  /** Leaves the retriever at the smallest efSearch that reaches the target. */
  private async findEfSearch(
    retriever: HnswRetriever,
    answers: ExactAnswers,
  ): Promise<{ recall: AnnRecall; isTargetReached: boolean }> {
    const at = async (efSearch: number): Promise<{ recall: AnnRecall; isTargetReached: boolean }> => {
      retriever.setEfSearch(efSearch);
      const { recall, lowest } = await measureHalves(answers, retriever);
      return { recall, isTargetReached: lowest >= this.targetRecall };
    };
    let [low, high] = [answers.k, Math.max(LEAST_MAX_EF_SEARCH, answers.k * MAX_EF_SEARCH_FACTOR)];
    const first = await at(low);
    if (first.isTargetReached) return first;
    let best = await at(high);
    while (best.isTargetReached && high - low > Math.max(1, low * EF_SEARCH_TOLERANCE)) {
      const middle = (low + high) >> 1;
      const found = await at(middle);
      if (found.isTargetReached) [high, best] = [middle, found];
      else low = middle;
    }
    retriever.setEfSearch(high);
    return best;
  }

  /** The one that reaches the target, or comes nearer to it; of two that do the one that takes less time, the sparser at a tie. */
  private async cheaper(sparser: Candidate, denser: Candidate, space: Space): Promise<Candidate> {
    if (sparser.isTargetReached !== denser.isTargetReached) return sparser.isTargetReached ? sparser : denser;
    if (!sparser.isTargetReached) return denser.recall.value > sparser.recall.value ? denser : sparser;
    // As many candidates with fewer links each: less work, whatever a clock says.
    if (sparser.retriever.efSearch <= denser.retriever.efSearch) return sparser;
    const [sparserUs, denserUs] = await timeSearches([sparser.retriever, denser.retriever], space.answers);
    const worthwhileGain = space.isAll ? WORTHWHILE_GAIN : WORTHWHILE_GAIN_IN_SAMPLE;
    return denserUs! < sparserUs! * (1 - worthwhileGain) ? denser : sparser;
  }

  /** Rows of the catalogue, drawn by the seed. */
  private sample(): Int32Array {
    const { itemCount, seed } = this.options;
    const { sampleSize } = this;
    const rows = Int32Array.from({ length: itemCount }, (_, row) => row);
    const random = new SeededRandom(seed);
    for (let i = 0; i < sampleSize; i++) {
      const j = i + random.nextInt(itemCount - i);
      [rows[i], rows[j]] = [rows[j]!, rows[i]!];
    }
    return rows.subarray(0, sampleSize);
  }

  /** All products, or the rows given, with exact answers to the queries. */
  private async spaceOf(rows: Int32Array | undefined): Promise<Space> {
    const { embeddings, itemCount, embeddingDim, queries, k } = this.options;
    const exactOf = async (
      values: Float32Array,
      count: number,
      limit: number,
      wanted: number,
    ): Promise<ExactAnswers> => {
      const used = queries.subarray(0, Math.min(queries.length, limit * embeddingDim));
      return findExactAnswers(new ExactRetriever(values, count, embeddingDim), used, wanted);
    };
    if (rows === undefined) {
      const limit = Math.max(MIN_QUERIES, Math.floor(MAX_EXACT_PAIRS / Math.max(1, itemCount)));
      const answers = await exactOf(embeddings, itemCount, limit, k);
      return { embeddings, itemCount, embeddingDim, answers, isAll: true };
    }
    const values = new Float32Array(rows.length * embeddingDim);
    for (const [place, row] of rows.entries()) {
      values.set(embeddings.subarray(row * embeddingDim, (row + 1) * embeddingDim), place * embeddingDim);
    }
    // Searching a sample for as many is easier than searching the whole, for the same share of them harder.
    const sampleK = Math.max(Math.min(k, MIN_SAMPLE_K), Math.round(k * Math.sqrt(rows.length / itemCount)));
    const answers = await exactOf(values, rows.length, SAMPLE_QUERIES, sampleK);
    return { embeddings: values, itemCount: rows.length, embeddingDim, answers, isAll: false };
  }
}

/** Products to search, and what exact search finds among them. */
interface Space {
  readonly embeddings: Float32Array;
  readonly itemCount: number;
  readonly embeddingDim: number;
  readonly answers: ExactAnswers;
  readonly isAll: boolean;
}

function isAtFloor({ retriever, isTargetReached }: Candidate, { answers }: Space): boolean {
  return isTargetReached && retriever.efSearch <= answers.k;
}

/** Recall over all queries, and over that half of them where it is lower: one lucky half does not make a setting good. */
async function measureHalves(
  answers: ExactAnswers,
  retriever: HnswRetriever,
): Promise<{ recall: AnnRecall; lowest: number }> {
  if (answers.queryCount < SPLIT_QUERIES) {
    const recall = await measureAgainst(answers, retriever);
    return { recall, lowest: recall.value };
  }
  const middle = answers.queryCount >> 1;
  const first = await measureAgainst(answersBetween(answers, 0, middle), retriever);
  const second = await measureAgainst(answersBetween(answers, middle, answers.queryCount), retriever);
  const { queryCount, k } = answers;
  const value = (first.value * first.queryCount + second.value * second.queryCount) / queryCount;
  return { recall: { k, value, queryCount }, lowest: Math.min(first.value, second.value) };
}

function answersBetween(answers: ExactAnswers, from: number, to: number): ExactAnswers {
  const embeddingDim = answers.queries.length / answers.queryCount;
  return {
    ...answers,
    queries: answers.queries.subarray(from * embeddingDim, to * embeddingDim),
    queryCount: to - from,
    items: answers.items.slice(from, to),
    lastSimilarities: answers.lastSimilarities.subarray(from, to),
  };
}

/** Median microseconds of one search, by retriever: they take turns, so that whatever else the machine does falls on all alike. */
async function timeSearches(
  retrievers: readonly HnswRetriever[],
  { queries, queryCount, k }: ExactAnswers,
): Promise<number[]> {
  const embeddingDim = queryCount === 0 ? 0 : queries.length / queryCount;
  const roundsUs = retrievers.map((): number[] => []);
  for (let round = 0; round < TIMED_ROUNDS; round++) {
    for (const [place, retriever] of retrievers.entries()) {
      const timesUs: number[] = [];
      for (let i = 0; i < Math.min(queryCount, TIMED_QUERIES) && k > 0; i++) {
        const q = (round * TIMED_QUERIES + i) % queryCount;
        const query = queries.subarray(q * embeddingDim, (q + 1) * embeddingDim);
        const startMs = performance.now();
        await retriever.search(query, 1, k);
        timesUs.push((performance.now() - startMs) * 1_000);
      }
      roundsUs[place]!.push(median(timesUs));
    }
  }
  return roundsUs.map(median);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
