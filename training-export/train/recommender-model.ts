import type { Catalogue } from '../../features/catalogue/catalogue.ts';
import { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import { type FeatureSchema, isUsedByRanker } from '../../features/schema/feature-schema.ts';
import { type FieldLayout, layoutFields, layoutTable, type TableLayout } from '../../features/schema/field-layout.ts';
import { buildDeepFmModel, type DeepFmWeights } from '../../models/ranking/deepfm-graph.ts';
import { buildServingModel } from '../../models/ranking/folded-graph.ts';
import { OnnxRanker } from '../../models/ranking/onnx-ranker.ts';
import { OnnxTower } from '../../models/retrieval/onnx-tower.ts';
import { buildTowerModel, layoutTowerTable } from '../../models/retrieval/tower-graph.ts';
import type { TwoTowerWeights } from './tower-trainer.ts';

/** The numeric form of a schema on a catalogue, for both models. */
export interface ModelSpace {
  readonly schema: FeatureSchema;
  readonly catalogue: Catalogue;
  readonly layout: FieldLayout;
  readonly extractor: FeatureExtractor;
  readonly rankerTable: TableLayout;
  /** Shared by both towers. */
  readonly towerTable: TableLayout;
}

export function modelSpace(schema: FeatureSchema, catalogue: Catalogue): ModelSpace {
  const layout = layoutFields(schema.fields);
  return {
    schema,
    catalogue,
    layout,
    extractor: new FeatureExtractor(layout, catalogue),
    rankerTable: layoutTable(layout, ({ field }) => isUsedByRanker(field)),
    towerTable: layoutTowerTable(layout),
  };
}

/** The ONNX files of a bundle, and models opened from those very bytes. */
export interface BuiltModels {
  readonly bytes: {
    readonly ranker: Uint8Array;
    /** The same ranker, folded. */
    readonly servingRanker: Uint8Array;
    readonly userTower: Uint8Array;
    readonly itemTower: Uint8Array;
  };
  readonly ranker: OnnxRanker;
  readonly userTower: OnnxTower;
  readonly itemTower: OnnxTower;
  /** Shape `[itemCount, embeddingDim]`, rows of length 1. */
  readonly itemEmbeddings: Float32Array;
}

/** Writes the graphs with trained weights, opens them as a server does and embeds the catalogue. */
export async function buildModels(
  space: ModelSpace,
  weights: { ranker: DeepFmWeights; towers: TwoTowerWeights },
): Promise<BuiltModels> {
  const { layout, rankerTable, towerTable, extractor } = space;
  const bytes = {
    ranker: buildDeepFmModel(rankerTable, layout.slotCount, weights.ranker),
    servingRanker: buildServingModel(rankerTable, weights.ranker),
    userTower: buildTowerModel('user', layout, towerTable, weights.towers.user),
    itemTower: buildTowerModel('item', layout, towerTable, weights.towers.item),
  };
  const { embeddingDim } = weights.towers.user.shape;
  const userSlotCount = layout.groupSlots.user[1];
  const ranker = await OnnxRanker.open(bytes.ranker, layout.slotCount);
  const userTower = await OnnxTower.open(bytes.userTower, userSlotCount, embeddingDim);
  const itemTower = await OnnxTower.open(bytes.itemTower, extractor.itemSlotCount, embeddingDim);
  return { bytes, ranker, userTower, itemTower, itemEmbeddings: await embedItems(itemTower, extractor) };
}

const ITEMS_PER_RUN = 4096;

/** Embeds all products. Shape of the result: `[itemCount, embeddingDim]`. */
export async function embedItems(itemTower: OnnxTower, extractor: FeatureExtractor): Promise<Float32Array> {
  const itemCount = extractor.catalogue.size;
  const { itemSlotCount } = extractor;
  const embeddings = new Float32Array(itemCount * itemTower.embeddingDim);
  for (let from = 0; from < itemCount; from += ITEMS_PER_RUN) {
    const count = Math.min(ITEMS_PER_RUN, itemCount - from);
    const rows = extractor.itemRows.subarray(from * itemSlotCount, (from + count) * itemSlotCount);
    embeddings.set(await itemTower.embed(rows, count), from * itemTower.embeddingDim);
  }
  return embeddings;
}
