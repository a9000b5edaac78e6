import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { describe, expect, it } from 'vitest';
import { recommendRequestSchema } from './recommend-schema.ts';
import { isUsualRequest } from './usual-request.ts';

const validator = Compile(recommendRequestSchema);

const text = fc.oneof(
  fc.string({ maxLength: 70 }),
  fc.string({ unit: 'binary', maxLength: 70 }),
  fc.constantFrom('', ' ', '\u0000', '\u001f', '\u007f', '\u0080', '\ud800', 'x'.repeat(64), 'x'.repeat(65)),
);
const value = fc.oneof({ weight: 8, arbitrary: text }, { weight: 1, arbitrary: fc.jsonValue() });
const names = fc.constantFrom('scene', 'user_id', 'session_id', 'count', 'explain', '__proto__', 'constructor', 'x');
const bodies = fc.oneof(
  fc.record({ scene: text, user_id: value, session_id: value }, { requiredKeys: [] }),
  fc.uniqueArray(fc.tuple(names, value), { selector: ([name]) => name, maxLength: 4 }).map((fields) =>
    // As the decoder makes it, an own `__proto__` included.
    JSON.parse(`{${fields.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`).join(',')}}`),
  ),
  fc.jsonValue(),
);

describe('usual requests', () => {
  it('fit the schema', () => {
    let usualCount = 0;
    fc.assert(
      fc.property(bodies, (body) => {
        if (!isUsualRequest(body)) return;
        usualCount++;
        expect(validator.Check(body)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
    expect(usualCount).toBeGreaterThan(50);
  });

  it('are a scene and whoever is named beside it', () => {
    expect(isUsualRequest({ scene: 'home' })).toBe(true);
    expect(isUsualRequest({ scene: 'home', user_id: 'u-1', session_id: 's 1' })).toBe(true);
    expect(isUsualRequest({ user_id: 'u-1' })).toBe(false);
    expect(isUsualRequest({ scene: 'home', count: 3 })).toBe(false);
  });
});
