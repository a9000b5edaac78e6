import { type Catalogue, ITEM_CODE_STRIDE, ITEM_CODES, ITEM_NUMBERS } from '../catalogue/catalogue.ts';
import { MISSING_ID } from './feature-schema.ts';
import type { ValueEncoder } from './field-encoder.ts';
import { type IdTable, IdTables } from './id-table.ts';
import { type CrossValues, crossValueOf } from './signals.ts';

/**
 * How the id of a cross field is found, as numbers that native code can follow: {@link CROSS_LOOKUP_SIZE} of them a field, the first one of
 * these; then the place of the key among a product's codes, where the field's table begins in `cells` and its mask (see `IdTable`), and the
 * id of all other keys. `each`: of every product by itself, see {@link CrossWriter.writeColumn}. `age`: the bucket of the time since the moment
 * at that place among a product's numbers, float64 in the same memory as its codes; see {@link CROSS_MOMENTS_SIZE}.
 */
export const CROSS_LOOKUP = { constant: 0, byItem: 1, byCode: 2, each: 3, age: 4 } as const;
export const CROSS_LOOKUP_SIZE = 5;
/** Numbers a field has besides, for an `age`: now and the unit, milliseconds. */
export const CROSS_MOMENTS_SIZE = 2;

/** Where lookups of fields are written, one after another. */
export interface CrossLookups {
  /** {@link CROSS_LOOKUP_SIZE} a field. */
  readonly numbers: Int32Array;
  /** {@link CROSS_MOMENTS_SIZE} a field. */
  readonly moments: Float64Array;
}

/** The cross fields of one request, prepared for any number of candidates; made by `FeatureExtractor.prepareCross`. */
export interface CrossWriter {
  /** Fills the cross slots of one candidate in a whole feature row that begins at `rowStart`. */
  write(itemIndex: number, ids: Int32Array, rowStart: number): void;
  /** Writes one field's ids of many candidates, `ids[i]` for `itemIndexes[i]`. @param slot the field's slot of a whole row */
  writeColumn(slot: number, itemIndexes: Int32Array, count: number, ids: Int32Array): void;
  /** The id a field has for every product there is; undefined when it depends on the product. */
  constantOf(slot: number): number | undefined;
  /** Writes how a field's id is found, as the lookup number `place` of `into`. */
  writeLookup(slot: number, into: CrossLookups, place: number): void;
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
  readonly age: AgeValues | undefined;
  /** Where the key of a product is: `keys[itemIndex * keyStride + keyStart]`; the row itself when there are no keys. */
  readonly keys: Int32Array | undefined;
  readonly keyStride: number;
  readonly keyStart: number;
  readonly table: IdTable;
}

type KeyedValues = Extract<CrossValues, { kind: 'keyed' }>;
type AgeValues = Extract<CrossValues, { kind: 'age' }>;

const NO_IDS = new IdTables([0]).add(0, MISSING_ID);

/** Encodes keyed values once per key instead of once per candidate. */
export class CrossFields implements CrossWriter {
  readonly cells: Int32Array;
  readonly codes: Int32Array;
  readonly codeStride: number = ITEM_CODE_STRIDE;
  private readonly fields: readonly PreparedField[];
  private readonly firstSlot: number;
  private readonly catalogue: Catalogue;

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
      return values.kind === 'age'
        ? { slot, encode, age: values, ...NO_KEYS, table: NO_IDS }
        : {
            slot,
            encode,
            age: undefined,
            ...keysOf(values.keyCode, catalogue),
            table: tableOf(encode, values, tables),
          };
    });
    this.catalogue = catalogue;
  }

  write(itemIndex: number, ids: Int32Array, rowStart: number): void {
    for (const { slot, age, encode, keys, keyStride, keyStart, table } of this.fields) {
      if (age !== undefined) ids[rowStart + slot] = encode(crossValueOf(age, itemIndex, this.catalogue));
      else ids[rowStart + slot] = table.get(keys === undefined ? itemIndex : keys[itemIndex * keyStride + keyStart]!);
    }
  }

  writeColumn(slot: number, itemIndexes: Int32Array, count: number, ids: Int32Array): void {
    const { age, encode, keys, keyStride, keyStart, table } = this.fields[slot - this.firstSlot]!;
    if (age !== undefined) {
      for (let i = 0; i < count; i++) ids[i] = encode(crossValueOf(age, itemIndexes[i]!, this.catalogue));
      return;
    }
    if (keys === undefined) for (let i = 0; i < count; i++) ids[i] = itemIndexes[i]!;
    else for (let i = 0; i < count; i++) ids[i] = keys[itemIndexes[i]! * keyStride + keyStart]!;
    table.replaceAll(ids, count);
  }

  constantOf(slot: number): number | undefined {
    const { age, table } = this.fields[slot - this.firstSlot]!;
    return age === undefined && table.keyCount === 0 ? table.otherwise : undefined;
  }

  writeLookup(slot: number, { numbers, moments }: CrossLookups, place: number): void {
    const field = this.fields[slot - this.firstSlot]!;
    const { age, keyStart, table } = field;
    const at = place * CROSS_LOOKUP_SIZE;
    numbers[at] = lookupKindOf(field);
    numbers[at + 1] = age === undefined ? keyStart : ITEM_NUMBERS.createdAtMs;
    numbers[at + 2] = table.start;
    numbers[at + 3] = table.mask;
    numbers[at + 4] = table.otherwise;
    if (age === undefined) return;
    moments[place * CROSS_MOMENTS_SIZE] = age.nowMs;
    moments[place * CROSS_MOMENTS_SIZE + 1] = age.unitMs;
  }
}

function lookupKindOf({ age, keys, table }: PreparedField): number {
  if (age !== undefined) return CROSS_LOOKUP.age;
  if (table.keyCount === 0) return CROSS_LOOKUP.constant;
  return keys === undefined ? CROSS_LOOKUP.byItem : CROSS_LOOKUP.byCode;
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
