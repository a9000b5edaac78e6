/**
 * Question: how many examples per second does ranker training do?
 *
 * Unit: examples/s of a whole step (lookup, forward, backward, optimizer), higher is better. Data are random: 24 single-valued fields,
 * embeddings of 16, hidden layers 128-64, one example per query. Excluded: making the examples, validation.
 */

import { SeededRandom } from '../../features/core/seeded-random.ts';
import type { FeatureField, FieldGroup } from '../../features/schema/feature-schema.ts';
import { layoutFields, layoutTable } from '../../features/schema/field-layout.ts';
import { ExampleSetBuilder } from '../../training-export/examples/example-set.ts';
import { DEFAULT_RANKER_TRAINING, RankerTrainer } from '../../training-export/train/ranker-trainer.ts';

const FIELDS_PER_GROUP: Readonly<Record<FieldGroup, number>> = { user: 8, context: 4, item: 6, cross: 6 };
const VALUE_COUNT = 1000;
const ITEM_COUNT = 10_000;
const EXAMPLE_COUNT = 200_000;
/** Large batches touch a row once instead of several times: what training on millions of examples uses. */
const BATCH_SIZE = 8192;

/** Prints one line per pass; the first is warm-up. */
export async function benchTrainingThroughput(): Promise<void> {
  const random = new SeededRandom(7);
  const fields: FeatureField[] = Object.entries(FIELDS_PER_GROUP).flatMap(([group, count]) =>
    Array.from({ length: count }, (_, i) => ({
      name: `${group}_${i}`,
      group: group as FieldGroup,
      kind: 'hashed' as const,
      bucketCount: VALUE_COUNT,
      signal: 'random',
    })),
  );
  const layout = layoutFields(fields);
  const randomId = (): number => random.nextInt(VALUE_COUNT + 2);
  const itemSlotCount = FIELDS_PER_GROUP.item;
  const itemRows = Int32Array.from({ length: ITEM_COUNT * itemSlotCount }, randomId);
  const builder = new ExampleSetBuilder(FIELDS_PER_GROUP.user + FIELDS_PER_GROUP.context, FIELDS_PER_GROUP.cross);
  for (let e = 0; e < EXAMPLE_COUNT; e++) {
    const query = builder.beginQuery();
    for (let slot = 0; slot < FIELDS_PER_GROUP.user + FIELDS_PER_GROUP.context; slot++)
      query.ids[query.start + slot] = randomId();
    const cross = builder.addExample(random.nextInt(ITEM_COUNT), random.next() < 0.2 ? 1 : 0);
    for (let slot = 0; slot < FIELDS_PER_GROUP.cross; slot++) cross.ids[cross.start + slot] = randomId();
    builder.endQuery(e);
  }
  const examples = builder.build();
  const space = { layout, table: layoutTable(layout, () => true), itemRows, itemSlotCount };
  const trainer = await RankerTrainer.create(space, { ...DEFAULT_RANKER_TRAINING, batchSize: BATCH_SIZE });
  for (let pass = 0; pass < 4; pass++) {
    const startMs = performance.now();
    const loss = await trainer.trainEpoch(examples);
    const rate = examples.exampleCount / ((performance.now() - startMs) / 1000);
    console.log(
      `${pass === 0 ? 'warm-up' : `pass ${pass}`}: ${Math.round(rate)} examples/s, log loss ${loss.toFixed(4)}`,
    );
  }
  await trainer.close();
}
