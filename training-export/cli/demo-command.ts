import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listBundles } from '../../models/bundle/list-bundles.ts';
import { DATASET_FILES } from '../datasets/dataset-metadata.ts';
import { generateDemoShop } from '../demo/generate-demo-shop.ts';
import { writeDemoDataset } from '../demo/write-demo-dataset.ts';
import { DEFAULT_TRAINING } from '../train/train-recommender.ts';
import { materializeCommand } from './materialize-command.ts';
import { ProgressBars } from './progress.ts';
import { trainCommand } from './train-command.ts';

/** Where a demo shop keeps everything. */
export interface DemoCommand {
  readonly folder: string;
  readonly shop: string;
}

/** Marks that the store was filled: materializing is the last step, so what is half done is done again. */
const STORE_MARK = 'data.mdb';

/**
 * Prepares the demo shop unless it is there: simulates its shoppers, trains, and fills the embedded store. The server started afterwards
 * with its default configuration serves it.
 */
export async function demoCommand(command: DemoCommand): Promise<void> {
  const dataset = join(command.folder, 'dataset');
  const artifacts = join(command.folder, 'artifacts');
  const storePath = join(command.folder, 'store');
  const hasStore = existsSync(join(storePath, STORE_MARK));
  const isTrained = (await listBundles(artifacts)).length > 0;
  if (hasStore && isTrained) return;
  process.stderr.write('Preparing the demo shop; this is done once.\n');
  if (!existsSync(join(dataset, DATASET_FILES.metadata))) {
    const bars = new ProgressBars();
    const shop = generateDemoShop({
      onProgress: ({ shoppersDone, shopperCount }) => bars.update('shoppers', shoppersDone / shopperCount),
    });
    const { counts } = await writeDemoDataset(shop, dataset);
    bars.finish('shoppers', `${counts.users} shoppers, ${counts.items} products, ${counts.events} event rows`);
    bars.stop();
  }
  if (!isTrained) {
    await trainCommand({
      dataset,
      artifacts,
      report: join(command.folder, 'reports'),
      seed: 1,
      validationRatio: DEFAULT_TRAINING.validationRatio,
      testRatio: DEFAULT_TRAINING.testRatio,
      embeddingDim: 32,
      batchSize: DEFAULT_TRAINING.ranker.batchSize,
      maxEpochs: 2,
      towerEpochs: 3,
      patience: 1,
      learningRate: DEFAULT_TRAINING.ranker.learningRate,
    });
  }
  await materializeCommand({ dataset, artifacts, version: '', storePath, shop: command.shop });
}
