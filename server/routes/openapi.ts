import { type TSchema, Type } from 'typebox';
import { ERROR_CODES, type ErrorCode } from '../../features/core/errors.ts';
import { PROTOBUF_CONTENT_TYPE } from '../http/json-body.ts';
import { PROBLEM_CONTENT_TYPE } from '../http/problem.ts';
import {
  COMMON_ERRORS,
  type DocumentedRoute,
  type NamedSchema,
  type Operation,
  type OperationReply,
} from './documented-route.ts';

const JSON_CONTENT_TYPE = 'application/json';

/** Schema of the problem documents, for the page only: the server does not read them. */
export const problemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Enum(Object.keys(ERROR_CODES) as ErrorCode[]),
    request_id: Type.String(),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          { path: Type.String(), value: Type.String(), expected: Type.String() },
          { additionalProperties: false },
        ),
      ),
    ),
  },
  { additionalProperties: false },
);

const problemBody: NamedSchema = { name: 'Problem', schema: problemSchema };

type Json = Readonly<Record<string, unknown>>;

const TAGS: readonly { readonly name: Operation['tag']; readonly description: string }[] = [
  { name: 'recommend', description: 'Products for a shopper.' },
  { name: 'events', description: 'What shoppers did.' },
  { name: 'catalogue', description: 'Products.' },
  { name: 'shoppers', description: 'What is known of a shopper, consent, erasure.' },
  { name: 'models', description: 'Which model serves.' },
  { name: 'operations', description: 'Health, metrics and this document.' },
];

/** `GET /openapi.json`: the document of the given routes and of itself. */
export function makeOpenApiRoute(routes: readonly DocumentedRoute[], version: string): DocumentedRoute {
  let body: string | undefined;
  const route: DocumentedRoute = {
    method: 'GET',
    pattern: '/openapi.json',
    operation: {
      operationId: 'getOpenApi',
      summary: 'This document',
      tag: 'operations',
      replies: { 200: { description: 'OpenAPI 3.1.', contentType: JSON_CONTENT_TYPE } },
      errors: [],
    },
    handle: () => {
      body ??= JSON.stringify(openApiDocument([...routes, route], version));
      return { status: 200, headers: { 'content-type': JSON_CONTENT_TYPE, 'cache-control': 'max-age=60' }, body };
    },
  };
  return route;
}

/** The OpenAPI 3.1 document of routes, from the schemas that validate their bodies. Source: OpenAPI Specification 3.1.1. */
function openApiDocument(routes: readonly DocumentedRoute[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  const schemas: Record<string, unknown> = { Problem: plainSchema(problemSchema) };
  for (const route of routes) {
    const item = paths[route.pattern] ?? {};
    paths[route.pattern] = item;
    item[route.method.toLowerCase()] = operationObject(route.operation);
    for (const named of namedSchemasOf(route.operation)) schemas[named.name] = plainSchema(named.schema);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Vitrine',
      version,
      description:
        'Real-time recommendations for shops. Every reply has an `x-request-id` header; errors are problem documents (RFC 9457).',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: TAGS.filter(({ name }) => routes.some((route) => route.operation.tag === name)),
    paths,
    components: { schemas },
  };
}

function operationObject(operation: Operation): Json {
  return {
    operationId: operation.operationId,
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    tags: [operation.tag],
    ...(operation.parameters === undefined ? {} : { parameters: operation.parameters.map(parameterObject) }),
    ...(operation.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              ...contentOf(JSON_CONTENT_TYPE, operation.body, operation.bodyExample),
              ...protobufContentOf(operation.protobufBody),
            },
          },
        }),
    responses: { ...errorResponses(operation), ...replyResponses(operation) },
  };
}

function parameterObject({ name, in: place, schema }: NonNullable<Operation['parameters']>[number]): Json {
  const plain = plainSchema(schema as TSchema) as Record<string, unknown>;
  const { description, ...rest } = plain;
  return {
    name,
    in: place,
    required: place === 'path',
    ...(description === undefined ? {} : { description }),
    schema: rest,
    ...(rest.type === 'array' ? { style: 'form', explode: false } : {}),
  };
}

function replyResponses(operation: Operation): Record<string, Json> {
  return Object.fromEntries(Object.entries(operation.replies).map(([status, reply]) => [status, replyObject(reply)]));
}

function replyObject(reply: OperationReply): Json {
  const contentType = reply.contentType ?? JSON_CONTENT_TYPE;
  return {
    description: reply.description,
    content: { ...contentOf(contentType, reply.body, reply.example), ...protobufContentOf(reply.protobufBody) },
  };
}

/** One entry per status, naming its codes. */
function errorResponses(operation: Operation): Record<string, Json> {
  const codesByStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...operation.errors, ...COMMON_ERRORS])) {
    const { status } = ERROR_CODES[code];
    codesByStatus.set(status, [...(codesByStatus.get(status) ?? []), code]);
  }
  const entries = [...codesByStatus].map(([status, codes]) => {
    const description = codes.map((code) => `${code}: ${ERROR_CODES[code].meaning}`).join(' ');
    return [
      String(status),
      { description, content: contentOf(PROBLEM_CONTENT_TYPE, problemBody, problemExample(codes[0]!)) },
    ];
  });
  return Object.fromEntries(entries) as Record<string, Json>;
}

function problemExample(code: ErrorCode): Json {
  const { status, meaning } = ERROR_CODES[code];
  return {
    type: `urn:vitrine:error:${code}`,
    title: meaning,
    status,
    detail: meaning,
    code,
    request_id: '0b0f6a3e-8f0a-4a52-9c0e-3f1f6f0c9f11',
  };
}

function contentOf(contentType: string, body: NamedSchema | undefined, example: unknown): Json {
  const schema = body === undefined ? { type: contentType === JSON_CONTENT_TYPE ? 'object' : 'string' } : refTo(body);
  return { [contentType]: { schema, ...(example === undefined ? {} : { example }) } };
}

function protobufContentOf(message: string | undefined): Json {
  if (message === undefined) return {};
  return {
    [PROTOBUF_CONTENT_TYPE]: { schema: { type: 'string', format: 'binary', description: `Message ${message}.` } },
  };
}

function refTo(named: NamedSchema): Json {
  return { $ref: `#/components/schemas/${named.name}` };
}

function namedSchemasOf(operation: Operation): NamedSchema[] {
  const bodies = [operation.body, ...Object.values(operation.replies).map((reply) => reply.body)];
  return bodies.filter((body) => body !== undefined);
}

/** A schema without the words that are ours and not JSON Schema's. */
function plainSchema(schema: TSchema): unknown {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === 'expected' && typeof value === 'string' ? undefined : value,
    ),
  );
}
