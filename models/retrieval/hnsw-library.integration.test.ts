import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasAvx2, thisMachine } from '../native/addon-file.ts';
import { buildAddon } from '../native/build-addon.ts';
import { ExactRetriever } from './exact-retriever.ts';
import { buildHnswGraph, buildHnswIndex } from './hnsw-graph.ts';
import { type HnswBuildChoice, hnswLibrary, loadFastest } from './hnsw-library.ts';
import { HnswRetriever, openHnswRetriever } from './hnsw-retriever.ts';
import { describeRetriever } from './retriever.contract.ts';
import type { RetrievalResult } from './retriever.ts';
import { aClusteredCatalogue } from './testing/clustered-catalogue.ts';

const GRAPH = { m: 16, efConstruction: 200, seed: 1 };
const QUICK_GRAPH = { m: 8, efConstruction: 60, seed: 1 };
/** Sums of 64 products in another order differ by rounding. */
const TOLERANCE = 1e-6;
const isForThisMachine = hasAvx2(thisMachine());

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hnsw-library-'));
  if (isForThisMachine) expect(buildAddon({ isRetry: true }).outcome).toMatch(/^(built|already there)$/);
  else console.warn('this machine has no AVX2: the AVX2 build of hnswlib is not tested');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Same similarities place by place, and the same items wherever similarities are not all but equal. */
function expectSameAnswers(actual: RetrievalResult, expected: RetrievalResult): void {
  for (let i = 0; i < expected.itemIndexes.length; i++) {
    expect(Math.abs(actual.similarities[i]! - expected.similarities[i]!)).toBeLessThanOrEqual(TOLERANCE);
    const isTie = [i - 1, i + 1].some(
      (j) => Math.abs((expected.similarities[j] ?? Number.NaN) - expected.similarities[i]!) <= 2 * TOLERANCE,
    );
    const isLast = i % expected.k === expected.k - 1;
    if (!isTie && !isLast) expect(actual.itemIndexes[i]).toBe(expected.itemIndexes[i]);
  }
}

function makeBy(build: HnswBuildChoice, isScanAllowed: boolean) {
  return async (embeddings: Float32Array, itemCount: number, embeddingDim: number): Promise<HnswRetriever> => {
    const graph = await buildHnswGraph(embeddings, itemCount, embeddingDim, { ...GRAPH, build });
    return new HnswRetriever(graph, 100, { isScanAllowed });
  };
}

describeRetriever('HnswRetriever on the installed build', makeBy('default', true));
describeRetriever('HnswRetriever on the fastest build, following links', makeBy('auto', false));
describeRetriever('HnswRetriever on the fastest build, comparing with all of few', makeBy('auto', true));

