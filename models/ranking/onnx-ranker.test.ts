import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VitrineError } from '../../features/core/errors.ts';
import { GraphBuilder } from '../onnx/graph-builder.ts';
import { OnnxRanker } from './onnx-ranker.ts';

const ANSWERS = [0.25, 0.75, Number.NaN, 1.5, -0.5, Number.POSITIVE_INFINITY, 0, 1];

/** A model that answers with the number its first id names; `perRow` numbers for each row. */
function lookupModel(output = 'probability', perRow = 1): Uint8Array {
  const g = new GraphBuilder();
  const ids = g.input('field_ids', ['batch', 2], 'int32');
  const table = g.initializer('answers', [ANSWERS.length, 1], Float32Array.from(ANSWERS));
  const found = g.gatherRows(table, g.slice(ids, 1, 0, perRow));
  return g.toModel('lookup', { [output]: g.reshape(found, ['all']) });
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const outcome = await work.then(
    () => 'not refused',
    (error: unknown) => error,
  );
  return outcome instanceof VitrineError ? `${outcome.code}: ${outcome.message}` : String(outcome);
}

describe('OnnxRanker', () => {
  let ranker: OnnxRanker;
  beforeAll(async () => {
    ranker = await OnnxRanker.open(lookupModel(), 2);
  });
  afterAll(() => ranker.close());

  it('gives one probability per row, in row order', async () => {
    expect(Array.from(await ranker.rankRows(Int32Array.of(1, 9, 0, 9, 7, 9, 6, 9), 4))).toEqual([0.75, 0.25, 1, 0]);
  });

  it('reads as many rows as there are candidates', async () => {
    expect(Array.from(await ranker.rankRows(Int32Array.of(1, 9, 2, 9), 1))).toEqual([0.75]);
    expect(await ranker.rankRows(Int32Array.of(2, 9), 0)).toHaveLength(0);
  });

  it('gives each call an answer of its own', async () => {
    const [first, second] = await Promise.all([
      ranker.rankRows(Int32Array.of(0, 9), 1),
      ranker.rankRows(Int32Array.of(1, 9), 1),
    ]);
    expect([Array.from(first), Array.from(second)]).toEqual([[0.25], [0.75]]);
  });

  it.each([
    ['not a number', 2, 'NaN'],
    ['above 1', 3, '1.5'],
    ['below 0', 4, '-0.5'],
    ['infinite', 5, 'Infinity'],
  ])('refuses an answer that is %s, naming the candidate', async (_what, id, shown) => {
    expect(await refusalOf(ranker.rankRows(Int32Array.of(0, 9, id, 9), 2))).toBe(
      `REC_RANKER_FAILED: the ranker answered ${shown} for candidate 1, expected 0..1`,
    );
  });

  it('fails as a ranker when the model cannot run', async () => {
    expect(await refusalOf(ranker.rankRows(Int32Array.of(99, 9), 1))).toMatch(
      /^REC_RANKER_FAILED: the ONNX model failed/,
    );
  });

  it('takes a matrix that is too short for a bug', async () => {
    expect(await refusalOf(ranker.rankRows(Int32Array.of(0, 9), 2))).toMatch(/^REC_INTERNAL/);
  });

  it('refuses a model that answers several numbers for a candidate', async () => {
    const wide = await OnnxRanker.open(lookupModel('probability', 2), 2);
    expect(await refusalOf(wide.rankRows(Int32Array.of(0, 1), 1))).toBe(
      'REC_RANKER_FAILED: the ranker answered 2 numbers for 1 candidates',
    );
    await wide.close();
  });

  it('refuses a model without the named output, saying what it has', async () => {
    expect(await refusalOf(OnnxRanker.open(lookupModel('score'), 2))).toBe(
      'REC_BUNDLE_INVALID: the ranker must have input "field_ids" and output "probability"; it has inputs field_ids and outputs score',
    );
  });
});
