import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdIndex } from './id-index.ts';

describe('IdIndex', () => {
  it('holds what a map holds, whatever the ids', () => {
    const ids = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 12 }), { maxLength: 200 });
    fc.assert(
      fc.property(ids, fc.array(fc.string()), (added, asked) => {
        const index = new IdIndex();
        const map = new Map(added.map((id, i) => [id, i * 3]));
        for (const [id, number] of map) index.add(id, number);
        for (const id of [...added, ...asked]) expect(index.get(id)).toBe(map.get(id) ?? -1);
      }),
    );
  });

  it('gives the numbers of many ids as it gives each, ids that share a hash among them', () => {
    const ids = fc.array(fc.string({ maxLength: 3 }), { maxLength: 80 });
    const hashMask = fc.constantFrom(-1, 0b1111);
    fc.assert(
      fc.property(ids, ids, hashMask, fc.nat(5), (added, others, mask, start) => {
        const index = new IdIndex(mask);
        for (const [i, id] of [...new Set(added)].entries()) index.add(id, i);
        const asked = [...others, ...added];
        for (const count of [0, Math.floor(asked.length / 2), asked.length]) {
          const numbers = new Int32Array(start + asked.length + 1).fill(-7);
          index.getAll(asked, count, numbers, start);
          const expected = [...Array(start).fill(-7), ...asked.slice(0, count).map((id) => index.get(id))];
          expect(Array.from(numbers)).toEqual([...expected, ...Array(asked.length + 1 - count).fill(-7)]);
        }
      }),
    );
  });

  it('tells apart the ids shops use, a million of them', () => {
    const index = new IdIndex();
    const idOf = (i: number): string => (i % 2 === 0 ? `sku-${i}` : `${i}`);
    for (let i = 0; i < 1_000_000; i++) index.add(idOf(i), i);
    let wrong = 0;
    for (let i = 0; i < 1_000_000; i++) {
      if (index.get(idOf(i)) !== i) wrong++;
      if (index.get(`p${i}`) !== -1) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('finds ids that share a hash', () => {
    const index = new IdIndex(0b11);
    const ids = Array.from({ length: 100 }, (_, i) => `item-${i}`);
    for (const [i, id] of ids.entries()) index.add(id, i);
    expect(ids.map((id) => index.get(id))).toEqual(ids.map((_, i) => i));
  });
});
