/**
 * Question: how long does it take to make the feature ids of one request, whole rows for a plain ranker and what a folded one needs?
 *
 * Unit: microseconds per request of 200 candidates, lower is better; p50 and p99. A synthetic shop of 10 000 products, the default schema,
 * 64 shoppers in turn. Excluded: decoding the profile, the models.
 */
import { Bench } from 'tinybench';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import { isUsedByRanker } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { CrossCombinations } from '../../models/ranking/cross-combinations.ts';
import { foldParts } from '../../models/ranking/fold-parts.ts';
import { syntheticSchema } from '../lib/synthetic-schema.ts';
import { SYNTHETIC_AS_OF_MS, SyntheticShop } from '../lib/synthetic-shop.ts';

const ITEM_COUNT = 10_000;
const CANDIDATE_COUNT = 200;
const SHOPPER_COUNT = 64;

/** Prints one line each: samples, p50 and p99. */
export async function benchFeatureRows(): Promise<void> {
  const shop = new SyntheticShop({ itemCount: ITEM_COUNT, seed: 1 });
  const extractor = new FeatureExtractor(layoutFields(syntheticSchema(shop).fields), shop.catalogue);
  const { layout } = extractor;
  const { slotCount } = layout;
  const shoppers = Array.from({ length: SHOPPER_COUNT }, (_, shopper) => shop.profile(shopper, SYNTHETIC_AS_OF_MS));
  const queryIds = new Int32Array(extractor.querySlotCount);
  const row = { ids: new Int32Array(CANDIDATE_COUNT * slotCount), start: 0 };
  const combinations = new CrossCombinations(foldParts(layoutTable(layout, ({ field }) => isUsedByRanker(field))));
  const itemIndexes = new Int32Array(CANDIDATE_COUNT);
  let turn = 0;
  let checksum = 0;
  const nextRequest = () => {
    const profile = shoppers[turn++ % SHOPPER_COUNT]!;
    const context = { nowMs: SYNTHETIC_AS_OF_MS, userId: '', device: profile.device };
    extractor.writeQuery(profile, context, queryIds);
    // A stride that is no divisor of the catalogue's size, as candidates lie anywhere in it.
    for (let i = 0; i < CANDIDATE_COUNT; i++) itemIndexes[i] = (turn * 7 + i * 977) % ITEM_COUNT;
    return extractor.prepareCross(profile, context);
  };
  const bench = new Bench({ time: 2_000, warmupTime: 500 });
  bench.add('whole rows', () => {
    const cross = nextRequest();
    for (let i = 0; i < CANDIDATE_COUNT; i++) {
      row.start = i * slotCount;
      extractor.writeCandidate(queryIds, cross, itemIndexes[i]!, row);
    }
    checksum += row.ids[row.start]!;
  });
  bench.add('request and combinations of cross values', () => {
    combinations.collect({ queryIds, cross: nextRequest(), itemIndexes, count: CANDIDATE_COUNT });
    checksum += combinations.count;
  });
  await bench.run();
  for (const { name, result } of bench.tasks) {
    const latency = result !== undefined && 'latency' in result ? result.latency : undefined;
    if (latency === undefined || Number.isNaN(checksum)) throw new Error('the micro bench did not run');
    const us = (milliseconds: number): string => (milliseconds * 1_000).toFixed(0);
    console.log(
      `${name}, ${CANDIDATE_COUNT} candidates of ${slotCount} slots: p50 ${us(latency.p50)} us, p99 ${us(latency.p99)} us, ${latency.samplesCount} samples`,
    );
  }
}
