import type { Catalogue } from '../catalogue/catalogue.ts';
import { assertContract } from '../core/errors.ts';
import type { Profile } from '../profile/profile.ts';
import { CrossFields, type CrossWriter } from './cross-fields.ts';
import type { FieldGroup } from './feature-schema.ts';
import { type FieldEncoder, FieldEncoders, writeSlots } from './field-encoder.ts';
import type { FieldLayout, FieldSlots } from './field-layout.ts';
import {
  CROSS_SIGNALS,
  type CrossReader,
  ITEM_SIGNALS,
  type ItemReader,
  QUERY_SIGNALS,
  type QueryReader,
  type SignalContext,
} from './signals.ts';

interface Extraction<Reader> {
  readonly slots: FieldSlots;
  readonly encoder: FieldEncoder;
  readonly read: Reader;
}

/**
 * Makes feature rows out of profiles, requests and products: the one path from raw values to ids, online and offline.
 *
 * Item ids are computed once per product and kept; a request computes its user and context ids once and, per candidate, copies both
 * and fills the cross slots.
 */
export class FeatureExtractor {
  readonly layout: FieldLayout;
  readonly catalogue: Catalogue;
  /** Slots of user and context fields: the head of every row. */
  readonly querySlotCount: number;
  readonly itemSlotCount: number;
  readonly crossSlotCount: number;
  private readonly itemStart: number;
  private readonly crossStart: number;
  private readonly queryFields: readonly Extraction<QueryReader>[];
  private readonly itemFields: readonly Extraction<ItemReader>[];
  private readonly crossFields: readonly Extraction<CrossReader>[];
  private itemIdRows: Int32Array;
  private readonly itemListeners: Set<(itemIndex: number) => void> = new Set();

  constructor(layout: FieldLayout, catalogue: Catalogue) {
    this.layout = layout;
    this.catalogue = catalogue;
    const { user, context, item, cross } = layout.groupSlots;
    this.querySlotCount = context[1] - user[0];
    this.itemStart = item[0];
    this.crossStart = cross[0];
    this.itemSlotCount = item[1] - item[0];
    this.crossSlotCount = cross[1] - cross[0];
    const encoders = new FieldEncoders();
    this.queryFields = extractions(layout, encoders, ['user', 'context'], QUERY_SIGNALS);
    this.itemFields = extractions(layout, encoders, ['item'], ITEM_SIGNALS);
    this.crossFields = extractions(layout, encoders, ['cross'], CROSS_SIGNALS);
    this.itemIdRows = new Int32Array(0);
    this.refreshItems(0);
  }

  /** Ids of the item group, shape `[catalogue.size, itemSlotCount]`, row-major; read only, may be replaced by {@link refreshItems}. */
  get itemRows(): Int32Array {
    return this.itemIdRows;
  }

  /** Products with ids. */
  get itemCount(): number {
    return this.catalogue.size;
  }

  /**
   * Calls `listener` with a product's row each time its ids were computed anew, before whoever had them computed goes on: what is derived
   * from them is never older than they are. The result ends it.
   */
  watchItems(listener: (itemIndex: number) => void): () => void {
    this.itemListeners.add(listener);
    return () => this.itemListeners.delete(listener);
  }

  /** Recomputes the item ids of rows `from` .. end of the catalogue, after products were added. */
  refreshItems(from: number): void {
    const width = this.itemSlotCount;
    if (this.itemIdRows.length < this.catalogue.size * width) {
      const rows = new Int32Array(Math.ceil(this.catalogue.size * 1.25) * width);
      rows.set(this.itemIdRows);
      this.itemIdRows = rows;
    }
    for (let index = from; index < this.catalogue.size; index++) this.refreshItem(index);
  }

  /** Recomputes the item ids of one product, after one of its fields changed. */
  refreshItem(index: number): void {
    const row = { ids: this.itemIdRows, start: index * this.itemSlotCount - this.itemStart };
    for (const { slots, encoder, read } of this.itemFields)
      writeSlots(slots, encoder, read(this.catalogue, index), row);
    for (const listener of this.itemListeners) listener(index);
  }

  /** Writes the user and context ids, `querySlotCount` of them, at `start` of `ids`. */
  writeQuery(profile: Profile, context: SignalContext, ids: Int32Array, start = 0): void {
    const row = { ids, start };
    for (const { slots, encoder, read } of this.queryFields) {
      writeSlots(slots, encoder, read(profile, context, slots.slotCount), row);
    }
  }

  /** Prepares a request's cross fields as they are now, for products of the catalogue as it is now. */
  prepareCross(profile: Profile, context: SignalContext): CrossWriter {
    const fields = this.crossFields.map(({ encoder, read }) => ({
      encode: encoder.encode,
      values: read(profile, context, this.catalogue),
    }));
    return new CrossFields(this.crossStart, fields, this.catalogue);
  }

  /** Copies a request's ids and a product's ids into a row and fills its cross slots. */
  writeCandidate(
    queryIds: Int32Array,
    cross: CrossWriter,
    itemIndex: number,
    row: { ids: Int32Array; start: number },
  ): void {
    const { ids, start } = row;
    for (let slot = 0; slot < this.querySlotCount; slot++) ids[start + slot] = queryIds[slot]!;
    const width = this.itemSlotCount;
    const from = itemIndex * width;
    for (let slot = 0; slot < width; slot++) ids[start + this.itemStart + slot] = this.itemIdRows[from + slot]!;
    cross.write(itemIndex, ids, start);
  }
}

function extractions<Reader>(
  layout: FieldLayout,
  encoders: FieldEncoders,
  groups: readonly FieldGroup[],
  signals: Readonly<
    Record<string, { readonly make: (parameters: Readonly<Record<string, string | number>>) => Reader }>
  >,
): Extraction<Reader>[] {
  const list: Extraction<Reader>[] = [];
  for (const slots of layout.fields) {
    const { field } = slots;
    if (!groups.includes(field.group)) continue;
    const signal = signals[field.signal];
    assertContract(
      signal !== undefined,
      `field "${field.name}" has no signal "${field.signal}": the schema was not validated`,
    );
    list.push({ slots, encoder: encoders.of(field), read: signal.make(field.parameters ?? {}) });
  }
  return list;
}
