/**
 * Question: how long do the feature rows of one request take?
 *
 * Unit: microseconds per request of 200 candidates, lower is better; p50 and p99. A synthetic shop of 10 000 products, the default schema,
 * 64 shoppers in turn. Excluded: decoding the profile, the models.
 */
import { Bench } from 'tinybench';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import { layoutFields } from '../../features/schema/field-layout.ts';
import { syntheticSchema } from '../lib/synthetic-schema.ts';
import { SYNTHETIC_AS_OF_MS, SyntheticShop } from '../lib/synthetic-shop.ts';

const ITEM_COUNT = 10_000;
const CANDIDATE_COUNT = 200;
const SHOPPER_COUNT = 64;

/** Prints one line: samples, p50 and p99. */
export async function benchFeatureRows(): Promise<void> {
  const shop = new SyntheticShop({ itemCount: ITEM_COUNT, seed: 1 });
  const extractor = new FeatureExtractor(layoutFields(syntheticSchema(shop).fields), shop.catalogue);
  const { slotCount } = extractor.layout;
  const shoppers = Array.from({ length: SHOPPER_COUNT }, (_, shopper) => shop.profile(shopper, SYNTHETIC_AS_OF_MS));
  const queryIds = new Int32Array(extractor.querySlotCount);
  const row = { ids: new Int32Array(CANDIDATE_COUNT * slotCount), start: 0 };
  let turn = 0;
  let checksum = 0;
  const bench = new Bench({ time: 2_000, warmupTime: 500 });
  bench.add('feature rows', () => {
    const profile = shoppers[turn++ % SHOPPER_COUNT]!;
    const context = { nowMs: SYNTHETIC_AS_OF_MS, userId: '', device: profile.device };
    extractor.writeQuery(profile, context, queryIds);
    const cross = extractor.prepareCross(profile, context);
    for (let i = 0; i < CANDIDATE_COUNT; i++) {
      row.start = i * slotCount;
      // A stride that is no divisor of the catalogue's size, as candidates lie anywhere in it.
      extractor.writeCandidate(queryIds, cross, (turn * 7 + i * 977) % ITEM_COUNT, row);
    }
    checksum += row.ids[row.start]!;
  });
  await bench.run();
  const [task] = bench.tasks;
  const latency = task?.result !== undefined && 'latency' in task.result ? task.result.latency : undefined;
  if (latency === undefined || Number.isNaN(checksum)) throw new Error('the micro bench did not run');
  const us = (milliseconds: number): string => (milliseconds * 1_000).toFixed(0);
  console.log(
    `feature rows of ${CANDIDATE_COUNT} candidates, ${slotCount} slots each: p50 ${us(latency.p50)} us, p99 ${us(latency.p99)} us, ${latency.samplesCount} samples`,
  );
}
