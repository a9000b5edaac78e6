/** What an event's `attribution_token` says: which reply showed the products. Nothing about the shopper. */
export interface Attribution {
  readonly recommendationId: string;
  readonly sceneName: string;
  readonly modelVersion: string;
}

/** Raised when the parts change; tokens of other forms are read as none. */
const TOKEN_FORM = '1';
const SEPARATOR = '\n';

/** Token for one reply; about 100 characters. */
export function encodeAttributionToken({ recommendationId, sceneName, modelVersion }: Attribution): string {
  const text = [TOKEN_FORM, recommendationId, sceneName, modelVersion].join(SEPARATOR);
  return Buffer.from(text, 'utf8').toString('base64url');
}

/** Reads a token back. Missing: undefined for anything that is not one of ours; tokens come from clients. */
export function decodeAttributionToken(token: string): Attribution | undefined {
  const parts = Buffer.from(token, 'base64url').toString('utf8').split(SEPARATOR);
  const [form, recommendationId, sceneName, modelVersion] = parts;
  if (parts.length !== 4 || form !== TOKEN_FORM) return undefined;
  return { recommendationId: recommendationId!, sceneName: sceneName!, modelVersion: modelVersion! };
}
