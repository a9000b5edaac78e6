import { describe, expect, it } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

const known = ['host', 'port', 'requestTimeoutMs', 'maxBodyBytes'];

describe('didYouMean', () => {
  it('finds the name a typing mistake meant', () => {
    expect(didYouMean('prot', known)).toBe('port');
    expect(didYouMean('requestTimeout', known)).toBe('requestTimeoutMs');
    expect(didYouMean('MAX_BODY_BYTES', known)).toBe('maxBodyBytes');
  });

  it('suggests nothing when nothing is near', () => {
    expect(didYouMean('colour', known)).toBeUndefined();
    expect(didYouMean('x', known)).toBeUndefined();
    expect(didYouMean('port', [])).toBeUndefined();
  });
});
