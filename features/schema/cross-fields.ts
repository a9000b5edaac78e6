import { type Catalogue, ITEM_CODE_STRIDE, ITEM_CODES } from '../catalogue/catalogue.ts';
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
  /** Where the key of a product is: `keys[itemIndex * keyStride + keyStart]`; the row itself when there are no keys. */
  readonly keys: Int32Array | undefined;
  readonly keyStride: number;
  readonly keyStart: number;
  readonly table: IdTable;
}

type KeyedValues = Extract<CrossValues, { kind: 'keyed' }>;

const NO_IDS = new IdTables([0]).add(0, MISSING_ID);

/** Encodes keyed values once per key instead of once per candidate. */
export class CrossFields implements CrossWriter {
  private readonly fields: readonly PreparedField[];
  private readonly firstSlot: number;

  /** @param fields one for each cross slot, in order of slots from `firstSlot` on */
  constructor(
    firstSlot: number,
    fields: readonly { encode: ValueEncoder; values: CrossValues }[],
    catalogue: Catalogue,
  ) {
    this.firstSlot = firstSlot;
    const tables = new IdTables(fields.map(({ values }) => (values.kind === 'keyed' ? values.keyLimit : 0)));
    this.fields = fields.map(({ encode, values }, place) => {
      const slot = firstSlot + place;
      return values.kind === 'read'
        ? { slot, encode, read: values.read, ...NO_KEYS, table: NO_IDS }
        : {
            slot,
            encode,
            read: undefined,
            ...keysOf(values.keyCode, catalogue),
            table: tableOf(encode, values, tables),
          };
    });
  }

  write(itemIndex: number, ids: Int32Array, rowStart: number): void {
    for (const { slot, read, encode, keys, keyStride, keyStart, table } of this.fields) {
      if (read !== undefined) ids[rowStart + slot] = encode(read(itemIndex));
      else ids[rowStart + slot] = table.get(keys === undefined ? itemIndex : keys[itemIndex * keyStride + keyStart]!);
    }
  }

  writeColumn(slot: number, itemIndexes: Int32Array, count: number, ids: Int32Array): void {
    const { read, encode, keys, keyStride, keyStart, table } = this.fields[slot - this.firstSlot]!;
    if (read !== undefined) {
      for (let i = 0; i < count; i++) ids[i] = encode(read(itemIndexes[i]!));
      return;
    }
    if (keys === undefined) for (let i = 0; i < count; i++) ids[i] = itemIndexes[i]!;
    else for (let i = 0; i < count; i++) ids[i] = keys[itemIndexes[i]! * keyStride + keyStart]!;
    table.replaceAll(ids, count);
  }

  constantOf(slot: number): number | undefined {
    const { read, table } = this.fields[slot - this.firstSlot]!;
    return read === undefined && table.keyCount === 0 ? table.otherwise : undefined;
  }
}

const NO_KEYS = { keys: undefined, keyStride: 0, keyStart: 0 };

function keysOf(code: KeyedValues['keyCode'], { codes }: Catalogue) {
  return code === undefined ? NO_KEYS : { keys: codes, keyStride: ITEM_CODE_STRIDE, keyStart: ITEM_CODES[code] };
}

function tableOf(encode: ValueEncoder, values: KeyedValues, tables: IdTables): IdTable {
  const table = tables.add(values.keyLimit, encode(values.otherwise));
  values.forEach((key, value) => {
    table.set(key, encode(value));
  });
  return table;
}
