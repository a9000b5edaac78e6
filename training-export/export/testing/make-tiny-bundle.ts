import { fileURLToPath } from 'node:url';
import { ManualClock } from '../../../features/core/clock.ts';
import { FOLDED_VERSION } from '../../../models/bundle/testing/tiny-bundle.ts';
import type { Dataset } from '../../datasets/dataset.ts';
import { aDataset, aShop } from '../../examples/testing/a-dataset.ts';
import { SMALL_TRAINING } from '../../train/testing/small-training.ts';
import { trainRecommender } from '../../train/train-recommender.ts';
import { exportTrained } from '../export-trained.ts';

/** The shop the tiny bundle is trained on. */
export function tinyShop(): Dataset {
  return aDataset(aShop({ seed: 7, userCount: 12, itemCount: 12, visitCount: 4 }));
}

/** Trains on {@link tinyShop} and writes a bundle of a few dozen kilobytes; returns its folder. */
export async function makeTinyBundle(artifactsFolder: string, modelVersion = FOLDED_VERSION): Promise<string> {
  const trained = await trainRecommender(tinyShop(), {
    ...SMALL_TRAINING,
    ranker: { ...SMALL_TRAINING.ranker, hiddenUnits: [8, 4], maxEpochs: 1 },
    towers: { ...SMALL_TRAINING.towers, embeddingDim: 4, hiddenUnits: 4, maxEpochs: 1 },
  });
  const clock = new ManualClock(Date.UTC(2024, 1, 1));
  const { folder } = await exportTrained(trained, { artifactsFolder, modelVersion, seed: 1, clock });
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [artifactsFolder] = process.argv.slice(2);
  if (artifactsFolder === undefined) throw new Error('expected the folder the bundle goes to');
  process.stdout.write(`${await makeTinyBundle(artifactsFolder)}\n`);
}
