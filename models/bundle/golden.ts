import { type Static, Type } from 'typebox';
import { Errors } from 'typebox/schema';
import { messageOf, VitrineError } from '../../features/core/errors.ts';
import type { Profile } from '../../features/profile/profile.ts';
import { decodeProfile, encodeProfile, REVISION_BYTES } from '../../features/profile/profile-codec.ts';
import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { Ranker } from '../ranking/ranker.ts';
import type { Tower } from '../retrieval/tower.ts';
import { BUNDLE_FILES } from './manifest.ts';

const NUMBERS = Type.Array(Type.Number());

/** Further keys are allowed, since the format grows by additions. */
const GOLDEN_SCHEMA = Type.Object({
  cases: Type.Array(
    Type.Object({
      profile: Type.String({ minLength: 1 }),
      context: Type.Object({ nowMs: Type.Number(), userId: Type.String(), device: Type.String() }),
      itemIds: Type.Array(Type.String(), { minItems: 1 }),
      fieldIds: Type.Array(Type.Array(Type.Integer())),
      probabilities: Type.Array(Type.Number({ minimum: 0, maximum: 1 })),
      userEmbedding: NUMBERS,
      itemEmbeddings: Type.Optional(Type.Array(NUMBERS)),
    }),
    { minItems: 1 },
  ),
});

/** One request with everything the models must make of it. */
export interface GoldenCase {
  /** Profile record, base64. */
  readonly profile: string;
  readonly context: SignalContext;
  readonly itemIds: readonly string[];
  /** Feature rows, `[itemIds.length][slotCount]`. */
  readonly fieldIds: readonly (readonly number[])[];
  /** Per item. */
  readonly probabilities: readonly number[];
  readonly userEmbedding: readonly number[];
  /** What the item tower makes of each item, `[itemIds.length][embeddingDim]`; absent in bundles of earlier versions. */
  readonly itemEmbeddings?: readonly (readonly number[])[];
}

/** `golden.json`: what training computed, so that serving can prove it computes the same from the same raw values. */
export interface Golden {
  readonly cases: readonly GoldenCase[];
}

/**
 * Reads `golden.json` and checks that it has at least one case and that no case leaves a number out.
 *
 * Errors: REC_BUNDLE_INVALID naming the file, the case and what is wrong.
 */
export function parseGolden(text: string, dimensions: { slotCount: number; embeddingDim: number }): Golden {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new VitrineError('REC_BUNDLE_INVALID', `${BUNDLE_FILES.golden}: ${problem}`, { cause });
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    refuse(`is not JSON: ${messageOf(error)}`, error);
  }
  const [isValid, errors] = Errors(GOLDEN_SCHEMA, value);
  if (!isValid) refuse(`${errors[0]?.instancePath || 'the file'} ${errors[0]?.message}`);
  const golden = value as Static<typeof GOLDEN_SCHEMA>;
  for (const [number, one] of golden.cases.entries()) {
    const { itemIds, fieldIds, probabilities, userEmbedding, itemEmbeddings } = one;
    const count = itemIds.length;
    const expected: readonly [string, readonly unknown[] | undefined, number][] = [
      ['fieldIds', fieldIds, count],
      ['probabilities', probabilities, count],
      ['itemEmbeddings', itemEmbeddings, count],
      ['userEmbedding', userEmbedding, dimensions.embeddingDim],
      ...fieldIds.map((row, i): [string, readonly unknown[], number] => [`fieldIds[${i}]`, row, dimensions.slotCount]),
    ];
    for (const [name, list, length] of expected) {
      if (list !== undefined && list.length !== length)
        refuse(`${name} of case ${number} has ${list.length} entries, expected ${length}`);
    }
  }
  return golden;
}

/** Largest difference of a probability or embedding number: float32 sums in another order. */
export const GOLDEN_TOLERANCE = 1e-5;

/** The parts of a model that a golden case runs through. */
export interface GoldenSubject {
  readonly extractor: FeatureExtractor;
  readonly ranker: Ranker;
  readonly userTower: Tower;
  /** Left out where nothing is asked of it. */
  readonly itemTower?: Tower;
}

export function encodeGoldenProfile(profile: Profile): string {
  return Buffer.from(encodeProfile(profile, new Uint8Array(REVISION_BYTES))).toString('base64');
}

