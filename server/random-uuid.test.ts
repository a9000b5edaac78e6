import { describe, expect, it } from 'vitest';
import { makeRandomUuids } from './random-uuid.ts';

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('random UUIDs', () => {
  it('are of version 4, and each is made once', () => {
    const [one, other] = [makeRandomUuids(), makeRandomUuids()];
    const ids = Array.from({ length: 2_000 }, (_, i) => (i % 3 === 0 ? other() : one()));
    for (const id of ids) expect(id).toMatch(VERSION_4);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('have every digit in every place that is random', () => {
    const next = makeRandomUuids();
    const seen = Array.from({ length: 36 }, () => new Set<string>());
    for (let i = 0; i < 2_000; i++) for (const [place, digit] of [...next()].entries()) seen[place]!.add(digit);
    const counts = seen.map(({ size }) => size);
    const expected = counts.map((_, place) => ([8, 13, 14, 18, 23].includes(place) ? 1 : place === 19 ? 4 : 16));
    expect(counts).toEqual(expected);
  });
});
