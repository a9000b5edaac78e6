import { describe, expect, it } from 'vitest';
import { setAttributes } from './attributes.ts';
import { emptyProfile, MAX_ATTRIBUTES, type Profile } from './profile.ts';

function withAttributes(...attributes: [string, string][]): Profile {
  const profile = emptyProfile();
  setAttributes(profile, attributes);
  return profile;
}

describe('setting attributes', () => {
  it('adds, replaces and takes away', () => {
    const profile = withAttributes(['tier', 'silver'], ['zip', '10115']);
    setAttributes(profile, [
      ['tier', 'gold'],
      ['zip', ''],
      ['__proto__', 'x'],
    ]);
    expect(Array.from(profile.attributes)).toEqual([
      ['tier', 'gold'],
      ['__proto__', 'x'],
    ]);
  });

  it.each([
    ['a sensitive name', 'religion', 'none', 'REC_SENSITIVE_ATTRIBUTE', 'attribute "religion" is about health'],
    ['a sensitive value', 'interest', 'golf|politics', 'REC_SENSITIVE_ATTRIBUTE', 'attribute "interest" is about'],
    ['a value that says it itself', 'note', 'Catholic', 'REC_SENSITIVE_ATTRIBUTE', 'attribute "note" is about'],
    ['no name', '', 'x', 'REC_INVALID_REQUEST', 'has 0 characters, expected 1 to 64'],
    ['a long name', 'x'.repeat(65), 'x', 'REC_INVALID_REQUEST', 'has 65 characters, expected 1 to 64'],
    ['a long value', 'note', 'x'.repeat(257), 'REC_INVALID_REQUEST', 'attribute "note": the value has 257 characters'],
  ])('refuses %s and keeps none of the others', (_, name, value, code, message) => {
    const profile = withAttributes(['tier', 'gold']);
    const set = (): void => setAttributes(profile, [['zip', '10115'] as const, [name, value]]);
    expect(set).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    expect(profile).toEqual(withAttributes(['tier', 'gold']));
  });

  it('refuses more than a profile keeps', () => {
    const many = (count: number): [string, string][] => Array.from({ length: count }, (_, i) => [`a${i}`, 'x']);
    expect(withAttributes(...many(MAX_ATTRIBUTES)).attributes.size).toBe(MAX_ATTRIBUTES);
    expect(() => withAttributes(...many(MAX_ATTRIBUTES + 1))).toThrow('would have 33 attributes, expected at most 32');
  });
});
