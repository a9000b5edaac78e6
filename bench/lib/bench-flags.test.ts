import { describe, expect, it } from 'vitest';
import { checkSizes, parseBenchFlags } from './bench-flags.ts';

const check = (...args: string[]): void => checkSizes(parseBenchFlags(args));

describe('bench flags', () => {
  it('measures the reference size on Redis when nothing is said', () => {
    const flags = parseBenchFlags([]);
    expect(flags).toMatchObject({ items: 100_000, fields: 24, dim: 16, candidates: 200, store: 'redis', seed: 1 });
    expect(flags.demo).toBeUndefined();
    expect(() => checkSizes(flags)).not.toThrow();
  });

  it('refuses sizes that do not go together, naming both', () => {
    expect(() => check('--items', '60', '--candidates', '70')).toThrow('--candidates 70 is more than --items 60');
    expect(() => check('--candidates', '10')).toThrow('--count 20 is more than --candidates 10');
  });

  it('refuses a shop that does not fit into memory, saying how much it needs', () => {
    // 2 000 000 x (4096 x 4 x 10 + 3000) bytes
    expect(() => check('--items', '2000000', '--embedding-dim', '4096')).toThrow(
      /needs about 310\.8 GiB, \S+ GiB are free/,
    );
  });
});