/**
 * Runs every golden case from the raw profile on.
 *
 * Errors: REC_BUNDLE_INCOMPATIBLE naming case, item and slot when this code makes other features, REC_BUNDLE_INVALID when the model answers
 * another number.
 */
export async function checkGolden(golden: Golden, subject: GoldenSubject): Promise<void> {
  for (const [number, one] of golden.cases.entries()) await checkCase(one, number, subject);
}

/** What a subject makes of a golden case. */
export interface GoldenAnswer {
  /** Shape `[itemCount * slotCount]`. */
  readonly rows: Int32Array;
  readonly probabilities: Float32Array;
  readonly userEmbedding: Float32Array;
  /** Shape `[itemCount * embeddingDim]`; absent when the subject has no item tower. */
  readonly itemEmbeddings?: Float32Array;
}

/** What the subject makes of a profile, context and items. Errors: as the models. */
export async function runGoldenCase(
  subject: GoldenSubject,
  input: { profile: Profile; context: SignalContext; itemIndexes: readonly number[] },
): Promise<GoldenAnswer> {
  const { extractor, ranker, userTower, itemTower } = subject;
  const { slotCount, groupSlots } = extractor.layout;
  const queryIds = new Int32Array(extractor.querySlotCount);
  extractor.writeQuery(input.profile, input.context, queryIds);
  const cross = extractor.prepareCross(input.profile, input.context);
  const rows = new Int32Array(input.itemIndexes.length * slotCount);
  input.itemIndexes.forEach((item, i) => {
    extractor.writeCandidate(queryIds, cross, item, { ids: rows, start: i * slotCount });
  });
  const itemIndexes = Int32Array.from(input.itemIndexes);
  const probabilities = await ranker.rank({ queryIds, cross, itemIndexes, count: itemIndexes.length });
  const userEmbedding = await userTower.embed(queryIds.subarray(0, groupSlots.user[1]), 1);
  if (itemTower === undefined) return { rows, probabilities, userEmbedding };
  const width = extractor.itemSlotCount;
  const itemRows = Int32Array.from(
    input.itemIndexes.flatMap((item) => Array.from(extractor.itemRows.subarray(item * width, (item + 1) * width))),
  );
  const itemEmbeddings = await itemTower.embed(itemRows, input.itemIndexes.length);
  return { rows, probabilities, userEmbedding, itemEmbeddings };
}

async function checkCase(one: GoldenCase, number: number, subject: GoldenSubject): Promise<void> {
  const { catalogue, layout } = subject.extractor;
  const itemIndexes = one.itemIds.map((itemId) => {
    const index = catalogue.indexOf(itemId);
    if (index < 0)
      throw new VitrineError('REC_BUNDLE_INVALID', `golden case ${number}: item ${itemId} is not in the catalogue`);
    return index;
  });
  const profile = decodeProfile(Buffer.from(one.profile, 'base64'));
  const actual = await runGoldenCase(subject, { profile, context: one.context, itemIndexes }).catch(
    (error: unknown) => {
      // What fails with the case a bundle brings along is the bundle's fault, whatever it would be in service.
      throw new VitrineError('REC_BUNDLE_INVALID', `golden case ${number}: ${messageOf(error)}`, { cause: error });
    },
  );
  one.fieldIds.forEach((row, i) => {
    row.forEach((expected, slot) => {
      const id = actual.rows[i * layout.slotCount + slot];
      if (id === expected) return;
      const field = layout.fields.findLast((candidate) => candidate.slot <= slot)?.field.name;
      throw new VitrineError(
        'REC_BUNDLE_INCOMPATIBLE',
        `golden case ${number}, item ${one.itemIds[i]}: field "${field}" (slot ${slot}) is ${id} here and ${expected} in training`,
      );
    });
  });
  requireClose(one.probabilities, actual.probabilities, `golden case ${number}: probability`);
  requireClose(one.userEmbedding, actual.userEmbedding, `golden case ${number}: user embedding`);
  if (one.itemEmbeddings !== undefined && actual.itemEmbeddings !== undefined)
    requireClose(one.itemEmbeddings.flat(), actual.itemEmbeddings, `golden case ${number}: item embedding`);
}

function requireClose(expected: readonly number[], actual: Float32Array, what: string): void {
  expected.forEach((value, i) => {
    if (Math.abs(value - actual[i]!) <= GOLDEN_TOLERANCE) return;
    throw new VitrineError('REC_BUNDLE_INVALID', `${what} ${i} is ${actual[i]}, training computed ${value}`);
  });
}
