import { previewOf } from '../config/schema-problems.ts';
import { invalidRequest } from '../http/problem.ts';

/**
 * The one list of a batch's body, `{"<key>": [...]}`; its elements are not looked at.
 *
 * Errors: REC_INVALID_REQUEST naming each unknown key, and the list when it is missing or too long.
 */
export function listOf(body: unknown, key: string, maxLength: number): readonly unknown[] {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  if (!isObject) throw invalidRequest([{ path: '', value: previewOf(body), expected: `{"${key}": [...]}` }]);
  const { [key]: list, ...rest } = body as Readonly<Record<string, unknown>>;
  const problems = Object.entries(rest).map(([name, value]) => ({
    path: name.slice(0, 60),
    value: previewOf(value),
    expected: `no such key; known keys: ${key}`,
  }));
  if (Array.isArray(list) && list.length <= maxLength && problems.length === 0) return list;
  if (!Array.isArray(list) || list.length > maxLength) {
    problems.push({ path: key, value: previewOf(list), expected: `array of at most ${maxLength} ${key}` });
  }
  throw invalidRequest(problems);
}
