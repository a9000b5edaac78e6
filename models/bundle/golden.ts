import { VitrineError } from '../../features/core/errors.ts';
import type { Profile } from '../../features/profile/profile.ts';
import { decodeProfile, encodeProfile, REVISION_BYTES } from '../../features/profile/profile-codec.ts';
import type { FeatureExtractor } from '../../features/schema/feature-extractor.ts';
import type { SignalContext } from '../../features/schema/signals.ts';
import type { Ranker } from '../ranking/ranker.ts';
import type { OnnxTower } from '../retrieval/onnx-tower.ts';

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
}

/** `golden.json`: what training computed, so that serving can prove it computes the same from the same raw values. */
export interface Golden {
  readonly cases: readonly GoldenCase[];
}

/** Largest difference of a probability or embedding number: float32 sums in another order. */
export const GOLDEN_TOLERANCE = 1e-5;

/** The parts of a model that a golden case runs through. */
export interface GoldenSubject {
  readonly extractor: FeatureExtractor;
  readonly ranker: Ranker;
  readonly userTower: OnnxTower;
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

/** What the subject makes of a profile, context and items. Shapes: rows `[itemIds.length * slotCount]`. */
export async function runGoldenCase(
  subject: GoldenSubject,
  input: { profile: Profile; context: SignalContext; itemIndexes: readonly number[] },
): Promise<{ rows: Int32Array; probabilities: Float32Array; userEmbedding: Float32Array }> {
  const { extractor, ranker, userTower } = subject;
  const { slotCount, groupSlots } = extractor.layout;
  const queryIds = new Int32Array(extractor.querySlotCount);
  extractor.writeQuery(input.profile, input.context, queryIds);
  const cross = extractor.prepareCross(input.profile, input.context);
  const rows = new Int32Array(input.itemIndexes.length * slotCount);
  input.itemIndexes.forEach((item, i) => {
    extractor.writeCandidate(queryIds, cross, item, { ids: rows, start: i * slotCount });
  });
  const probabilities = (await ranker.rank(rows, input.itemIndexes.length)).slice();
  const userEmbedding = await userTower.embed(queryIds.subarray(0, groupSlots.user[1]), 1);
  return { rows, probabilities, userEmbedding };
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
  const actual = await runGoldenCase(subject, { profile, context: one.context, itemIndexes });
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
}

function requireClose(expected: readonly number[], actual: Float32Array, what: string): void {
  expected.forEach((value, i) => {
    if (Math.abs(value - actual[i]!) <= GOLDEN_TOLERANCE) return;
    throw new VitrineError('REC_BUNDLE_INVALID', `${what} ${i} is ${actual[i]}, training computed ${value}`);
  });
}
