import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listBundles } from '../../models/bundle/list-bundles.ts';
import { DATASET_FILES } from '../datasets/dataset-metadata.ts';
import { generateDemoShop } from '../demo/generate-demo-shop.ts';
import { writeDemoDataset } from '../demo/write-demo-dataset.ts';
import { materializeCommand } from './materialize-command.ts';
import { ProgressBars } from './progress.ts';
import { trainCommand } from './train-command.ts';

/** Enough for a shop of this size; a newcomer waits for it. */
const DEMO_TRAINING = { seed: 1, embeddingDim: 32, maxEpochs: 2, towerEpochs: 3, patience: 1 } as const;

/** Makes what is missing of the demo shop, step by step: dataset, bundle, store. */
export async function prepareDemo(folder: string, shop: string): Promise<void> {
  const dataset = join(folder, 'dataset');
  const artifacts = join(folder, 'artifacts');
  process.stderr.write('Preparing the demo shop; this is done once.\n');
  if (!existsSync(join(dataset, DATASET_FILES.metadata))) await simulate(dataset);
  if ((await listBundles(artifacts)).length === 0) {
    await trainCommand({ dataset, artifacts, report: join(folder, 'reports'), ...DEMO_TRAINING });
  }
  await materializeCommand({ dataset, artifacts, version: '', storePath: join(folder, 'store'), shop });
}

async function simulate(dataset: string): Promise<void> {
  const bars = new ProgressBars();
  try {
    const shop = generateDemoShop({
      onProgress: ({ shoppersDone, shopperCount }) => bars.update('shoppers', shoppersDone / shopperCount),
    });
    const { counts } = await writeDemoDataset(shop, dataset);
    bars.finish('shoppers', `${counts.users} shoppers, ${counts.items} products, ${counts.events} event rows`);
  } finally {
    bars.stop();
  }
}
