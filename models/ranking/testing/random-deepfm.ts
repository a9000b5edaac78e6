import { SeededRandom } from '../../../features/core/seeded-random.ts';
import type { CrossWriter } from '../../../features/schema/cross-fields.ts';
import type { FeatureExtractor } from '../../../features/schema/feature-extractor.ts';
import { type FeatureField, isUsedByRanker } from '../../../features/schema/feature-schema.ts';
import {
  type FieldLayout,
  layoutFields,
  layoutTable,
  type TableLayout,
} from '../../../features/schema/field-layout.ts';
import { type DeepFmShape, type DeepFmWeights, deepFmParameters } from '../deepfm-graph.ts';
import type { ItemIds } from '../folded-items.ts';
import { eachByItself } from '../folded-kernel.ts';

/** A DeepFM with random weights, random products and a random request to it. */
export interface RandomDeepFm {
  readonly layout: FieldLayout;
  readonly table: TableLayout;
  readonly weights: DeepFmWeights;
  readonly items: RandomItems;
  readonly queryIds: Int32Array;
  readonly cross: CrossWriter;
  /** Whole feature rows of products, as a plain ranker reads them: shape `[itemIndexes.length, slotCount]`. */
  rowsOf(itemIndexes: readonly number[]): Int32Array;
  /** As of a feature extractor. */
  writeCandidate: FeatureExtractor['writeCandidate'];
}

/** Makes everything random but the fields; equal arguments give equal results. */
export function randomDeepFm(
  fields: readonly FeatureField[],
  options: { seed: number; itemCount: number; shape: Omit<DeepFmShape, 'fieldCount'> },
): RandomDeepFm {
  const random = new SeededRandom(options.seed);
  const layout = layoutFields(fields);
  const table = layoutTable(layout, ({ field }) => isUsedByRanker(field));
  const { context, item, cross } = layout.groupSlots;
  const items = new RandomItems(layout, options.itemCount, random);
  const queryIds = new Int32Array(context[1]);
  writeRandomIds(layout, [0, context[1]], queryIds, 0, random);
  const crossWidth = cross[1] - cross[0];
  const crossIds = new Int32Array(options.itemCount * crossWidth);
  for (let i = 0; i < options.itemCount; i++) writeRandomIds(layout, cross, crossIds, i * crossWidth, random);
  // The first cross field is the same for all products, as a shopper's without history is.
  const idOf = (slot: number, itemIndex: number): number =>
    crossIds[(slot === cross[0] ? 0 : itemIndex % options.itemCount) * crossWidth + slot - cross[0]]!;
  const writer: CrossWriter = {
    ...eachByItself(idOf),
    write: (itemIndex, ids, rowStart) => {
      for (let slot = cross[0]; slot < cross[1]; slot++) ids[rowStart + slot] = idOf(slot, itemIndex);
    },
    constantOf: (slot) => (slot === cross[0] ? idOf(slot, 0) : undefined),
  };
  const writeCandidate: FeatureExtractor['writeCandidate'] = (query, of, itemIndex, { ids, start }) => {
    const { itemRows, itemSlotCount } = items;
    ids.set(query, start);
    ids.set(itemRows.subarray(itemIndex * itemSlotCount, (itemIndex + 1) * itemSlotCount), start + item[0]);
    of.write(itemIndex, ids, start);
  };
  return {
    layout,
    table,
    weights: randomWeights(table, options.shape, random),
    items,
    queryIds,
    cross: writer,
    rowsOf: (itemIndexes) => {
      const rows = new Int32Array(itemIndexes.length * layout.slotCount);
      for (const [i, itemIndex] of itemIndexes.entries())
        writeCandidate(queryIds, writer, itemIndex, { ids: rows, start: i * layout.slotCount });
      return rows;
    },
    writeCandidate,
  };
}

/** Products with random field ids, which can be changed and added to. */
export class RandomItems implements ItemIds {
  itemRows: Int32Array;
  itemCount: number;
  readonly itemSlotCount: number;
  private readonly layout: FieldLayout;
  private readonly random: SeededRandom;
  private readonly listeners = new Set<(itemIndex: number) => void>();

  constructor(layout: FieldLayout, itemCount: number, random: SeededRandom) {
    const [start, end] = layout.groupSlots.item;
    this.layout = layout;
    this.random = random;
    this.itemCount = itemCount;
    this.itemSlotCount = end - start;
    this.itemRows = new Int32Array(itemCount * this.itemSlotCount);
    for (let i = 0; i < itemCount; i++) this.write(i);
  }

  get listenerCount(): number {
    return this.listeners.size;
  }

  watchItems(listener: (itemIndex: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Gives a product, or the next new one, other fields. */
  change(itemIndex: number): void {
    if (itemIndex === this.itemCount) {
      this.itemCount++;
      const rows = new Int32Array(this.itemCount * this.itemSlotCount);
      rows.set(this.itemRows);
      this.itemRows = rows;
    }
    this.write(itemIndex);
    for (const listener of this.listeners) listener(itemIndex);
  }

  private write(itemIndex: number): void {
    const { item } = this.layout.groupSlots;
    writeRandomIds(this.layout, item, this.itemRows, itemIndex * this.itemSlotCount, this.random);
  }
}

/** Ids as an extractor writes them: missing, unknown and known ones, padding behind the values of multi-valued fields. */
function writeRandomIds(
  layout: FieldLayout,
  [from, to]: readonly [number, number],
  ids: Int32Array,
  start: number,
  random: SeededRandom,
): void {
  for (const { slot, slotCount, cardinality } of layout.fields) {
    if (slot < from || slot >= to) continue;
    const present = 1 + random.nextInt(slotCount);
    for (let i = 0; i < slotCount; i++) ids[start + slot - from + i] = i < present ? random.nextInt(cardinality) : -1;
  }
}

function randomWeights(table: TableLayout, of: Omit<DeepFmShape, 'fieldCount'>, random: SeededRandom): DeepFmWeights {
  const shape = { ...of, fieldCount: table.fields.length };
  const draw = (count: number): Float32Array => Float32Array.from({ length: count }, () => 0.3 * random.nextNormal());
  return {
    shape,
    embeddings: draw(table.rowCount * shape.embeddingDim),
    linear: draw(table.rowCount),
    dense: new Map(deepFmParameters(shape).map(({ name, dims }) => [name, draw(dims.reduce((a, b) => a * b, 1))])),
  };
}
