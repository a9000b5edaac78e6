import { messageOf, VitrineError } from '../../features/core/errors.ts';
import type { HttpRequest } from '../http/http-server.ts';
import { contentTypeOf, jsonBodyOf, PROTOBUF_CONTENT_TYPE } from '../http/json-body.ts';
import { vitrine } from '../proto/generated/events.js';
import { listOf } from './list-body.ts';

/**
 * The events of a batch, unchecked but for their number, from a JSON or a protobuf body; fields have the same names in both.
 *
 * Errors: REC_UNSUPPORTED_MEDIA_TYPE, REC_INVALID_JSON, REC_INVALID_REQUEST when the body is no batch or has too many events.
 */
export function eventsOfBody(request: HttpRequest, maxBatchSize: number): readonly unknown[] {
  const isProtobuf = contentTypeOf(request) === PROTOBUF_CONTENT_TYPE;
  const body = isProtobuf ? protobufBatchOf(request.body) : jsonBodyOf(request, [PROTOBUF_CONTENT_TYPE]);
  return listOf(body, 'events', maxBatchSize);
}

function protobufBatchOf(body: Uint8Array): unknown {
  try {
    return { events: vitrine.v1.EventBatch.decode(body).events.map(plainEvent) };
  } catch (error) {
    throw new VitrineError(
      'REC_INVALID_REQUEST',
      `body: not a whole protobuf message vitrine.v1.EventBatch (${messageOf(error)})`,
    );
  }
}

/** As JSON.parse would give it: decoded messages have absent fields on their prototype, and 64-bit numbers as objects. */
function plainEvent({ timestamp, items, ...rest }: vitrine.v1.Event.$Properties): unknown {
  return {
    ...rest,
    ...(timestamp == null ? {} : { timestamp: Number(timestamp) }),
    items: items?.map((item) => ({ ...item })),
  };
}
