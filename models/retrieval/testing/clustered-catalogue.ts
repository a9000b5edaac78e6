import { SeededRandom } from '../../../features/core/seeded-random.ts';

/** Products in clusters and queries near the same clusters, as learned embeddings look. */
export interface ClusteredCatalogue {
  /** Shape `[itemCount, embeddingDim]`, row-major; not normalised. */
  readonly embeddings: Float32Array;
  readonly itemCount: number;
  readonly embeddingDim: number;
  /** Shape `[queryCount, embeddingDim]`. */
  readonly queries: Float32Array;
  readonly queryCount: number;
}

/** Makes a catalogue from a seed; every embedding comes `copiesOfEach` times in a row. */
export function aClusteredCatalogue(
  options: {
    itemCount?: number;
    embeddingDim?: number;
    queryCount?: number;
    copiesOfEach?: number;
    seed?: number;
  } = {},
): ClusteredCatalogue {
  const { itemCount = 4_000, embeddingDim = 16, queryCount = 50, copiesOfEach = 1, seed = 11 } = options;
  const random = new SeededRandom(seed);
  const clusterCount = Math.max(1, Math.ceil(itemCount / 100));
  const centres = Float32Array.from({ length: clusterCount * embeddingDim }, () => random.nextNormal());
  const pointNear = (into: Float32Array, row: number, spread: number): void => {
    const centre = random.nextInt(clusterCount) * embeddingDim;
    for (let i = 0; i < embeddingDim; i++) {
      into[row * embeddingDim + i] = centres[centre + i]! + spread * random.nextNormal();
    }
  };
  const embeddings = new Float32Array(itemCount * embeddingDim);
  for (let item = 0; item < itemCount; item++) {
    if (item % copiesOfEach === 0) pointNear(embeddings, item, 0.6);
    else embeddings.copyWithin(item * embeddingDim, (item - 1) * embeddingDim, item * embeddingDim);
  }
  const queries = new Float32Array(queryCount * embeddingDim);
  for (let query = 0; query < queryCount; query++) pointNear(queries, query, 0.8);
  return { embeddings, itemCount, embeddingDim, queries, queryCount };
}
