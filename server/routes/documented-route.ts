import type { TSchema } from 'typebox';
import type { ErrorCode } from '../../features/core/errors.ts';
import type { JsonSchema } from '../config/schema-problems.ts';
import type { Route } from '../http/router.ts';

/** A schema with the name OpenAPI lists it under. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: TSchema;
}

export interface OperationParameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly schema: JsonSchema;
}

export interface OperationReply {
  readonly description: string;
  /** @defaultValue 'application/json' */
  readonly contentType?: string;
  /** Absent for text. */
  readonly body?: NamedSchema;
  /** The message the body is instead for those who accept protobuf. */
  readonly protobufBody?: string;
  readonly example?: unknown;
}

/** What OpenAPI says of a route beyond its method and path. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'recommend' | 'events' | 'catalogue' | 'shoppers' | 'models' | 'operations';
  readonly parameters?: readonly OperationParameter[];
  readonly body?: NamedSchema;
  readonly bodyExample?: unknown;
  /** The message the body may be instead, as protobuf. */
  readonly protobufBody?: string;
  /** By status. */
  readonly replies: Readonly<Record<number, OperationReply>>;
  /** Codes of the problem documents it may answer with, besides {@link COMMON_ERRORS}. */
  readonly errors: readonly ErrorCode[];
}

/** What any route may answer: refused by the server before the route, or failed inside. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  'REC_INVALID_REQUEST',
  'REC_OVERLOADED',
  'REC_DEADLINE_EXCEEDED',
  'REC_INTERNAL',
];

/** What a route with a body may answer besides. */
export const BODY_ERRORS: readonly ErrorCode[] = [
  'REC_INVALID_JSON',
  'REC_UNSUPPORTED_MEDIA_TYPE',
  'REC_BODY_TOO_LARGE',
  'REC_BODY_TIMEOUT',
];

/** A route that says in the OpenAPI document what it does: every route of ours. */
export interface DocumentedRoute extends Route {
  readonly operation: Operation;
}
