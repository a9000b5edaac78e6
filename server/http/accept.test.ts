import { expect, it } from 'vitest';
import { prefersProtobuf } from './accept.ts';

it.each([
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['application/json', false],
  ['application/*', false],
  ['application/x-protobuf', true],
  ['Application/X-Protobuf', true],
  ['application/x-protobuf; q=0.5', true],
  ['application/x-protobuf, */*;q=0.1', true],
  ['application/json, application/x-protobuf', true],
  ['application/json, application/x-protobuf;q=0.9', false],
  ['application/json;q=0.2,application/x-protobuf;q=0.9', true],
  ['application/x-protobuf;q=0', false],
  ['application/x-protobuf;q=nonsense', false],
  ['application/x-protobuffer', false],
])('takes "%s" to prefer protobuf: %s', (accept, isPreferred) => {
  expect(prefersProtobuf(accept)).toBe(isPreferred);
});
