import { SeededRandom } from '../../features/core/seeded-random.ts';
import { tableFieldsIn } from '../../features/schema/field-layout.ts';
import { type DeepFmWeights, deepFmParameters } from '../../models/ranking/deepfm-graph.ts';
import { type TowerShape, type TowerWeights, towerParameters } from '../../models/retrieval/tower-graph.ts';
import { initialWeights } from '../../training-export/train/ranker-trainer.ts';
import type { ModelSpace } from '../../training-export/train/recommender-model.ts';
import type { TwoTowerWeights } from '../../training-export/train/tower-trainer.ts';

/** Spread of random embeddings: probabilities then differ as much between products as those of a trained model. */
const EMBEDDING_DEVIATION = 0.1;
/** Random products are wanted about one time in ten. */
const BIAS = -2;

/** A DeepFM that learned nothing. */
export function randomDeepFm(
  { rankerTable }: ModelSpace,
  options: { embeddingDim: number; hiddenUnits: readonly number[]; seed: number },
): DeepFmWeights {
  const random = new SeededRandom(options.seed);
  const shape = {
    fieldCount: rankerTable.fields.length,
    embeddingDim: options.embeddingDim,
    hiddenUnits: options.hiddenUnits,
  };
  const dense = new Map(
    deepFmParameters(shape).map(({ name, dims }) => [
      name,
      name === 'bias' ? Float32Array.of(BIAS) : initialWeights(dims, random),
    ]),
  );
  return {
    shape,
    embeddings: randomNormals(rankerTable.rowCount * shape.embeddingDim, EMBEDDING_DEVIATION, random),
    linear: randomNormals(rankerTable.rowCount, EMBEDDING_DEVIATION, random),
    dense,
  };
}

/** Dimensions that embeddings really use, and how much they stray from them. */
const LATENT_DIM = 16;
const FULL_RANK_NOISE = 0.1;

/** How much fields count in an embedding, by the vocabulary they have; further ones count little. */
const FIELD_WEIGHT: Readonly<Record<string, number>> = { item_id: 1, category: 0.8, brand: 0.5 };
const OTHER_FIELD_WEIGHT = 0.1;

/**
 * Two towers that learned nothing but agree on products, categories and brands, so that products of a category lie together and shoppers
 * lie near what they looked at: searching is then about as hard as in a trained space, which pure noise is not.
 */
export function randomTowers(
  space: ModelSpace,
  options: { embeddingDim: number; hiddenUnits: number; seed: number },
): TwoTowerWeights {
  const random = new SeededRandom(options.seed);
  const { towerTable } = space;
  const table = randomLowRankRows(towerTable.rowCount, options.embeddingDim, random);
  return {
    user: randomTower(space, 'user', { ...options, table, random }),
    item: randomTower(space, 'item', { ...options, table, random }),
  };
}

function randomTower(
  { layout, towerTable }: ModelSpace,
  group: 'user' | 'item',
  options: { embeddingDim: number; hiddenUnits: number; table: Float32Array; random: SeededRandom },
): TowerWeights {
  const { embeddingDim, hiddenUnits, table, random } = options;
  const { fields } = tableFieldsIn(towerTable, layout.groupSlots[group]);
  const shape: TowerShape = { fieldCount: fields.length, fieldDim: embeddingDim, hiddenUnits, embeddingDim };
  const dense = new Map(
    towerParameters(shape).map(({ name, dims }) => [name, initialWeights(dims, random).map((weight) => weight * 0.1)]),
  );
  const straight = dense.get('w_straight')!;
  fields.forEach(({ field }, place) => {
    const vocabulary = (field.kind === 'categorical' && field.vocabularyOf) || field.name;
    const weight = FIELD_WEIGHT[vocabulary] ?? 0;
    for (let i = 0; i < embeddingDim; i++) {
      const row = (place * embeddingDim + i) * embeddingDim;
      for (let j = 0; j < embeddingDim; j++) straight[row + j]! *= OTHER_FIELD_WEIGHT;
      straight[row + i]! += weight;
    }
  });
  return { shape, table, dense };
}

/**
 * Rows of about length 1 that lie near a subspace of few dimensions, as trained embeddings do: the index finds its neighbours there with
 * usual settings, while in noise of full rank it needs dense graphs that no trained shop of the size needs.
 */
function randomLowRankRows(rowCount: number, width: number, random: SeededRandom): Float32Array {
  const rank = Math.min(LATENT_DIM, width);
  const basis = randomNormals(rank * width, 1 / Math.sqrt(width), random);
  const rows = randomNormals(rowCount * width, FULL_RANK_NOISE / Math.sqrt(width), random);
  const scale = 1 / Math.sqrt(rank);
  for (let row = 0; row < rowCount; row++) {
    for (let d = 0; d < rank; d++) {
      const amount = scale * random.nextNormal();
      for (let i = 0; i < width; i++) rows[row * width + i]! += amount * basis[d * width + i]!;
    }
  }
  return rows;
}

function randomNormals(count: number, deviation: number, random: SeededRandom): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = deviation * random.nextNormal();
  return values;
}
