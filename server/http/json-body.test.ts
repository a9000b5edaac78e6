import { describe, expect, it } from 'vitest';
import { jsonBodyOf, jsonReply } from './json-body.ts';
import { aRequest } from './testing/a-request.ts';

describe('jsonBodyOf', () => {
  it('decodes JSON, with or without a stated charset', () => {
    expect(jsonBodyOf(aRequest({ body: '{"é":[1]}' }))).toEqual({ é: [1] });
    expect(jsonBodyOf(aRequest({ body: '1', headers: { 'content-type': 'Application/JSON; charset=utf-8' } }))).toBe(1);
  });

  it('refuses other content types, naming the one given', () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      expect(() => jsonBodyOf(aRequest({ body: '{}', headers: { 'content-type': type } })), type).toThrow(
        expect.objectContaining({ code: 'REC_UNSUPPORTED_MEDIA_TYPE', message: expect.stringContaining(type) }),
      );
    }
    const untyped = { ...aRequest({ body: '{}' }), header: () => undefined };
    expect(() => jsonBodyOf(untyped)).toThrow('content-type: none given');
  });

  it('says where the JSON breaks', () => {
    expect(() => jsonBodyOf(aRequest({ body: '{\n "a": ,}' }))).toThrow(
      expect.objectContaining({
        code: 'REC_INVALID_JSON',
        message: 'body: not valid JSON at line 2, column 7: expected a JSON value',
      }),
    );
    expect(() => jsonBodyOf(aRequest({ body: '' }))).toThrow('body: empty, expected a JSON object');
  });

  it('refuses bytes that are not UTF-8 instead of replacing them', () => {
    expect(() => jsonBodyOf(aRequest({ body: Uint8Array.of(0x22, 0xff, 0x22) }))).toThrow(
      'expected JSON in UTF-8, not compressed',
    );
  });

  it('reads its own part of a larger buffer only', () => {
    const bytes = new TextEncoder().encode('xx{"a":1}yy');
    expect(jsonBodyOf(aRequest({ body: bytes.subarray(2, 9) }))).toEqual({ a: 1 });
  });
});

describe('jsonReply', () => {
  it('is JSON that no cache keeps', () => {
    expect(jsonReply({ a: 1 }, 202)).toEqual({
      status: 202,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: '{"a":1}',
    });
  });
});
