import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFeatureStoreContract } from './feature-store.contract.ts';

describeFeatureStoreContract('lmdb', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-lmdb-'));
  return {
    optionsFor: (shop) => ({ kind: 'lmdb', path: join(folder, 'not', 'yet', '.there'), shop, profileTtlDays: 30 }),
    stop: async () => rmSync(folder, { recursive: true, force: true }),
  };
});
