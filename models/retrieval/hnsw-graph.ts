import { VitrineError } from '../../features/core/errors.ts';
import { appendHnswTwins } from './append-hnsw-twins.ts';
import { checkHnswFile } from './hnsw-file.ts';
import { type HnswBuildChoice, type HnswIndex, type HnswLibrary, hnswLibrary } from './hnsw-library.ts';
import { findTwins } from './hnsw-twins.ts';
import { checkEmbeddingShape, copyUnitEmbedding } from './unit-embedding.ts';

/** Items added between two turns of the event loop while building. */
const ITEMS_PER_TURN = 256;

/** Shape of the graph; the library's words. */
export interface HnswGraphOptions {
  /** Links a node keeps per level; twice as many on the lowest. 2..200 */
  readonly m: number;
  /** Candidates considered when a node is linked; higher is slower to build and finds more. */
  readonly efConstruction: number;
  /** The same seed and items give the same graph. */
  readonly seed: number;
  /** Build of the library that makes and then searches the graph. @defaultValue auto */
  readonly build?: HnswBuildChoice;
  /** Called now and then with how many items are in. */
  readonly onProgress?: (doneCount: number, itemCount: number) => void;
}

/** A graph in memory, not yet written or searched. */
export interface HnswGraph {
  readonly native: HnswIndex;
  /** Build of the library it belongs to. */
  readonly build: HnswLibrary['build'];
  readonly embeddingDim: number;
  /** Normalised; shape `[itemCount, embeddingDim]`. */
  readonly embeddings: Float32Array;
  /** As `findTwins` returns them. */
  readonly representatives: Int32Array;
  readonly m: number;
  readonly efConstruction: number;
}

/**
 * Links all items into a graph in memory; items with equal embeddings share one node.
 *
 * Errors: REC_RETRIEVER_FAILED for a wrong shape, a number that is not finite, a row of zeros, or options out of range.
 * Cost: minutes for a million items on one core; yields to the event loop every few hundred items.
 *
 * @param embeddings shape `[itemCount, embeddingDim]`, row-major; copied and normalised
 */
export async function buildHnswGraph(
  embeddings: Float32Array,
  itemCount: number,
  embeddingDim: number,
  options: HnswGraphOptions,
): Promise<HnswGraph> {
  checkEmbeddingShape(embeddings, itemCount, embeddingDim);
  checkGraphOptions(options);
  const units = new Float32Array(embeddings.length);
  for (let item = 0; item < itemCount; item++) {
    const row = units.subarray(item * embeddingDim, (item + 1) * embeddingDim);
    copyUnitEmbedding(embeddings, item, row, 'item embedding');
  }
  const representatives = findTwins(units, itemCount, embeddingDim);
  const nodeCount = representatives.reduce((sum, representative) => sum + (representative < 0 ? 1 : 0), 0);
  const library = hnswLibrary(options.build);
  const native = library.newIndex(embeddingDim);
  native.initIndex(nodeCount, options.m, options.efConstruction, options.seed);
  const point = new Array<number>(embeddingDim).fill(0);
  for (let item = 0; item < itemCount; item++) {
    if (representatives[item]! < 0) {
      for (let i = 0; i < embeddingDim; i++) point[i] = units[item * embeddingDim + i]!;
      native.addPoint(point, item);
    }
    if (item % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) {
      options.onProgress?.(item + 1, itemCount);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  options.onProgress?.(itemCount, itemCount);
  const { m, efConstruction } = options;
  return { native, build: library.build, embeddingDim, embeddings: units, representatives, m, efConstruction };
}

/**
 * Writes a graph as an hnswlib index file and proves that it can be read back.
 *
 * Errors: REC_BUNDLE_INVALID when the file came out wrong, as on a full disk; the library itself does not notice.
 */
export async function saveHnswGraph(graph: HnswGraph, file: string): Promise<void> {
  await graph.native.writeIndex(file);
  await appendHnswTwins(file, graph.embeddings, graph.representatives);
  const itemCount = graph.representatives.length;
  await checkHnswFile(file, { itemCount, embeddingDim: graph.embeddingDim });
}

/**
 * Makes the index file of a bundle: {@link buildHnswGraph} and {@link saveHnswGraph} in one.
 *
 * @param embeddings shape `[itemCount, embeddingDim]`, row-major; copied and normalised
 */
export async function buildHnswIndex(
  embeddings: Float32Array,
  itemCount: number,
  embeddingDim: number,
  options: HnswGraphOptions & { readonly file: string },
): Promise<void> {
  await saveHnswGraph(await buildHnswGraph(embeddings, itemCount, embeddingDim, options), options.file);
}

function checkGraphOptions({ m, efConstruction, seed }: HnswGraphOptions): void {
  const check = (name: string, value: number, low: number, high: number): void => {
    if (Number.isInteger(value) && value >= low && value <= high) return;
    throw new VitrineError('REC_RETRIEVER_FAILED', `${name} is ${value}; expected an integer, ${low}-${high}`);
  };
  check('m', m, 2, 200);
  check('efConstruction', efConstruction, 1, 100_000);
  check('seed', seed, 0, 2 ** 32 - 1);
}
