import { PROTOBUF_CONTENT_TYPE } from './json-body.ts';

/**
 * Whether a client would rather have protobuf than JSON: it names it, and wants no form of JSON more. Clients that name neither get JSON.
 *
 * Source: RFC 9110, section 12.5.1, as far as two types need it; the most specific range counts.
 */
export function prefersProtobuf(accept: string | undefined): boolean {
  if (accept === undefined || !accept.toLowerCase().includes(PROTOBUF_CONTENT_TYPE)) return false;
  const qualities = qualitiesOf(accept);
  const protobuf = qualities.get(PROTOBUF_CONTENT_TYPE) ?? 0;
  const json = qualities.get('application/json') ?? 0;
  return protobuf > 0 && protobuf >= json;
}

/** Quality of each media range of an `Accept` header. */
function qualitiesOf(accept: string): Map<string, number> {
  const qualities = new Map<string, number>();
  for (const part of accept.toLowerCase().split(',')) {
    const [range, ...parameters] = part.split(';').map((text) => text.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    qualities.set(range!, quality === undefined ? 1 : Number(quality.slice(2)));
  }
  return qualities;
}
