import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measureAnnRecall } from './ann-recall.ts';
import { ExactRetriever } from './exact-retriever.ts';
import { buildHnswGraph } from './hnsw-graph.ts';
import { rebuildHnswIndex } from './hnsw-rebuild.ts';
import { HnswRetriever } from './hnsw-retriever.ts';
import { takeMachineLock } from './machine-lock.ts';
import { aClusteredCatalogue, type ClusteredCatalogue } from './testing/clustered-catalogue.ts';
import { copyUnitEmbedding } from './unit-embedding.ts';

const LOADER = new URL('../../features/store/testing/typescript-loader.mjs', import.meta.url).href;
const GRAPH = { m: 16, efConstruction: 200, seed: 1 };

let folder: string;
let lockCount = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-rebuild-'));
});
afterAll(() => rm(folder, { recursive: true }));

function options(overrides: { signal?: AbortSignal; lockFile?: string; execArgv?: string[] } = {}) {
  const lockFile = overrides.lockFile ?? join(folder, `${lockCount++}.lock`);
  return { signal: new AbortController().signal, execArgv: ['--import', LOADER], ...overrides, lockFile };
}

async function aRetriever({ embeddings, itemCount, embeddingDim }: ClusteredCatalogue): Promise<HnswRetriever> {
  return new HnswRetriever(await buildHnswGraph(embeddings, itemCount, embeddingDim, GRAPH), 100);
}

/** Takes every other item out. */
function halve(retriever: HnswRetriever): void {
  for (const item of retriever.items()) if (item % 2 === 1) expect(retriever.remove(item)).toBe(true);
}

/** Share of what exact search over the items of the index, as they are now, finds that the index finds. */
async function recallOf(retriever: HnswRetriever, queries: Float32Array, k: number): Promise<number> {
  const items = retriever.items();
  const { embeddingDim } = retriever;
  const rows = new Float32Array(items.length * embeddingDim);
  for (const [place, item] of items.entries()) {
    expect(retriever.readEmbedding(item, rows.subarray(place * embeddingDim, (place + 1) * embeddingDim))).toBe(true);
  }
  const placeOf = new Map(Array.from(items, (item, place) => [item, place]));
  const inPlaces = {
    embeddingDim,
    itemCount: items.length,
    description: 'the index, in places of its items',
    search: async (query: Float32Array, queryCount: number, count: number) => {
      const answer = await retriever.search(query, queryCount, count);
      return { ...answer, itemIndexes: answer.itemIndexes.map((item) => placeOf.get(item) ?? -1) };
    },
  };
  const exact = new ExactRetriever(rows, items.length, embeddingDim);
  return (await measureAnnRecall(inPlaces, exact, queries, k)).value;
}

