/** Says who must act on a failure. */
export type ErrorCategory = 'client' | 'overload' | 'deadline' | 'dependency' | 'artifact' | 'bug';

interface ErrorDefinition {
  readonly category: ErrorCategory;
  /** HTTP status when the failure ends a request. */
  readonly status: number;
  readonly meaning: string;
}

/** The one table of error codes; the README's table and the HTTP statuses are tested against it. */
export const ERROR_CODES = {
  REC_INVALID_JSON: { category: 'client', status: 400, meaning: 'The body is not valid JSON.' },
  REC_INVALID_REQUEST: {
    category: 'client',
    status: 400,
    meaning: 'A field is missing, unknown or out of range; the detail names the field, the value and what is expected.',
  },
  REC_UNKNOWN_SCENE: { category: 'client', status: 404, meaning: 'The scene is not in the configuration.' },
  REC_UNKNOWN_ITEM: { category: 'client', status: 404, meaning: 'The item is not in the catalogue.' },
  REC_UNKNOWN_MODEL: { category: 'client', status: 404, meaning: 'The model version is not in the artifacts folder.' },
  REC_UNKNOWN_SHOPPER: {
    category: 'client',
    status: 404,
    meaning: 'Nothing is stored of this shopper: never seen, expired or erased.',
  },
  REC_UNKNOWN_TAG: { category: 'client', status: 404, meaning: 'No tag of this name is declared.' },
  REC_PERSONALIZATION_OFF: {
    category: 'client',
    status: 409,
    meaning: 'The shopper or the shop has switched personalisation off: nothing more is stored of the shopper.',
  },
  REC_SESSION_JOINED: {
    category: 'client',
    status: 409,
    meaning: 'The session belongs to an account since log-in; the detail names it.',
  },
  REC_NOT_FOUND: { category: 'client', status: 404, meaning: 'No such route.' },
  REC_FORBIDDEN: { category: 'client', status: 403, meaning: 'Not allowed from there.' },
  REC_METHOD_NOT_ALLOWED: { category: 'client', status: 405, meaning: 'The route exists, the method does not.' },
  REC_BODY_TIMEOUT: {
    category: 'client',
    status: 408,
    meaning: 'The body did not arrive within the time a request may take.',
  },
  REC_BODY_TOO_LARGE: { category: 'client', status: 413, meaning: 'The body is larger than the stated limit.' },
  REC_MODEL_NOT_ACTIVATED: {
    category: 'client',
    status: 409,
    meaning: 'The model could not be changed; what served before goes on serving. The detail says why.',
  },
  REC_UNSUPPORTED_MEDIA_TYPE: {
    category: 'client',
    status: 415,
    meaning: 'The body must be application/json; events may also be application/x-protobuf.',
  },
  REC_SHOPPER_ERASED: {
    category: 'client',
    status: 410,
    meaning: 'The event is not newer than the erasure of its shopper: what was erased does not come back.',
  },
  REC_INVALID_CONFIG: {
    category: 'client',
    status: 500,
    meaning: 'The configuration has unknown keys, unparsable values or missing files; all are listed.',
  },
  REC_INVALID_INPUT_DATA: {
    category: 'client',
    status: 500,
    meaning: 'An input file is missing, unreadable or has too many bad rows; the message names file, row and column.',
  },
  REC_INVALID_SCHEMA: {
    category: 'client',
    status: 500,
    meaning: 'The feature schema breaks a rule; the message names the field.',
  },
  REC_SENSITIVE_ATTRIBUTE: {
    category: 'client',
    status: 400,
    meaning: 'An attribute about health, religion, politics, ethnicity or sexuality was named; these are refused.',
  },
  REC_OVERLOADED: {
    category: 'overload',
    status: 503,
    meaning: 'More requests are in flight than the configured capacity.',
  },
  REC_DEADLINE_EXCEEDED: {
    category: 'deadline',
    status: 504,
    meaning: 'A step did not finish within its time budget.',
  },
  REC_STORE_UNAVAILABLE: {
    category: 'dependency',
    status: 503,
    meaning: 'The feature store did not answer or answered with an error.',
  },
  REC_WORKER_UNAVAILABLE: {
    category: 'dependency',
    status: 503,
    meaning: 'A worker process of the server did not answer or died.',
  },
  REC_PORT_IN_USE: {
    category: 'dependency',
    status: 500,
    meaning: 'Another process listens on the configured address.',
  },
  REC_BUNDLE_INVALID: {
    category: 'artifact',
    status: 500,
    meaning: 'A bundle file is missing, altered or does not fit; the file is named.',
  },
  REC_BUNDLE_INCOMPATIBLE: {
    category: 'artifact',
    status: 500,
    meaning: 'The bundle was made for a format or feature schema this server cannot produce.',
  },
  REC_RECORD_INVALID: { category: 'artifact', status: 500, meaning: 'A stored record cannot be decoded.' },
  REC_RANKER_FAILED: {
    category: 'dependency',
    status: 500,
    meaning: 'The ranking model failed or returned numbers that are not finite.',
  },
  REC_RETRIEVER_FAILED: { category: 'dependency', status: 500, meaning: 'The nearest-neighbour search failed.' },
  REC_INTERNAL: { category: 'bug', status: 500, meaning: 'A contract inside the server was broken; please report it.' },
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface VitrineErrorOptions {
  /** Whether the same call may succeed later without a change by the caller. */
  readonly isRetryable?: boolean;
  /** Ids and sizes that are safe to log; never personal data. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/** The only error class thrown on purpose: its code says what happened, its category who must act. */
export class VitrineError extends Error {
  override readonly name = 'VitrineError';
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  readonly isRetryable: boolean;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: ErrorCode, message: string, options: VitrineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.category = ERROR_CODES[code].category;
    this.isRetryable = options.isRetryable ?? (this.category === 'overload' || this.category === 'deadline');
    this.details = options.details ?? {};
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }
}

/** Throws a `bug` when a contract inside the program is broken. */
export function assertContract(condition: boolean, message: string): asserts condition {
  if (!condition) throw new VitrineError('REC_INTERNAL', message);
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
