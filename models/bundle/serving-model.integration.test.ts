import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCatalogue, encodeCatalogue } from '../../features/catalogue/arrow-tables.ts';
import { VitrineError } from '../../features/core/errors.ts';
import { interestSumsOf } from '../../features/profile/interest-sums.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import { areKernelsForThisMachine, builtKernels } from '../native/testing/built-kernels.ts';
import { BUNDLE_FILES } from './manifest.ts';
import { openBundle } from './open-bundle.ts';
import { openServingModel, type ServingModel } from './serving-model.ts';
import {
  changeGolden,
  changeJson,
  changeSchema,
  changeWeight,
  FOLDED_FOLDER,
  type OpenedForChange,
  writeChangedBundle,
} from './testing/tiny-bundle.ts';

let artifactsFolder: string;
let versionCount = 0;

beforeAll(async () => {
  // Before the first look for it: a library is loaded once.
  if (areKernelsForThisMachine) builtKernels();
  artifactsFolder = await mkdtemp(join(tmpdir(), 'vitrine-serving-model-'));
});
afterAll(async () => {
  await rm(artifactsFolder, { recursive: true });
});

/** Code and message with which a changed copy of the tiny bundle is refused; its files are what its manifest says. */
async function refusalOf(change: (bundle: OpenedForChange) => void, from?: string): Promise<string> {
  const bundle = await openBundle(await writeChangedBundle(artifactsFolder, `v${versionCount++}`, change, from));
  try {
    await (await openServingModel(bundle)).close();
  } catch (error) {
    if (error instanceof VitrineError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'not refused';
}

const swapFiles =
  (name: string, other: string) =>
  ({ files }: OpenedForChange): void =>
    void files.set(name, files.get(other)!);

describe('openServingModel', () => {
  it('opens a copy that was not changed', async () => {
    expect(await refusalOf(() => undefined)).toBe('not refused');
  });

  it('searches with the installed build of the index library when asked to', async () => {
    const bundle = await openBundle(await writeChangedBundle(artifactsFolder, `v${versionCount++}`, () => undefined));
    const model = await openServingModel(bundle, { hnswBuild: 'default' });
    expect(model.retriever.build).toBe('default');
    await model.close();
  });

  it('opens a bundle of before golden cases had item embeddings', async () => {
    const refusal = await refusalOf((bundle) =>
      changeGolden(bundle, ({ cases }) => {
        for (const one of cases) delete one.itemEmbeddings;
      }),
    );
    expect(refusal).toBe('not refused');
  });

  it.each<[string, (bundle: OpenedForChange) => void, RegExp]>([
    [
      'a weight of the ranker',
      (bundle) => changeWeight(bundle, BUNDLE_FILES.ranker, 'bias', 0.01),
      /REC_BUNDLE_INVALID: golden case 0: probability 0 is 0\.\d+, training computed 0\.\d+/,
    ],
    [
      'a weight of the user tower',
      (bundle) => changeWeight(bundle, BUNDLE_FILES.userTower, 'b_straight', 0.1),
      /REC_BUNDLE_INVALID: golden case 0: user embedding \d is -?\d\.\d+, training computed/,
    ],
    [
      'a weight of the item tower',
      (bundle) => changeWeight(bundle, BUNDLE_FILES.itemTower, 'b_straight', 0.1),
      /REC_BUNDLE_INVALID: golden case 0: item embedding \d is -?\d\.\d+, training computed/,
    ],
    [
      'the order of a vocabulary',
      (bundle) =>
        changeSchema(bundle, ({ fields }) => {
          const itemId = fields.find(({ name }) => name === 'item_id')!;
          itemId.vocabulary = [...(itemId.vocabulary as string[])].reverse();
        }),
      /REC_BUNDLE_INCOMPATIBLE: golden case 0, item item-\d+: field "recent_views" \(slot \d\) is \d+ here and \d+ in training/,
    ],
    [
      'a boundary',
      (bundle) =>
        changeSchema(bundle, ({ fields }) => {
          fields.find(({ name }) => name === 'price')!.boundaries = [1, 2, 3];
        }),
      /REC_BUNDLE_INCOMPATIBLE: golden case 0, item item-\d+: field "price"/,
    ],
    [
      'a product',
      ({ files }) => {
        const catalogue = decodeCatalogue(files.get(BUNDLE_FILES.catalogue)!);
        for (let item = 0; item < catalogue.size; item++) catalogue.put({ ...catalogue.record(item), brand: 'other' });
        files.set(BUNDLE_FILES.catalogue, encodeCatalogue(catalogue));
      },
      /REC_BUNDLE_INCOMPATIBLE: golden case \d, item item-\d+: field "brand"/,
    ],
  ])('refuses %s that is not the one of training, naming case and difference', async (_what, change, message) => {
    expect(await refusalOf(change)).toMatch(message);
  });

  it('refuses features with another fingerprint than the manifest states', async () => {
    const refusal = await refusalOf((bundle) =>
      changeJson<{ interestHalfLifeDays: number }>(bundle, BUNDLE_FILES.featureSchema, (schema) => {
        schema.interestHalfLifeDays = 15;
      }),
    );
    expect(refusal).toMatch(
      /REC_BUNDLE_INCOMPATIBLE: bundle v\d+ was made with features [0-9a-f]{12}, this server makes [0-9a-f]{12}; train/,
    );
  });

  it.each<[string, (bundle: OpenedForChange) => void, RegExp]>([
    [
      'a product count',
      ({ manifest }) => {
        manifest.dimensions.itemCount = 13;
      },
      /REC_BUNDLE_INVALID: manifest.json says itemCount 13, the files of v\d+ have 12/,
    ],
    [
      'a slot count',
      ({ manifest }) => {
        manifest.dimensions.slotCount++;
      },
      /REC_BUNDLE_INVALID: manifest.json says slotCount \d+, the files/,
    ],
    [
      'a user slot count',
      ({ manifest }) => {
        manifest.dimensions.userSlotCount--;
      },
      /REC_BUNDLE_INVALID: manifest.json says userSlotCount/,
    ],
    [
      'an item slot count',
      ({ manifest }) => {
        manifest.dimensions.itemSlotCount++;
      },
      /REC_BUNDLE_INVALID: manifest.json says itemSlotCount/,
    ],
    [
      'a width of embeddings',
      ({ manifest }) => {
        manifest.dimensions.embeddingDim = 5;
      },
      /REC_BUNDLE_INVALID: golden.json: userEmbedding of case 0 has 4 entries, expected 5/,
    ],
  ])('refuses %s that the files do not have', async (_what, change, message) => {
    expect(await refusalOf(change)).toMatch(message);
  });

  it.each<[string, (bundle: OpenedForChange) => void, RegExp]>([
    [
      'that is no ONNX model',
      ({ files }) => void files.set(BUNDLE_FILES.ranker, Buffer.from('no model')),
      /REC_BUNDLE_INVALID: the ONNX model cannot be opened/,
    ],
    [
      'that is a tower instead of a ranker',
      swapFiles(BUNDLE_FILES.ranker, BUNDLE_FILES.userTower),
      /REC_BUNDLE_INVALID: the ranker must have input "field_ids" and output "probability"; it has .* embedding/,
    ],
    [
      'that is a ranker instead of a tower',
      swapFiles(BUNDLE_FILES.itemTower, BUNDLE_FILES.ranker),
      /REC_BUNDLE_INVALID: a tower must have input "field_ids" and output "embedding"/,
    ],
    [
      'that is the tower of the other side',
      swapFiles(BUNDLE_FILES.itemTower, BUNDLE_FILES.userTower),
      /REC_BUNDLE_INVALID: golden case 0: the ONNX model failed/,
    ],
    [
      'that is no index',
      ({ files }) => void files.set(BUNDLE_FILES.itemIndex, Buffer.alloc(500)),
      /REC_BUNDLE_INVALID: .*items.hnsw/,
    ],
    [
      'that is no schema',
      ({ files }) => void files.set(BUNDLE_FILES.featureSchema, Buffer.from('{}')),
      /REC_INVALID_SCHEMA: not a vitrine-feature-schema/,
    ],
    [
      'that is no table',
      ({ files }) => void files.set(BUNDLE_FILES.popularity, Buffer.from('no table')),
      /REC_BUNDLE_INVALID: .*popularity/,
    ],
  ])('refuses a file %s', async (_what, change, message) => {
    expect(await refusalOf(change)).toMatch(message);
  });

  it.each<[string, (bundle: OpenedForChange) => void, RegExp]>([
    ['are no JSON', ({ files }) => void files.set('golden.json', Buffer.from('{')), /golden.json: is not JSON/],
    [
      'are none',
      (bundle) => changeGolden(bundle, (golden) => void golden.cases.splice(0)),
      /golden.json: \/cases must/,
    ],
    [
      'leave out a row',
      (bundle) => changeGolden(bundle, ({ cases }) => void cases[1]!.fieldIds.pop()),
      /golden.json: fieldIds of case 1 has 4 entries, expected 5/,
    ],
    [
      'leave out an id',
      (bundle) => changeGolden(bundle, ({ cases }) => void cases[1]!.fieldIds[2]!.pop()),
      /golden.json: fieldIds\[2\] of case 1 has \d+ entries, expected \d+/,
    ],
    [
      'leave out the probabilities',
      (bundle) => changeGolden(bundle, ({ cases }) => void cases[0]!.probabilities.splice(0)),
      /golden.json: probabilities of case 0 has 0 entries, expected 5/,
    ],
    [
      'leave out the profile',
      (bundle) => changeGolden(bundle, ({ cases }) => void delete (cases[2] as { profile?: string }).profile),
      /golden.json: \/cases\/2 .*profile/,
    ],
    [
      'name a product the catalogue does not have',
      (bundle) =>
        changeGolden(bundle, ({ cases }) => {
          cases[0]!.itemIds[0] = 'unheard of';
        }),
      /golden case 0: item unheard of is not in the catalogue/,
    ],
    [
      'have a profile that cannot be read',
      (bundle) =>
        changeGolden(bundle, ({ cases }) => {
          cases[0]!.profile = 'AAAA';
        }),
      /REC_RECORD_INVALID/,
    ],
    [
      'expect a probability beyond 1',
      (bundle) =>
        changeGolden(bundle, ({ cases }) => {
          cases[0]!.probabilities[0] = 1.5;
        }),
      /golden.json: \/cases\/0\/probabilities\/0 must be/,
    ],
  ])('refuses golden cases that %s', async (_what, change, message) => {
    expect(await refusalOf(change)).toMatch(message);
  });
});

describe('openServingModel with a folded ranker', () => {
  it('refuses one whose weights are not those of training, naming case and difference', async () => {
    const changes: ((bundle: OpenedForChange) => void)[] = [
      (bundle) => changeWeight(bundle, BUNDLE_FILES.servingRanker, 'bias', 0.01),
      (bundle) => changeWeight(bundle, BUNDLE_FILES.servingRanker, 'b1', 0.5),
    ];
    for (const change of changes) {
      expect(await refusalOf(change, FOLDED_FOLDER)).toMatch(
        /REC_BUNDLE_INVALID: golden case 0: probability 0 is 0\.\d+, training computed 0\.\d+/,
      );
    }
  });

  it('refuses a file that is another model', async () => {
    const refusal = await refusalOf(swapFiles(BUNDLE_FILES.servingRanker, BUNDLE_FILES.ranker), FOLDED_FOLDER);
    expect(refusal).toBe('REC_BUNDLE_INVALID: the ONNX model has no tensor "item_fold"');
  });

  it('serves the plain one when there is no other, with the same answers, for changed and new products too', async () => {
    const version = `v${versionCount++}`;
    const withoutFolded = await writeChangedBundle(
      artifactsFolder,
      version,
      ({ files }) => void files.delete(BUNDLE_FILES.servingRanker),
      FOLDED_FOLDER,
    );
    const models = [
      await openServingModel(await openBundle(FOLDED_FOLDER)),
      await openServingModel(await openBundle(withoutFolded)),
    ];
    expect(models.map(({ ranker }) => ranker.form)).toEqual(['folded', 'plain']);
    const [folded, plain] = await Promise.all(models.map((model) => rankAfterChanges(model)));
    expect(folded).toHaveLength(40);
    folded!.forEach((probability, i) => {
      expect(probability).toBeCloseTo(plain![i]!, 5);
    });
    for (const model of models) await model.close();
  });
});

describe.skipIf(!areKernelsForThisMachine)('openServingModel with native code', () => {
  it('answers what it answers without, for changed and new products too', async () => {
    const models = [
      await openServingModel(await openBundle(FOLDED_FOLDER)),
      await openServingModel(await openBundle(FOLDED_FOLDER), { hnswBuild: 'default' }),
    ];
    expect(models.map(({ ranker }) => ranker.form === 'folded' && ranker.engine)).toEqual(['kernel', 'onnxruntime']);
    expect(models.map(({ userTower }) => userTower.form)).toEqual(['kernel', 'split']);
    const [ours, runtimes] = await Promise.all(models.map((model) => rankAfterChanges(model, aShopper(model))));
    expect(ours).toHaveLength(40);
    ours!.forEach((probability, i) => {
      expect(probability).toBeCloseTo(runtimes![i]!, 5);
    });
    for (const model of models) await model.close();
  });
});

/** Has to do with some of the products, so that cross fields differ between them. */
function aShopper({ catalogue }: ServingModel): Profile {
  const profile = emptyProfile();
  for (const [place, type] of (['view_item', 'add_to_cart', 'purchase'] as const).entries()) {
    profile.recent[type].itemIds = catalogue.itemIds.slice(place, place + 3);
    profile.recent[type].atMs = [3, 2, 1].map((days) => Date.UTC(2024, 1, 20 + days));
  }
  profile.interests.category = interestSumsOf([[catalogue.categories[0]!, 2]]);
  profile.interests.brand = interestSumsOf([[catalogue.brands[1] ?? 'none', 1]]);
  return profile;
}

/** Probabilities of all products before, after one was changed, and after many were added. */
async function rankAfterChanges(
  { catalogue, extractor, ranker }: ServingModel,
  profile: Profile = emptyProfile(),
): Promise<number[]> {
  const context = { nowMs: Date.UTC(2024, 2, 1), userId: '', device: '' };
  const queryIds = new Int32Array(extractor.querySlotCount);
  extractor.writeQuery(profile, context, queryIds);
  const rank = async (count: number): Promise<number[]> => {
    const cross = extractor.prepareCross(profile, context);
    const itemIndexes = Int32Array.from({ length: count }, (_, item) => item);
    return Array.from(await ranker.rank({ queryIds, cross, itemIndexes, count }));
  };
  const before = await rank(1);
  extractor.refreshItem(catalogue.put({ ...catalogue.record(0), brand: 'another', price: 1_000 }));
  const changed = await rank(1);
  expect(changed).not.toEqual(before);
  const added = catalogue.size;
  for (let i = 0; i < 26; i++)
    catalogue.put({ itemId: `new-${i}`, category: 'kind > kind 1', price: i, isAvailable: true });
  extractor.refreshItems(added);
  return [...before, ...changed, ...(await rank(catalogue.size))];
}