describe.skipIf(!isForThisMachine)('AVX2 build of hnswlib', () => {
  it('puts memory in use onto large pages where the kernel lets it, and leaves what is in it', async () => {
    const megabyte = 2 ** 20;
    const numbers = Int32Array.from({ length: 8 * megabyte }, (_, i) => Math.imul(i, 0x9e3779b1));
    const bytes = await hnswLibrary().useLargePages!();
    expect(numbers.every((number, i) => number === Math.imul(i, 0x9e3779b1))).toBe(true);
    const [major = 0, minor = 0] = release().split('.').map(Number);
    const isKnown = major > 6 || (major === 6 && minor >= 1);
    const isForbidden = readFileSync('/sys/kernel/mm/transparent_hugepage/enabled', 'utf8').includes('[never]');
    // All of it but its ends, give or take what the kernel had no room for.
    if (isKnown && !isForbidden) expect(bytes).toBeGreaterThan(16 * megabyte);
    else expect(bytes).toBe(0);
    expect(hnswLibrary('default').useLargePages).toBeUndefined();
  });

  it('is what a retriever uses by itself, and says', async () => {
    expect(hnswLibrary()).toMatchObject({ build: 'avx2' });
    const retriever = await makeBy('auto', true)(Float32Array.of(1, 0, 0, 1), 2, 2);
    expect(retriever.description).toContain('avx2 build');
  });

  it('is left alone when the installed one is asked for', async () => {
    expect(hnswLibrary('default')).toMatchObject({ build: 'default', reason: 'the configuration asks for it' });
    const retriever = await makeBy('default', true)(Float32Array.of(1, 0, 0, 1), 2, 2);
    expect(retriever.description).toContain('default build');
  });

  // 64 and 96: sums of its own; 20, 30 and 3: the library's, with and without rest.
  it.each([64, 96, 20, 30, 3])(
    'answers like the installed one on the same file of %i dimensions',
    async (embeddingDim) => {
      const catalogue = aClusteredCatalogue({ itemCount: 8_000, embeddingDim, copiesOfEach: 2 });
      const { embeddings, itemCount, queries, queryCount } = catalogue;
      const file = join(folder, `${embeddingDim}.hnsw`);
      await buildHnswIndex(embeddings, itemCount, embeddingDim, { ...QUICK_GRAPH, file, build: 'default' });
      for (const efSearch of [10, 200]) {
        const options = { file, itemCount, embeddingDim, efSearch, hasCodes: false };
        const installed = await openHnswRetriever({ ...options, build: 'default' });
        const fast = await openHnswRetriever(options);
        for (const k of [1, 7, 150]) {
          expectSameAnswers(await fast.search(queries, queryCount, k), await installed.search(queries, queryCount, k));
        }
        installed.close();
        fast.close();
      }
    },
  );

  it('finds as much by codes of 8 bits as by the vectors, with the similarities of the vectors, after changes too', async () => {
    const { embeddings, itemCount, embeddingDim, queries, queryCount } = aClusteredCatalogue({
      itemCount: 20_000,
      embeddingDim: 64,
      copiesOfEach: 2,
    });
    const file = join(folder, 'coded.hnsw');
    await buildHnswIndex(embeddings, itemCount, embeddingDim, { ...GRAPH, file });
    const exact = new ExactRetriever(embeddings, itemCount, embeddingDim);
    const [coded, plain] = [true, false].map((hasCodes) =>
      openHnswRetriever({ file, itemCount, embeddingDim, efSearch: 120, hasCodes }),
    );
    for (const retriever of [await coded!, await plain!]) {
      // More than the index has room for, and nodes that get another vector.
      for (let item = 0; item < 3_000; item++) retriever.remove(item);
      for (let item = 0; item < 3_000; item++) {
        retriever.add(item, embeddings.subarray(item * embeddingDim, (item + 1) * embeddingDim));
      }
    }
    const k = 100;
    const expected = await exact.search(queries, queryCount, k);
    const similarityOf = new Map<string, number>();
    expected.itemIndexes.forEach((item, i) => {
      similarityOf.set(`${Math.floor(i / k)} ${item}`, expected.similarities[i]!);
    });
    const recallOf = (found: RetrievalResult): number => {
      let hits = 0;
      found.itemIndexes.forEach((item, i) => {
        const similarity = similarityOf.get(`${Math.floor(i / k)} ${item}`);
        if (similarity === undefined) return;
        hits++;
        expect(Math.abs(found.similarities[i]! - similarity)).toBeLessThanOrEqual(TOLERANCE);
        if (i % k > 0) expect(found.similarities[i]!).toBeLessThanOrEqual(found.similarities[i - 1]!);
      });
      return hits / (queryCount * k);
    };
    const byCodes = recallOf(await (await coded!).search(queries, queryCount, k));
    const byVectors = recallOf(await (await plain!).search(queries, queryCount, k));
    expect(byVectors).toBeGreaterThan(0.99);
    expect(byCodes).toBeGreaterThan(byVectors - 0.001);
  });

  it('answers like the installed one after items came, moved and went', async () => {
    const { embeddings, itemCount, embeddingDim, queries, queryCount } = aClusteredCatalogue({ embeddingDim: 32 });
    const file = join(folder, 'changing.hnsw');
    await buildHnswIndex(embeddings, itemCount, embeddingDim, { ...GRAPH, file, build: 'default' });
    const retrievers: HnswRetriever[] = [];
    for (const build of ['default', 'auto'] as const) {
      const options = { file, itemCount, embeddingDim, efSearch: 100, build, hasCodes: false };
      const retriever = await openHnswRetriever(options);
      for (let item = 0; item < 600; item++) {
        const other = embeddings.subarray((item + 1) * embeddingDim, (item + 2) * embeddingDim);
        if (item % 3 === 0) retriever.remove(item);
        else if (item % 3 === 1)
          retriever.add(
            item,
            other.map((value, i) => value + (i % 2)),
          );
        else
          retriever.add(
            itemCount + item,
            other.map((value) => -value),
          );
      }
      retrievers.push(retriever);
    }
    const [installed, fast] = retrievers as [HnswRetriever, HnswRetriever];
    expect(fast.tombstoneCount).toBeGreaterThan(300);
    expectSameAnswers(await fast.search(queries, queryCount, 100), await installed.search(queries, queryCount, 100));
  });

  it('misses nothing where it compares with all nodes, twins and removed items included', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 1_200, embeddingDim: 64, copiesOfEach: 3 });
    const { embeddings, itemCount, embeddingDim, queries, queryCount } = catalogue;
    const file = join(folder, 'few.hnsw');
    await buildHnswIndex(embeddings, itemCount, embeddingDim, { ...GRAPH, file });
    const retriever = await openHnswRetriever({ file, itemCount, embeddingDim, efSearch: 100 });
    const exact = new ExactRetriever(embeddings, itemCount, embeddingDim);
    expectSameAnswers(await retriever.search(queries, queryCount, 100), await exact.search(queries, queryCount, 100));
    for (let item = 1_190; item < 1_200; item++) retriever.remove(item);
    const kept = new ExactRetriever(embeddings.subarray(0, 1_190 * embeddingDim), 1_190, embeddingDim);
    expectSameAnswers(await retriever.search(queries, queryCount, 100), await kept.search(queries, queryCount, 100));
  });

  it('refuses buffers that do not fit instead of reading past them', () => {
    const index = hnswLibrary().newIndex(32);
    const query = new Float32Array(32);
    const [labels, distances] = [new Int32Array(2), new Float32Array(2)];
    for (const method of ['searchInto', 'scanInto'] as const) {
      const call = (...args: unknown[]) => (index[method] as (...given: unknown[]) => number).call(index, ...args);
      expect(() => call(query, labels, distances, 10), 'before initIndex').toThrow(/not been initialized/);
    }
    index.initIndex(4);
    for (const method of ['searchInto', 'scanInto'] as const) {
      const call = (...args: unknown[]) => (index[method] as (...given: unknown[]) => number).call(index, ...args);
      expect(call(query, labels, distances, 10), 'of an empty index').toBe(0);
      expect(() => call(new Float32Array(31), labels, distances, 10)).toThrow(/dimension/);
      expect(() => call(query, new Int32Array(3), distances, 10)).toThrow(/length/);
      expect(() => call(new Float64Array(32), labels, distances, 10)).toThrow(/Expected a Float32Array/);
      expect(() => call(query, labels)).toThrow(/Expected a Float32Array/);
      expect(() => call()).toThrow(/Expected a Float32Array/);
    }
    index.addPoint(new Array<number>(32).fill(0), 3);
    expect(index.searchInto!(query, labels, distances, 4_000_000_000)).toBe(1);
    expect(labels[0]).toBe(3);
  });
});

