import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../features/store/testing/redis-server.ts';
import { runDemoBench } from '../run-demo.ts';
import { withCleanup } from './cleanup.ts';
import { startBenchServer } from './server-process.ts';

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-test-'));
  await run(folder).finally(() => rm(folder, { recursive: true, force: true }));
}

const start = (folder: string, port: number): Promise<unknown> =>
  withCleanup((cleanup) =>
    startBenchServer({ folder, port, config: { store: { kind: 'lmdb', path: join(folder, 'store') } } }, cleanup),
  );

describe('bench server', () => {
  it('is not started on a port that is in use, even by one that would answer', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    await inFolder((folder) => expect(start(folder, port)).rejects.toThrow(`port ${port} of 127.0.0.1 cannot be used`));
    other.close();
  });

  it('says what the server said when it does not start', async () => {
    await inFolder(async (folder) =>
      expect(start(folder, await freePort())).rejects.toThrow(/the server did not start: .*REC_BUNDLE_INVALID/s),
    );
  });
});

describe('demo bench', () => {
  it('says what is missing in a folder that has no demo shop, and how to get one', async () => {
    await inFolder((folder) =>
      expect(
        runDemoBench({
          folder,
          shop: 'demo',
          requests: 100,
          connections: 2,
          seed: 1,
          port: 0,
          out: folder,
          command: '',
        }),
      ).rejects.toThrow(
        `${folder} is no demo shop, ${join(folder, 'dataset')} is missing; make one with \`npm start\``,
      ),
    );
  });
});
