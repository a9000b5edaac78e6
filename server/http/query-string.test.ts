import { describe, expect, it } from 'vitest';
import { parseQuery } from './query-string.ts';

const lists = new Set(['item_id']);
const parse = (raw: string): Record<string, string[]> => Object.fromEntries(parseQuery(raw, lists));

describe('parseQuery', () => {
  it('decodes escapes and plus signs', () => {
    expect(parse('a=caf%C3%A9+au%20lait&b%20c=%2B')).toEqual({ a: ['café au lait'], 'b c': ['+'] });
  });

  it('keeps repeated values in order', () => {
    expect(parse('item_id=2&item_id=1')).toEqual({ item_id: ['2', '1'] });
  });

  it('splits lists at commas that are not escaped', () => {
    expect(parse('item_id=a,b%2Cc,d')).toEqual({ item_id: ['a', 'b,c', 'd'] });
  });

  it('leaves commas in single values alone', () => {
    expect(parse('user_id=a,b')).toEqual({ user_id: ['a,b'] });
  });

  it('leaves empty values out but keeps the name', () => {
    expect(parse('user_id=&item_id=,a,&flag&&')).toEqual({ user_id: [], item_id: ['a'], flag: [] });
  });

  it('keeps an equals sign inside a value', () => {
    expect(parse('t=a=b')).toEqual({ t: ['a=b'] });
  });

  it('refuses malformed escapes, naming the parameter', () => {
    for (const raw of ['user_id=%', 'user_id=%zz', 'user_id=%ff']) {
      expect(() => parse(raw), raw).toThrow(
        expect.objectContaining({ code: 'REC_INVALID_REQUEST', message: expect.stringMatching(/^user_id: /) }),
      );
    }
  });
});
