/**
 * Question: what does ranking one request cost, folded and plain, and is the work split well at the native border?
 *
 * Unit: microseconds per request, lower is better; p50 and p99. A synthetic shop of 100 000 products, the default schema (27 fields),
 * embeddings of 16, layers 128-64, random weights; candidates anywhere in the catalogue, 64 shoppers in turn. The variants take turns, a
 * few runs each, so that whatever else the machine does is done to all. Excluded: reading the profile, the user's field ids.
 */

import type { MaybePromise } from '../../features/core/maybe-promise.ts';
import { SeededRandom } from '../../features/core/seeded-random.ts';
import { GraphBuilder } from '../../models/onnx/graph-builder.ts';
import { OnnxSession } from '../../models/onnx/onnx-session.ts';
import { buildDeepFmModel, deepFmLayers, deepFmParameters } from '../../models/ranking/deepfm-graph.ts';
import { buildServingModel } from '../../models/ranking/folded-graph.ts';
import { FoldedRanker } from '../../models/ranking/folded-ranker.ts';
import { PlainRanker } from '../../models/ranking/plain-ranker.ts';
import type { RankRequest } from '../../models/ranking/ranker.ts';
import { hnswLibrary } from '../../models/retrieval/hnsw-library.ts';
import { modelSpace } from '../../training-export/train/recommender-model.ts';
import { LatencyHistogram } from '../lib/latency-histogram.ts';
import { syntheticSchema } from '../lib/synthetic-schema.ts';
import { SYNTHETIC_AS_OF_MS, SyntheticShop } from '../lib/synthetic-shop.ts';
import { randomDeepFm } from '../lib/synthetic-weights.ts';
import { textTable } from '../lib/text-table.ts';

const ITEM_COUNT = 100_000;
const SHOPPER_COUNT = 64;
const CANDIDATE_COUNTS = [200, 500];
const SHAPE = { embeddingDim: 16, hiddenUnits: [128, 64] };
const ROUNDS = 300;
const RUNS_PER_TURN = 3;
const WARM_UP_ROUNDS = 60;

interface Variant {
  readonly name: string;
  readonly run: (request: RankRequest) => Promise<Float32Array> | Float32Array;
}

/** Prints a table, a row per variant and number of candidates. */
export async function benchFolded(): Promise<void> {
  const shop = new SyntheticShop({ itemCount: ITEM_COUNT, seed: 1 });
  const space = modelSpace(syntheticSchema(shop), shop.catalogue);
  const { extractor, layout, rankerTable } = space;
  const weights = randomDeepFm(space, { ...SHAPE, seed: 1 });
  const plain = await PlainRanker.open(buildDeepFmModel(rankerTable, layout.slotCount, weights), extractor);
  const foldStartMs = performance.now();
  const folded = await FoldedRanker.open(buildServingModel(rankerTable, weights), layout, extractor);
  const foldMs = performance.now() - foldStartMs;
  const { kernels } = hnswLibrary();
  const kernel = await FoldedRanker.open(buildServingModel(rankerTable, weights), layout, extractor, { kernels });
  const askKernel = (request: RankRequest): MaybePromise<Float32Array> => kernel.rank(request);
  const refreshUs = timeRefreshes(folded);
  const handedOver = await rowsHandedOver();
  const prepared = new Map<RankRequest, ReturnType<FoldedRanker['prepare']>>();
  const preparedOf = (request: RankRequest): ReturnType<FoldedRanker['prepare']> => {
    const known = prepared.get(request) ?? folded.prepare(request);
    prepared.set(request, known);
    return known;
  };
  const variants: readonly Variant[] = [
    { name: 'plain, rows and run', run: (request) => plain.rank(request) },
    { name: 'folded, inputs and run', run: (request) => folded.rank(request) },
    { name: 'folded, run alone', run: (request) => preparedOf(request).run() },
    ...(kernel.engine === 'kernel' ? [{ name: 'folded, in native code', run: askKernel }] : []),
    { name: 'rows added in JavaScript, no cross values', run: handedOver.rank },
  ];
  const lines: string[][] = [];
  for (const count of CANDIDATE_COUNTS) {
    const requests = requestsOf(shop, space, count);
    for (const request of requests) preparedOf(request);
    const histograms = await takeTurns(variants, requests);
    const [base] = histograms;
    histograms.forEach((histogram, i) => {
      const { p50, p99 } = histogram.summary();
      const ratio = base!.summary().p50 / p50;
      lines.push([variants[i]!.name, String(count), p50.toFixed(0), p99.toFixed(0), ratio.toFixed(1)]);
    });
  }
  console.log(textTable(['us per request', 'candidates', 'p50', 'p99', 'plain / this'], lines));
  console.log(
    `${folded.bytesPerItem} bytes per product; all ${ITEM_COUNT} folded in ${foldMs.toFixed(0)} ms, one in ${refreshUs.toFixed(1)} us`,
  );
  await Promise.all([plain.close(), folded.close(), handedOver.close()]);
}

