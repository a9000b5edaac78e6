import type {
  Neighbours,
  NeighbourTable,
  Popularity,
  PopularityTable,
} from '../../../features/catalogue/arrow-tables.ts';
import { Catalogue, type ItemRecord } from '../../../features/catalogue/catalogue.ts';
import { FeatureExtractor } from '../../../features/schema/feature-extractor.ts';
import {
  type FeatureField,
  type FeatureSchema,
  FIRST_VALUE_ID,
  isUsedByTowers,
  UNKNOWN_ID,
} from '../../../features/schema/feature-schema.ts';
import {
  type FieldLayout,
  layoutFields,
  layoutTable,
  type TableLayout,
} from '../../../features/schema/field-layout.ts';
import { buildDeepFmModel, type DeepFmWeights, deepFmParameters } from '../../../models/ranking/deepfm-graph.ts';
import { buildServingModel } from '../../../models/ranking/folded-graph.ts';
import { FoldedRanker } from '../../../models/ranking/folded-ranker.ts';
import { ExactRetriever } from '../../../models/retrieval/exact-retriever.ts';
import { OnnxTower } from '../../../models/retrieval/onnx-tower.ts';
import { buildTowerModel } from '../../../models/retrieval/tower-graph.ts';
import type { PipelineModel } from '../model-context.ts';

/** One product of a test shop, with what its models say of it. */
export interface TestItem extends Partial<Omit<ItemRecord, 'itemId'>> {
  readonly itemId: string;
  /** Direction in a space of two dimensions, in degrees: products at near angles are similar. @defaultValue 0 */
  readonly angle?: number;
  /** Log-odds the ranker gives it, whoever asks. @defaultValue 0 */
  readonly logit?: number;
}

export interface TestModelOptions {
  readonly items: readonly TestItem[];
  /** Ids, most wanted first. @defaultValue all, in catalogue order */
  readonly popular?: readonly string[];
  readonly popularByCategory?: Readonly<Record<string, readonly string[]>>;
  /** By id: neighbours with strengths, strongest first. */
  readonly coView?: Readonly<Record<string, readonly (readonly [string, number])[]>>;
  readonly coPurchase?: Readonly<Record<string, readonly (readonly [string, number])[]>>;
}

export const EMBEDDING_DIM = 2;

/** Direction of a product the model never saw, in degrees. */
export const UNKNOWN_ANGLE = 60;

/** A small model in the form a bundle holds it. */
export interface TestModelParts {
  readonly catalogue: Catalogue;
  readonly schema: FeatureSchema;
  readonly layout: FieldLayout;
  readonly rankerBytes: Uint8Array;
  readonly servingRankerBytes: Uint8Array;
  readonly userTowerBytes: Uint8Array;
  readonly itemTowerBytes: Uint8Array;
  /** Shape `[items, EMBEDDING_DIM]`. */
  readonly itemEmbeddings: Float32Array;
  readonly neighbours: Neighbours;
  readonly popularity: Popularity;
}

/**
 * A small model of real parts whose answers can be computed by hand: DeepFM with first-order weights alone, so the probability of an
 * item is the logistic of its logit; towers that copy an item's direction and average the directions of viewed items.
 */
export async function aModel(options: TestModelOptions): Promise<PipelineModel> {
  const parts = testModelParts(options);
  const { catalogue, layout, neighbours, popularity } = parts;
  const { user, item } = layout.groupSlots;
  const extractor = new FeatureExtractor(layout, catalogue);
  return {
    modelVersion: 'test-1',
    catalogue,
    extractor,
    ranker: await FoldedRanker.open(parts.servingRankerBytes, layout, extractor),
    userTower: await OnnxTower.open(parts.userTowerBytes, user[1] - user[0], EMBEDDING_DIM),
    itemTower: await OnnxTower.open(parts.itemTowerBytes, item[1] - item[0], EMBEDDING_DIM),
    retriever: new ExactRetriever(parts.itemEmbeddings, catalogue.size, EMBEDDING_DIM),
    neighbours,
    popularity,
  };
}

