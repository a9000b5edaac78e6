import { RequestError } from './problem.ts';

/** Decodes one percent-encoded piece of a URL. Errors: REC_INVALID_REQUEST when an escape is malformed or not UTF-8. */
export function decodeUrlPart(part: string, where: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    const problem = {
      path: where,
      value: JSON.stringify(part.slice(0, 60)),
      expected: 'percent-escapes of UTF-8, as %20',
    };
    throw new RequestError('REC_INVALID_REQUEST', `${where}: ${problem.value} given, expected ${problem.expected}`, {
      problems: [problem],
    });
  }
}

/**
 * Values of each parameter of a raw query string, in order, `+` read as space. In the lists a comma splits unless it is escaped, so
 * that `a=1,2`, `a=1&a=2` and ids that contain commas (`%2C`) all have a spelling.
 *
 * Missing: empty values are left out, as pages put `user_id=` where nobody is logged in.
 * Errors: REC_INVALID_REQUEST when an escape is malformed.
 */
export function parseQuery(raw: string, listNames: ReadonlySet<string>): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of raw.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeUrlPart((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '), 'query');
    const text = equals < 0 ? '' : pair.slice(equals + 1);
    const list = values.get(name) ?? [];
    values.set(name, list);
    for (const part of listNames.has(name) ? text.split(',') : [text]) {
      if (part !== '') list.push(decodeUrlPart(part.replaceAll('+', ' '), name));
    }
  }
  return values;
}
