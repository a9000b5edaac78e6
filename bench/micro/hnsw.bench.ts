/**
 * Question: what does one nearest-neighbour search cost, by build of the library and by how the graph is made and searched, at what recall?
 *
 * Unit: microseconds per call of the library for k = 206 (quota 200, 3 percent sold out), median, lower is better; recall against exact
 * search, 0..1. Synthetic shops of 10 000 and of --items products, 64 dimensions (--embedding-dim); queries are user-tower embeddings of
 * 300 shoppers. All ways to search take turns on the same graph, a hundred queries each. Excluded: what the retriever does around the call.
 */
import { join } from 'node:path';
import { type ExactAnswers, findExactAnswers } from '../../models/retrieval/ann-recall.ts';
import { ExactRetriever } from '../../models/retrieval/exact-retriever.ts';
import { buildHnswGraph, saveHnswGraph } from '../../models/retrieval/hnsw-graph.ts';
import { type HnswIndex, type HnswLibrary, hnswLibrary } from '../../models/retrieval/hnsw-library.ts';
import { chooseHnswParameters, type HnswChoice, servedK } from '../../models/retrieval/hnsw-parameters.ts';
import { buildModels, modelSpace } from '../../training-export/train/recommender-model.ts';
import { benchFolder } from '../lib/bench-store.ts';
import { withCleanup } from '../lib/cleanup.ts';
import { describeEnvironment } from '../lib/environment.ts';
import { median, round3 } from '../lib/median.ts';
import { type BenchResult, writeResult } from '../lib/result-file.ts';
import { syntheticSchema } from '../lib/synthetic-schema.ts';
import { SYNTHETIC_AS_OF_MS, SyntheticShop } from '../lib/synthetic-shop.ts';
import { randomDeepFm, randomTowers } from '../lib/synthetic-weights.ts';
import { textTable } from '../lib/text-table.ts';
import type { MicroBenchOptions } from './micro-bench-options.ts';

const SMALL_ITEM_COUNT = 10_000;
const QUERY_COUNT = 300;
const M_TRIED = [8, 12, 16, 24];
const EF_CONSTRUCTION = 100;
const EF_SEARCH_FACTORS = [1, 1.25, 1.5, 2];
const TARGET_RECALL = 0.98;
const ROUNDS = 7;
const QUERIES_PER_TURN = 100;
/** Elements of an index so small that a search for all but a few of them is little but the native border. */
const BORDER_MARGIN = 4;

/** A way to call the library. */
const WAYS = ['installed', 'AVX2 flags', 'AVX2 build'] as const;
type Way = (typeof WAYS)[number];
type TimesUs = Readonly<Partial<Record<Way | 'AVX2 scan', number>>>;

interface Setting {
  readonly itemCount: number;
  readonly m: number;
  readonly efConstruction: number;
  readonly efSearch: number;
  readonly recall: number;
  readonly searchUs: TimesUs;
  /** Installed / AVX2 build: median over the rounds of the ratio in each. */
  readonly gain: number | undefined;
}

interface SizeReport {
  readonly itemCount: number;
  readonly k: number;
  readonly queryCount: number;
  readonly settings: readonly Setting[];
  /** Comparing with every product. */
  readonly exactUs: { readonly javascript: number; readonly scan: number | undefined };
  readonly chosen: Omit<HnswChoice, 'tried'> & { readonly seconds: number };
}

interface HnswResult extends BenchResult {
  readonly parameters: Readonly<Record<string, number | readonly number[]>>;
  readonly library: Pick<HnswLibrary, 'build' | 'reason'>;
  readonly border: TimesUs;
  readonly sizes: readonly SizeReport[];
}

