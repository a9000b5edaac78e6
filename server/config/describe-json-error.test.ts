import { describe, expect, it } from 'vitest';
import { describeJsonError } from './describe-json-error.ts';

describe('describeJsonError', () => {
  it('finds nothing in valid JSON', () => {
    expect(describeJsonError(' {"a": [1, -2.5e3, "\\u00e9\\n", true, null, {}, []]}\n')).toBeUndefined();
  });

  it('names line, column and what is expected', () => {
    expect(describeJsonError('{\n  "a": 1,\n  b: 2\n}')).toEqual({
      offset: 14,
      line: 3,
      column: 3,
      expected: 'a key in double quotes',
    });
  });

  it('points behind the last value when a bracket is left open', () => {
    expect(describeJsonError('{"a": [1, 2')).toMatchObject({ line: 1, column: 12, expected: ', or ]' });
  });

  it('refuses a trailing comma, a comment and text after the value', () => {
    expect(describeJsonError('[1,]')).toMatchObject({ column: 4, expected: 'a JSON value' });
    expect(describeJsonError('{} // note')).toMatchObject({ column: 4, expected: 'the end of the text' });
    expect(describeJsonError('')).toMatchObject({ line: 1, column: 1, expected: 'a JSON value' });
  });

  it('takes a megabyte in one string and 100 000 levels without harm', () => {
    expect(describeJsonError(JSON.stringify('x'.repeat(1_000_000)))).toBeUndefined();
    expect(describeJsonError('['.repeat(100_000))).toMatchObject({ offset: 100_000 });
  });
});
