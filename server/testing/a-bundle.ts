import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCatalogue, encodeNeighbours, encodePopularity } from '../../features/catalogue/arrow-tables.ts';
import { emptyProfile } from '../../features/profile/profile.ts';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import { serializeFeatureSchema } from '../../features/schema/feature-schema.ts';
import { schemaFingerprint } from '../../features/schema/parse-schema.ts';
import { encodeGoldenProfile, type Golden, runGoldenCase } from '../../models/bundle/golden.ts';
import { BUNDLE_FILES, type Manifest } from '../../models/bundle/manifest.ts';
import { type BundleFileContent, writeBundle } from '../../models/bundle/write-bundle.ts';
import { PlainRanker } from '../../models/ranking/plain-ranker.ts';
import { buildHnswIndex } from '../../models/retrieval/hnsw-graph.ts';
import { OnnxTower } from '../../models/retrieval/onnx-tower.ts';
import {
  EMBEDDING_DIM,
  type TestModelOptions,
  type TestModelParts,
  testModelParts,
} from '../pipeline/testing/a-model.ts';

const INDEX = { m: 8, efConstruction: 50, seed: 1 };
const CREATED_AT = '2025-01-01T00:00:00Z';

/** Writes a small model (see `aModel`) as a verified bundle; returns its folder. */
export async function writeTestBundle(
  artifactsFolder: string,
  modelVersion: string,
  options: TestModelOptions,
): Promise<string> {
  const parts = testModelParts(options);
  const scratch = await mkdtemp(join(tmpdir(), 'vitrine-test-bundle-'));
  try {
    const indexFile = join(scratch, BUNDLE_FILES.itemIndex);
    await buildHnswIndex(parts.itemEmbeddings, parts.catalogue.size, EMBEDDING_DIM, { ...INDEX, file: indexFile });
    const files = new Map<string, BundleFileContent>([
      [BUNDLE_FILES.featureSchema, Buffer.from(serializeFeatureSchema(parts.schema))],
      [BUNDLE_FILES.ranker, parts.rankerBytes],
      [BUNDLE_FILES.servingRanker, parts.servingRankerBytes],
      [BUNDLE_FILES.userTower, parts.userTowerBytes],
      [BUNDLE_FILES.itemTower, parts.itemTowerBytes],
      [BUNDLE_FILES.itemIndex, { fromFile: indexFile }],
      [BUNDLE_FILES.catalogue, encodeCatalogue(parts.catalogue)],
      [BUNDLE_FILES.neighbours, encodeNeighbours(parts.neighbours)],
      [BUNDLE_FILES.popularity, encodePopularity(parts.popularity)],
      [BUNDLE_FILES.golden, Buffer.from(JSON.stringify(await goldenOf(parts)))],
    ]);
    return await writeBundle({ artifactsFolder, modelVersion, manifest: manifestOf(parts), files });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function manifestOf({ catalogue, layout, schema }: TestModelParts) {
  const { user, item } = layout.groupSlots;
  return {
    createdAt: CREATED_AT,
    featureSchemaFingerprint: schemaFingerprint(schema),
    dimensions: {
      itemCount: catalogue.size,
      embeddingDim: EMBEDDING_DIM,
      slotCount: layout.slotCount,
      userSlotCount: user[1] - user[0],
      itemSlotCount: item[1] - item[0],
    },
    index: {
      m: INDEX.m,
      efConstruction: INDEX.efConstruction,
      efSearch: 50,
      annRecallAtK: { k: 1, value: 1, queryCount: 1 },
    },
    data: {
      dataset: 'test shop',
      from: CREATED_AT,
      to: CREATED_AT,
      eventCount: 0,
      userCount: 0,
      itemCount: catalogue.size,
      exampleCount: 0,
    },
    metrics: {},
    seed: 1,
  } satisfies Partial<Manifest>;
}

async function goldenOf({ catalogue, layout, rankerBytes, userTowerBytes }: TestModelParts): Promise<Golden> {
  const extractor = new FeatureExtractor(layout, catalogue);
  const ranker = await PlainRanker.open(rankerBytes, extractor);
  const [start, end] = layout.groupSlots.user;
  const userTower = await OnnxTower.open(userTowerBytes, end - start, EMBEDDING_DIM);
  const profile = emptyProfile();
  const context = { nowMs: Date.parse(CREATED_AT), userId: '', device: '' };
  const { rows, probabilities, userEmbedding } = await runGoldenCase(
    { extractor, ranker, userTower },
    { profile, context, itemIndexes: [0] },
  );
  await Promise.all([ranker.close(), userTower.close()]);
  return {
    cases: [
      {
        profile: encodeGoldenProfile(profile),
        context,
        itemIds: [catalogue.itemIds[0]!],
        fieldIds: [Array.from(rows)],
        probabilities: Array.from(probabilities),
        userEmbedding: Array.from(userEmbedding),
      },
    ],
  };
}
