const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/)[^\s"']*@/gi;
const SECRET_KEY = /password|secret|token|api_?key|authorization|credential/i;

/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** A text with the user and password of every URL in it replaced. */
export function redactText(text: string): string {
  return text.includes('@') ? text.replace(URL_PASSWORD, `$1${REDACTED}@`) : text;
}

/** A configured value as an error message may show it: nothing of a secret, and of a mistyped URL only what follows the `@`. */
export function redactValue(path: string, value: string): string {
  if (SECRET_KEY.test(path) && value !== 'missing') return REDACTED;
  const at = value.lastIndexOf('@');
  return at < 0 ? value : REDACTED + value.slice(at);
}

/** A copy of a configuration value that may be logged: passwords in URLs and keys that name a secret are replaced. */
export function redactConfig(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redactConfig);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    const isSecret = SECRET_KEY.test(key) && typeof entry === 'string' && entry !== '';
    copy[key] = isSecret ? REDACTED : redactConfig(entry);
  }
  return copy;
}
