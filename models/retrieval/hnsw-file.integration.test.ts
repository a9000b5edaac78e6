import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { checkHnswFile, HNSW_HEADER_BYTES } from './hnsw-file.ts';
import { buildHnswGraph, buildHnswIndex, saveHnswGraph } from './hnsw-graph.ts';
import { chooseHnswParameters } from './hnsw-parameters.ts';
import { HnswRetriever, openHnswRetriever } from './hnsw-retriever.ts';
import { describeRetriever } from './retriever.contract.ts';
import { aClusteredCatalogue } from './testing/clustered-catalogue.ts';

const GRAPH = { m: 16, efConstruction: 200, seed: 1 };

let folder: string;
let fileCount = 0;
const newFile = (): string => join(folder, `${fileCount++}.hnsw`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hnsw-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function throughFile(embeddings: Float32Array, itemCount: number, embeddingDim: number): Promise<HnswRetriever> {
  const file = newFile();
  await buildHnswIndex(embeddings, itemCount, embeddingDim, { ...GRAPH, file });
  return openHnswRetriever({ file, itemCount, embeddingDim, efSearch: 100 });
}

describeRetriever('HnswRetriever from a file', throughFile);

describe('openHnswRetriever', () => {
  it('answers with the same items and similarities as the graph before it was written', async () => {
    const catalogue = aClusteredCatalogue({ itemCount: 2_000, copiesOfEach: 2 });
    const { embeddings, itemCount, embeddingDim, queries, queryCount } = catalogue;
    const graph = await buildHnswGraph(embeddings, itemCount, embeddingDim, GRAPH);
    const file = newFile();
    await saveHnswGraph(graph, file);
    const before = await new HnswRetriever(graph, 150).search(queries, queryCount, 100);
    const opened = await openHnswRetriever({ file, itemCount, embeddingDim, efSearch: 150 });
    const after = await opened.search(queries, queryCount, 100);
    expect(Array.from(after.itemIndexes)).toEqual(Array.from(before.itemIndexes));
    expect(Array.from(after.similarities)).toEqual(Array.from(before.similarities));
  });

  it('writes the same bytes for the same seed and items', async () => {
    const { embeddings, itemCount, embeddingDim } = aClusteredCatalogue({ itemCount: 500, copiesOfEach: 5 });
    const [first, second] = [newFile(), newFile()];
    await buildHnswIndex(embeddings, itemCount, embeddingDim, { ...GRAPH, file: first });
    await buildHnswIndex(embeddings, itemCount, embeddingDim, { ...GRAPH, file: second });
    expect((await readFile(first)).equals(await readFile(second))).toBe(true);
  });

  it('takes items added and moved after loading', async () => {
    const file = newFile();
    await buildHnswIndex(Float32Array.of(1, 0, 0, 1, 1, 0), 3, 2, { ...GRAPH, file });
    const retriever = await openHnswRetriever({ file, itemCount: 3, embeddingDim: 2, efSearch: 10 });
    retriever.add(3, Float32Array.of(-1, 0));
    retriever.add(4, Float32Array.of(0.6, 0.8));
    retriever.add(0, Float32Array.of(0, -1));
    const { itemIndexes } = await retriever.search(Float32Array.of(1, 0), 1, 5);
    expect(Array.from(itemIndexes)).toEqual([2, 4, 0, 1, 3]);
  });

  it('makes a node of a twin whose embedding changes after loading', async () => {
    const retriever = await throughFile(Float32Array.of(1, 0, 0, 1, 1, 0, 1, 0), 4, 2);
    retriever.add(2, Float32Array.of(-1, 0));
    const { itemIndexes } = await retriever.search(Float32Array.of(1, 0), 1, 4);
    expect(Array.from(itemIndexes)).toEqual([0, 3, 1, 2]);
  });

  it('fills an empty index', async () => {
    const retriever = await throughFile(new Float32Array(0), 0, 2);
    retriever.add(0, Float32Array.of(1, 0));
    expect((await retriever.search(Float32Array.of(1, 0), 1, 1)).itemIndexes[0]).toBe(0);
  });

  it('opens what the choice of parameters wrote', async () => {
    const { embeddings, itemCount, embeddingDim, queries } = aClusteredCatalogue({ itemCount: 400, copiesOfEach: 2 });
    const file = newFile();
    const { efSearch } = await chooseHnswParameters({
      embeddings,
      itemCount,
      embeddingDim,
      queries,
      k: 20,
      seed: 2,
      file,
    });
    const retriever = await openHnswRetriever({ file, itemCount, embeddingDim, efSearch });
    expect(retriever.description).toContain('400 items of 16 dimensions');
  });
});

describe('checkHnswFile', () => {
  const DIM = 2;
  const ITEM_COUNT = 14;
  let intact: Buffer;

  beforeAll(async () => {
    // Small enough to try every bit; low m gives upper levels, copies give twins.
    const { embeddings } = aClusteredCatalogue({ itemCount: ITEM_COUNT, embeddingDim: DIM, copiesOfEach: 2 });
    const file = newFile();
    await buildHnswIndex(embeddings, ITEM_COUNT, DIM, { m: 2, efConstruction: 20, seed: 1, file });
    intact = await readFile(file);
  });

  async function refusal(bytes: Uint8Array, expected = { itemCount: ITEM_COUNT, embeddingDim: DIM }): Promise<string> {
    const file = newFile();
    await writeFile(file, bytes);
    try {
      await openHnswRetriever({ file, ...expected, efSearch: 10 });
    } catch (error) {
      if (error instanceof VitrineError && error.code === 'REC_BUNDLE_INVALID')
        return error.message.replace(file, 'FILE');
      throw error;
    } finally {
      await rm(file);
    }
    return 'opened';
  }

  it('opens an intact file', async () => {
    expect(await refusal(intact)).toBe('opened');
  });

  it('says which dimension the file has when another is expected', async () => {
    const message = await refusal(intact, { itemCount: ITEM_COUNT, embeddingDim: 8 });
    expect(message).toContain('index file FILE holds embeddings of 2 dimensions; expected 8');
  });

  it('says how many items the file has when another count is expected', async () => {
    const message = await refusal(intact, { itemCount: 15, embeddingDim: DIM });
    expect(message).toContain('holds 14 items; expected 15');
  });

  it('refuses a missing file', async () => {
    const opening = openHnswRetriever({ file: join(folder, 'nowhere'), itemCount: 1, embeddingDim: 2, efSearch: 1 });
    await expect(opening).rejects.toThrow(/nowhere cannot be read/);
  });

  it('refuses a file cut off at any length', async () => {
    for (let length = 0; length < intact.length; length += 13) {
      expect(await refusal(intact.subarray(0, length)), `cut at ${length}`).not.toBe('opened');
    }
    expect(await refusal(intact.subarray(0, intact.length - 4))).toContain('cut off');
  });

  it('refuses bytes past the end', async () => {
    expect(await refusal(Buffer.concat([intact, Buffer.alloc(4)]))).toContain('cut off or altered');
  });

  it('refuses a file that is something else', async () => {
    expect(await refusal(Buffer.alloc(1_000, 'not an index '))).toContain('not an hnswlib index');
  });

  it('never lets a flipped bit reach the library as a size, link, item number or level', async () => {
    const file = newFile();
    const header = intact.subarray(0, HNSW_HEADER_BYTES);
    const linkBytes = Number(header.readBigUInt64LE(40));
    const elementBytes = Number(header.readBigUInt64LE(24));
    const upperStart = HNSW_HEADER_BYTES + ITEM_COUNT * elementBytes;
    // Low bytes of numbers that only tune: reserved space, level factor, efConstruction.
    const tuning = new Set([8, 9, 10, 80, 81, 82, 83, 88, 89, 90]);
    let refused = 0;
    // Two bits of each byte: the highest, and one that changes from byte to byte.
    for (let flip = 0; flip < intact.length * 2; flip++) {
      const at = flip >> 1;
      const bit = flip % 2 === 0 ? 7 : at % 7;
      const inElement = at >= HNSW_HEADER_BYTES && at < upperStart ? (at - HNSW_HEADER_BYTES) % elementBytes : -1;
      const altered = Buffer.from(intact);
      altered[at] = altered[at]! ^ (1 << bit);
      await writeFile(file, altered);
      const outcome = await checkHnswFile(file, { itemCount: ITEM_COUNT, embeddingDim: DIM }).then(
        () => 'accepted',
        (error: unknown) => (error as VitrineError).code,
      );
      if (outcome === 'REC_BUNDLE_INVALID') {
        refused++;
        continue;
      }
      expect(outcome).toBe('accepted');
      // Accepted may be: another existing link, an unused link place, an embedding of the same length, a tuning number.
      const isLink = (inElement >= 4 && inElement < linkBytes) || (inElement >= 0 && inElement < 2) || at >= upperStart;
      const isEmbedding = inElement >= linkBytes && inElement < elementBytes - 8;
      expect(isLink || isEmbedding || tuning.has(at), `bit ${bit} of byte ${at}`).toBe(true);
      const retriever = await openHnswRetriever({ file, itemCount: ITEM_COUNT, embeddingDim: DIM, efSearch: 50 });
      await retriever.search(Float32Array.of(1, 2), 1, ITEM_COUNT);
      retriever.close();
    }
    expect(refused).toBeGreaterThan(intact.length);
  });
});

describe('saveHnswGraph', () => {
  it('refuses a folder that does not exist instead of writing nothing', async () => {
    const graph = await buildHnswGraph(Float32Array.of(1, 0), 1, 2, GRAPH);
    await expect(saveHnswGraph(graph, join(folder, 'missing', 'items.hnsw'))).rejects.toMatchObject({
      code: 'REC_BUNDLE_INVALID',
    });
  });
});
