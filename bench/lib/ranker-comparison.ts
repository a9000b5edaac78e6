import { SeededRandom } from '../../features/core/seeded-random.ts';
import { BUNDLE_FILES } from '../../models/bundle/manifest.ts';
import { openBundle } from '../../models/bundle/open-bundle.ts';
import { openServingModel, type ServingModel } from '../../models/bundle/serving-model.ts';
import { PlainRanker } from '../../models/ranking/plain-ranker.ts';
import type { Ranker, RankRequest } from '../../models/ranking/ranker.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { median, round3 } from './median.ts';
import { SYNTHETIC_AS_OF_MS, type SyntheticShop } from './synthetic-shop.ts';

export interface RankerComparisonOptions {
  /** Of what is served. */
  readonly bundleFolder: string;
  readonly shop: SyntheticShop;
  readonly candidateCount: number;
  readonly rounds: number;
}

/** What ranking a request costs with the ranker that is served and with the plain graph, inputs and run. Units: microseconds, p50. */
export interface RankerComparison {
  readonly form: Ranker['form'];
  readonly servedUs: number;
  readonly plainUs: number;
  /** Served / plain, median of rounds; lower is better, 1 would be no gain. */
  readonly ratio: number;
}

const SHOPPERS = 32;
const PER_ROUND = 10;
const WARM_UP_ROUNDS = 20;

/** Ranks the same candidates with both rankers in turns. */
export async function compareRankers(options: RankerComparisonOptions): Promise<RankerComparison> {
  const bundle = await openBundle(options.bundleFolder);
  const model = await openServingModel(bundle);
  const plain = await PlainRanker.open(await bundle.readFile(BUNDLE_FILES.ranker), model.extractor);
  try {
    return await takeTurns(model.ranker, plain, { ...options, requests: requestsOf(model, options) });
  } finally {
    await plain.close();
    await model.close();
  }
}

async function takeTurns(
  served: Ranker,
  plain: Ranker,
  { rounds, requests }: RankerComparisonOptions & { readonly requests: readonly RankRequest[] },
): Promise<RankerComparison> {
  const ratios: number[] = [];
  const servedAll: number[] = [];
  const plainAll: number[] = [];
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    const servedUs = await timeOf(served, requests);
    const plainUs = await timeOf(plain, requests);
    if (round < 0) continue;
    ratios.push(round3(servedUs / plainUs));
    servedAll.push(servedUs);
    plainAll.push(plainUs);
  }
  return { form: served.form, servedUs: median(servedAll), plainUs: median(plainAll), ratio: median(ratios) };
}

/** p50 of some runs, microseconds. */
async function timeOf(ranker: Ranker, requests: readonly RankRequest[]): Promise<number> {
  const histogram = new LatencyHistogram();
  let consumed = 0;
  for (let i = 0; i < PER_ROUND; i++) {
    const startMs = performance.now();
    const probabilities = await ranker.rank(requests[i % requests.length]!);
    histogram.recordMs(performance.now() - startMs);
    consumed += probabilities[0]!;
  }
  if (!(consumed > 0)) throw new Error('a ranker returned nothing');
  return histogram.summary().p50;
}

function requestsOf({ extractor, catalogue }: ServingModel, { shop, candidateCount }: RankerComparisonOptions) {
  const random = new SeededRandom(candidateCount);
  return Array.from({ length: SHOPPERS }, (_, shopper): RankRequest => {
    const profile = shop.profile(shopper, SYNTHETIC_AS_OF_MS);
    const context = { nowMs: SYNTHETIC_AS_OF_MS, userId: shop.userId(shopper), device: profile.device };
    const queryIds = new Int32Array(extractor.querySlotCount);
    extractor.writeQuery(profile, context, queryIds);
    const itemIndexes = Int32Array.from({ length: candidateCount }, () => random.nextInt(catalogue.size));
    return { queryIds, cross: extractor.prepareCross(profile, context), itemIndexes, count: candidateCount };
  });
}
