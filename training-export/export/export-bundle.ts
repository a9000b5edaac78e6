import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  encodeCatalogue,
  encodeNeighbours,
  encodePopularity,
  type Neighbours,
  type Popularity,
} from '../../features/catalogue/arrow-tables.ts';
import { emptyProfile, type Profile } from '../../features/profile/profile.ts';
import { serializeFeatureSchema } from '../../features/schema/feature-schema.ts';
import { schemaFingerprint } from '../../features/schema/parse-schema.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import {
  checkGolden,
  encodeGoldenProfile,
  type Golden,
  type GoldenCase,
  runGoldenCase,
} from '../../models/bundle/golden.ts';
import { BUNDLE_FILES, type Manifest } from '../../models/bundle/manifest.ts';
import { type BundleFileContent, writeBundle } from '../../models/bundle/write-bundle.ts';
import { FoldedRanker } from '../../models/ranking/folded-ranker.ts';
import { PlainRanker } from '../../models/ranking/plain-ranker.ts';
import {
  chooseHnswParameters,
  type HnswChoice,
  type HnswShape,
  servedK,
} from '../../models/retrieval/hnsw-parameters.ts';
import type { BuiltModels, ModelSpace } from '../train/recommender-model.ts';

/** A request to compute features and answers for: a shopper's profile at a moment. */
export interface SampleQuery {
  readonly profile: Profile;
  readonly context: SignalContext;
}

/** What a bundle is written from. */
export interface ExportInput {
  readonly artifactsFolder: string;
  readonly modelVersion: string;
  readonly space: ModelSpace;
  readonly models: BuiltModels;
  readonly neighbours: Neighbours;
  readonly popularity: Popularity;
  /** Real shoppers: their embeddings are what the index is tuned on, the first ones become golden cases. */
  readonly samples: readonly SampleQuery[];
  /** Who they are, for the manifest. */
  readonly sampleKind: 'validation_users' | 'users' | 'synthetic_users';
  /** Products that scenes take from nearest-neighbour search: their `ann` quota. @defaultValue that of the default scenes */
  readonly annQuota?: number;
  /** Takes this shape of the index instead of the one that is measured to be cheapest. */
  readonly indexShape?: HnswShape;
  readonly data: Manifest['data'];
  readonly metrics: Readonly<Record<string, number>>;
  readonly seed: number;
  readonly clock: { nowMs(): number };
  readonly onProgress?: (doneRatio: number) => void;
}

