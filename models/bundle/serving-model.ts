import {
  decodeCatalogue,
  decodeNeighbours,
  decodePopularity,
  type Neighbours,
  type Popularity,
} from '../../features/catalogue/arrow-tables.ts';
import type { Catalogue } from '../../features/catalogue/catalogue.ts';
import { VitrineError } from '../../features/core/errors.ts';
import type { ProfilePolicy } from '../../features/profile/apply-event.ts';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { FeatureSchema } from '../../features/schema/feature-schema.ts';
import { layoutFields } from '../../features/schema/field-layout.ts';
import { parseFeatureSchema, schemaFingerprint } from '../../features/schema/parse-schema.ts';
import type { Kernels } from '../native/kernels.ts';
import { FoldedRanker } from '../ranking/folded-ranker.ts';
import { PlainRanker } from '../ranking/plain-ranker.ts';
import { type HnswBuildChoice, hnswLibrary } from '../retrieval/hnsw-library.ts';
import { type HnswRetriever, openHnswRetriever } from '../retrieval/hnsw-retriever.ts';
import { OnnxTower } from '../retrieval/onnx-tower.ts';
import { openUserTower, type UserTower } from '../retrieval/open-user-tower.ts';
import { checkGolden, parseGolden } from './golden.ts';
import { BUNDLE_FILES, type Manifest } from './manifest.ts';
import type { Bundle } from './open-bundle.ts';

/**
 * Everything of one bundle that answers requests, opened, warmed and checked; swapped as a whole.
 *
 * Rows of the catalogue are the labels of the index, the rows of item features, neighbours and popularity alike.
 */
export interface ServingModel {
  readonly modelVersion: string;
  readonly manifest: Manifest;
  readonly schema: FeatureSchema;
  readonly policy: ProfilePolicy;
  readonly catalogue: Catalogue;
  readonly extractor: FeatureExtractor;
  /** Folded when the bundle has `ranker.serving.onnx`. */
  readonly ranker: FoldedRanker | PlainRanker;
  /** In native code or split when `user-tower.onnx` is of our kind. */
  readonly userTower: UserTower;
  readonly itemTower: OnnxTower;
  readonly retriever: HnswRetriever;
  readonly neighbours: Neighbours;
  readonly popularity: Popularity;
  /** Frees native memory; no request may use the model any more. */
  close(): Promise<void>;
}

export interface ServingModelOptions {
  /** Build of the index library. @defaultValue auto */
  readonly hnswBuild?: HnswBuildChoice;
}

/** Smaller models lie in the processor's caches, and so do the addresses of their pages. */
const LEAST_ITEMS_FOR_LARGE_PAGES = 10_000;

/**
 * Opens a verified bundle for serving: parses, checks that this code makes the same features, warms up and runs the golden cases.
 *
 * Errors: REC_BUNDLE_INVALID, REC_BUNDLE_INCOMPATIBLE, REC_INVALID_SCHEMA, each naming file and difference.
 */
