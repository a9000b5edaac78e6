import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode, VitrineError } from '../../features/core/errors.ts';
import { errorsMarkdown, invalidRequest, problemDocument, problemReply, RequestError } from './problem.ts';

describe('problemDocument', () => {
  it('gives every code the status of the table', () => {
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const document = problemDocument(new VitrineError(code, 'x'), 'r1');
      expect(document).toMatchObject({ code, status: ERROR_CODES[code].status, title: ERROR_CODES[code].meaning });
      expect(document.type).toBe(`urn:vitrine:error:${code}`);
      expect(document.request_id).toBe('r1');
    }
  });

  it('passes on messages about the request', () => {
    const error = new VitrineError('REC_UNKNOWN_SCENE', 'scene: "hom" given, expected one of home');
    expect(problemDocument(error, 'r1').detail).toBe('scene: "hom" given, expected one of home');
  });

  it('keeps messages about the inside to itself', () => {
    const inside = 'redis://admin:hunter2@10.0.0.7 refused';
    const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => ERROR_CODES[code].status >= 500);
    for (const error of [
      new Error(inside),
      inside,
      undefined,
      ...codes.map((code) => new VitrineError(code, inside)),
    ]) {
      expect(JSON.stringify(problemDocument(error, 'r1'))).not.toContain('hunter2');
    }
  });

  it('calls everything that is not ours an internal error', () => {
    expect(problemDocument(new TypeError('x is undefined'), 'r1')).toMatchObject({ code: 'REC_INTERNAL', status: 500 });
  });

  it('lists every field at fault', () => {
    const problems = [
      { path: 'count', value: '0', expected: 'integer 1..100' },
      { path: 'scene', value: 'missing', expected: 'string' },
    ];
    const document = problemDocument(invalidRequest(problems), 'r1');
    expect(document.errors).toEqual(problems);
    expect(document.detail).toBe('count: 0 given, expected integer 1..100 (and 1 more, see errors)');
  });
});

describe('problemReply', () => {
  it('is application/problem+json that no cache keeps', () => {
    const reply = problemReply(new VitrineError('REC_NOT_FOUND', 'x'), 'r1');
    expect(reply.status).toBe(404);
    expect(reply.headers).toEqual({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  });

  it('says when to try again after a 503', () => {
    for (const code of ['REC_OVERLOADED', 'REC_STORE_UNAVAILABLE'] as const) {
      expect(problemReply(new VitrineError(code, 'x'), 'r1').headers).toMatchObject({ 'retry-after': '1' });
    }
  });

  it('carries the headers of the refusal', () => {
    const error = new RequestError('REC_METHOD_NOT_ALLOWED', 'x', { headers: { allow: 'GET' } });
    expect(problemReply(error, 'r1').headers).toMatchObject({ allow: 'GET' });
  });
});

describe('docs/errors.md', () => {
  it('is what the table of codes says', async () => {
    await expect(errorsMarkdown()).toMatchFileSnapshot('../../docs/errors.md');
  });

  it('has a row for every code', () => {
    const rows = errorsMarkdown().match(/^\| `REC_[A-Z_]+` \|/gm);
    expect(rows).toHaveLength(Object.keys(ERROR_CODES).length);
  });
});
