import { ManualClock } from '../../features/core/clock.ts';
import { exportBundle, type SampleQuery } from '../../training-export/export/export-bundle.ts';
import { buildModels, modelSpace } from '../../training-export/train/recommender-model.ts';
import { syntheticSchema } from './synthetic-schema.ts';
import { SYNTHETIC_AS_OF_MS, SyntheticShop, type SyntheticShopOptions } from './synthetic-shop.ts';
import { randomDeepFm, randomTowers } from './synthetic-weights.ts';

/** What a synthetic bundle is like. */
export interface SyntheticBundleOptions extends SyntheticShopOptions {
  /** Bundles lie below it, as for `vitrine train`; made when it does not exist. */
  readonly artifactsFolder: string;
  /** Name of the bundle. @defaultValue synthetic */
  readonly modelVersion?: string;
  /** Fields of the feature schema, see `declareFields`. @defaultValue 24 */
  readonly fieldCount?: number;
  /** Width of product and shopper embeddings for retrieval. @defaultValue 64 */
  readonly embeddingDim?: number;
  /** Width of the ranker's field embeddings. @defaultValue 16 */
  readonly rankerDim?: number;
  /** Hidden layers of the ranker. @defaultValue [128, 64] */
  readonly hiddenUnits?: readonly number[];
  readonly onProgress?: (doneRatio: number) => void;
}

export interface SyntheticBundle {
  /** `<artifactsFolder>/<modelVersion>` */
  readonly folder: string;
  readonly modelVersion: string;
  /** Catalogue, shoppers, and {@link SyntheticShop.fillStore}. */
  readonly shop: SyntheticShop;
  /** Share of the exact answer the index finds, at the k serving asks for and the shoppers' embeddings. */
  readonly annRecall: number;
}

const TOWER_HIDDEN_UNITS = 128;
/** Shoppers the index is tuned on. */
const SAMPLE_SHOPPERS = 200;

/**
 * Makes a bundle of a stated size without training: random weights in real graphs, a schema of the default e-commerce fields, a real index. It loads,
 * passes its golden check and costs what a trained one of its size costs; what it recommends means nothing.
 *
 * Cost: about a second for 300 products; most of the time of a large one is the index.
 */
export async function makeSyntheticBundle(options: SyntheticBundleOptions): Promise<SyntheticBundle> {
  const { artifactsFolder, seed, modelVersion = 'synthetic', embeddingDim = 64 } = options;
  const { fieldCount = 24, rankerDim = 16, hiddenUnits = [128, 64], onProgress } = options;
  const shop = new SyntheticShop(options);
  const space = modelSpace(syntheticSchema(shop, fieldCount), shop.catalogue);
  const models = await buildModels(space, {
    ranker: randomDeepFm(space, { embeddingDim: rankerDim, hiddenUnits, seed }),
    towers: randomTowers(space, { embeddingDim, hiddenUnits: TOWER_HIDDEN_UNITS, seed }),
  });
  const asOf = new Date(SYNTHETIC_AS_OF_MS).toISOString();
  const { folder, index } = await exportBundle({
    artifactsFolder,
    modelVersion,
    space,
    models,
    neighbours: shop.neighbours(),
    popularity: shop.popularity(),
    samples: Array.from({ length: SAMPLE_SHOPPERS }, (_, shopper) => sampleOf(shop, shopper)),
    sampleKind: 'synthetic_users',
    data: {
      dataset: 'synthetic',
      from: asOf,
      to: asOf,
      eventCount: 0,
      userCount: 0,
      itemCount: shop.catalogue.size,
      exampleCount: 0,
    },
    metrics: {},
    seed,
    clock: new ManualClock(SYNTHETIC_AS_OF_MS),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  await Promise.all([models.ranker.close(), models.userTower.close(), models.itemTower.close()]);
  return { folder, modelVersion, shop, annRecall: index.annRecallAtK.value };
}

function sampleOf(shop: SyntheticShop, shopper: number): SampleQuery {
  const profile = shop.profile(shopper, SYNTHETIC_AS_OF_MS);
  const context = { nowMs: SYNTHETIC_AS_OF_MS, userId: shop.userId(shopper), device: profile.device };
  return { profile, context };
}