describe('rebuildHnswIndex', () => {
  it('finds as much as before and no tombstone is left', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 6_000 });
    const retriever = await aRetriever(catalogue);
    halve(retriever);
    expect(retriever.tombstoneRatio).toBeCloseTo(0.5, 2);
    expect(await recallOf(retriever, catalogue.queries, 100)).toBeGreaterThanOrEqual(0.97);
    expect(await rebuildHnswIndex(retriever, options())).toBe('rebuilt');
    expect(retriever.tombstoneCount).toBe(0);
    expect(retriever.itemCount).toBe(3_000);
    expect(await recallOf(retriever, catalogue.queries, 100)).toBeGreaterThanOrEqual(0.97);
    expect(retriever.efSearch).toBe(100);
  });

  it('keeps items with equal embeddings together, and takes changes afterwards', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 500, copiesOfEach: 5 });
    const retriever = await aRetriever(catalogue);
    retriever.remove(0);
    await rebuildHnswIndex(retriever, options());
    const { embeddings, embeddingDim } = catalogue;
    const first = embeddings.slice(0, embeddingDim);
    const nearest = async (k: number) => Array.from((await retriever.search(first, 1, k)).itemIndexes);
    expect(await nearest(4)).toEqual([1, 2, 3, 4]);
    retriever.add(900, first);
    retriever.add(0, first);
    retriever.remove(2);
    expect(await nearest(5)).toEqual([0, 1, 3, 4, 900]);
    expect(retriever.tombstoneCount).toBe(0);
  });

  it('goes on answering while it builds, and does again on the new graph what changed meanwhile', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 8_000 });
    const { embeddings, embeddingDim, queries } = catalogue;
    const retriever = await aRetriever(catalogue);
    halve(retriever);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    let isDone = false;
    const rebuilding = rebuildHnswIndex(retriever, options()).finally(() => {
      isDone = true;
    });
    delay.enable();
    let searches = 0;
    let added = 0;
    const query = queries.subarray(0, embeddingDim);
    const target = embeddings.subarray(embeddingDim, 2 * embeddingDim);
    while (!isDone) {
      const { itemIndexes } = await retriever.search(query, 1, 20);
      expect(itemIndexes.every((item) => item >= 0 && (item % 2 === 0 || item >= 8_000))).toBe(true);
      searches++;
      // New items, one that moves, one that goes and comes back, one that goes for good.
      if (added < 40) {
        const row = (2 * added + 1) * embeddingDim;
        retriever.add(8_000 + added++, embeddings.subarray(row, row + embeddingDim));
      }
      retriever.add(0, searches % 2 === 0 ? target : query);
      retriever.remove(2);
      retriever.add(2, target);
      retriever.remove(4);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    delay.disable();
    expect(await rebuilding).toBe('rebuilt');
    expect(searches).toBeGreaterThan(20);
    expect(added).toBe(40);
    expect(retriever.itemCount).toBe(4_000 + 40 - 1);
    expect([4, 2, 8_000, 8_039].map((item) => retriever.has(item))).toEqual([false, true, true, true]);
    const ofTwo = new Float32Array(embeddingDim);
    retriever.readEmbedding(2, ofTwo);
    expect(Array.from(ofTwo)).toEqual(Array.from(unitOf(target)));
    // Only what moved after its embedding was written left tombstones.
    expect(retriever.tombstoneCount).toBeLessThan(10);
    expect(await recallOf(retriever, queries, 100)).toBeGreaterThanOrEqual(0.97);
    // Bounded loosely: what else runs on the machine delays this process too.
    expect(delay.percentile(50) / 1e6).toBeLessThan(50);
  });

  it('does nothing while another process of the machine rebuilds', async () => {
    const retriever = await aRetriever(aClusteredCatalogue({ itemCount: 200 }));
    retriever.remove(0);
    const lockFile = join(folder, 'held.lock');
    const lock = await takeMachineLock(lockFile);
    expect(await rebuildHnswIndex(retriever, options({ lockFile }))).toBe('busy');
    expect(retriever.tombstoneCount).toBe(1);
    await lock!.release();
    expect(await rebuildHnswIndex(retriever, options({ lockFile }))).toBe('rebuilt');
    expect((await readdir(folder)).filter((name) => name.startsWith('held'))).toEqual([]);
  });

  it('leaves the index as it is when the other process fails, and can be tried again', async () => {
    const retriever = await aRetriever(aClusteredCatalogue({ itemCount: 200 }));
    retriever.remove(0);
    const broken = join(folder, 'broken.mjs');
    await writeFile(broken, 'throw new Error("no memory left");\n');
    const lockFile = join(folder, 'failing.lock');
    await expect(
      rebuildHnswIndex(retriever, options({ lockFile, execArgv: ['--import', `file://${broken}`] })),
    ).rejects.toMatchObject({ code: 'REC_RETRIEVER_FAILED', message: expect.stringMatching(/no memory left/) });
    expect(retriever.tombstoneCount).toBe(1);
    expect((await retriever.search(new Float32Array(16).fill(1), 1, 199)).itemIndexes.every((item) => item > 0)).toBe(
      true,
    );
    expect(await rebuildHnswIndex(retriever, options({ lockFile }))).toBe('rebuilt');
  });

  it('ends the other process and cleans up when it is given up', async () => {
    const retriever = await aRetriever(aClusteredCatalogue({ itemCount: 3_000 }));
    retriever.remove(0);
    const lockFile = join(folder, 'aborted.lock');
    const abort = new AbortController();
    const rebuilding = rebuildHnswIndex(retriever, options({ lockFile, signal: abort.signal }));
    await expect.poll(() => existsSync(`${lockFile}.work`)).toBe(true);
    abort.abort(new Error('the server stops'));
    await expect(rebuilding).rejects.toThrow('the server stops');
    expect((await readdir(folder)).filter((name) => name.startsWith('aborted'))).toEqual([]);
    expect(retriever.tombstoneCount).toBe(1);
  });
});

describe('takeMachineLock', () => {
  it('is held by one, and by the next when it is given back', async () => {
    const file = join(folder, 'a.lock');
    const lock = await takeMachineLock(file);
    expect(await takeMachineLock(file)).toBeUndefined();
    await lock!.release();
    await lock!.release();
    const next = await takeMachineLock(file);
    expect(next).toBeDefined();
    // The one before has nothing to give back any more.
    await lock!.release();
    expect(await takeMachineLock(file)).toBeUndefined();
    await next!.release();
  });

  it('stays with a holder that renews it, and goes to the next when the holder is gone', async () => {
    const file = join(folder, 'b.lock');
    const lock = await takeMachineLock(file, { heartbeatMs: 20 });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(file, longAgo, longAgo);
    await expect.poll(async () => (await stat(file)).mtimeMs).toBeGreaterThan(longAgo.getTime() + 30_000);
    expect(await takeMachineLock(file)).toBeUndefined();
    await lock!.release();
    await writeFile(file, 'of a process that was killed');
    expect(await takeMachineLock(file)).toBeUndefined();
    await utimes(file, longAgo, longAgo);
    const takers = await Promise.all(Array.from({ length: 8 }, () => takeMachineLock(file)));
    expect(takers.filter((taken) => taken !== undefined)).toHaveLength(1);
  });
});

function unitOf(embedding: Float32Array): Float32Array {
  const unit = new Float32Array(embedding.length);
  copyUnitEmbedding(embedding, 0, unit, 'query');
  return unit;
}
