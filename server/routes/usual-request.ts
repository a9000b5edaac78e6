/** Every field the usual requests have may be as long. */
const MAX_LENGTH = 64;
const SPACE = 0x20;
const TILDE = 0x7e;

/**
 * Whether a decoded body is of the kind nearly all are: a scene and a shopper named in printable ASCII, and nothing else. Such a body fits
 * the schema of recommend requests, which need not be asked then; of others this says nothing. A property test holds the two together.
 */
export function isUsualRequest(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  let hasScene = false;
  for (const name in body) {
    if (name !== 'scene' && name !== 'user_id' && name !== 'session_id') return false;
    if (!isPlainText((body as Record<string, unknown>)[name])) return false;
    if (name === 'scene') hasScene = true;
  }
  return hasScene;
}

function isPlainText(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_LENGTH) return false;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < SPACE || unit > TILDE) return false;
  }
  return true;
}
