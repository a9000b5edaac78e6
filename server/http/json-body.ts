import { isUtf8 } from 'node:buffer';
import { VitrineError } from '../../features/core/errors.ts';
import { describeJsonError } from '../config/describe-json-error.ts';
import type { HttpReply, HttpRequest } from './http-server.ts';

const JSON_CONTENT_TYPE = 'application/json';
const JSON_REPLY_HEADERS = Object.freeze({ 'content-type': JSON_CONTENT_TYPE, 'cache-control': 'no-store' });

export const PROTOBUF_CONTENT_TYPE = 'application/x-protobuf';

/** Of routes whose reply depends on what is accepted. */
const NEGOTIATED_JSON_HEADERS = Object.freeze({ ...JSON_REPLY_HEADERS, vary: 'accept' });
const PROTOBUF_REPLY_HEADERS = Object.freeze({ ...NEGOTIATED_JSON_HEADERS, 'content-type': PROTOBUF_CONTENT_TYPE });

/** What the body of a request is said to be, in lower case without parameters; '' when nothing is said. */
export function contentTypeOf(request: HttpRequest): string {
  const given = request.header('content-type') ?? '';
  // As nearly all write it.
  return given === JSON_CONTENT_TYPE ? given : given.split(';', 1)[0]!.trim().toLowerCase();
}

/**
 * The decoded JSON body of a request.
 *
 * @param otherTypes what the route takes besides, for the message
 * Errors: REC_UNSUPPORTED_MEDIA_TYPE, REC_INVALID_JSON with the place of the first mistake.
 */
export function jsonBodyOf(request: HttpRequest, otherTypes: readonly string[] = []): unknown {
  if (contentTypeOf(request) !== JSON_CONTENT_TYPE) {
    const contentType = request.header('content-type') ?? '';
    const given = contentType === '' ? 'none' : JSON.stringify(contentType.slice(0, 60));
    const message = `content-type: ${given} given, expected ${[JSON_CONTENT_TYPE, ...otherTypes].join(' or ')}`;
    throw new VitrineError('REC_UNSUPPORTED_MEDIA_TYPE', message);
  }
  const { body } = request;
  if (!isUtf8(body))
    throw new VitrineError(
      'REC_INVALID_JSON',
      'body: bytes that are not UTF-8 given, expected JSON in UTF-8, not compressed',
    );
  const bytes = body instanceof Buffer ? body : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString('utf8');
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

/** A JSON reply that is text already, of a route that has a protobuf form too. */
export function jsonTextReply(text: string): HttpReply {
  return { status: 200, headers: NEGOTIATED_JSON_HEADERS, body: text };
}

/** The protobuf form of a reply. */
export function protobufReply(message: Uint8Array): HttpReply {
  return { status: 200, headers: PROTOBUF_REPLY_HEADERS, body: message };
}
