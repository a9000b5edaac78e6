import fc from 'fast-check';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { problemsOf } from './schema-problems.ts';

const schema = Type.Object(
  {
    a: Type.String({ minLength: 2, maxLength: 3 }),
    b: Type.Optional(Type.Integer({ minimum: -1, maximum: 2 })),
    c: Type.Optional(Type.Array(Type.Union([Type.Literal('x'), Type.Boolean()]), { maxItems: 2 })),
    d: Type.Optional(Type.Object({ e: Type.Number({ exclusiveMinimum: 0 }) }, { additionalProperties: false })),
    f: Type.Optional(Type.Record(Type.String({ pattern: '^[a-z]$' }), Type.Integer(), { additionalProperties: false })),
  },
  { additionalProperties: false },
);
const validator = Compile(schema);

const scalar = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.integer({ min: -3, max: 4 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant('x'),
);
const near = fc.record(
  {
    a: fc.oneof({ weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) }, scalar),
    b: scalar,
    c: fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
    d: fc.oneof(scalar, fc.record({ e: scalar }, { requiredKeys: [] })),
    f: fc.oneof(scalar, fc.dictionary(fc.constantFrom('a', 'b', 'AB'), scalar)),
    g: scalar,
  },
  { requiredKeys: [] },
);

describe('problemsOf, for any value', () => {
  it('finds problems exactly when the compiled validator refuses the value', () => {
    fc.assert(
      fc.property(fc.oneof(near, fc.jsonValue()), (value) => {
        expect(problemsOf(schema, value).length === 0).toBe(validator.Check(value));
      }),
      { numRuns: 2_000 },
    );
  });
});
