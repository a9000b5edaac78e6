import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdTables } from './id-table.ts';

it('holds what maps hold, whatever the keys, each table for itself', () => {
  const keys = fc.integer({ min: -1, max: 2_000_000 });
  const entries = fc.array(fc.tuple(keys, fc.nat(100)));
  fc.assert(
    fc.property(fc.array(entries, { maxLength: 4 }), fc.array(keys), (lists, asked) => {
      const maps = lists.map((list) => new Map(list));
      const tables = new IdTables(maps.map(({ size }) => size));
      const filled = maps.map((map, number) => {
        const table = tables.add(map.size, number);
        for (const [key, id] of map) table.set(key, id);
        return table;
      });
      for (const [number, map] of maps.entries()) {
        for (const key of [...lists.flat().map(([one]) => one), ...asked])
          expect(filled[number]!.get(key)).toBe(map.get(key) ?? number);
        const column = Int32Array.from(asked);
        filled[number]!.replaceAll(column, asked.length);
        expect(Array.from(column)).toEqual(asked.map((key) => map.get(key) ?? number));
      }
    }),
  );
});
