import { IdIndex } from '../core/id-index.ts';
import { bucketize } from '../transform/bucketize.ts';
import { hash32 } from '../transform/hash.ts';
import { type FeatureField, FIRST_VALUE_ID, MISSING_ID, PADDING_ID, UNKNOWN_ID } from './feature-schema.ts';
import type { FieldSlots } from './field-layout.ts';

/** Turns one raw value of a field into its id; missing (undefined, NaN, '') gives 0. */
export type ValueEncoder = (value: string | number | undefined) => number;

/** Prepares the encoder of a field: a vocabulary becomes an index once. */
export function valueEncoder(field: FeatureField): ValueEncoder {
  switch (field.kind) {
    case 'categorical': {
      const places = new IdIndex();
      for (const [place, value] of field.vocabulary.entries()) places.add(value, place);
      return (value) => {
        if (isMissing(value)) return MISSING_ID;
        const place = places.get(typeof value === 'string' ? value : String(value));
        return place < 0 ? UNKNOWN_ID : FIRST_VALUE_ID + place;
      };
    }
    case 'hashed':
      return (value) => (isMissing(value) ? MISSING_ID : FIRST_VALUE_ID + (hash32(String(value)) % field.bucketCount));
    case 'bucketized': {
      // One kind of array for all fields, or the search below is compiled for many.
      const boundaries = Float64Array.from(field.boundaries);
      return (value) => {
        const number = typeof value === 'number' ? value : numberOf(value);
        return Number.isNaN(number) ? MISSING_ID : FIRST_VALUE_ID + bucketize(number, boundaries);
      };
    }
  }
}

/** Number(' ') would be 0. */
function numberOf(value: string | undefined): number {
  return value === undefined || value.trim() === '' ? Number.NaN : Number(value);
}

function isMissing(value: string | number | undefined): value is undefined {
  return value === undefined || value === '' || (typeof value === 'number' && Number.isNaN(value));
}

/** Writes a value or values into a field's slots of a row that starts at `rowStart`; unused slots get the padding id. */
export function writeSlots(
  slots: FieldSlots,
  encode: ValueEncoder,
  value: string | number | readonly string[] | undefined,
  row: { readonly ids: Int32Array; readonly start: number },
): void {
  const { ids } = row;
  const first = row.start + slots.slot;
  if (slots.slotCount === 1) {
    ids[first] = encode(typeof value === 'object' ? value[0] : value);
    return;
  }
  let written = 0;
  if (typeof value === 'object') {
    for (; written < value.length && written < slots.slotCount; written++)
      ids[first + written] = encode(value[written]);
  } else if (value !== undefined) {
    ids[first] = encode(value);
    written = 1;
  }
  if (written === 0) {
    ids[first] = MISSING_ID;
    written = 1;
  }
  ids.fill(PADDING_ID, first + written, first + slots.slotCount);
}
