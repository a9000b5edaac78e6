import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Catalogue, type ItemRecord } from '../catalogue/catalogue.ts';
import { asItemId } from '../core/ids.ts';
import { applyEvent, DEFAULT_PROFILE_POLICY } from '../profile/apply-event.ts';
import { EVENT_TYPES } from '../profile/event.ts';
import { emptyProfile, type Profile } from '../profile/profile.ts';
import { CROSS_LOOKUP, CROSS_LOOKUP_SIZE, CROSS_MOMENTS_SIZE, type CrossWriter } from './cross-fields.ts';
import { DEFAULT_SCHEMA } from './default-schema.ts';
import { FeatureExtractor } from './feature-extractor.ts';
import { type FeatureField, FIRST_VALUE_ID, MISSING_ID } from './feature-schema.ts';
import { layoutFields } from './field-layout.ts';
import { parseFeatureSchema } from './parse-schema.ts';
import { CROSS_SIGNALS, ITEM_SIGNALS, QUERY_SIGNALS } from './signals.ts';

const START_MS = 1_700_000_000_000;

/** The default schema as training might fit it, and one field of each further signal. */
const FIELDS: readonly FeatureField[] = parseFeatureSchema(
  JSON.stringify({
    format: 'vitrine-feature-schema',
    formatVersion: 1,
    interestHalfLifeDays: 14,
    fields: [
      ...DEFAULT_SCHEMA.fields.map((field) => {
        const { quantileCount, maxVocabulary, ...rest } = field as FeatureField & Record<string, unknown>;
        if (quantileCount !== undefined) return { ...rest, boundaries: [1, 10, 100] };
        if (rest.kind !== 'categorical' || rest.vocabularyOf !== undefined) return rest;
        return { ...rest, vocabulary: ['0', '1', '2', 'a', 'a > b', 'x', 'phone'] };
      }),
      { name: 'id', group: 'user', kind: 'hashed', bucketCount: 3, signal: 'user_id' },
      attribute('user', 'categorical', { vocabulary: ['1', '2'], multiValued: { maxLength: 2, pooling: 'sum' } }),
      attribute('item', 'hashed', { bucketCount: 5, multiValued: { maxLength: 3, pooling: 'mean' } }),
      { ...attribute('user', 'bucketized', { boundaries: [0, 7] }), signal: 'user_attribute_number' },
      { ...attribute('item', 'bucketized', { boundaries: [0, 7] }), signal: 'item_attribute_number' },
      { name: 'first_seen', group: 'user', kind: 'bucketized', signal: 'days_since_first_seen', boundaries: [] },
      { name: 'month', group: 'context', kind: 'hashed', bucketCount: 1, signal: 'month' },
      of('user', 'segment', { by: 'rfm' }, { kind: 'hashed', bucketCount: 4 }),
      of(
        'user',
        'tag',
        { name: 'buyer', kind: 'purchases', measure: 'orders', min: 1 },
        { kind: 'hashed', bucketCount: 2 },
      ),
      of('user', 'churn_risk', {}, { kind: 'bucketized', boundaries: [0.1, 0.5] }),
      of('cross', 'days_until_due', { minPurchases: 2 }, { kind: 'bucketized', boundaries: [0, 10] }),
    ],
  }),
).fields;

function of(group: string, signal: string, parameters: object, rest: object): object {
  return { name: signal, group, signal, parameters, ...rest };
}

function attribute(group: string, kind: string, rest: object): object {
  const parameters = { attribute: 'any' };
  return { name: `${group}_${kind}_attribute`, group, kind, signal: `${group}_attribute`, parameters, ...rest };
}

const text = fc.oneof(
  fc.constantFrom('', '0', '1', '|', '1|2', 'a > b', ' > ', '__proto__'),
  fc.string({ maxLength: 5 }),
);
const itemId = fc.integer({ min: 0, max: 9 }).map(String);
const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -1, 1e9));

const record: fc.Arbitrary<ItemRecord> = fc
  .record(
    {
      itemId,
      category: text,
      brand: text,
      price: number,
      createdAtMs: fc.integer({ min: 0, max: 2 * START_MS }),
      attributes: fc.dictionary(fc.constantFrom('any', 'other'), text),
    },
    { requiredKeys: ['itemId'] },
  )
  .map((fields) => ({ isAvailable: true, ...fields }));

