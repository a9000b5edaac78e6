import { IdIndex } from '../core/id-index.ts';
import { bucketize } from '../transform/bucketize.ts';
import { hash32 } from '../transform/hash.ts';
import { type FeatureField, FIRST_VALUE_ID, MISSING_ID, PADDING_ID, UNKNOWN_ID } from './feature-schema.ts';
import type { FieldSlots } from './field-layout.ts';

/** Turns one raw value of a field into its id; missing (undefined, NaN, '') gives 0. */
export type ValueEncoder = (value: string | number | undefined) => number;

/** Turns raw values of one field into ids. */
export interface FieldEncoder {
  readonly encode: ValueEncoder;
  /** Places of the values of a categorical field in its vocabulary, for many at once; undefined for other fields. */
  readonly places: IdIndex | undefined;
}

/**
 * Prepares the encoders of fields: a vocabulary becomes an index once, also when several fields have it, so that a value of one is in the
 * processor's cache when another asks for it.
 */
export class FieldEncoders {
  private readonly placesByVocabulary = new Map<readonly string[], IdIndex>();

  of(field: FeatureField): FieldEncoder {
    switch (field.kind) {
      case 'categorical': {
        const places = this.placesOf(field.vocabulary);
        return { encode: (value) => (isMissing(value) ? MISSING_ID : idOfPlace(places.get(String(value)))), places };
      }
      case 'hashed':
        return {
          encode: (value) =>
            isMissing(value) ? MISSING_ID : FIRST_VALUE_ID + (hash32(String(value)) % field.bucketCount),
          places: undefined,
        };
      case 'bucketized': {
        // One kind of array for all fields, or the search below is compiled for many.
        const boundaries = Float64Array.from(field.boundaries);
        return {
          encode: (value) => {
            const number = typeof value === 'number' ? value : numberOf(value);
            return Number.isNaN(number) ? MISSING_ID : FIRST_VALUE_ID + bucketize(number, boundaries);
          },
          places: undefined,
        };
      }
    }
  }

  private placesOf(vocabulary: readonly string[]): IdIndex {
    let places = this.placesByVocabulary.get(vocabulary);
    if (places === undefined) {
      places = new IdIndex();
      for (const [place, value] of vocabulary.entries()) places.add(value, place);
      this.placesByVocabulary.set(vocabulary, places);
    }
    return places;
  }
}

function idOfPlace(place: number): number {
  return place < 0 ? UNKNOWN_ID : FIRST_VALUE_ID + place;
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
  encoder: FieldEncoder,
  value: string | number | readonly string[] | undefined,
  row: { readonly ids: Int32Array; readonly start: number },
): void {
  const { ids } = row;
  const { encode, places } = encoder;
  const first = row.start + slots.slot;
  if (slots.slotCount === 1) {
    ids[first] = encode(typeof value === 'object' ? value[0] : value);
    return;
  }
  let written = 0;
  if (typeof value === 'object') {
    written = Math.min(value.length, slots.slotCount);
    if (places === undefined) for (let i = 0; i < written; i++) ids[first + i] = encode(value[i]);
    else writeAll(places, value, written, { ids, start: first });
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

/** Writes the ids of the first `count` values; each as its field's encoder gives it. */
function writeAll(
  places: IdIndex,
  values: readonly string[],
  count: number,
  { ids, start }: { readonly ids: Int32Array; readonly start: number },
): void {
  places.getAll(values, count, ids, start);
  for (let i = 0; i < count; i++) ids[start + i] = values[i] === '' ? MISSING_ID : idOfPlace(ids[start + i]!);
}
