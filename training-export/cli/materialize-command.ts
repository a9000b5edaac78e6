import type { FeatureStore } from '../../features/store/feature-store.ts';
import { ModelRegistry } from '../../models/bundle/model-registry.ts';
import { loadDataset } from '../datasets/dataset.ts';
import { materialize } from '../export/materialize.ts';
import { ProgressBars } from './progress.ts';
import { openStoreOf, type StoreFlags } from './store-flags.ts';

/** Options of `vitrine materialize`, parsed. */
export interface MaterializeCommand extends StoreFlags {
  readonly dataset: string;
  readonly artifacts: string;
  readonly version: string;
}

/** Fills the online store with the profiles and products of a dataset, under the profile policy of a bundle. */
export async function materializeCommand(command: MaterializeCommand): Promise<void> {
  const registry = new ModelRegistry(command.artifacts);
  const bars = new ProgressBars();
  let store: FeatureStore | undefined;
  try {
    const { schema } = await registry.activate(command.version);
    const dataset = await loadDataset(command.dataset);
    // Last, so that nothing is made where there is nothing to fill it with.
    store = await openStoreOf(command);
    const { profileCount, itemCount } = await materialize(dataset, store, {
      interestHalfLifeDays: schema.interestHalfLifeDays,
      onProgress: (step, doneRatio) => bars.update(step, doneRatio),
    });
    bars.finish('profiles', `${profileCount} written`);
    bars.finish('items', `${itemCount} written`);
    bars.stop();
    process.stdout.write(`${store.description}: ${profileCount} profiles, ${itemCount} items\n`);
  } finally {
    bars.stop();
    await store?.close();
    await registry.close();
  }
}
