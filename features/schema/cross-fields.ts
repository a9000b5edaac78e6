import { type Catalogue, ITEM_CODE_STRIDE, ITEM_CODES } from '../catalogue/catalogue.ts';
import { MISSING_ID } from './feature-schema.ts';
import type { ValueEncoder } from './field-encoder.ts';
import { type IdTable, IdTables } from './id-table.ts';
import type { CrossValues } from './signals.ts';

/**
 * How the id of a cross field is found, as numbers that native code can follow: {@link CROSS_LOOKUP_SIZE} of them a field, the first one of
 * these; then the place of the key among a product's codes, where the field's table begins in `cells` and its mask (see `IdTable`), and the
 * id of all other keys. `each`: of every product by itself, see {@link CrossWriter.writeColumn}.
 */
export const CROSS_LOOKUP = { constant: 0, byItem: 1, byCode: 2, each: 3 } as const;
export const CROSS_LOOKUP_SIZE = 5;

/** The cross fields of one request, prepared for any number of candidates; made by `FeatureExtractor.prepareCross`. */
export interface CrossWriter {
  /** Fills the cross slots of one candidate in a whole feature row that begins at `rowStart`. */
  write(itemIndex: number, ids: Int32Array, rowStart: number): void;
  /** Writes one field's ids of many candidates, `ids[i]` for `itemIndexes[i]`. @param slot the field's slot of a whole row */
  writeColumn(slot: number, itemIndexes: Int32Array, count: number, ids: Int32Array): void;
  /** The id a field has for every product there is; undefined when it depends on the product. */
  constantOf(slot: number): number | undefined;
  /** Writes how a field's id is found, {@link CROSS_LOOKUP_SIZE} numbers from `at` on. */
  writeLookup(slot: number, into: Int32Array, at: number): void;
  /** The tables lookups name. */
  readonly cells: Int32Array;
  /** The products' codes, shape `[products or more, codeStride]`, row-major. */
  readonly codes: Int32Array;
  readonly codeStride: number;
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
  readonly cells: Int32Array;
  readonly codes: Int32Array;
  readonly codeStride: number = ITEM_CODE_STRIDE;
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
    this.cells = tables.cells;
    this.codes = catalogue.codes;
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

  writeLookup(slot: number, into: Int32Array, at: number): void {
    const { read, keys, keyStart, table } = this.fields[slot - this.firstSlot]!;
    const { constant, byItem, byCode, each } = CROSS_LOOKUP;
    if (read !== undefined) into[at] = each;
    else if (table.keyCount === 0) into[at] = constant;
    else into[at] = keys === undefined ? byItem : byCode;
    into[at + 1] = keyStart;
    into[at + 2] = table.start;
    into[at + 3] = table.mask;
    into[at + 4] = table.otherwise;
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