export async function openServingModel(bundle: Bundle, options: ServingModelOptions = {}): Promise<ServingModel> {
  const { manifest } = bundle;
  const schema = parseFeatureSchema(await bundle.readText(BUNDLE_FILES.featureSchema));
  const fingerprint = schemaFingerprint(schema);
  if (fingerprint !== manifest.featureSchemaFingerprint) {
    throw new VitrineError(
      'REC_BUNDLE_INCOMPATIBLE',
      `bundle ${manifest.modelVersion} was made with features ${manifest.featureSchemaFingerprint.slice(0, 12)}, this server makes ${fingerprint.slice(0, 12)}; train with this version of Vitrine`,
    );
  }
  const catalogue = decodeCatalogue(await bundle.readFile(BUNDLE_FILES.catalogue));
  const layout = layoutFields(schema.fields);
  checkDimensions(manifest, catalogue, layout);
  const extractor = new FeatureExtractor(layout, catalogue);
  const { itemCount } = manifest.dimensions;
  const golden = parseGolden(await bundle.readText(BUNDLE_FILES.golden), manifest.dimensions);
  const neighbours = decodeNeighbours(await bundle.readFile(BUNDLE_FILES.neighbours), itemCount);
  const popularity = decodePopularity(await bundle.readFile(BUNDLE_FILES.popularity), itemCount);
  const native = await openNative(bundle, extractor, options);
  try {
    await checkGolden(golden, { extractor, ...native });
    if (itemCount >= LEAST_ITEMS_FOR_LARGE_PAGES) await hnswLibrary(options.hnswBuild).useLargePages?.();
  } catch (error) {
    await native.close();
    throw error;
  }
  return {
    modelVersion: manifest.modelVersion,
    manifest,
    schema,
    policy: { interestHalfLifeDays: schema.interestHalfLifeDays },
    catalogue,
    extractor,
    neighbours,
    popularity,
    ...native,
  };
}

type NativeParts = Pick<ServingModel, 'ranker' | 'userTower' | 'itemTower' | 'retriever' | 'close'>;

/** Opens what holds native memory; when one part cannot be opened, those before it are closed again. */
async function openNative(
  bundle: Bundle,
  extractor: FeatureExtractor,
  { hnswBuild = 'auto' }: ServingModelOptions,
): Promise<NativeParts> {
  const { itemSlotCount, itemCount, embeddingDim } = bundle.manifest.dimensions;
  const opened: { close(): unknown }[] = [];
  const keep = <T extends { close(): unknown }>(part: T): T => {
    opened.push(part);
    return part;
  };
  const close = async (): Promise<void> => {
    for (const part of opened) await part.close();
  };
  try {
    const { kernels } = hnswLibrary(hnswBuild);
    const ranker = keep(await openRanker(bundle, extractor, kernels));
    const userTower = keep(
      await openUserTower(await bundle.readFile(BUNDLE_FILES.userTower), extractor.layout, embeddingDim, { kernels }),
    );
    const itemTower = keep(
      await OnnxTower.open(await bundle.readFile(BUNDLE_FILES.itemTower), itemSlotCount, embeddingDim),
    );
    const { efSearch, annRecallAtK } = bundle.manifest.index;
    const file = bundle.pathOf(BUNDLE_FILES.itemIndex);
    const size = { itemCount, embeddingDim };
    const retriever = keep(
      await openHnswRetriever({ file, ...size, efSearch, efSearchAtK: annRecallAtK.k, build: hnswBuild }),
    );
    return { ranker, userTower, itemTower, retriever, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The folded ranker when the bundle has one: the plain graph then only is a second form of the same function. */
async function openRanker(
  bundle: Bundle,
  extractor: FeatureExtractor,
  kernels: Kernels | undefined,
): Promise<FoldedRanker | PlainRanker> {
  if (!bundle.hasFile(BUNDLE_FILES.servingRanker))
    return PlainRanker.open(await bundle.readFile(BUNDLE_FILES.ranker), extractor);
  return FoldedRanker.open(await bundle.readFile(BUNDLE_FILES.servingRanker), extractor.layout, extractor, { kernels });
}

function checkDimensions(manifest: Manifest, catalogue: Catalogue, layout: ReturnType<typeof layoutFields>): void {
  const { user, item } = layout.groupSlots;
  const actual = {
    itemCount: catalogue.size,
    slotCount: layout.slotCount,
    userSlotCount: user[1] - user[0],
    itemSlotCount: item[1] - item[0],
  };
  for (const [name, value] of Object.entries(actual)) {
    const stated = manifest.dimensions[name as keyof typeof actual];
    if (stated === value) continue;
    throw new VitrineError(
      'REC_BUNDLE_INVALID',
      `manifest.json says ${name} ${stated}, the files of ${manifest.modelVersion} have ${value}`,
    );
  }
}
