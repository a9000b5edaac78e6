import { cardinalityOf, type FeatureField, FIELD_GROUPS, type FieldGroup, type Pooling } from './feature-schema.ts';

/** Where one field sits in a feature row. */
export interface FieldSlots {
  readonly field: FeatureField;
  /** First slot of the row. */
  readonly slot: number;
  /** 1, or `maxLength` of a multi-valued field. */
  readonly slotCount: number;
  /** Ids the field can take. */
  readonly cardinality: number;
  /** undefined for a single-valued field. */
  readonly pooling: Pooling | undefined;
}

/**
 * The numeric form of a schema: a feature row is `slotCount` ids, groups standing together in the order user, context, item, cross.
 */
export interface FieldLayout {
  readonly fields: readonly FieldSlots[];
  readonly slotCount: number;
  /** Slot range of each group: `[start, end)`. */
  readonly groupSlots: Readonly<Record<FieldGroup, readonly [number, number]>>;
}

/** Lays the fields of a schema out. */
export function layoutFields(fields: readonly FeatureField[]): FieldLayout {
  let slot = 0;
  const laidOut: FieldSlots[] = [];
  const groupSlots: Record<FieldGroup, [number, number]> = {
    user: [0, 0],
    context: [0, 0],
    item: [0, 0],
    cross: [0, 0],
  };
  for (const group of FIELD_GROUPS) {
    const start = slot;
    for (const field of fields) {
      if (field.group !== group) continue;
      const slotCount = field.multiValued?.maxLength ?? 1;
      laidOut.push({ field, slot, slotCount, cardinality: cardinalityOf(field), pooling: field.multiValued?.pooling });
      slot += slotCount;
    }
    groupSlots[group] = [start, slot];
  }
  return { fields: laidOut, slotCount: slot, groupSlots };
}

/** A field as one model reads it: `tableRow` is where its ids begin in the model's embedding table. */
export interface TableField extends FieldSlots {
  readonly tableRow: number;
}

/** The embedding table of one model; fields with the same vocabulary share their rows. */
export interface TableLayout {
  readonly fields: readonly TableField[];
  readonly rowCount: number;
}

/** Gives the fields a model reads, in layout order, their rows of its embedding table. */
export function layoutTable(layout: FieldLayout, isRead: (slots: FieldSlots) => boolean): TableLayout {
  let rowCount = 0;
  const rowOfVocabulary = new Map<string, number>();
  const fields: TableField[] = [];
  for (const slots of layout.fields) {
    if (!isRead(slots)) continue;
    const { field, cardinality } = slots;
    const vocabulary = (field.kind === 'categorical' && field.vocabularyOf) || field.name;
    let tableRow = rowOfVocabulary.get(vocabulary);
    if (tableRow === undefined) {
      tableRow = rowCount;
      rowOfVocabulary.set(vocabulary, tableRow);
      rowCount += cardinality;
    }
    fields.push({ ...slots, tableRow });
  }
  return { fields, rowCount };
}

/** The fields of one table that stand in the given slots; the table stays whole. */
export function tableFieldsIn(table: TableLayout, slots: readonly [number, number]): TableLayout {
  return { rowCount: table.rowCount, fields: table.fields.filter(({ slot }) => slot >= slots[0] && slot < slots[1]) };
}
