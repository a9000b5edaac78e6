import { ERROR_CODES, type ErrorCode, VitrineError, type VitrineErrorOptions } from '../../features/core/errors.ts';
import type { FieldProblem } from '../config/schema-problems.ts';
import type { HttpReply } from './http-server.ts';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

/** Seconds a client is asked to wait before it tries again after a 503. */
const RETRY_AFTER_SECONDS = '1';

export interface RequestErrorOptions extends VitrineErrorOptions {
  /** What is wrong with each field. */
  readonly problems?: readonly FieldProblem[];
  /** For the reply, as `allow` of a 405. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refused request with all its reasons: a VitrineError that also carries what only HTTP can say. */
export class RequestError extends VitrineError {
  readonly problems: readonly FieldProblem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: RequestErrorOptions = {}) {
    super(code, message, options);
    this.problems = options.problems ?? [];
    this.headers = options.headers ?? {};
  }
}

/** Refuses a request whose fields break their schema, with one line per field. */
export function invalidRequest(problems: readonly FieldProblem[], what = 'The request'): RequestError {
  const first = problems[0];
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more, see errors)` : '';
  const detail =
    first === undefined
      ? `${what} does not fit its schema.`
      : `${first.path === '' ? 'body' : first.path}: ${first.value} given, expected ${first.expected}${more}`;
  return new RequestError('REC_INVALID_REQUEST', detail, { problems });
}

/** Body of an error reply. Source: RFC 9457, with `code`, `request_id` and `errors` as extension members. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly request_id: string;
  readonly errors?: readonly FieldProblem[];
}

/** The code anything thrown is answered with. */
export function errorCodeOf(error: unknown): ErrorCode {
  return error instanceof VitrineError ? error.code : 'REC_INTERNAL';
}

/**
 * The document for anything thrown. Only messages about the request itself are passed on; of all other failures the client learns the
 * meaning of the code, never the message, which may name hosts, files or other shoppers.
 */
export function problemDocument(error: unknown, requestId: string): ProblemDocument {
  const code = errorCodeOf(error);
  const { status, meaning } = ERROR_CODES[code];
  const isAboutRequest = error instanceof VitrineError && error.category === 'client' && status < 500;
  const problems = error instanceof RequestError ? error.problems : [];
  return {
    type: `urn:vitrine:error:${code}`,
    title: meaning,
    status,
    detail: isAboutRequest ? error.message : meaning,
    code,
    request_id: requestId,
    ...(problems.length === 0 ? {} : { errors: problems }),
  };
}

/** The reply for anything thrown. */
export function problemReply(error: unknown, requestId: string): HttpReply {
  const document = problemDocument(error, requestId);
  return {
    status: document.status,
    headers: {
      'content-type': PROBLEM_CONTENT_TYPE,
      'cache-control': 'no-store',
      ...(document.status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
      ...(error instanceof RequestError ? error.headers : {}),
    },
    body: JSON.stringify(document),
  };
}

/** The table of all codes, for docs/errors.md and the README. */
export function errorTableMarkdown(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { category, status, meaning }]) => `| \`${code}\` | ${category} | ${status} | ${meaning} |`,
  );
  return ['| code | who acts | status | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The page `docs/errors.md`. */
export function errorsMarkdown(): string {
  return `# Errors

Every error reply is a problem document (RFC 9457, \`application/problem+json\`): \`type\`, \`title\`, \`status\`, \`detail\`, \`code\`, \`request_id\`,
and \`errors\` with one entry \`{path, value, expected}\` per field when fields are at fault. \`request_id\` equals the \`x-request-id\` header of
the reply and stands in the server's log. A 503 carries \`Retry-After\`. Codes with status 500 that end the start of the server are
printed and never sent.

Who acts: \`client\` the caller, \`overload\` nobody if it passes and else capacity, \`deadline\` the operator, \`dependency\` the operator of the
store or model, \`artifact\` whoever made the bundle, \`bug\` the developers.

This page is generated from the table in \`features/core/errors.ts\`.

${errorTableMarkdown()}
`;
}