/** Golden cases: three shoppers and one nothing is known of, five products each. */
const GOLDEN_SHOPPERS = 3;
const GOLDEN_ITEMS = 5;
/** Builds the index, computes the golden cases and writes the bundle. Returns its folder and how the index was chosen. */
export async function exportBundle(input: ExportInput): Promise<{ folder: string; index: HnswChoice }> {
  const { space, models } = input;
  const itemCount = space.catalogue.size;
  const { embeddingDim } = models.userTower;
  const scratch = await mkdtemp(join(tmpdir(), 'vitrine-export-'));
  try {
    const indexFile = join(scratch, BUNDLE_FILES.itemIndex);
    const index = await chooseHnswParameters({
      embeddings: models.itemEmbeddings,
      itemCount,
      embeddingDim,
      queries: await embedSamples(input),
      k: servedK(space.catalogue, input.annQuota),
      seed: input.seed,
      file: indexFile,
      ...(input.indexShape === undefined ? {} : { shape: input.indexShape }),
      onProgress: (done, total) => input.onProgress?.(done / total),
    });
    const folder = await writeBundle({
      artifactsFolder: input.artifactsFolder,
      modelVersion: input.modelVersion,
      manifest: manifestOf(input, index),
      files: await filesOf(input, indexFile),
    });
    return { folder, index };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function manifestOf(input: ExportInput, index: HnswChoice): Parameters<typeof writeBundle>[0]['manifest'] {
  const { space, models } = input;
  const { user, item } = space.layout.groupSlots;
  const { m, efConstruction, efSearch, annRecallAtK, searchUs, build } = index;
  const queryKind = input.samples.length === 0 ? 'unknown_user' : input.sampleKind;
  return {
    createdAt: new Date(input.clock.nowMs()).toISOString(),
    featureSchemaFingerprint: schemaFingerprint(space.schema),
    dimensions: {
      itemCount: space.catalogue.size,
      embeddingDim: models.userTower.embeddingDim,
      slotCount: space.layout.slotCount,
      userSlotCount: user[1] - user[0],
      itemSlotCount: item[1] - item[0],
    },
    index: { m, efConstruction, efSearch, annRecallAtK, queryKind, searchUs, build },
    data: input.data,
    metrics: input.metrics,
    seed: input.seed,
  };
}

async function filesOf(input: ExportInput, indexFile: string): Promise<ReadonlyMap<string, BundleFileContent>> {
  const { space, models } = input;
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const golden = await goldenOf(input);
  await checkFolded(input, golden);
  return new Map<string, BundleFileContent>([
    [BUNDLE_FILES.featureSchema, text(serializeFeatureSchema(space.schema))],
    [BUNDLE_FILES.ranker, models.bytes.ranker],
    [BUNDLE_FILES.servingRanker, models.bytes.servingRanker],
    [BUNDLE_FILES.userTower, models.bytes.userTower],
    [BUNDLE_FILES.itemTower, models.bytes.itemTower],
    [BUNDLE_FILES.itemIndex, { fromFile: indexFile }],
    [BUNDLE_FILES.catalogue, encodeCatalogue(space.catalogue)],
    [BUNDLE_FILES.neighbours, encodeNeighbours(input.neighbours)],
    [BUNDLE_FILES.popularity, encodePopularity(input.popularity)],
    [BUNDLE_FILES.golden, text(JSON.stringify(golden))],
  ]);
}

/** The folded ranker has to say what the plain one says, before anybody serves it. */
async function checkFolded({ space, models }: ExportInput, golden: Golden): Promise<void> {
  const { extractor, layout } = space;
  const ranker = await FoldedRanker.open(models.bytes.servingRanker, layout, extractor);
  try {
    await checkGolden(golden, { extractor, ranker, userTower: models.userTower });
  } finally {
    await ranker.close();
  }
}

function nobody(input: ExportInput): SampleQuery {
  return { profile: emptyProfile(), context: { nowMs: input.clock.nowMs(), userId: '', device: '' } };
}

/** User embeddings of the samples, shape `[samples, embeddingDim]`; of a shopper nothing is known of when there are none. */
async function embedSamples(input: ExportInput): Promise<Float32Array> {
  const samples = input.samples.length > 0 ? input.samples : [nobody(input)];
  const { extractor, layout } = input.space;
  const userSlotCount = layout.groupSlots.user[1];
  const rows = new Int32Array(samples.length * userSlotCount);
  const ids = new Int32Array(extractor.querySlotCount);
  samples.forEach(({ profile, context }, i) => {
    extractor.writeQuery(profile, context, ids);
    rows.set(ids.subarray(0, userSlotCount), i * userSlotCount);
  });
  return input.models.userTower.embed(rows, samples.length);
}

async function goldenOf(input: ExportInput): Promise<Golden> {
  const { space, models, samples } = input;
  const { extractor, catalogue, layout } = space;
  const { embeddingDim } = models.itemTower;
  const known = samples.slice(0, GOLDEN_SHOPPERS);
  const ranker = new PlainRanker(models.ranker, extractor);
  const cases: GoldenCase[] = [];
  for (const { profile, context } of [...known, nobody(input)]) {
    const recent = profile.recent.view_item.itemIds
      .map((itemId) => catalogue.indexOf(itemId))
      .filter((index) => index >= 0);
    const spread = Array.from({ length: GOLDEN_ITEMS }, (_, i) => Math.floor((i * catalogue.size) / GOLDEN_ITEMS));
    const itemIndexes = [...new Set([...recent, ...spread])].slice(0, GOLDEN_ITEMS);
    const result = await runGoldenCase(
      { extractor, ranker, userTower: models.userTower, itemTower: models.itemTower },
      { profile, context, itemIndexes },
    );
    cases.push({
      profile: encodeGoldenProfile(profile),
      context,
      itemIds: itemIndexes.map((index) => catalogue.itemIds[index]!),
      fieldIds: itemIndexes.map((_, i) =>
        Array.from(result.rows.subarray(i * layout.slotCount, (i + 1) * layout.slotCount)),
      ),
      probabilities: Array.from(result.probabilities),
      userEmbedding: Array.from(result.userEmbedding),
      itemEmbeddings: itemIndexes.map((_, i) =>
        Array.from(result.itemEmbeddings!.subarray(i * embeddingDim, (i + 1) * embeddingDim)),
      ),
    });
  }
  return { cases };
}
