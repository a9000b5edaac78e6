import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { expectationOf, jsonSchemaOf, previewOf, problemsOf } from './schema-problems.ts';

const schema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 5 }),
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    mode: Type.Optional(Type.Enum(['on', 'off'])),
    items: Type.Optional(
      Type.Array(Type.Object({ price: Type.Number({ minimum: 0 }) }, { additionalProperties: false }), {
        maxItems: 20,
      }),
    ),
  },
  { additionalProperties: false },
);

describe('problemsOf', () => {
  it('finds nothing in a value that fits', () => {
    expect(problemsOf(schema, { name: 'shoes', count: 100, mode: 'off', items: [{ price: 0 }] })).toEqual([]);
  });

  it('lists every problem with path, value given and what is expected', () => {
    const value = { name: 'too long', count: 1.5, mode: 'x', items: [{ price: 1 }, { price: -1 }, {}], nmae: true };
    expect(problemsOf(schema, value)).toEqual([
      { path: 'name', value: '"too long"', expected: 'string of 1..5 characters' },
      { path: 'count', value: '1.5', expected: 'integer 1..100' },
      { path: 'mode', value: '"x"', expected: 'one of "on", "off"' },
      { path: 'items[1].price', value: '-1', expected: 'number at least 0' },
      { path: 'items[2].price', value: 'missing', expected: 'number at least 0' },
      { path: 'nmae', value: 'true', expected: 'no such key; did you mean name?' },
    ]);
  });

  it('lists more than the eight problems a validator stops at', () => {
    const items = Array.from({ length: 20 }, () => ({ price: 'free' }));
    expect(problemsOf(schema, { name: 'a', items })).toHaveLength(20);
  });

  it('stops at the stated number of problems', () => {
    const items = Array.from({ length: 20 }, () => ({ price: 'free' }));
    expect(problemsOf(schema, { name: 'a', items }, { maxProblems: 7 })).toHaveLength(7);
  });

  it('reports the whole value under an empty path', () => {
    expect(problemsOf(schema, [])).toEqual([{ path: '', value: 'array of 0', expected: 'object' }]);
    expect(problemsOf(schema, null)).toEqual([{ path: '', value: 'null', expected: 'object' }]);
  });

  it('accepts missing keys of a partial value but not unknown ones', () => {
    expect(problemsOf(schema, {}, { isPartial: true })).toEqual([]);
    expect(problemsOf(schema, { zzz: 1 }, { isPartial: true })).toHaveLength(1);
  });

  it('refuses keys that would reach the prototype', () => {
    const value: unknown = JSON.parse('{"name":"a","__proto__":{"count":1},"constructor":1}');
    expect(problemsOf(schema, value).map((problem) => problem.path)).toEqual(['__proto__', 'constructor']);
  });

  it('counts lengths in code points', () => {
    expect(problemsOf(schema, { name: '👟👟👟👟👟' })).toEqual([]);
    expect(problemsOf(schema, { name: '👟👟👟👟👟👟' })).toHaveLength(1);
  });

  it('does not walk into a value of the wrong kind, however deep', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(problemsOf(schema, { name: deep })).toEqual([
      { path: 'name', value: 'array of 1', expected: 'string of 1..5 characters' },
    ]);
  });

  it('applies refinements after the keywords hold', () => {
    const even = Type.Refine(
      Type.Integer({ minimum: 0 }),
      (value) => value % 2 === 0,
      () => 'an even number',
    );
    expect(problemsOf(even, 3)).toEqual([{ path: '', value: '3', expected: 'an even number' }]);
    expect(problemsOf(even, 'x')).toEqual([{ path: '', value: '"x"', expected: 'integer at least 0' }]);
    expect(problemsOf(even, 4)).toEqual([]);
  });
});

describe('previewOf', () => {
  it('shortens long text and says how long it was', () => {
    expect(previewOf('x'.repeat(10_000))).toBe(`"${'x'.repeat(60)}"... (10000 characters)`);
  });

  it('names what is missing', () => {
    expect(previewOf(undefined)).toBe('missing');
  });
});

describe('expectationOf', () => {
  it('puts ranges and choices into words', () => {
    const words = (type: Parameters<typeof jsonSchemaOf>[0]): string => expectationOf(jsonSchemaOf(type));
    expect(words(Type.Number({ exclusiveMinimum: 0, maximum: 10 }))).toBe('number above 0 and at most 10');
    expect(words(Type.Array(Type.String(), { maxItems: 3 }))).toBe('array of at most 3 (string)');
    expect(words(Type.Union([Type.Literal('a'), Type.Literal('b')]))).toBe('one of "a", "b"');
    expect(words(Type.Union([Type.String(), Type.Integer({ minimum: 1 })]))).toBe('string or integer at least 1');
    expect(words(Type.Boolean())).toBe('boolean');
  });
});