describe('loadFastest', () => {
  const machine = { platform: 'linux', arch: 'x64', cpuInfo: 'flags : fma avx2' };

  it('gives the installed build where the CPU lacks AVX2', () => {
    expect(loadFastest({ ...machine, cpuInfo: 'flags : sse2' })).toMatchObject({
      build: 'default',
      reason: expect.stringContaining('no AVX2'),
    });
  });

  it('gives the installed build and says how to make the faster one when it is missing', () => {
    expect(loadFastest(machine, () => join(folder, 'missing.node'))).toMatchObject({
      build: 'default',
      reason: expect.stringContaining('npm run build:native'),
    });
  });

  it('gives the installed build when the file is no library', async () => {
    const file = join(folder, 'garbage.node');
    await writeFile(file, 'not a library');
    expect(loadFastest(machine, () => file)).toMatchObject({
      build: 'default',
      reason: expect.stringContaining(`it cannot be used: ${file}`),
    });
  });

  it('gives the installed build when nobody can say where the faster one would be', () => {
    const findFile = (): string => {
      throw new Error('ENOENT: no such file, open serving-addon.cc');
    };
    expect(loadFastest(machine, findFile)).toMatchObject({
      build: 'default',
      reason: expect.stringContaining('it cannot be used: ENOENT'),
    });
  });
});

describe.skipIf(!isForThisMachine)('buildAddon', () => {
  it('does not try again by itself what failed, and does when asked', async () => {
    const file = join(folder, 'own', 'addon.node');
    const failing = { file, compiler: 'false' };
    expect(buildAddon(failing)).toMatchObject({
      outcome: 'failed',
      text: expect.stringContaining('false ended with 1'),
    });
    expect(await readFile(`${file}.failed`, 'utf8')).toContain('false ended with 1');
    expect(buildAddon({ file })).toMatchObject({ outcome: 'failed before' });
    expect(existsSync(file)).toBe(false);
    expect(buildAddon({ file, isRetry: true }).outcome).toBe('built');
    expect(existsSync(`${file}.failed`)).toBe(false);
    expect(buildAddon({ file }).outcome).toBe('already there');
    expect(loadFastest(thisMachine(), () => file)).toMatchObject({ build: 'avx2' });
  });

  it('fails without throwing where there is no compiler, or no place to write', async () => {
    const file = join(folder, 'no-compiler.node');
    expect(buildAddon({ file, compiler: 'no-such-compiler' })).toMatchObject({
      outcome: 'failed',
      text: expect.stringContaining('ENOENT'),
    });
    await writeFile(join(folder, 'a-file'), '');
    expect(buildAddon({ file: join(folder, 'a-file', 'addon.node') }).outcome).toBe('failed');
  });
});