export function testModelParts(options: TestModelOptions): TestModelParts {
  const { items } = options;
  const catalogue = Catalogue.from(items.map(({ angle: _, logit: __, ...item }) => ({ isAvailable: true, ...item })));
  const vocabulary = items.map((item) => item.itemId);
  const fields: FeatureField[] = [
    {
      name: 'recent_views',
      group: 'user',
      kind: 'categorical',
      signal: 'recent_items',
      parameters: { event: 'view_item' },
      multiValued: { maxLength: 4, pooling: 'mean' },
      vocabulary,
    },
    { name: 'hour', group: 'context', kind: 'bucketized', signal: 'hour', boundaries: [12] },
    { name: 'item_id', group: 'item', kind: 'categorical', signal: 'item_id', vocabulary },
    { name: 'category', group: 'item', kind: 'hashed', signal: 'category', bucketCount: 64, usedBy: ['ranker'] },
  ];
  const layout = layoutFields(fields);
  const towerTable = layoutTable(layout, ({ field }) => isUsedByTowers(field) && field.group !== 'context');
  const rankerTable = layoutTable(layout, () => true);
  const ranker = rankerWeights(rankerTable, items);
  const directions = items.map(({ angle = 0 }) => directionOf(angle));
  return {
    catalogue,
    schema: { format: 'vitrine-feature-schema', formatVersion: 1, interestHalfLifeDays: 14, fields },
    layout,
    rankerBytes: buildDeepFmModel(rankerTable, layout.slotCount, ranker),
    servingRankerBytes: buildServingModel(rankerTable, ranker),
    userTowerBytes: towerBytes('user', layout, towerTable, directions),
    itemTowerBytes: towerBytes('item', layout, towerTable, directions),
    itemEmbeddings: Float32Array.from(directions.flat()),
    neighbours: {
      coView: neighbourTable('co_view', catalogue, options.coView ?? {}),
      coPurchase: neighbourTable('co_purchase', catalogue, options.coPurchase ?? {}),
    },
    popularity: {
      overall: popularityTable(catalogue, options.popular ?? vocabulary),
      byCategory: new Map(
        Object.entries(options.popularByCategory ?? {}).map(([name, ids]) => [name, popularityTable(catalogue, ids)]),
      ),
    },
  };
}

export function directionOf(angle: number): [number, number] {
  const radians = (angle * Math.PI) / 180;
  return [Math.cos(radians), Math.sin(radians)];
}

function rankerWeights(table: TableLayout, items: readonly TestItem[]): DeepFmWeights {
  const shape = { fieldCount: table.fields.length, embeddingDim: 2, hiddenUnits: [1] };
  const linear = new Float32Array(table.rowCount);
  const itemField = table.fields.find(({ field }) => field.name === 'item_id')!;
  for (const [i, { logit = 0 }] of items.entries()) linear[itemField.tableRow + FIRST_VALUE_ID + i] = logit;
  return {
    shape,
    embeddings: new Float32Array(table.rowCount * shape.embeddingDim),
    linear,
    dense: new Map(deepFmParameters(shape).map(({ name, dims }) => [name, new Float32Array(sizeOf(dims))])),
  };
}

function towerBytes(
  group: 'user' | 'item',
  layout: FieldLayout,
  table: TableLayout,
  directions: readonly (readonly [number, number])[],
): Uint8Array {
  const weights = new Float32Array(table.rowCount * EMBEDDING_DIM);
  for (const { tableRow } of table.fields) {
    weights.set(directionOf(UNKNOWN_ANGLE), (tableRow + UNKNOWN_ID) * EMBEDDING_DIM);
    for (const [i, direction] of directions.entries())
      weights.set(direction, (tableRow + FIRST_VALUE_ID + i) * EMBEDDING_DIM);
  }
  const dense = new Map([
    ['w_straight', Float32Array.of(1, 0, 0, 1)],
    ['b_straight', new Float32Array(EMBEDDING_DIM)],
  ]);
  const shape = { fieldCount: 1, fieldDim: EMBEDDING_DIM, hiddenUnits: 0, embeddingDim: EMBEDDING_DIM };
  return buildTowerModel(group, layout, table, { shape, table: weights, dense });
}

function neighbourTable(
  kind: NeighbourTable['kind'],
  catalogue: Catalogue,
  lists: Readonly<Record<string, readonly (readonly [string, number])[]>>,
): NeighbourTable {
  const offsets = new Int32Array(catalogue.size + 1);
  const items: number[] = [];
  const strengths: number[] = [];
  for (const [row, itemId] of catalogue.itemIds.entries()) {
    for (const [neighbour, strength] of lists[itemId] ?? []) {
      items.push(catalogue.indexOf(neighbour));
      strengths.push(strength);
    }
    offsets[row + 1] = items.length;
  }
  return { kind, offsets, items: Int32Array.from(items), strengths: Float32Array.from(strengths) };
}

function popularityTable(catalogue: Catalogue, itemIds: readonly string[]): PopularityTable {
  return {
    itemIndexes: Int32Array.from(itemIds, (itemId) => catalogue.indexOf(itemId)),
    weights: Float32Array.from(itemIds, (_, place) => itemIds.length - place),
  };
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((a, b) => a * b, 1);
}