const profile: fc.Arbitrary<Profile> = fc
  .record({
    events: fc.array(
      fc.record({
        eventId: fc.constant(''),
        type: fc.constantFrom(...EVENT_TYPES),
        atMs: fc.integer({ min: START_MS, max: 2 * START_MS }),
        items: fc.array(fc.record({ itemId: itemId.map(asItemId), quantity: fc.nat(3) }), { maxLength: 3 }),
        value: number,
        device: text,
      }),
      { maxLength: 12 },
    ),
    attributes: fc.dictionary(fc.constantFrom('any', 'other'), text),
  })
  .map(({ events, attributes }) => {
    const made = emptyProfile();
    const facts = (id: string): object => ({ category: `a > ${id}`, brand: id, price: Number(id) });
    for (const event of events) applyEvent(made, event, facts, DEFAULT_PROFILE_POLICY);
    for (const [name, value] of Object.entries(attributes)) made.attributes.set(name, value);
    return made;
  });

/** Products, a shopper and what is known of the request. */
const REQUESTS = [
  fc.array(record, { minLength: 1, maxLength: 6 }),
  profile,
  fc.record({ nowMs: fc.integer({ min: 0, max: 3 * START_MS }), userId: text, device: text }),
] as const;

describe('FeatureExtractor', () => {
  it('is tried here with every signal there is', () => {
    const all = [QUERY_SIGNALS, ITEM_SIGNALS, CROSS_SIGNALS].flatMap((table) => Object.keys(table));
    const tried = new Set(FIELDS.map(({ signal }) => signal));
    expect(all.filter((signal) => !tried.has(signal))).toEqual([]);
  });

  it('writes ids of the field or padding, never a field of padding alone, whatever shopper and products are like', () => {
    const layout = layoutFields(FIELDS);
    fc.assert(
      fc.property(...REQUESTS, (records, shopper, context) => {
        const extractor = new FeatureExtractor(layout, Catalogue.from(records));
        const queryIds = new Int32Array(extractor.querySlotCount);
        extractor.writeQuery(shopper, context, queryIds);
        const cross = extractor.prepareCross(shopper, context);
        for (let item = 0; item < extractor.catalogue.size; item++) {
          const ids = new Int32Array(layout.slotCount).fill(-99);
          extractor.writeCandidate(queryIds, cross, item, { ids, start: 0 });
          for (const { field, slot, slotCount, cardinality } of layout.fields) {
            const values = Array.from(ids.subarray(slot, slot + slotCount));
            const present = values.filter((id) => id !== -1);
            const isInRange = present.every((id) => id >= 0 && id < cardinality);
            const isPaddedAtEnd = values.slice(0, present.length).every((id) => id !== -1);
            if (present.length === 0 || !isInRange || !isPaddedAtEnd)
              expect.fail(`${field.name} has ids ${values}, expected 0..${cardinality - 1}, then padding`);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('says in numbers how cross ids are found, and following them gives the same ids', () => {
    const layout = layoutFields(FIELDS);
    fc.assert(
      fc.property(...REQUESTS, (records, shopper, context) => {
        const extractor = new FeatureExtractor(layout, Catalogue.from(records));
        const cross = extractor.prepareCross(shopper, context);
        const ids = new Int32Array(layout.slotCount);
        for (let item = 0; item < extractor.catalogue.size; item++) {
          cross.write(item, ids, 0);
          for (const { field, slot } of layout.fields) {
            if (field.group === 'cross' && field.kind === 'bucketized')
              expect(follow(cross, slot, item, field.boundaries)).toBe(ids[slot]);
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Does with one lookup what native code does with it. */
function follow(cross: CrossWriter, slot: number, item: number, boundaries: readonly number[]): number {
  const numbers = new Int32Array(CROSS_LOOKUP_SIZE);
  const moments = new Float64Array(CROSS_MOMENTS_SIZE);
  cross.writeLookup(slot, { numbers, moments }, 0);
  const [kind, place, start, mask, otherwise] = Array.from(numbers) as [number, number, number, number, number];
  if (kind === CROSS_LOOKUP.constant) return otherwise;
  if (kind === CROSS_LOOKUP.age) {
    const itemNumbers = new Float64Array(cross.codes.buffer, cross.codes.byteOffset, cross.codes.length / 2);
    const age = (moments[0]! - itemNumbers[(item * cross.codeStride) / 2 + place]!) / moments[1]!;
    return Number.isNaN(age) ? MISSING_ID : FIRST_VALUE_ID + boundaries.filter((boundary) => boundary <= age).length;
  }
  const key = kind === CROSS_LOOKUP.byItem ? item : cross.codes[item * cross.codeStride + place];
  const table = cross.cells.subarray(start, start + 2 * (mask + 1));
  for (let at = 0; at < table.length; at += 2) if (table[at] === key) return table[at + 1]!;
  return otherwise;
}
