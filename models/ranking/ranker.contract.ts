import { afterEach, describe, expect, it } from 'vitest';
import type { FeatureField } from '../../features/schema/feature-schema.ts';
import { deepFmReferenceLogits, logistic } from './deepfm-reference.ts';
import type { Ranker } from './ranker.ts';
import { type RandomDeepFm, randomDeepFm } from './testing/random-deepfm.ts';

/** Opens a ranker with a model's weights, over the products and features the model has. */
export type RankerFactory = (model: RandomDeepFm) => Promise<Ranker & { close(): Promise<void> }>;

const hashed = (name: string, group: FeatureField['group']): FeatureField => ({
  ...{ name, group, kind: 'hashed', bucketCount: 20, signal: 'any' },
});
const bucketized = (name: string): FeatureField => ({
  ...{ name, group: 'cross', kind: 'bucketized', boundaries: [1, 2], signal: 'any' },
});

/** One field of each group, and a second one of the group that depends on shopper and product. */
export function aDeepFm(itemCount = 20, further: readonly FeatureField[] = []): RandomDeepFm {
  const fields = [hashed('user', 'user'), hashed('item', 'item'), bucketized('near'), bucketized('recent'), ...further];
  return randomDeepFm(fields, { seed: 3, itemCount, shape: { embeddingDim: 4, hiddenUnits: [8, 4] } });
}

/** What the float64 reference gives products. */
function expected({ table, weights, layout, rowsOf }: RandomDeepFm, items: readonly number[]): number[] {
  return Array.from(deepFmReferenceLogits(table, weights, rowsOf(items), layout.slotCount), logistic);
}

export async function askRanker(
  ranker: Ranker,
  { queryIds, cross }: RandomDeepFm,
  items: readonly number[],
): Promise<Float32Array> {
  return ranker.rank({ queryIds, cross, itemIndexes: Int32Array.from(items), count: items.length });
}

function expectClose(actual: Float32Array, wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  wanted.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 5);
  });
}

/** What every ranker keeps, whatever it ranks with. */
export function describeRanker(name: string, open: RankerFactory): void {
  describe(`${name} as a ranker`, () => {
    const closing: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of closing.splice(0)) await close();
    });

    async function aRanker(itemCount?: number): Promise<{ ranker: Ranker; model: RandomDeepFm }> {
      const model = aDeepFm(itemCount);
      const ranker = await open(model);
      closing.push(() => ranker.close());
      return { ranker, model };
    }

    it('gives candidates the probabilities of the reference, in the order given, some twice', async () => {
      const { ranker, model } = await aRanker();
      const items = [5, 0, 19, 5, 3];
      expectClose(await askRanker(ranker, model, items), expected(model, items));
    });

    it('reads as many candidates as it is told', async () => {
      const { ranker, model } = await aRanker();
      const { queryIds, cross } = model;
      const some = await ranker.rank({ queryIds, cross, itemIndexes: Int32Array.of(4, 7, 9_999), count: 2 });
      expectClose(some, expected(model, [4, 7]));
    });

    it('gives overlapping calls answers of their own', async () => {
      const { ranker, model } = await aRanker();
      const lists = Array.from({ length: 12 }, (_, call) =>
        Array.from({ length: 1 + call }, (_, i) => (call + i) % 20),
      );
      const answers = await Promise.all(lists.map((items) => askRanker(ranker, model, items)));
      lists.forEach((items, call) => {
        expectClose(answers[call]!, expected(model, items));
      });
      expect(new Set(answers.map(({ buffer }) => buffer)).size).toBe(lists.length);
    });

    it('ranks nothing when there is nothing', async () => {
      const { ranker, model } = await aRanker();
      expect(await askRanker(ranker, model, [])).toHaveLength(0);
    });

    it('ranks a product by its fields as they are when it is asked', async () => {
      const { ranker, model } = await aRanker();
      const before = await askRanker(ranker, model, [0, 1]);
      model.items.change(0);
      const after = await askRanker(ranker, model, [0, 1]);
      expect(after[0]).not.toBe(before[0]);
      expect(after[1]).toBe(before[1]);
      expectClose(after, expected(model, [0, 1]));
    });

    it('ranks products that came after it was opened like the others, however many', async () => {
      const { ranker, model } = await aRanker(3);
      for (let added = 3; added < 40; added++) model.items.change(added);
      const all = Array.from({ length: 40 }, (_, item) => item);
      expectClose(await askRanker(ranker, model, all), expected(model, all));
    });
  });
}
