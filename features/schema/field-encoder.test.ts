import { describe, expect, it } from 'vitest';
import { hash32 } from '../transform/hash.ts';
import type { FeatureField } from './feature-schema.ts';
import { FieldEncoders, writeSlots } from './field-encoder.ts';
import { layoutFields } from './field-layout.ts';

const BASE = { name: 'field', group: 'user', signal: 'any' } as const;
const COLOUR: FeatureField = { ...BASE, kind: 'categorical', vocabulary: ['red', 'blue', '7'] };
const SHOE: FeatureField = { ...BASE, kind: 'hashed', bucketCount: 4 };
const SIZE: FeatureField = { ...BASE, kind: 'bucketized', boundaries: [1, 2.5, 10] };

describe('encoder of a field', () => {
  it.each<[string, FeatureField]>([
    ['categorical', COLOUR],
    ['hashed', SHOE],
    ['bucketized', SIZE],
  ])('gives 0 for what is missing in a %s field', (_kind, field) => {
    const { encode } = new FieldEncoders().of(field);
    expect([encode(undefined), encode(Number.NaN), encode('')]).toEqual([0, 0, 0]);
  });

  it('numbers a vocabulary from 2 on and gives 1 for what is not in it', () => {
    const { encode } = new FieldEncoders().of(COLOUR);
    expect([encode('red'), encode('blue'), encode('7'), encode(7)]).toEqual([2, 3, 4, 4]);
    expect([encode('green'), encode('Red'), encode('red '), encode('toString')]).toEqual([1, 1, 1, 1]);
  });

  it('spreads text over the buckets by hash, never onto missing or unknown', () => {
    const { encode } = new FieldEncoders().of(SHOE);
    expect(encode('boot')).toBe(2 + (hash32('boot') % 4));
    const ids = new Set(Array.from({ length: 100 }, (_, i) => encode(`shoe ${i}`)));
    expect([...ids].sort()).toEqual([2, 3, 4, 5]);
  });

  it('puts a number on an edge into the bucket above it', () => {
    const { encode } = new FieldEncoders().of(SIZE);
    expect([0.99, 1, 2.49, 2.5, 9.99, 10, 1e12].map((value) => encode(value))).toEqual([2, 3, 3, 4, 4, 5, 5]);
    expect([encode(Number.NEGATIVE_INFINITY), encode(Number.POSITIVE_INFINITY)]).toEqual([2, 5]);
  });

  it('reads numbers that come as text, and takes other text for missing', () => {
    const { encode } = new FieldEncoders().of(SIZE);
    expect([encode('3'), encode('ten'), encode('  ')]).toEqual([4, 0, 0]);
  });
});

describe('encoders of several fields', () => {
  it('share the index of a vocabulary the fields have together, and no other', () => {
    const encoders = new FieldEncoders();
    const [one, same, other] = [COLOUR, { ...COLOUR, name: 'second' }, { ...COLOUR, vocabulary: ['blue', 'red'] }];
    expect(encoders.of(same).places).toBe(encoders.of(one).places);
    expect(encoders.of(other).encode('blue')).toBe(2);
    expect(encoders.of(one).encode('blue')).toBe(3);
  });
});

describe('writeSlots', () => {
  const single = layoutFields([COLOUR]).fields[0]!;
  const several = layoutFields([{ ...COLOUR, multiValued: { maxLength: 3, pooling: 'mean' } }]).fields[0]!;
  const encoder = new FieldEncoders().of(COLOUR);
  function written(slots: typeof single, value: Parameters<typeof writeSlots>[2]): number[] {
    const ids = new Int32Array(5).fill(9);
    writeSlots(slots, encoder, value, { ids, start: 1 });
    return Array.from(ids);
  }

  it('writes one slot of a single-valued field, the first of several values', () => {
    expect(written(single, 'blue')).toEqual([9, 3, 9, 9, 9]);
    expect(written(single, ['red', 'blue'])).toEqual([9, 2, 9, 9, 9]);
    expect(written(single, [])).toEqual([9, 0, 9, 9, 9]);
  });

  it('fills the slots a multi-valued field does not use with padding', () => {
    expect(written(several, ['blue', 'green'])).toEqual([9, 3, 1, -1, 9]);
    expect(written(several, 'red')).toEqual([9, 2, -1, -1, 9]);
  });

  it('keeps the first values when there are more than slots', () => {
    expect(written(several, ['red', 'blue', '7', 'red'])).toEqual([9, 2, 3, 4, 9]);
  });

  it('writes each of several values as it encodes one', () => {
    const values = ['', 'green', '7', ''];
    const row = { ids: new Int32Array(4), start: 0 };
    const wide = layoutFields([{ ...COLOUR, multiValued: { maxLength: 4, pooling: 'mean' } }]).fields[0]!;
    writeSlots(wide, encoder, values, row);
    expect(Array.from(row.ids)).toEqual(values.map((value) => encoder.encode(value)));
    expect(Array.from(row.ids)).toEqual([0, 1, 4, 0]);
  });

  it('writes missing once, never padding alone, when there is no value', () => {
    for (const value of [undefined, [], '', Number.NaN]) expect(written(several, value)).toEqual([9, 0, -1, -1, 9]);
  });
});
