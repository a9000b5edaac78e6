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
