import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScoreQueue } from './score-queue.ts';

/** Few distinct values, so that ties are the rule. */
const tiedScore = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(Number.NaN), fc.constant(-0));
const anyScore = fc.oneof(tiedScore, fc.float());

function placesOf(queue: ScoreQueue, count: number): number[] {
  const places: number[] = [];
  while (queue.size > 0 && places.length < count) {
    const { first } = queue;
    places.push(queue.take());
    expect(places.at(-1)).toBe(first);
  }
  return places;
}

describe('ScoreQueue', () => {
  it('hands out what a stable full sort puts in front, for any scores and ties, one list after another', () => {
    const queue = new ScoreQueue();
    fc.assert(
      fc.property(fc.array(anyScore, { maxLength: 400 }), fc.nat(420), (values, count) => {
        const scores = Float32Array.from(values);
        const sorted = Array.from(scores.keys())
          .filter((place) => !Number.isNaN(scores[place]))
          .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[a]! > scores[b]! ? -1 : 1));
        queue.fill(scores, scores.length);
        expect(queue.size).toBe(sorted.length);
        expect(placesOf(queue, count)).toEqual(sorted.slice(0, count));
      }),
      { numRuns: 500 },
    );
  });

  it('tells scores apart that differ in their last bit, on both sides of 0 and among the smallest', () => {
    const bits = [0x3f800000, 0x3f800001, 0x00000001, 0x00000002, 0x7f7fffff, 0x7f800000];
    const positive = new Float32Array(Uint32Array.from(bits).buffer);
    const scores = Float32Array.of(...positive, 0, ...positive.map((score) => -score));
    const queue = new ScoreQueue();
    queue.fill(scores, scores.length);
    // Infinity, the greatest number, just above 1, 1, the two smallest, 0, and the negative ones the other way round.
    expect(placesOf(queue, 99)).toEqual([5, 4, 1, 0, 3, 2, 6, 9, 10, 7, 8, 11, 12]);
  });

  it('looks at the first `count` scores only, of as many as there are', () => {
    const scores = Float32Array.from({ length: 100_000 }, (_, place) => place);
    const queue = new ScoreQueue();
    queue.fill(scores, 99_999);
    expect(placesOf(queue, 3)).toEqual([99_998, 99_997, 99_996]);
    queue.fill(scores, 2);
    expect(placesOf(queue, 3)).toEqual([1, 0]);
    queue.fill(scores, 0);
    expect(placesOf(queue, 3)).toEqual([]);
  });
});