/** Prints tables and writes the result. */
export async function benchHnsw(options: MicroBenchOptions): Promise<void> {
  const { embeddingDim, seed, out, command } = options;
  const environment = describeEnvironment(command);
  const { build, reason } = hnswLibrary();
  process.stdout.write(`${build} build: ${reason}\n`);
  const sizes: SizeReport[] = [];
  const border = timeBorder(embeddingDim);
  process.stdout.write(`${describeBorder(border)}\n`);
  for (const itemCount of new Set([SMALL_ITEM_COUNT, options.items])) {
    sizes.push(await withCleanup(async (cleanup) => measureSize(itemCount, options, await benchFolder(cleanup))));
    process.stdout.write(`\n${describeSize(sizes.at(-1)!)}\n`);
  }
  const result: HnswResult = {
    format: 'vitrine-bench-result',
    formatVersion: 1,
    bench: 'hnsw',
    environment,
    faults: [],
    parameters: { embeddingDim, seed, rounds: ROUNDS, queriesPerTurn: QUERIES_PER_TURN, m: M_TRIED },
    library: { build, reason },
    border,
    sizes,
  };
  const files = await writeResult(out, result, {});
  process.stdout.write(`\nwritten: ${files.join(', ')}\n`);
}

async function measureSize(
  itemCount: number,
  { embeddingDim, seed }: MicroBenchOptions,
  folder: string,
): Promise<SizeReport> {
  const { embeddings, queries, k } = await embedShop(itemCount, embeddingDim, seed);
  const exact = new ExactRetriever(embeddings, itemCount, embeddingDim);
  const answers = await findExactAnswers(exact, queries, k);
  const exactStartMs = performance.now();
  for (let q = 0; q < 10; q++) await exact.search(queryOf(answers, q), 1, k);
  const javascript = round3(((performance.now() - exactStartMs) * 1_000) / 10);
  const settings: Setting[] = [];
  let scan: number | undefined;
  for (const m of M_TRIED) {
    const graph = await buildHnswGraph(embeddings, itemCount, embeddingDim, {
      m,
      efConstruction: EF_CONSTRUCTION,
      seed,
    });
    const file = join(folder, `${m}.hnsw`);
    await saveHnswGraph(graph, file);
    const indexes = openIndexes(file, embeddingDim);
    scan ??= timeScan(indexes.avx2, answers);
    for (const factor of EF_SEARCH_FACTORS) {
      const efSearch = Math.ceil(k * factor);
      settings.push(measureSetting(indexes, answers, { itemCount, m, efConstruction: EF_CONSTRUCTION, efSearch }));
      // More than enough: a larger efSearch only costs more.
      if (settings.at(-1)!.recall >= TARGET_RECALL) break;
    }
  }
  const startMs = performance.now();
  const choice = await chooseHnswParameters({ embeddings, itemCount, embeddingDim, queries, k, seed });
  const { tried: _, ...chosen } = choice;
  const seconds = round3((performance.now() - startMs) / 1_000);
  const queryCount = answers.queryCount;
  return { itemCount, k, queryCount, settings, exactUs: { javascript, scan }, chosen: { ...chosen, seconds } };
}

/** Embeddings of products and shoppers as a synthetic bundle has them, and what serving asks the index for. */
async function embedShop(
  itemCount: number,
  embeddingDim: number,
  seed: number,
): Promise<{ embeddings: Float32Array; queries: Float32Array; k: number }> {
  const shop = new SyntheticShop({ itemCount, seed });
  const space = modelSpace(syntheticSchema(shop), shop.catalogue);
  const { extractor } = space;
  const models = await buildModels(space, {
    // Not used here: as small as can be.
    ranker: randomDeepFm(space, { embeddingDim: 1, hiddenUnits: [1], seed }),
    towers: randomTowers(space, { embeddingDim, hiddenUnits: 128, seed }),
  });
  const { userTower, itemTower, ranker } = models;
  const rows = new Int32Array(QUERY_COUNT * userTower.slotCount);
  const ids = new Int32Array(extractor.querySlotCount);
  for (let shopper = 0; shopper < QUERY_COUNT; shopper++) {
    const profile = shop.profile(shopper, SYNTHETIC_AS_OF_MS);
    const context = { nowMs: SYNTHETIC_AS_OF_MS, userId: shop.userId(shopper), device: profile.device };
    extractor.writeQuery(profile, context, ids);
    rows.set(ids.subarray(0, userTower.slotCount), shopper * userTower.slotCount);
  }
  const queries = (await userTower.embed(rows, QUERY_COUNT)).slice();
  await Promise.all([userTower.close(), itemTower.close(), ranker.close()]);
  return { embeddings: models.itemEmbeddings, queries, k: servedK(shop.catalogue) };
}

