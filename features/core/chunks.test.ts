import { describe, expect, it } from 'vitest';
import { chunksOf } from './chunks.ts';

describe('chunks', () => {
  it('hold everything in order, as many as asked for and the rest in the last', () => {
    expect([...chunksOf(new Set([1, 2, 3, 4, 5]), 2)]).toEqual([[1, 2], [3, 4], [5]]);
    expect([...chunksOf([1, 2, 3, 4], 2)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([...chunksOf([], 2)]).toEqual([]);
  });

  it('are asked for one at a time', () => {
    let read = 0;
    const endless = (function* () {
      for (;;) yield read++;
    })();
    expect(chunksOf(endless, 3).next().value).toEqual([0, 1, 2]);
    expect(read).toBe(3);
  });
});