async function takeTurns(variants: readonly Variant[], requests: readonly RankRequest[]): Promise<LatencyHistogram[]> {
  const histograms = variants.map(() => new LatencyHistogram());
  let checksum = 0;
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    for (const [number, { run }] of variants.entries()) {
      for (let i = 0; i < RUNS_PER_TURN; i++) {
        const request = requests[(round + WARM_UP_ROUNDS) % requests.length]!;
        const startMs = performance.now();
        const probabilities = await run(request);
        const endMs = performance.now();
        if (round >= 0) histograms[number]!.recordMs(endMs - startMs);
        checksum += probabilities[0]!;
      }
    }
  }
  if (Number.isNaN(checksum)) throw new Error('the micro bench did not run');
  return histograms;
}

function requestsOf(shop: SyntheticShop, space: ReturnType<typeof modelSpace>, count: number): RankRequest[] {
  const random = new SeededRandom(count);
  return Array.from({ length: SHOPPER_COUNT }, (_, shopper) => {
    const profile = shop.profile(shopper, SYNTHETIC_AS_OF_MS);
    const context = { nowMs: SYNTHETIC_AS_OF_MS, userId: '', device: profile.device };
    const queryIds = new Int32Array(space.extractor.querySlotCount);
    space.extractor.writeQuery(profile, context, queryIds);
    return {
      queryIds,
      cross: space.extractor.prepareCross(profile, context),
      itemIndexes: Int32Array.from({ length: count }, () => random.nextInt(ITEM_COUNT)),
      count,
    };
  });
}

function timeRefreshes(folded: FoldedRanker): number {
  const COUNT = 5_000;
  for (let i = 0; i < COUNT; i++) folded.refreshItem(i);
  const startMs = performance.now();
  for (let i = 0; i < COUNT; i++) folded.refreshItem((i * 977) % ITEM_COUNT);
  return ((performance.now() - startMs) / COUNT) * 1_000;
}

/**
 * The other way to split: rows of products and request are looked up and added here, and the model is given sums. Rows are random and
 * cross values left out: already so it costs more than the whole folded model.
 */
async function rowsHandedOver() {
  const [units] = SHAPE.hiddenUnits as [number, number];
  const shape = { ...SHAPE, fieldCount: 1 };
  const random = new SeededRandom(2);
  const draw = (length: number): Float32Array => Float32Array.from({ length }, () => 0.1 * random.nextNormal());
  const g = new GraphBuilder();
  const parameters = new Map(
    deepFmParameters(shape).map(({ name, dims }) => [
      name,
      g.initializer(name, dims, draw(dims.reduce((a, b) => a * b))),
    ]),
  );
  const sums = g.input('sums', ['batch', units]);
  const deep = deepFmLayers(g, sums, { shape, parameter: (name) => parameters.get(name)! });
  const logit = g.add(deep, g.input('rest', ['batch', 1]));
  const session = await OnnxSession.open(
    g.toModel('handed_over', { probability: g.reshape(g.sigmoid(logit), ['batch']) }),
  );
  const { embeddingDim } = shape;
  const width = units + embeddingDim + 1;
  const rows = new Float32Array(ITEM_COUNT * width).fill(0.1);
  const shared = draw(width);
  const most = Math.max(...CANDIDATE_COUNTS);
  const first = new Float32Array(most * units);
  const rest = new Float32Array(most);
  const write = ({ itemIndexes, count }: RankRequest): void => {
    for (let i = 0; i < count; i++) {
      const from = itemIndexes[i]! * width;
      for (let unit = 0; unit < units; unit++) first[i * units + unit] = rows[from + unit]! + shared[unit]!;
      let squares = 0;
      for (let d = units; d < width - 1; d++) {
        const sum = rows[from + d]! + shared[d]!;
        squares += sum * sum;
      }
      rest[i] = rows[from + width - 1]! + shared[width - 1]! + 0.5 * squares;
    }
  };
  const rank = async (request: RankRequest): Promise<Float32Array> => {
    const { count } = request;
    write(request);
    const outputs = await session.run(
      {
        sums: { data: first.subarray(0, count * units), dims: [count, units] },
        rest: { data: rest.subarray(0, count), dims: [count, 1] },
      },
      { probability: { data: new Float32Array(count), dims: [count] } },
    );
    return outputs.probability!.data as Float32Array;
  };
  return { rank, close: () => session.close() };
}