/** One file, opened by both builds; without AVX2 only by the installed one. */
interface Indexes {
  readonly installed: HnswIndex;
  readonly avx2: HnswIndex | undefined;
}

function openIndexes(file: string, embeddingDim: number): Indexes {
  const open = (library: HnswLibrary): HnswIndex => {
    const index = library.newIndex(embeddingDim);
    index.readIndexSync(file);
    return index;
  };
  const fastest = hnswLibrary();
  return {
    installed: open(hnswLibrary('default')),
    avx2: fastest.build === 'avx2' ? open(fastest) : undefined,
  };
}

type Call = (query: number) => ArrayLike<number>;

/** The calls compared, by name; each answers with labels. */
function callsOf({ installed, avx2 }: Indexes, answers: ExactAnswers, efSearch: number): Map<Way, Call> {
  const { k, queryCount } = answers;
  const queries = Array.from({ length: queryCount }, (_, q) => queryOf(answers, q));
  const arrays = queries.map((query) => Array.from(query));
  installed.setEf(efSearch);
  const calls = new Map<Way, Call>([['installed', (q) => installed.searchKnn(arrays[q]!, k).neighbors]]);
  if (avx2 === undefined) return calls;
  avx2.setEf(efSearch);
  const labels = new Int32Array(k);
  const distances = new Float32Array(k);
  calls.set('AVX2 flags', (q) => avx2.searchKnn(arrays[q]!, k).neighbors);
  calls.set('AVX2 build', (q) => {
    avx2.searchInto!(queries[q]!, labels, distances, efSearch);
    return labels;
  });
  return calls;
}

function measureSetting(
  indexes: Indexes,
  answers: ExactAnswers,
  setting: Pick<Setting, 'itemCount' | 'm' | 'efConstruction' | 'efSearch'>,
): Setting {
  const calls = callsOf(indexes, answers, setting.efSearch);
  const fastest = [...calls.values()].at(-1)!;
  let found = 0;
  for (let q = 0; q < answers.queryCount; q++) {
    const labels = fastest(q);
    for (let i = 0; i < labels.length; i++) if (answers.items[q]!.has(labels[i]!)) found++;
  }
  const recall = found / (answers.queryCount * answers.expectedCount);
  const rounds = takeTurns(calls, answers.queryCount);
  const ratios = (rounds.get('AVX2 build') ?? []).map((us, round) => rounds.get('installed')![round]! / us);
  return {
    ...setting,
    recall: Math.round(recall * 10_000) / 10_000,
    searchUs: mediansOf(rounds),
    gain: ratios.length === 0 ? undefined : round3(median(ratios)),
  };
}

/** Median microseconds of each round, by name. */
function takeTurns<Name extends string>(
  calls: ReadonlyMap<Name, (query: number) => unknown>,
  queryCount: number,
): Map<Name, number[]> {
  const rounds = new Map([...calls.keys()].map((name) => [name, [] as number[]]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, call] of calls) {
      const timesUs: number[] = [];
      for (let i = 0; i < QUERIES_PER_TURN; i++) {
        const query = ((round + 1) * QUERIES_PER_TURN + i) % queryCount;
        const startMs = performance.now();
        call(query);
        timesUs.push((performance.now() - startMs) * 1_000);
      }
      // The first round is a warm-up.
      if (round >= 0) rounds.get(name)!.push(median(timesUs));
    }
  }
  return rounds;
}

