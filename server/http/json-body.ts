import { isUtf8 } from 'node:buffer';
import { VitrineError } from '../../features/core/errors.ts';
import { describeJsonError } from '../config/describe-json-error.ts';
import type { HttpReply, HttpRequest } from './http-server.ts';

const JSON_CONTENT_TYPE = 'application/json';
const JSON_REPLY_HEADERS = Object.freeze({ 'content-type': JSON_CONTENT_TYPE, 'cache-control': 'no-store' });

/**
 * The decoded JSON body of a request.
 *
 * Errors: REC_UNSUPPORTED_MEDIA_TYPE, REC_INVALID_JSON with the place of the first mistake.
 */
export function jsonBodyOf(request: HttpRequest): unknown {
  const contentType = request.header('content-type') ?? '';
  if (contentType.split(';', 1)[0]!.trim().toLowerCase() !== JSON_CONTENT_TYPE) {
    const given = contentType === '' ? 'none' : JSON.stringify(contentType.slice(0, 60));
    const message = `content-type: ${given} given, expected application/json`;
    throw new VitrineError('REC_UNSUPPORTED_MEDIA_TYPE', message);
  }
  const { body } = request;
  if (!isUtf8(body)) throw new VitrineError('REC_INVALID_JSON', 'body: expected UTF-8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new VitrineError('REC_INVALID_JSON', `body: ${placeOf(text)}`);
  }
}

function placeOf(text: string): string {
  if (text === '') return 'empty, expected a JSON object';
  const error = describeJsonError(text);
  if (error === undefined) return 'not valid JSON';
  return `not valid JSON at line ${error.line}, column ${error.column}: expected ${error.expected}`;
}

/** A JSON reply. What a shopper gets is theirs alone, so no cache may keep it. */
export function jsonReply(value: unknown, status = 200): HttpReply {
  return { status, headers: JSON_REPLY_HEADERS, body: JSON.stringify(value) };
}
