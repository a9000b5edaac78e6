import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ManualClock } from '../../../features/core/clock.ts';
import { type Dataset, loadDataset } from '../dataset.ts';
import type { DatasetMetadata } from '../dataset-metadata.ts';
import { type ImportOptions, importDataset } from '../import-dataset.ts';
import { temporaryFolder, writeSources } from './source-folder.ts';

/** When imports of these tests happen: 2024-06-01T00:00:00Z. */
export const NOW_MS = 1_717_200_000_000;
/** 2024-01-01T00:00:00Z. */
export const DAY_1_MS = 1_704_067_200_000;

export interface PlainImport {
  readonly metadata: DatasetMetadata;
  /** The dataset's folder; its sources lie beside it in `in`. */
  readonly output: string;
  readonly dataset: Dataset;
}

/** Imports in the plain layout, each in a folder of its own; all removed when the test file is done. */
export class PlainImporter {
  readonly root = temporaryFolder();
  private caseCount = 0;

  newFolder(): string {
    this.caseCount += 1;
    const folder = join(this.root, String(this.caseCount));
    mkdirSync(folder);
    return folder;
  }

  async import(
    files: Readonly<Record<string, string | Buffer>>,
    more: Partial<ImportOptions> = {},
  ): Promise<PlainImport> {
    const folder = this.newFolder();
    const output = join(folder, 'dataset');
    const clock = new ManualClock(NOW_MS);
    const metadata = await importDataset({
      format: 'plain',
      folder: writeSources(join(folder, 'in'), files),
      output,
      clock,
      ...more,
    });
    return { metadata, output, dataset: await loadDataset(output) };
  }
}

/** A shop of five events, with every column of the plain layout. */
export const SHOP = {
  'events.csv': [
    'timestamp,event,user_id,item_id,session_id,price,quantity,value,index',
    `${DAY_1_MS + 2000},view_item,ann,lamp,s1,,,,`,
    `${DAY_1_MS + 1000},Product Viewed,bob,chair,s2,49.5,,,3`,
    `${DAY_1_MS + 3000},purchase,ann,lamp,s1,20,2,45,`,
    `${DAY_1_MS + 3000},purchase,ann,mug,s1,5,1,45,`,
    `${DAY_1_MS + 4000},search,cid,,s3,,,,`,
  ].join('\n'),
  'items.csv': [
    'item_id,title,category,brand,price,currency,available,created_at,colour',
    'lamp,"Lamp, small",home > light,Lumo,20,EUR,true,2023-01-01,red|blue',
    'chair,Chair,home > seat,,49.5,EUR,false,,',
  ].join('\n'),
  'users.csv': 'user_id,gender,city\nbob,m,Basel\nann,,Bern\n',
};