function mediansOf<Name extends string>(rounds: ReadonlyMap<Name, readonly number[]>): Partial<Record<Name, number>> {
  const medians = [...rounds].map(([name, us]) => [name, Math.round(median(us) * 10) / 10] as const);
  return Object.fromEntries(medians) as Partial<Record<Name, number>>;
}

function timeScan(index: HnswIndex | undefined, answers: ExactAnswers): number | undefined {
  if (index?.scanInto === undefined) return undefined;
  const labels = new Int32Array(answers.k);
  const distances = new Float32Array(answers.k);
  const scan = (q: number): void => {
    index.scanInto!(queryOf(answers, q), labels, distances);
  };
  return mediansOf(takeTurns(new Map([['scan', scan]]), answers.queryCount)).scan;
}

/** What a search for 206 of 210 elements takes: next to no search, all border. */
function timeBorder(embeddingDim: number): TimesUs {
  const k = servedK({ size: SMALL_ITEM_COUNT, availableCount: SMALL_ITEM_COUNT * 0.97 });
  const open = (library: HnswLibrary): HnswIndex => {
    const index = library.newIndex(embeddingDim);
    index.initIndex(k + BORDER_MARGIN, 8, 50, 1);
    for (let element = 0; element < k + BORDER_MARGIN; element++) {
      const point = Array.from({ length: embeddingDim }, (_, i) => Math.sin(element * (i + 1)));
      index.addPoint(point, element);
    }
    return index;
  };
  const fastest = hnswLibrary();
  const indexes = {
    installed: open(hnswLibrary('default')),
    avx2: fastest.build === 'avx2' ? open(fastest) : undefined,
  };
  const query = Float32Array.from({ length: embeddingDim }, (_, i) => Math.cos(i));
  const answers: ExactAnswers = {
    queries: query,
    queryCount: 1,
    k,
    expectedCount: k,
    items: [],
    lastSimilarities: new Float64Array(1),
  };
  const calls: Map<Way | 'AVX2 scan', Call> = new Map(callsOf(indexes, answers, k));
  const labels = new Int32Array(k);
  const distances = new Float32Array(k);
  if (indexes.avx2 !== undefined) {
    calls.set('AVX2 scan', () => {
      indexes.avx2!.scanInto!(query, labels, distances);
      return labels;
    });
  }
  return mediansOf(takeTurns(calls, 1));
}

function queryOf({ queries, queryCount }: ExactAnswers, q: number): Float32Array {
  const embeddingDim = queries.length / queryCount;
  return queries.subarray(q * embeddingDim, (q + 1) * embeddingDim);
}

function describeBorder(border: TimesUs): string {
  const times = Object.entries(border).map(([way, us]) => `${way} ${us} us`);
  return `206 of 210 elements, which is mostly the native border: ${times.join(', ')}`;
}

function describeSize({ itemCount, k, settings, exactUs, chosen }: SizeReport): string {
  const rows = settings.map(({ m, efConstruction, efSearch, recall, searchUs, gain }) => [
    `${itemCount}, m ${m}, efConstruction ${efConstruction}`,
    String(efSearch),
    recall.toFixed(4),
    ...WAYS.map((way) => searchUs[way]?.toFixed(0) ?? ''),
    gain?.toFixed(2) ?? '',
  ]);
  const { m, efConstruction, efSearch, annRecallAtK, searchUs, build, seconds } = chosen;
  return [
    textTable(['us per search', 'efSearch', `recall@${k}`, ...WAYS, 'installed / AVX2 build'], rows),
    `exact: ${exactUs.javascript.toFixed(0)} us in JavaScript, ${exactUs.scan?.toFixed(0) ?? '-'} us by the library's scan`,
    `chosen in ${seconds.toFixed(1)} s: m ${m}, efConstruction ${efConstruction}, efSearch ${efSearch}, recall ${annRecallAtK.value.toFixed(4)}, ${searchUs} us through the retriever (${build} build)`,
  ].join('\n');
}
