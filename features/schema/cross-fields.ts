import { MISSING_ID } from './feature-schema.ts';
import type { ValueEncoder } from './field-encoder.ts';
import { type IdTable, IdTables } from './id-table.ts';
import type { CrossValues } from './signals.ts';

/** The cross fields of one request, prepared for any number of candidates; made by `FeatureExtractor.prepareCross`. */
export interface CrossWriter {
  /** Fills the cross slots of one candidate in a whole feature row that begins at `rowStart`. */
  write(itemIndex: number, ids: Int32Array, rowStart: number): void;
  /** Writes one field's ids of many candidates, `ids[i]` for `itemIndexes[i]`. @param slot the field's slot of a whole row */
  writeColumn(slot: number, itemIndexes: Int32Array, count: number, ids: Int32Array): void;
  /** The id a field has for every product there is; undefined when it depends on the product. */
  constantOf(slot: number): number | undefined;
}

/** One field of a request, of one shape whatever its values are: loops over candidates stay fast. */
interface PreparedField {
  readonly slot: number;
  readonly encode: ValueEncoder;
  readonly read: ((itemIndex: number) => number) | undefined;
  readonly keys: Int32Array | undefined;
  readonly table: IdTable;
}

const NO_IDS = new IdTables([0]).add(0, MISSING_ID);

/** Encodes keyed values once per key instead of once per candidate. */
export class CrossFields implements CrossWriter {
  private readonly fields: readonly PreparedField[];
  private readonly firstSlot: number;

  /** @param fields one for each cross slot, in order of slots from `firstSlot` on */
  constructor(firstSlot: number, fields: readonly { encode: ValueEncoder; values: CrossValues }[]) {
    this.firstSlot = firstSlot;
    const tables = new IdTables(fields.map(({ values }) => (values.kind === 'keyed' ? values.keyLimit : 0)));
    this.fields = fields.map(({ encode, values }, place) => prepared(firstSlot + place, encode, values, tables));
  }

  write(itemIndex: number, ids: Int32Array, rowStart: number): void {
    for (const { slot, read, encode, keys, table } of this.fields) {
      if (read !== undefined) ids[rowStart + slot] = encode(read(itemIndex));
      else ids[rowStart + slot] = table.get(keys === undefined ? itemIndex : keys[itemIndex]!);
    }
  }

  writeColumn(slot: number, itemIndexes: Int32Array, count: number, ids: Int32Array): void {
    const { read, encode, keys, table } = this.fields[slot - this.firstSlot]!;
    if (read !== undefined) {
      for (let i = 0; i < count; i++) ids[i] = encode(read(itemIndexes[i]!));
    } else if (keys === undefined) {
      for (let i = 0; i < count; i++) ids[i] = table.get(itemIndexes[i]!);
    } else {
      for (let i = 0; i < count; i++) ids[i] = table.get(keys[itemIndexes[i]!]!);
    }
  }

  constantOf(slot: number): number | undefined {
    const { read, table } = this.fields[slot - this.firstSlot]!;
    return read === undefined && table.keyCount === 0 ? table.otherwise : undefined;
  }
}

function prepared(slot: number, encode: ValueEncoder, values: CrossValues, tables: IdTables): PreparedField {
  if (values.kind === 'read') return { slot, encode, read: values.read, keys: undefined, table: NO_IDS };
  const table = tables.add(values.keyLimit, encode(values.otherwise));
  values.forEach((key, value) => {
    table.set(key, encode(value));
  });
  return { slot, encode, read: undefined, keys: values.keys, table };
}
