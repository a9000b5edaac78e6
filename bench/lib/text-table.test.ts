import { describe, expect, it } from 'vitest';
import { asMs, textTable } from './text-table.ts';

describe('textTable', () => {
  it('puts names to the left and numbers to the right', () => {
    const table = textTable(
      ['call', 'p50'],
      [
        ['store', '0.1'],
        ['a long name', '12.25'],
      ],
    );
    expect(table).toBe(
      ['call           p50', '-----------  -----', 'store          0.1', 'a long name  12.25'].join('\n'),
    );
  });
});

describe('asMs', () => {
  it('gives milliseconds with two digits', () => {
    expect(asMs(1_234)).toBe('1.23');
    expect(asMs(5)).toBe('0.01');
  });
});
